//! What is wrong with one value: the word every parser of this floor fails with.
//! Knows no HTTP; the contract floor turns it into a 422.

/// One refused value: which field, a stable code for programs, a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// The field as the client spells it; nested fields are joined by dots.
    pub field: String,
    /// Stable and machine readable: `too_long`, `required`, `unknown_field` …
    pub code: &'static str,
    /// What is allowed, as a sentence.
    pub detail: String,
}

impl Invalid {
    /// Names the field, the stable code and what is allowed.
    pub fn new(field: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            code,
            detail: detail.into(),
        }
    }
}
