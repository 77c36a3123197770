CREATE TABLE IF NOT EXISTS one_time_codes (
  user_id    BINARY(16)       NOT NULL,
  purpose    VARCHAR(24)      NOT NULL COMMENT 'verify_email',
  code_hash  BINARY(32)       NOT NULL COMMENT 'HMAC of the code: six digits alone could be guessed from a plain digest',
  attempts   TINYINT UNSIGNED NOT NULL DEFAULT 0,
  sent_at    DATETIME(6)      NOT NULL,
  expires_at DATETIME(6)      NOT NULL,
  CONSTRAINT pk_one_time_codes PRIMARY KEY (user_id, purpose),
  CONSTRAINT fk_one_time_codes_user FOREIGN KEY (user_id) REFERENCES users (id),
  KEY ix_one_time_codes_expires_at (expires_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci
