CREATE TABLE IF NOT EXISTS api_keys (
  user_id      BINARY(16)   NOT NULL,
  id           BINARY(16)   NOT NULL COMMENT 'UUIDv7',
  name         VARCHAR(80)  NOT NULL,
  prefix       VARCHAR(16)  NOT NULL COMMENT 'the first characters, to tell keys apart',
  key_hash     BINARY(32)   NOT NULL COMMENT 'SHA-256 of the whole key',
  scopes       VARCHAR(64)  NOT NULL COMMENT 'read, write',
  created_at   DATETIME(6)  NOT NULL,
  expires_at   DATETIME(6)      NULL,
  last_used_at DATETIME(6)      NULL,
  last_ip      VARCHAR(45)  NOT NULL DEFAULT '',
  CONSTRAINT pk_api_keys PRIMARY KEY (user_id, id),
  CONSTRAINT uq_api_keys_key_hash UNIQUE (key_hash),
  CONSTRAINT fk_api_keys_user FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci
