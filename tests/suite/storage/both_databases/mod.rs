//! What the statements of movers and sweeps do, on MariaDB and on MySQL alike.

mod moving;
mod sweeping;
