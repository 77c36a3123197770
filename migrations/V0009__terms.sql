CREATE TABLE IF NOT EXISTS terms (
  owner_id BINARY(16)      NOT NULL,
  term     VARCHAR(40)     NOT NULL COMMENT 'NFKC and lower case',
  id       BIGINT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'never leaves the database',
  CONSTRAINT pk_terms PRIMARY KEY (owner_id, term),
  CONSTRAINT uq_terms_id UNIQUE (id),
  CONSTRAINT fk_terms_owner FOREIGN KEY (owner_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
