CREATE TABLE IF NOT EXISTS attachments (
  owner_id   BINARY(16)       NOT NULL,
  kind       TINYINT UNSIGNED NOT NULL COMMENT 'what it is attached to: 1 a note, 2 a task',
  entity_id  BINARY(16)       NOT NULL,
  file_id    BINARY(16)       NOT NULL,
  created_at DATETIME(6)      NOT NULL,
  CONSTRAINT pk_attachments PRIMARY KEY (owner_id, kind, entity_id, file_id),
  CONSTRAINT fk_attachments_owner FOREIGN KEY (owner_id) REFERENCES users (id),
  KEY ix_attachments_owner_file (owner_id, file_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
