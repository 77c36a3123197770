CREATE TABLE IF NOT EXISTS storage_use (
  owner_id   BINARY(16)      NOT NULL,
  used_bytes BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'sizes of all files, the trash included, and what uploads under way have reserved',
  CONSTRAINT pk_storage_use PRIMARY KEY (owner_id),
  CONSTRAINT fk_storage_use_owner FOREIGN KEY (owner_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
