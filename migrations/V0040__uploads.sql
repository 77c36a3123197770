CREATE TABLE IF NOT EXISTS uploads (
  owner_id   BINARY(16)      NOT NULL,
  id         BINARY(16)      NOT NULL COMMENT 'becomes the id of the file',
  blob_id    BINARY(16)      NOT NULL,
  length     BIGINT UNSIGNED     NULL COMMENT 'of the whole; NULL: not known before its end',
  received   BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'bytes that are safe',
  reserved   BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'counted in storage_use until the upload ends',
  name       VARCHAR(255)    NOT NULL,
  metadata   VARBINARY(8192) NOT NULL DEFAULT '' COMMENT 'Upload-Metadata as it came',
  hash_state VARBINARY(160)  NOT NULL DEFAULT '' COMMENT 'SHA-256 over the bytes that are safe, to go on with',
  writer     BINARY(16)          NULL COMMENT 'the request that may write; the latest one wins',
  created_at DATETIME(6)     NOT NULL,
  expires_at DATETIME(6)     NOT NULL,
  CONSTRAINT pk_uploads PRIMARY KEY (owner_id, id),
  CONSTRAINT uq_uploads_id UNIQUE (id),
  CONSTRAINT fk_uploads_owner FOREIGN KEY (owner_id) REFERENCES users (id),
  KEY ix_uploads_expires_at (expires_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
