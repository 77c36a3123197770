ALTER TABLE users
  ADD COLUMN display_name   VARCHAR(80)     NOT NULL DEFAULT '',
  ADD COLUMN time_zone      VARCHAR(64)     NOT NULL DEFAULT 'UTC' COMMENT 'IANA name',
  ADD COLUMN totp_secret    VARBINARY(255)      NULL COMMENT 'sealed; NULL: no second factor',
  ADD COLUMN totp_pending   VARBINARY(255)      NULL COMMENT 'sealed; waits for its first code',
  ADD COLUMN totp_last_step BIGINT UNSIGNED     NULL COMMENT 'each step is used once',
  ADD COLUMN delete_after   DATETIME(6)         NULL COMMENT 'its owner asked for deletion; a sign-in until then keeps it'
