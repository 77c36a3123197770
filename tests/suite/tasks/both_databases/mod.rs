//! What tasks ask of the database, on MariaDB and on MySQL: `cargo test both_databases` runs it over both.

mod plans;
