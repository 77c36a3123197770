CREATE TABLE IF NOT EXISTS saves (
  owner_id         BINARY(16)       NOT NULL,
  save_id          BINARY(16)       NOT NULL COMMENT 'made by the client, one a save',
  kind             TINYINT UNSIGNED NOT NULL,
  entity_id        BINARY(16)       NOT NULL,
  request_hash     BINARY(32)       NOT NULL COMMENT 'SHA-256 of what was sent',
  text_version     BIGINT UNSIGNED  NOT NULL COMMENT 'the revision with the text of the answer',
  conflict_version BIGINT UNSIGNED      NULL COMMENT 'the revision that keeps the text that lost',
  answer           BLOB             NOT NULL COMMENT 'the first answer without its texts, JSON',
  created_at       DATETIME(6)      NOT NULL,
  CONSTRAINT pk_saves PRIMARY KEY (owner_id, save_id),
  CONSTRAINT fk_saves_owner FOREIGN KEY (owner_id) REFERENCES users (id),
  KEY ix_saves_created_at (created_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
