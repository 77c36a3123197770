CREATE INDEX ix_revisions_look_at ON revisions (look_at)
