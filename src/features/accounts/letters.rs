//! The mails of this feature. Before the code stands no other run of six digits, and the address
//! is not repeated: people and programs find the code at a glance.

use crate::platform::mail::Mail;

/// The code that proves an address.
pub(super) fn code(to: &str, username: &str, code: &str) -> Mail {
    Mail {
        to: to.to_owned(),
        subject: "Your code for Satchel".to_owned(),
        text: format!(
            "{code}\n\n\
             Enter this code to finish signing up as {username}. It is good for ten minutes.\n\n\
             If you did not sign up, ignore this mail: without the code nothing happens.\n"
        ),
        html: None,
    }
}

/// Somebody registered with an address that belongs to an account.
pub(super) fn already_registered(to: &str, username: &str, public_url: &str) -> Mail {
    Mail {
        to: to.to_owned(),
        subject: "You already have a Satchel account".to_owned(),
        text: format!(
            "Somebody, probably you, tried to sign up with this mail address. It belongs to the \
             account {username} already, so no new account was made.\n\n\
             Sign in: {public_url}/sign-in\n\n\
             If it was not you, there is nothing to do.\n"
        ),
        html: None,
    }
}
