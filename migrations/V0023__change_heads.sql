CREATE TABLE IF NOT EXISTS change_heads (
  owner_id BINARY(16)      NOT NULL,
  seq      BIGINT UNSIGNED NOT NULL COMMENT 'the latest number given out; its lock makes the order of numbers the order of commits',
  floor    BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'changes up to this one are no longer kept',
  CONSTRAINT pk_change_heads PRIMARY KEY (owner_id),
  CONSTRAINT fk_change_heads_owner FOREIGN KEY (owner_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
