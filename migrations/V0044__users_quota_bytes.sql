ALTER TABLE users
  ADD COLUMN quota_bytes BIGINT UNSIGNED NULL COMMENT 'most bytes of files; NULL: what the setting says'
