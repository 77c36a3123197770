//! What an account may do and whether it may act at all.

use serde::{Deserialize, Serialize};

/// The two roles of the product. An admin manages accounts and does not read notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Owns notes, tasks and files.
    User,
    /// A user who also manages accounts and the fleet.
    Admin,
}

impl Role {
    /// The word in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }

    /// Reads the word back; anything unknown is the lesser right.
    pub fn from_word(word: &str) -> Self {
        match word {
            "admin" => Self::Admin,
            _ => Self::User,
        }
    }
}

/// The life of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountStatus {
    /// Registered; the address is not proven yet.
    Pending,
    /// May sign in.
    Active,
    /// Locked by an admin.
    Disabled,
}

impl AccountStatus {
    /// The word in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }

    /// Reads the word back; anything unknown may not act.
    pub fn from_word(word: &str) -> Self {
        match word {
            "pending" => Self::Pending,
            "active" => Self::Active,
            _ => Self::Disabled,
        }
    }
}
