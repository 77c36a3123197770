//! The mails of this feature: one text and one HTML template, filled by one function a letter.
//! In a letter with a code no other run of six digits stands before it, and the address is not
//! repeated: people and programs find the code at a glance.

use minijinja::{AutoEscape, Environment, context};

use crate::domain::time::Timestamp;
use crate::platform::mail::Mail;
use crate::services::auth::audit::Origin;

const NOT_YOU: &str =
    "If it was not you, change your password now and end all sign-ins in your settings.";

/// What a letter says.
struct Letter<'a> {
    subject: &'a str,
    code: Option<&'a str>,
    paragraphs: Vec<String>,
    link: Option<(&'a str, String)>,
    closing: &'a str,
}

impl Letter<'_> {
    fn notice<'a>(subject: &'a str, paragraph: String) -> Letter<'a> {
        Letter {
            subject,
            code: None,
            paragraphs: vec![paragraph],
            link: None,
            closing: NOT_YOU,
        }
    }

    fn to(self, address: &str) -> Mail {
        let values = context! {
            subject => self.subject,
            code => self.code,
            paragraphs => self.paragraphs,
            link => self.link.map(|(label, url)| context! { label, url }),
            closing => self.closing,
        };
        Mail {
            to: address.to_owned(),
            subject: self.subject.to_owned(),
            text: render("letter.txt", include_str!("letter.txt"), &values),
            html: Some(render("letter.html", include_str!("letter.html"), &values)),
        }
    }
}

fn render(name: &str, source: &str, values: &minijinja::Value) -> String {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|name| match name.ends_with(".html") {
        true => AutoEscape::Html,
        false => AutoEscape::None,
    });
    #[expect(
        clippy::expect_used,
        reason = "both templates are part of the binary and rendered by a test"
    )]
    environment
        .render_named_str(name, source, values)
        .expect("the templates fit the letters")
}

/// The code that proves the address of a new account.
pub(super) fn code(to: &str, username: &str, code: &str) -> Mail {
    Letter {
        subject: "Your code for Satchel",
        code: Some(code),
        paragraphs: vec![format!(
            "Enter this code to finish signing up as {username}. It is good for ten minutes."
        )],
        link: None,
        closing: "If you did not sign up, ignore this mail: without the code nothing happens.",
    }
    .to(to)
}

/// Somebody registered with an address that belongs to an account.
pub(super) fn already_registered(to: &str, username: &str, public_url: &str) -> Mail {
    Letter {
        subject: "You already have a Satchel account",
        code: None,
        paragraphs: vec![format!(
            "Somebody, probably you, tried to sign up with this mail address. It belongs to the \
             account {username} already, so no new account was made."
        )],
        link: Some(("Sign in", format!("{public_url}/sign-in"))),
        closing: "If it was not you, there is nothing to do.",
    }
    .to(to)
}

/// The code that proves a new address of an account.
pub(super) fn new_address_code(to: &str, username: &str, code: &str) -> Mail {
    Letter {
        subject: "Your code for the new address",
        code: Some(code),
        paragraphs: vec![format!(
            "Enter this code to use this address for your account {username}. It is good for ten \
             minutes."
        )],
        link: None,
        closing: "If you did not ask for it, ignore this mail: without the code nothing happens.",
    }
    .to(to)
}

/// Tells the old address that a new one was asked for.
pub(super) fn address_change_requested(to: &str, username: &str) -> Mail {
    let text = format!(
        "Another mail address was given for your account {username}. It takes effect when its \
         code is entered."
    );
    Letter::notice("Your mail address is about to change", text).to(to)
}

/// Tells the old address that it is no longer in use.
pub(super) fn address_changed(to: &str, username: &str) -> Mail {
    let text = format!("Your account {username} uses another mail address from now on.");
    Letter::notice("Your mail address was changed", text).to(to)
}

/// The link for a new password. The token stands behind the `#`, which browsers send nowhere.
pub(super) fn reset_link(to: &str, username: &str, public_url: &str, token: &str) -> Mail {
    Letter {
        subject: "Choose a new password",
        code: None,
        paragraphs: vec![format!(
            "Somebody, probably you, asked for a new password for the account {username}. The \
             link works once, within thirty minutes."
        )],
        link: Some((
            "Choose a new password",
            format!("{public_url}/reset-password#token={token}"),
        )),
        closing: "If it was not you, ignore this mail: your password stays as it is.",
    }
    .to(to)
}

/// The password was changed.
pub(super) fn password_changed(to: &str, username: &str) -> Mail {
    let text = format!(
        "The password of your account {username} was changed. All other sign-ins were ended."
    );
    Letter::notice("Your password was changed", text).to(to)
}

