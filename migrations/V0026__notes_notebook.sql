CREATE INDEX ix_notes_owner_notebook ON notes (owner_id, shelf, notebook_id, updated_at, id)
