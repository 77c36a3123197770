CREATE TABLE IF NOT EXISTS jobs (
  id          BINARY(16)   NOT NULL COMMENT 'UUIDv7',
  kind        VARCHAR(40)  NOT NULL COMMENT 'mail.send, sessions.purge …',
  payload     VARCHAR(255) NOT NULL DEFAULT '' COMMENT 'usually an id; never a secret',
  dedupe_key  VARCHAR(120)     NULL COMMENT 'at most one row with the same key',
  run_at      DATETIME(6)  NOT NULL,
  attempts    INT UNSIGNED NOT NULL DEFAULT 0,
  lease_owner VARCHAR(64)      NULL,
  lease_until DATETIME(6)      NULL,
  last_error  VARCHAR(255) NOT NULL DEFAULT '',
  created_at  DATETIME(6)  NOT NULL,
  CONSTRAINT pk_jobs PRIMARY KEY (id),
  CONSTRAINT uq_jobs_dedupe_key UNIQUE (dedupe_key),
  KEY ix_jobs_run_at (run_at, lease_until)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci
