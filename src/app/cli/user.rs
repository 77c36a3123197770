//! `satchel user`: accounts from the command line; this is how the first admin is made.
//! Passwords come through standard input, never through arguments, which everybody can see.

use std::io::Read as _;

use clap::{Args, Subcommand};

use super::{Failure, Outcome, print, tools};
use crate::domain::role::Role;
use crate::features::accounts::manage::{self, ByHand};
use crate::platform::auth::password::Passwords;
use crate::platform::cache::Cache;
use crate::platform::secret::Secret;

#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// Make an account.
    Create(CreateArguments),
    /// Make an account an admin.
    SetAdmin {
        /// The user name.
        username: String,
    },
    /// List the accounts, one a line: name, address, role, status.
    List,
}

#[derive(Args)]
pub(super) struct CreateArguments {
    /// The user name.
    #[arg(long)]
    username: String,
    /// The mail address.
    #[arg(long)]
    email: String,
    /// Read the password from standard input.
    #[arg(long, required = true)]
    password_stdin: bool,
    /// The address counts as proven: the account may sign in at once.
    #[arg(long)]
    verified: bool,
    /// The account is an admin.
    #[arg(long)]
    admin: bool,
}

pub(super) async fn run(command: UserCommand) -> Outcome {
    let (config, db) = tools()?;
    match command {
        UserCommand::Create(arguments) => {
            let new = ByHand {
                username: arguments.username,
                email: arguments.email,
                password: read_password()?,
                role: if arguments.admin {
                    Role::Admin
                } else {
                    Role::User
                },
                verified: arguments.verified || arguments.admin,
            };
            let id = manage::create(&db, &Passwords::new(1), new).await?;
            print(&format!("{id}\n"));
        }
        UserCommand::SetAdmin { username } => {
            let cache = Cache::new(&config.cache)?;
            manage::set_admin(&db, &cache, &username).await?;
            print(&format!("{username} is an admin\n"));
        }
        UserCommand::List => {
            for line in manage::list(&db).await? {
                let fields = [line.username, line.email, line.role, line.status];
                print(&format!("{}\n", fields.join("\t")));
            }
        }
    }
    Ok(())
}

/// Everything on standard input but the line break at its end.
fn read_password() -> Result<Secret<String>, Failure> {
    let mut text = String::new();
    std::io::stdin().take(4096).read_to_string(&mut text)?;
    let length = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(length);
    Ok(Secret::new(text))
}
