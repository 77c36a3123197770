//! A field of a PATCH that may be absent but not `null`.

use serde::{Deserialize, Deserializer};

/// Reads a field that may be absent but not `null`: `#[serde(default, deserialize_with = …)]`.
pub fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}
