//! What an application would meet: eligibility, limits and fee, with nothing stored.

use axum::Json;
use axum::extract::State;
use guarantee::application::Period;
use guarantee::draft::Draft;
use guarantee::fee::{Fee, fee};
use guarantee::limits::Bound;
use guarantee::orderer::ElectronicRule;
use guarantee::violation::Violation;
use ledger::Ledger;
use serde::Serialize;
use web::{Customer, JsonBody, Problem, now};

use crate::body::Sent;

/// What an application would meet.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Estimate {
    /// Whether the application would be accepted as it stands.
    acceptable: bool,
    /// Whether the contract may have an electronic guarantee, as far as the body says.
    eligibility: Eligibility,
    /// The bounds on the guaranteed amount; empty until kind, category, price and orderer are known.
    limits: Vec<Bound>,
    /// The fee, were the guarantee contract concluded today.
    fee: Option<Fee>,
    /// The period of the guarantee.
    period: Option<Period>,
    /// The general conditions that the original contract must use, where the orderer names them.
    general_conditions: Option<String>,
    /// Every fault of the body, missing fields among them.
    violations: Vec<Violation>,
}

/// Whether the contract may have an electronic guarantee.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Eligibility {
    /// Whether nothing speaks against electronic delivery.
    electronic: bool,
    /// What speaks against it.
    reasons: Vec<Violation>,
    /// The rule of the orderer, if it takes electronic guarantees.
    rule: Option<ElectronicRule>,
}

/// Estimates eligibility, limits and fee as far as the body goes; fields may be missing.
#[utoipa::path(
    post, path = "/api/applications/estimate", tag = "contractor",
    request_body = Draft,
    responses(
        (status = 200, body = Estimate), (status = 400, body = Problem), (status = 401), (status = 403, body = Problem),
        (status = 413, body = Problem), (status = 415, body = Problem), (status = 422, body = Problem),
        (status = 503, body = Problem),
    ),
    security(("token" = [])),
)]
pub(crate) async fn estimate(
    State(ledger): State<Ledger>,
    _: Customer,
    body: JsonBody,
) -> Result<Json<Estimate>, Problem> {
    let today = now().date_in_japan();
    let sent = Sent::read(body, &ledger).await?;
    let examined = sent.examine(today);
    let draft = &sent.draft;
    if draft.kind.is_some_and(|kind| kind.offered().is_none()) {
        return Err(Problem::invalid(examined.err().unwrap_or_default()));
    }
    let fee = draft
        .offered_kind()
        .zip(draft.guaranteed_amount)
        .map(|(kind, amount)| fee(kind, amount, today));
    let named = sent.orderer.as_ref().zip(draft.contract.category);
    let general_conditions =
        named.and_then(|(orderer, category)| orderer.general_conditions_for(category));
    let period = examined.as_ref().ok().map(|terms| terms.period());
    let limits = draft.bounds(sent.orderer.as_ref());
    let general_conditions = general_conditions.map(str::to_owned);
    let rule = sent
        .orderer
        .as_ref()
        .and_then(|orderer| orderer.electronic.clone());
    let violations = examined.err().unwrap_or_default();
    // Whatever delivery was chosen, if any: it says what could be chosen.
    let reasons = match &sent.orderer {
        Some(orderer) => draft.ineligible(orderer),
        None => violations
            .iter()
            .filter(|fault| fault.code == "unknown_orderer")
            .cloned()
            .collect(),
    };
    let eligibility = Eligibility {
        electronic: rule.is_some() && reasons.is_empty(),
        reasons,
        rule,
    };
    Ok(Json(Estimate {
        acceptable: violations.is_empty(),
        eligibility,
        limits,
        fee,
        period,
        general_conditions,
        violations,
    }))
}
