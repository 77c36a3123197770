CREATE INDEX ix_sessions_open ON sessions (revoked_at, idle_until, expires_at)
