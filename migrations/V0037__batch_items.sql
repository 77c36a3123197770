CREATE TABLE IF NOT EXISTS batch_items (
  owner_id  BINARY(16)       NOT NULL,
  batch_id  BINARY(16)       NOT NULL,
  kind      TINYINT UNSIGNED NOT NULL,
  entity_id BINARY(16)       NOT NULL,
  state     BLOB             NOT NULL COMMENT 'what the batch changed: before and after, JSON',
  CONSTRAINT pk_batch_items PRIMARY KEY (owner_id, batch_id, kind, entity_id),
  CONSTRAINT fk_batch_items_owner FOREIGN KEY (owner_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
