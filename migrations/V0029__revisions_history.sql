ALTER TABLE revisions
  ADD COLUMN parent_version    BIGINT UNSIGNED     NULL COMMENT 'the text it took the place of; 0 for the first one, NULL: not known, or never a text of the entity',
  ADD COLUMN packed     MEDIUMBLOB          NULL COMMENT 'the body through COMPRESS(); then body is empty',
  ADD COLUMN size_bytes INT UNSIGNED    NOT NULL DEFAULT 0 COMMENT 'of the body in UTF-8',
  ADD COLUMN look_at    DATETIME(6)         NULL COMMENT 'when thinning looks at the entity again on account of this row'
