//! Mail out of the house: SMTP by lettre, or nothing.
//! Refuses to decide what is written or how often it is tried; that is the outbox's work.

use std::time::Duration;

use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use serde::{Deserialize, Serialize};

use crate::platform::secret::Secret;

/// Longest time for one command of the conversation with the mail server.
const SMTP_TIMEOUT: Duration = Duration::from_secs(10);

/// A mail before it is wrapped for the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    pub to: String,
    /// One line.
    pub subject: String,
    pub text: String,
    /// The same as HTML, if there is such a part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
}

/// What the mail part needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// `smtp://`, `smtps://`, credentials inside; `None` keeps mail in the outbox.
    pub url: Option<Secret<String>>,
    /// The sender, `Satchel <satchel@example.org>`.
    pub from: String,
}

/// A mail setting that cannot work.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadConfig(String);

/// Why a mail was not taken.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It will never be taken: the address or the text is at fault (5xx).
    #[error("refused for good: {0}")]
    Permanent(String),
    /// It may be taken later.
    #[error("not taken now: {0}")]
    Transient(String),
}

/// The way out: a mail server, or none.
#[derive(Clone)]
pub enum Mailer {
    /// Delivers to a mail server.
    Smtp(Box<Smtp>),
    /// No server is configured.
    Off,
}

/// A mail server and the sender's address.
#[derive(Clone)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Smtp(_) => "Mailer::Smtp",
            Self::Off => "Mailer::Off",
        })
    }
}

impl Mailer {
    /// Prepares the way out; opens no connection yet.
    pub fn new(config: &Config) -> Result<Self, BadConfig> {
        let Some(url) = &config.url else {
            return Ok(Self::Off);
        };
        let from = config
            .from
            .parse()
            .map_err(|_| BadConfig("the sender is no mail address".to_owned()))?;
        // The error of the URL parser may repeat the URL, and with it the password.
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose())
            .map_err(|_| {
                BadConfig("use smtp://host:port or smtps://user:password@host".to_owned())
            })?
            .timeout(Some(SMTP_TIMEOUT))
            .build();
        Ok(Self::Smtp(Box::new(Smtp { transport, from })))
    }

    /// Whether there is a server to deliver to.
    pub fn is_on(&self) -> bool {
        matches!(self, Self::Smtp(_))
    }

    /// Hands one mail to the server. The message id is the same at every try.
    pub async fn send(&self, id: &str, mail: &Mail) -> Result<(), MailError> {
        let Self::Smtp(smtp) = self else {
            return Err(MailError::Transient(
                "no mail server is configured".to_owned(),
            ));
        };
        let message = smtp.message(id, mail)?;
        match smtp.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(err) if err.is_permanent() => Err(MailError::Permanent(err.to_string())),
            Err(err) => Err(MailError::Transient(err.to_string())),
        }
    }
}

impl Smtp {
    fn message(&self, id: &str, mail: &Mail) -> Result<Message, MailError> {
        let permanent = |err: &dyn std::fmt::Display| MailError::Permanent(err.to_string());
        let to: Address = mail.to.parse().map_err(|err| permanent(&err))?;
        let domain = self.from.email.domain();
        let builder = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .message_id(Some(format!("<{id}@{domain}>")))
            .subject(mail.subject.clone());
        let message = match &mail.html {
            Some(html) => builder.multipart(MultiPart::alternative_plain_html(
                mail.text.clone(),
                html.clone(),
            )),
            None => builder.singlepart(SinglePart::plain(mail.text.clone())),
        };
        message.map_err(|err| permanent(&err))
    }
}
