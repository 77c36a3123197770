CREATE TABLE IF NOT EXISTS throttles (
  bucket     BINARY(32)      NOT NULL COMMENT 'HMAC of what is counted: no names or addresses here',
  count      BIGINT UNSIGNED NOT NULL,
  begins_at  DATETIME(6)     NOT NULL,
  expires_at DATETIME(6)     NOT NULL,
  CONSTRAINT pk_throttles PRIMARY KEY (bucket),
  KEY ix_throttles_expires_at (expires_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci
