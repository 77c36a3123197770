CREATE INDEX ix_notes_owner_pinned ON notes (owner_id, shelf, pinned, updated_at, id)
