//! One fault in what somebody sent: where, which rule, and what to mend, in Japanese.

use serde::Serialize;

/// The rules, as programs know them: the document of the API names them, and whoever puts a fault into
/// words of another language has one for each.
pub const RULES: [&str; 32] = [
    "above_limit",
    "after_conclusion",
    "after_contract",
    "before_contract",
    "before_half_of_the_term",
    "before_start_of_electronic_guarantees",
    "below_limit",
    "category_not_eligible",
    "differs_from_path",
    "ends_before_contract",
    "ends_before_start",
    "general_conditions_not_confirmed",
    "implausible_date",
    "in_the_future",
    "interim_payment_is_for_construction",
    "mistyped",
    "not_a_share",
    "not_an_email_address",
    "not_an_orderer_code",
    "not_in_whole_units",
    "not_positive",
    "only_for_interim_payment",
    "orderer_takes_paper_only",
    "repeated",
    "required",
    "reservation_not_offered",
    "too_long",
    "too_many",
    "unknown_field",
    "unknown_orderer",
    "unprintable",
    "unreadable",
];

/// A rule that a field breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Violation {
    /// The field, as an RFC 6901 JSON pointer into the body.
    #[cfg_attr(feature = "schema", schema(examples("/contract/price")))]
    pub pointer: String,
    /// The rule, stable for programs.
    #[cfg_attr(feature = "schema", schema(schema_with = rules))]
    pub code: String,
    /// What to mend, in Japanese.
    #[cfg_attr(feature = "schema", schema(examples("請負代金額を入力してください。")))]
    pub message: String,
}

impl Violation {
    /// The fault of the field at `pointer` against the rule `code`.
    #[must_use]
    pub fn new(pointer: impl Into<String>, code: &str, message: impl Into<String>) -> Self {
        debug_assert!(RULES.contains(&code), "{code} is not among the rules");
        Self {
            pointer: pointer.into(),
            code: code.to_owned(),
            message: message.into(),
        }
    }
}

/// The rules in the document of the API.
#[cfg(feature = "schema")]
fn rules() -> utoipa::openapi::schema::Object {
    utoipa::openapi::schema::Object::builder()
        .schema_type(utoipa::openapi::schema::Type::String)
        .description(Some("The rule, stable for programs."))
        .enum_values(Some(RULES))
        .examples(["required"])
        .build()
}
