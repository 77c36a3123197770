CREATE TABLE IF NOT EXISTS audit_events (
  id         BINARY(16)   NOT NULL COMMENT 'UUIDv7: the order of the log',
  at         DATETIME(6)  NOT NULL,
  action     VARCHAR(40)  NOT NULL COMMENT 'sign_in.succeeded, password.changed …',
  actor_id   BINARY(16)       NULL COMMENT 'who did it; NULL: nobody known, or the command line',
  target_id  BINARY(16)       NULL COMMENT 'whose account it concerns; no foreign key: the log outlives accounts',
  ip         VARCHAR(45)  NOT NULL DEFAULT '',
  user_agent VARCHAR(255) NOT NULL DEFAULT '',
  request_id VARCHAR(64)  NOT NULL DEFAULT '',
  detail     VARCHAR(255) NOT NULL DEFAULT '' COMMENT 'never a secret',
  CONSTRAINT pk_audit_events PRIMARY KEY (id),
  KEY ix_audit_events_target_id (target_id, id),
  KEY ix_audit_events_action (action, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci
