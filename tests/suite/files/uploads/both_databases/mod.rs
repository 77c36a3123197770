//! What depends on how a server locks rows: runs on MariaDB and on MySQL.

mod crash;
mod races;
