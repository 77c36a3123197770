CREATE TABLE IF NOT EXISTS instances (
  id         BINARY(16)    NOT NULL COMMENT 'UUIDv7, made at the start of the process',
  name       VARCHAR(120)  NOT NULL,
  version    VARCHAR(40)   NOT NULL,
  started_at DATETIME(6)   NOT NULL,
  seen_at    DATETIME(6)   NOT NULL COMMENT 'the latest sign of life',
  report     VARCHAR(4000) NOT NULL COMMENT 'JSON: what /pool-stats tells, and whether it is draining',
  CONSTRAINT pk_instances PRIMARY KEY (id),
  KEY ix_instances_seen_at (seen_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci
