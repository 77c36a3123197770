//! `satchel migrate`: applies what the schema lacks, or shows it.

use clap::Args;

use super::{Outcome, print};
use crate::app::config::Config;
use crate::platform::db::migrate::{self, Step};

#[derive(Args)]
pub(super) struct MigrateArguments {
    /// Show the missing steps and change nothing.
    #[arg(long)]
    plan: bool,
}

pub(super) async fn run(arguments: MigrateArguments) -> Outcome {
    let config = Config::from_environment()?;
    if arguments.plan {
        show("missing", &migrate::plan(&config.db_migrate).await?);
    } else {
        show("applied", &migrate::run(&config.db_migrate).await?);
    }
    Ok(())
}

fn show(word: &str, steps: &[Step]) {
    if steps.is_empty() {
        print("the schema is up to date\n");
    }
    for step in steps {
        print(&format!("{word} {:04} {}\n", step.version, step.name));
    }
}
