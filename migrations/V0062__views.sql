CREATE TABLE IF NOT EXISTS views (
  owner_id   BINARY(16)       NOT NULL,
  id         BINARY(16)       NOT NULL COMMENT 'UUIDv7, or the client''s own UUID',
  version    BIGINT UNSIGNED  NOT NULL DEFAULT 1,
  name       VARCHAR(100)     NOT NULL,
  kind       VARCHAR(16)      NOT NULL COMMENT 'tasks, notes, files',
  query      VARCHAR(2000)    NOT NULL COMMENT 'the filters, as the page writes them into an address',
  layout     VARCHAR(32)      NOT NULL,
  position   INT UNSIGNED     NOT NULL,
  created_at DATETIME(6)      NOT NULL,
  updated_at DATETIME(6)      NOT NULL,
  CONSTRAINT pk_views PRIMARY KEY (owner_id, id),
  CONSTRAINT uq_views_id UNIQUE (id),
  CONSTRAINT fk_views_owner FOREIGN KEY (owner_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci
