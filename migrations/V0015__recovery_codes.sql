CREATE TABLE IF NOT EXISTS recovery_codes (
  user_id   BINARY(16) NOT NULL,
  code_hash BINARY(32) NOT NULL COMMENT 'HMAC; the row goes when the code is used',
  CONSTRAINT pk_recovery_codes PRIMARY KEY (user_id, code_hash),
  CONSTRAINT fk_recovery_codes_user FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci
