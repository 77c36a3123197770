CREATE TABLE IF NOT EXISTS password_resets (
  user_id    BINARY(16)  NOT NULL COMMENT 'one live link an account: a newer one replaces the older',
  token_hash BINARY(32)  NOT NULL COMMENT 'SHA-256 of 32 random bytes',
  sent_at    DATETIME(6) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  CONSTRAINT pk_password_resets PRIMARY KEY (user_id),
  CONSTRAINT uq_password_resets_token_hash UNIQUE (token_hash),
  CONSTRAINT fk_password_resets_user FOREIGN KEY (user_id) REFERENCES users (id),
  KEY ix_password_resets_expires_at (expires_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci
