CREATE TABLE IF NOT EXISTS blobs (
  owner_id   BINARY(16)       NOT NULL,
  id         BINARY(16)       NOT NULL COMMENT 'UUIDv7; also the name of the object in an object store',
  state      TINYINT UNSIGNED NOT NULL COMMENT '0 being written, 1 whole and checked, 2 to be removed',
  store      TINYINT UNSIGNED NOT NULL COMMENT 'where the bytes are read from: 1 rows of blob_chunks, 2 the object store',
  left_store TINYINT UNSIGNED     NULL COMMENT 'where they lay before, until they are removed there',
  size_bytes BIGINT UNSIGNED  NOT NULL DEFAULT 0,
  sha256     BINARY(32)           NULL COMMENT 'of the whole; only of what is whole, so that an owner keeps each content once',
  created_at DATETIME(6)      NOT NULL,
  changed_at DATETIME(6)      NOT NULL COMMENT 'when the state or the store changed, by the clock of the database',
  CONSTRAINT pk_blobs PRIMARY KEY (owner_id, id),
  CONSTRAINT uq_blobs_id UNIQUE (id),
  CONSTRAINT uq_blobs_owner_sha256 UNIQUE (owner_id, sha256),
  CONSTRAINT fk_blobs_owner FOREIGN KEY (owner_id) REFERENCES users (id),
  KEY ix_blobs_state (state, changed_at),
  KEY ix_blobs_store (store, id),
  KEY ix_blobs_left_store (left_store)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
