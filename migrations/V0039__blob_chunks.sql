CREATE TABLE IF NOT EXISTS blob_chunks (
  owner_id   BINARY(16)   NOT NULL,
  blob_id    BINARY(16)   NOT NULL,
  n          INT UNSIGNED NOT NULL COMMENT 'from 0; each chunk but the last holds 1 MiB',
  size_bytes INT UNSIGNED NOT NULL,
  sha256     BINARY(32)   NOT NULL COMMENT 'of this chunk, checked before a byte of it leaves',
  data       MEDIUMBLOB       NULL COMMENT 'NULL: the bytes are in the object store',
  CONSTRAINT pk_blob_chunks PRIMARY KEY (owner_id, blob_id, n)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
