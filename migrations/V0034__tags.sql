CREATE TABLE IF NOT EXISTS tags (
  owner_id   BINARY(16)     NOT NULL,
  id         BINARY(16)     NOT NULL COMMENT 'UUIDv7',
  name       VARCHAR(50)    NOT NULL COMMENT 'as its owner writes it',
  name_norm  VARBINARY(600) NOT NULL COMMENT 'NFKC and lower case',
  created_at DATETIME(6)    NOT NULL,
  CONSTRAINT pk_tags PRIMARY KEY (owner_id, id),
  CONSTRAINT uq_tags_owner_name_norm UNIQUE (owner_id, name_norm),
  CONSTRAINT fk_tags_owner FOREIGN KEY (owner_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
