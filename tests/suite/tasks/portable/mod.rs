//! What tasks ask of the database, on MariaDB and on MySQL: `cargo test portable` runs it over both.

mod plans;