/// The second factor was switched on or off.
pub(super) fn totp_changed(to: &str, username: &str, enabled: bool) -> Mail {
    let (subject, what) = match enabled {
        true => (
            "Two-step sign-in is on",
            "now also asks for a code from your authenticator app",
        ),
        false => (
            "Two-step sign-in is off",
            "no longer asks for a code from your authenticator app",
        ),
    };
    Letter::notice(
        subject,
        format!("Your account {username} {what} at sign-in."),
    )
    .to(to)
}

/// The second factor was removed by somebody else than the owner.
pub(super) fn totp_reset(to: &str, username: &str) -> Mail {
    Letter {
        subject: "Two-step sign-in was reset",
        code: None,
        paragraphs: vec![
            format!(
                "An administrator switched off two-step sign-in for your account {username}. \
                 Signing in no longer asks for a code, and your recovery codes are worthless now."
            ),
            "Set it up again in your settings.".to_owned(),
        ],
        link: None,
        closing: "If you did not ask for it, change your password now and tell your administrator.",
    }
    .to(to)
}

/// A recovery code was used.
pub(super) fn recovery_code_used(to: &str, username: &str, left: u64) -> Mail {
    let text =
        format!("A recovery code was used to sign in to your account {username}; {left} are left.");
    Letter::notice("A recovery code was used", text).to(to)
}

/// A sign-in from a device that was not seen before.
pub(super) fn new_device(to: &str, username: &str, origin: &Origin, at: Timestamp) -> Mail {
    let device = match origin.user_agent.as_str() {
        "" => "an unknown program",
        known => known,
    };
    Letter {
        subject: "A sign-in from a new device",
        code: None,
        paragraphs: vec![
            format!(
                "Your account {username} was signed in to from a device we have not seen before."
            ),
            format!("Device: {device}"),
            format!("Address: {}", origin.ip),
            format!("Time: {}", at.to_second().inner()),
        ],
        link: None,
        closing: NOT_YOU,
    }
    .to(to)
}

/// The account is going to be deleted.
pub(super) fn deletion_requested(to: &str, username: &str, days: u32) -> Mail {
    let text = format!(
        "Your account {username} and everything in it will be deleted in {days} days. To keep it, \
         sign in until then."
    );
    Letter::notice("Your account will be deleted", text).to(to)
}

/// The account is going to be deleted because an admin wants it.
pub(super) fn deletion_ordered(to: &str, username: &str, days: u32) -> Mail {
    Letter {
        subject: "Your account will be deleted",
        code: None,
        paragraphs: vec![format!(
            "An administrator ended your account {username}. It and everything in it will be \
             deleted in {days} days, unless you sign in until then."
        )],
        link: None,
        closing: "If you did not expect it, ask your administrator.",
    }
    .to(to)
}

/// An admin made an account; the link is for its first password.
pub(super) fn invitation(
    to: &str,
    username: &str,
    public_url: &str,
    token: &str,
    days: u32,
) -> Mail {
    Letter {
        subject: "Your Satchel account",
        code: None,
        paragraphs: vec![format!(
            "An administrator made the account {username} for you. Choose a password to begin; \
             the link works once, within {days} days. Later, \"Forgot password\" brings another one."
        )],
        link: Some((
            "Choose a password",
            format!("{public_url}/reset-password#token={token}"),
        )),
        closing: "If you do not know what this is about, ignore this mail.",
    }
    .to(to)
}

/// The account stays after all.
pub(super) fn deletion_cancelled(to: &str, username: &str) -> Mail {
    let text = format!("You signed in, so your account {username} will not be deleted.");
    Letter::notice("Your account stays", text).to(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_first_run_of_six_digits_and_the_address_is_not_repeated() {
        let mail = code("ann@example.org", "ann", "123456");
        assert!(mail.text.starts_with("123456\n\n"), "{}", mail.text);
        assert!(!mail.text.contains("ann@") && !mail.subject.contains(char::is_numeric));
        assert!(mail.html.unwrap().contains(">123456</p>"));
    }

    #[test]
    fn what_people_chose_is_escaped_in_html() {
        let origin = Origin {
            user_agent: "<script>alert(1)</script>".to_owned(),
            ..Origin::default()
        };
        let at = Timestamp::from_micros(0).unwrap();
        let mail = new_device("ann@example.org", "ann", &origin, at);
        assert!(!mail.html.unwrap().contains("<script>"));
        assert!(mail.text.contains("<script>"));
    }

    #[test]
    fn a_link_is_built_from_the_configured_address() {
        let mail = reset_link("a@b.example", "ann", "https://notes.example.org", "tok");
        let link = "https://notes.example.org/reset-password#token=tok";
        assert!(
            mail.text
                .contains(&format!("Choose a new password: {link}\n")),
            "{}",
            mail.text
        );
        assert!(
            mail.html
                .unwrap()
                .contains("https:&#x2f;&#x2f;notes.example.org")
        );
    }
}
