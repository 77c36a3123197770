CREATE INDEX ix_files_owner_family ON files (owner_id, shelf, family, updated_at, id)
