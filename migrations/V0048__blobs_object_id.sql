ALTER TABLE blobs
  ADD COLUMN object_id BINARY(16) NULL COMMENT 'the last part of the name of the object; new with every move'
