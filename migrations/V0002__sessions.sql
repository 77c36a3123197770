CREATE TABLE IF NOT EXISTS sessions (
  user_id      BINARY(16)   NOT NULL,
  id           BINARY(16)   NOT NULL COMMENT 'UUIDv7, the sid of access tokens',
  refresh_hash BINARY(32)   NOT NULL COMMENT 'SHA-256 of the refresh token that is good now',
  prev_hash    BINARY(32)       NULL COMMENT 'SHA-256 of the one before',
  prev_until   DATETIME(6)      NULL COMMENT 'until then the one before is answered with its successor',
  user_agent   VARCHAR(255) NOT NULL DEFAULT '',
  ip           VARCHAR(45)  NOT NULL DEFAULT '',
  created_at   DATETIME(6)  NOT NULL,
  last_seen_at DATETIME(6)  NOT NULL,
  idle_until   DATETIME(6)  NOT NULL COMMENT 'ends when it is not refreshed until then',
  expires_at   DATETIME(6)  NOT NULL COMMENT 'ends then in any case',
  revoked_at   DATETIME(6)      NULL,
  CONSTRAINT pk_sessions PRIMARY KEY (user_id, id),
  CONSTRAINT uq_sessions_id UNIQUE (id),
  CONSTRAINT fk_sessions_user FOREIGN KEY (user_id) REFERENCES users (id),
  KEY ix_sessions_expires_at (expires_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci
