CREATE TABLE IF NOT EXISTS postings (
  owner_id  BINARY(16)       NOT NULL,
  term_id   BIGINT UNSIGNED  NOT NULL,
  kind      TINYINT UNSIGNED NOT NULL COMMENT '1 note',
  entity_id BINARY(16)       NOT NULL,
  CONSTRAINT pk_postings PRIMARY KEY (owner_id, term_id, kind, entity_id),
  CONSTRAINT fk_postings_owner FOREIGN KEY (owner_id) REFERENCES users (id),
  KEY ix_postings_entity (owner_id, kind, entity_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
