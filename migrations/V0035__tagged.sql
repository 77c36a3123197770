CREATE TABLE IF NOT EXISTS tagged (
  owner_id  BINARY(16)       NOT NULL,
  tag_id    BINARY(16)       NOT NULL,
  kind      TINYINT UNSIGNED NOT NULL COMMENT '1 note',
  entity_id BINARY(16)       NOT NULL,
  CONSTRAINT pk_tagged PRIMARY KEY (owner_id, tag_id, kind, entity_id),
  CONSTRAINT fk_tagged_owner FOREIGN KEY (owner_id) REFERENCES users (id),
  KEY ix_tagged_entity (owner_id, kind, entity_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
