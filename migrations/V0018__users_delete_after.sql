CREATE INDEX ix_users_delete_after ON users (delete_after)
