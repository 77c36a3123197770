CREATE INDEX ix_notes_shelf_deleted ON notes (shelf, deleted_at)
