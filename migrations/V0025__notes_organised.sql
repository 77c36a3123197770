ALTER TABLE notes
  ADD COLUMN max_version  BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'the highest number in use: losers of conflicts have numbers above the note''s version',
  ADD COLUMN notebook_id  BINARY(16)          NULL,
  ADD COLUMN tags         VARCHAR(5200)   NOT NULL DEFAULT '' COMMENT 'names between line feeds, the first and the last included, so that one can be replaced; the truth is in tagged',
  ADD COLUMN checks_open  INT UNSIGNED    NOT NULL DEFAULT 0 COMMENT 'counted from the Markdown',
  ADD COLUMN checks_total INT UNSIGNED    NOT NULL DEFAULT 0
