CREATE TABLE IF NOT EXISTS changes (
  owner_id  BINARY(16)       NOT NULL,
  seq       BIGINT UNSIGNED  NOT NULL COMMENT 'without a gap per owner',
  kind      TINYINT UNSIGNED NOT NULL COMMENT '1 note, 10 notebook, 12 tag',
  entity_id BINARY(16)       NOT NULL,
  op        VARCHAR(8)       NOT NULL COMMENT 'create, update, trash, restore, delete',
  version   BIGINT UNSIGNED  NOT NULL COMMENT 'the version of the entity after it',
  batch_id  BINARY(16)           NULL COMMENT 'what one undo takes back',
  at        DATETIME(6)      NOT NULL,
  CONSTRAINT pk_changes PRIMARY KEY (owner_id, seq),
  CONSTRAINT fk_changes_owner FOREIGN KEY (owner_id) REFERENCES users (id),
  KEY ix_changes_at (at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
