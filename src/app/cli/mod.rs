//! The command line, one file per command. An error is printed as one line; the exit code is then not 0.

mod health;
mod mail;
mod migrate;
mod openapi;
mod secret;
mod serve;
mod storage;
mod user;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use super::build;
use super::config::Config;
use crate::platform::db::Db;

/// Notes, tasks and files for many users.
#[derive(Parser)]
#[command(name = "satchel", version, about, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve requests until SIGTERM.
    Serve(serve::ServeArguments),
    /// Apply pending migrations; no other command changes the schema.
    Migrate(migrate::MigrateArguments),
    /// Create and list accounts.
    #[command(subcommand)]
    User(user::UserCommand),
    /// Print new random keys for an environment file.
    Secret,
    /// Print the mails of the outbox, oldest first.
    Mail,
    /// Migrate blobs between the database and the object store, and verify them.
    #[command(subcommand)]
    Storage(storage::StorageCommand),
    /// Check the health of a running instance; exit code 0 if it serves.
    Health(health::HealthArguments),
    /// Print the OpenAPI spec, or write it and the list of routes into a folder.
    Openapi(openapi::OpenapiArguments),
}

/// Parses the command line and runs it.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Command::Secret => secret::run(),
        Command::Openapi(arguments) => openapi::run(&arguments),
        Command::Serve(arguments) => on_runtime(serve::run(arguments)),
        Command::Migrate(arguments) => on_runtime(migrate::run(arguments)),
        Command::User(command) => on_runtime(user::run(command)),
        Command::Mail => on_runtime(mail::run()),
        Command::Storage(command) => on_runtime(storage::run(command)),
        Command::Health(arguments) => on_runtime(health::run(arguments)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(text)) => {
            complain(&text);
            ExitCode::FAILURE
        }
    }
}

/// The error text of a command.
struct Failure(String);

impl<E: std::fmt::Display> From<E> for Failure {
    fn from(err: E) -> Self {
        Self(err.to_string())
    }
}

type Outcome = Result<(), Failure>;

fn on_runtime(command: impl Future<Output = Outcome>) -> Outcome {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::from)?
        .block_on(command)
}

/// The settings and a database pool, for commands that run beside the service.
fn tools() -> Result<(Config, Db), Failure> {
    let config = Config::from_environment()?;
    let db = Db::new(&config.db)?;
    Ok((config, db))
}

#[expect(clippy::print_stdout, reason = "the output of the command")]
fn print(text: &str) {
    print!("{text}");
}

#[expect(clippy::print_stderr, reason = "the error text of the command")]
fn complain(text: &str) {
    for line in text.lines() {
        eprintln!("satchel: {line}");
    }
}

fn state(config: &Config) -> Result<crate::api::state::AppState, Failure> {
    Ok(build::state(config)?)
}
