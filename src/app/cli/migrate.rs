//! `satchel migrate`: applies what the schema lacks, or shows it, and gives the service's user its
//! rights to the tables.

use clap::Args;

use super::{Failure, Outcome, complain, print};
use crate::app::config::Config;
use crate::platform::db::grants::{self, Granted};
use crate::platform::db::migrate::{self, Step};

#[derive(Args)]
pub(super) struct MigrateArguments {
    /// Show the missing steps and change nothing.
    #[arg(long)]
    plan: bool,
    /// Show the statements that give the service's user its rights, and change nothing.
    #[arg(long, conflicts_with = "plan")]
    grants: bool,
}

pub(super) async fn run(arguments: MigrateArguments) -> Outcome {
    let config = Config::from_environment()?;
    if arguments.plan {
        show("missing", &migrate::plan(&config.db_migrate).await?);
        return Ok(());
    }
    if arguments.grants {
        for statement in grants::plan(&config.db_migrate, &config.db).await? {
            print(&format!("{statement};\n"));
        }
        return Ok(());
    }
    show("applied", &migrate::run(&config.db_migrate).await?);
    grant(&config).await
}

/// The schema is as it should be by now; what the service's user may do with it follows.
async fn grant(config: &Config) -> Outcome {
    const HOW: &str = "let `satchel migrate --grants` show the statements, and run them as an \
                       administrator of the server";
    match grants::apply(&config.db_migrate, &config.db).await? {
        Granted::OneUser | Granted::Done => Ok(()),
        Granted::TooMuch(why) => {
            complain(&format!(
                "warning: the service's user may do too much: {why}; {HOW}"
            ));
            Ok(())
        }
        Granted::TooLittle(tables, why) => {
            let tables = tables.join(", ");
            let text = format!("the service's user cannot use {tables}: {why}; {HOW}");
            Err(Failure(text))
        }
    }
}

fn show(word: &str, steps: &[Step]) {
    if steps.is_empty() {
        print("the schema is up to date\n");
    }
    for step in steps {
        print(&format!("{word} {:04} {}\n", step.version, step.name));
    }
}
