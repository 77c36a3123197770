CREATE TABLE IF NOT EXISTS revisions (
  owner_id   BINARY(16)       NOT NULL,
  kind       TINYINT UNSIGNED NOT NULL COMMENT '1 note',
  entity_id  BINARY(16)       NOT NULL,
  version    BIGINT UNSIGNED  NOT NULL COMMENT 'the version of the entity that brought this text',
  title      VARCHAR(200)     NOT NULL,
  body       MEDIUMTEXT       NOT NULL,
  reason     VARCHAR(16)      NOT NULL COMMENT 'edit',
  created_at DATETIME(6)      NOT NULL,
  CONSTRAINT pk_revisions PRIMARY KEY (owner_id, kind, entity_id, version),
  CONSTRAINT fk_revisions_owner FOREIGN KEY (owner_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
