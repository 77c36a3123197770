ALTER TABLE files
  ADD COLUMN max_version BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'as with notes; files have no losers of conflicts, so it stays 0'
