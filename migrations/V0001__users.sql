CREATE TABLE IF NOT EXISTS users (
  id                BINARY(16)      NOT NULL COMMENT 'UUIDv7',
  username          VARCHAR(40)     NOT NULL COMMENT 'as its owner writes it',
  username_norm     VARBINARY(160)  NOT NULL COMMENT 'NFKC and lower case',
  email             VARCHAR(254)    NOT NULL COMMENT 'as its owner writes it',
  email_norm        VARBINARY(254)      NULL COMMENT 'NULL: the name is only reserved, the address belongs to another account',
  email_verified_at DATETIME(6)         NULL,
  password_hash     VARCHAR(255)    NOT NULL COMMENT 'PHC string, argon2id',
  role              VARCHAR(16)     NOT NULL DEFAULT 'user',
  status            VARCHAR(16)     NOT NULL DEFAULT 'pending',
  version           BIGINT UNSIGNED NOT NULL DEFAULT 1,
  created_at        DATETIME(6)     NOT NULL,
  updated_at        DATETIME(6)     NOT NULL,
  CONSTRAINT pk_users PRIMARY KEY (id),
  CONSTRAINT uq_users_username_norm UNIQUE (username_norm),
  CONSTRAINT uq_users_email_norm UNIQUE (email_norm),
  KEY ix_users_status_created_at (status, created_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci
