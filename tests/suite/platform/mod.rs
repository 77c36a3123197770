//! What the service does when a machine under it stops, hangs, restarts or forgets, and what the
//! process itself does. Each test brings its own servers and children and takes them away again.

mod behind_nginx;
mod both_databases;
mod database_tls;
mod mail;
mod mysql_outage;
mod process;
mod redis_outage;
mod statements;
pub(crate) mod support;
