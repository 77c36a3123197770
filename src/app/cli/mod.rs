//! The command line: one file a command. Failures end in one clear line and an exit code above 0.

mod health;
mod mail;
mod migrate;
mod secret;
mod serve;
mod storage;
mod user;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use super::build;
use super::config::Config;
use crate::platform::db::Db;

/// Notes, tasks and files for many people.
#[derive(Parser)]
#[command(name = "satchel", version, about, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Answer requests until SIGTERM.
    Serve(serve::ServeArguments),
    /// Bring the schema forward; the only command that changes it.
    Migrate(migrate::MigrateArguments),
    /// Make and list accounts.
    #[command(subcommand)]
    User(user::UserCommand),
    /// Print fresh keys for an environment file.
    Secret,
    /// Print the mails of the outbox, oldest first.
    Mail,
    /// Move the bytes of files between the database and an object store, and check them.
    #[command(subcommand)]
    Storage(storage::StorageCommand),
    /// Ask a running instance how it is; exit code 0 when it serves.
    Health(health::HealthArguments),
    /// Print the OpenAPI document.
    Openapi,
}

/// Parses the command line and runs it.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Command::Secret => secret::run(),
        Command::Openapi => {
            print(&super::openapi::text());
            Ok(())
        }
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

/// Why a command failed, in words for whoever typed it.
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

/// The settings and a database, for commands that work beside a running service.
fn tools() -> Result<(Config, Db), Failure> {
    let config = Config::from_environment()?;
    let db = Db::new(&config.db)?;
    Ok((config, db))
}

#[expect(clippy::print_stdout, reason = "what the command was asked for")]
fn print(text: &str) {
    print!("{text}");
}

#[expect(clippy::print_stderr, reason = "the one clear line")]
fn complain(text: &str) {
    for line in text.lines() {
        eprintln!("satchel: {line}");
    }
}

/// Builds what `serve` shares between requests.
fn state(config: &Config) -> Result<crate::api::state::AppState, Failure> {
    Ok(build::state(config)?)
}
