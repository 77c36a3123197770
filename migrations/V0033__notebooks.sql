CREATE TABLE IF NOT EXISTS notebooks (
  owner_id   BINARY(16)      NOT NULL,
  id         BINARY(16)      NOT NULL COMMENT 'UUIDv7, or the client''s own UUID',
  version    BIGINT UNSIGNED NOT NULL DEFAULT 1,
  parent_id  BINARY(16)          NULL COMMENT 'NULL: at the top',
  name       VARCHAR(100)    NOT NULL,
  created_at DATETIME(6)     NOT NULL,
  updated_at DATETIME(6)     NOT NULL,
  deleted_at DATETIME(6)         NULL COMMENT 'kept for a while, so that its deletion can be undone',
  CONSTRAINT pk_notebooks PRIMARY KEY (owner_id, id),
  CONSTRAINT uq_notebooks_id UNIQUE (id),
  CONSTRAINT fk_notebooks_owner FOREIGN KEY (owner_id) REFERENCES users (id),
  KEY ix_notebooks_owner_name (owner_id, name, id),
  KEY ix_notebooks_deleted_at (deleted_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci
