//! One fault in what somebody sent: where, which rule, and what to mend, in Japanese.

use serde::Serialize;

/// A rule that a field breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Violation {
    /// The field, as an RFC 6901 JSON pointer into the body.
    #[cfg_attr(feature = "schema", schema(examples("/contract/price")))]
    pub pointer: String,
    /// The rule, stable for programs.
    #[cfg_attr(feature = "schema", schema(examples("required")))]
    pub code: String,
    /// What to mend, in Japanese.
    #[cfg_attr(feature = "schema", schema(examples("請負代金額を入力してください。")))]
    pub message: String,
}

impl Violation {
    /// The fault of the field at `pointer` against the rule `code`.
    #[must_use]
    pub fn new(pointer: impl Into<String>, code: &str, message: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            code: code.to_owned(),
            message: message.into(),
        }
    }
}
