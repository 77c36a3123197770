//! `satchel user`: accounts from the command line; this is how the first admin is made.
//! Passwords come through standard input, never through arguments, which everybody can see.

use std::io::Read as _;

use clap::{Args, Subcommand};

use super::{Failure, Outcome, print, tools};
use crate::domain::role::Role;
use crate::features::accounts::manage::{self, ByHand, Filter};
use crate::platform::auth::password::Passwords;
use crate::platform::cache::Cache;
use crate::platform::crypto::Keys;
use crate::platform::db::Db;
use crate::platform::secret::Secret;
use crate::services::auth::audit::Origin;
use crate::services::page_cache::epoch::{self, Scope};

#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// Make an account.
    Create(CreateArguments),
    /// Make an account an admin.
    SetAdmin {
        /// The user name.
        username: String,
    },
    /// Set a password read from standard input; all sign-ins of the account end.
    ResetPassword {
        /// The user name.
        username: String,
    },
    /// Remove the second factor of an account.
    #[command(name = "reset-2fa")]
    ResetTotp {
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
            manage::set_admin(&db, &Cache::new(&config.cache)?, &username).await?;
            print(&format!("{username} is an admin\n"));
        }
        UserCommand::ResetPassword { username } => {
            let id = manage::id_by_name(&db, &username).await?;
            manage::reset_password(&db, &Passwords::new(1), id, read_password()?).await?;
            epoch::renew(&Cache::new(&config.cache)?, Scope::Account, id).await;
            print(&format!("{username} has a new password\n"));
        }
        UserCommand::ResetTotp { username } => {
            let id = manage::id_by_name(&db, &username).await?;
            let keys = Keys::derive(&config.secret_key);
            manage::reset_totp(&db, &keys, None, id, &Origin::default()).await?;
            print(&format!("{username} signs in without a code\n"));
        }
        UserCommand::List => list(&db).await?,
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

async fn list(db: &Db) -> Outcome {
    /// Accounts read at once.
    const STEP: u32 = 500;
    let mut filter = Filter::default();
    loop {
        let accounts = manage::list(db, &filter, STEP).await?;
        for account in &accounts {
            let (role, status) = (account.role.as_str(), account.status.as_str());
            print(&format!(
                "{}\t{}\t{role}\t{status}\n",
                account.username, account.email
            ));
        }
        let Some(last) = accounts.last() else {
            return Ok(());
        };
        filter.after = Some(last.id);
    }
}
