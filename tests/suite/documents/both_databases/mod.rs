//! Retention of revisions depends on the database so much that its tests run on MySQL as well.

mod retention;
