CREATE INDEX ix_users_role_status ON users (role, status)
