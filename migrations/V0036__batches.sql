CREATE TABLE IF NOT EXISTS batches (
  owner_id   BINARY(16)       NOT NULL,
  id         BINARY(16)       NOT NULL COMMENT 'UUIDv7: their order is that of time',
  kind       TINYINT UNSIGNED NOT NULL COMMENT 'of the entities in it',
  action     VARCHAR(16)      NOT NULL,
  count      INT UNSIGNED     NOT NULL COMMENT 'entities that were changed',
  created_at DATETIME(6)      NOT NULL,
  undone_at  DATETIME(6)          NULL,
  CONSTRAINT pk_batches PRIMARY KEY (owner_id, id),
  CONSTRAINT fk_batches_owner FOREIGN KEY (owner_id) REFERENCES users (id),
  KEY ix_batches_created_at (created_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
