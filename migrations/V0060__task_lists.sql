CREATE TABLE IF NOT EXISTS task_lists (
  owner_id   BINARY(16)      NOT NULL,
  id         BINARY(16)      NOT NULL COMMENT 'UUIDv7, or the client''s own UUID',
  version    BIGINT UNSIGNED NOT NULL DEFAULT 1,
  name       VARCHAR(100)    NOT NULL,
  created_at DATETIME(6)     NOT NULL,
  updated_at DATETIME(6)     NOT NULL,
  deleted_at DATETIME(6)         NULL COMMENT 'kept for a while, so that the deletion can be undone',
  CONSTRAINT pk_task_lists PRIMARY KEY (owner_id, id),
  CONSTRAINT uq_task_lists_id UNIQUE (id),
  CONSTRAINT fk_task_lists_owner FOREIGN KEY (owner_id) REFERENCES users (id),
  KEY ix_task_lists_deleted_at (deleted_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci
