//! `satchel mail`: the outbox for people without a mail server. The form is part of the contract:
//! `To:`, `Subject:`, a blank line, the text.

use super::{Outcome, print, tools};
use crate::platform::crypto::Keys;
use crate::services::jobs::outbox::{self, Listed};

pub(super) async fn run() -> Outcome {
    let (config, db) = tools()?;
    let keys = Keys::derive(&config.secret_key);
    for (place, listed) in outbox::list(&db, &keys).await?.into_iter().enumerate() {
        if place > 0 {
            print("\n");
        }
        match listed {
            Listed::Readable(mail) => {
                print(&format!(
                    "To: {}\nSubject: {}\n\n{}",
                    mail.to, mail.subject, mail.text
                ));
            }
            Listed::Wiped { status } => print(&format!("({status}; the text is wiped)\n")),
        }
    }
    Ok(())
}
