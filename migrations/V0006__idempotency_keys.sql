CREATE TABLE IF NOT EXISTS idempotency_keys (
  owner_id     BINARY(16)        NOT NULL,
  idem_key     VARBINARY(255)    NOT NULL COMMENT 'as the client sent it',
  request_hash BINARY(32)        NOT NULL COMMENT 'SHA-256 of method, path and body',
  status       SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  location     VARCHAR(255)      NOT NULL DEFAULT '',
  etag         VARCHAR(64)       NOT NULL DEFAULT '',
  body         MEDIUMBLOB            NULL,
  expires_at   DATETIME(6)       NOT NULL,
  CONSTRAINT pk_idempotency_keys PRIMARY KEY (owner_id, idem_key),
  CONSTRAINT fk_idempotency_keys_owner FOREIGN KEY (owner_id) REFERENCES users (id),
  KEY ix_idempotency_keys_expires_at (expires_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci
