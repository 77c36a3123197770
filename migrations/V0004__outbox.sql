CREATE TABLE IF NOT EXISTS outbox (
  id         BINARY(16)   NOT NULL COMMENT 'UUIDv7, also the message id',
  sealed     MEDIUMBLOB       NULL COMMENT 'the mail, encrypted; wiped when it was sent',
  status     VARCHAR(16)  NOT NULL DEFAULT 'pending' COMMENT 'pending, sent, failed',
  last_error VARCHAR(255) NOT NULL DEFAULT '',
  created_at DATETIME(6)  NOT NULL,
  sent_at    DATETIME(6)      NULL,
  CONSTRAINT pk_outbox PRIMARY KEY (id),
  KEY ix_outbox_created_at (created_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci
