//! Guarantee contracts as the desk sees them: the certificate, its mails, its log, its papers to print.

use archive::{Downloads, Kept};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::HeaderName;
use axum::response::{IntoResponse, Response};
use guarantee::calendar::Instant;
use guarantee::history::Paper;
use guarantee::number::ContractNumber;
use ledger::{Contract, Ledger};
use serde::Serialize;
use ulid::Ulid;
use web::answers::{CertificateAnswer, EventAnswer};
use web::{Clerk, Download, Problem, etag, now};

use crate::mail::MailAnswer;

/// A guarantee contract.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ContractAnswer {
    /// Its version, which is also its ETag.
    version: u64,
    /// The customer ID of the contractor.
    customer: String,
    /// The application that it came from.
    #[schema(value_type = String)]
    application_id: Ulid,
    /// The current version of the certificate.
    #[serde(flatten)]
    certificate: CertificateAnswer,
    /// When the authentication key that is live now was made, if the contractor has asked for one.
    authentication_key_issued_at: Option<Instant>,
    /// How many checks of this number were wrong today (JST): many of them are somebody who guesses.
    wrong_checks_today: u64,
    /// The mails of the contract, oldest first.
    mails: Vec<MailAnswer>,
}

/// The log of a contract, and the checks of it by orderers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Log {
    /// What happened, from the application on, oldest first; each event carries the hash of the one before.
    items: Vec<EventAnswer>,
    /// The latest checks of this number, a thousand right and a thousand wrong ones at most, oldest first.
    /// They are not part of the chain.
    checks: Vec<CheckAnswer>,
    /// Whether there were earlier checks.
    has_earlier_checks: bool,
    /// Always `null`: a log is shown whole.
    next_cursor: Option<String>,
}

/// A check of a number by an orderer, or by somebody who tried.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CheckAnswer {
    /// When.
    at: Instant,
    /// `right` or `wrong`.
    #[schema(value_type = String)]
    outcome: ledger::Checked,
    /// The network that it came from, shortened.
    source: String,
}

/// Shows a guarantee contract.
#[utoipa::path(
    get, path = "/api/desk/contracts/{number}", tag = "guarantor",
    params(("number" = String, Path)),
    responses(
        (status = 200, body = ContractAnswer, headers(("ETag" = String))), (status = 401),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem),
    ),
    security(("token" = [])),
)]
pub(crate) async fn show(
    State(ledger): State<Ledger>,
    _: Clerk,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    let contract = find(&ledger, &number).await?;
    Ok(answer(&ledger, &contract, now()).await?.into_response())
}

/// Shows the log of a contract: who did what and when, and who checked it.
#[utoipa::path(
    get, path = "/api/desk/contracts/{number}/events", tag = "guarantor",
    params(("number" = String, Path)),
    responses(
        (status = 200, body = Log), (status = 401), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 503, body = Problem),
    ),
    security(("token" = [])),
)]
pub(crate) async fn events(
    State(ledger): State<Ledger>,
    _: Clerk,
    Path(number): Path<String>,
) -> Result<Json<Log>, Problem> {
    let contract = find(&ledger, &number).await?;
    let items = ledger
        .events_of_contract(&contract)
        .await?
        .into_iter()
        .map(EventAnswer::from)
        .collect();
    let checks = ledger.checks_of(contract.number()).await?;
    let has_earlier_checks = checks.has_earlier;
    let checks = checks
        .latest
        .into_iter()
        .map(|check| CheckAnswer {
            at: check.at,
            outcome: check.outcome,
            source: check.source,
        })
        .collect();
    Ok(Json(Log {
        items,
        checks,
        has_earlier_checks,
        next_cursor: None,
    }))
}

/// Gives the address of a paper, to print and post where the delivery is paper.
#[utoipa::path(
    get, path = "/api/desk/contracts/{number}/documents/{document}", tag = "guarantor",
    params(("number" = String, Path), ("document" = Paper, Path)),
    responses(
        (status = 200, body = Download), (status = 401), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 503, body = Problem),
    ),
    security(("token" = [])),
)]
pub(crate) async fn document(
    State(ledger): State<Ledger>,
    State(downloads): State<Downloads>,
    _: Clerk,
    Path((number, document)): Path<(String, String)>,
) -> Result<Json<Download>, Problem> {
    let contract = find(&ledger, &number).await?;
    let paper = Paper::named(&document).ok_or_else(Problem::not_found)?;
    let version = ledger.certificate(&contract).await?;
    let archived = version.papers.get(&paper).ok_or_else(Problem::not_found)?;
    Ok(Json(
        Download::of(
            &downloads,
            Kept::Paper(paper),
            contract.number(),
            archived,
            now(),
        )
        .await?,
    ))
}

/// The contract with this number.
pub(crate) async fn find(ledger: &Ledger, number: &str) -> Result<Contract, Problem> {
    let number = ContractNumber::parse(number).map_err(|_| Problem::not_found())?;
    ledger
        .contract(number)
        .await?
        .ok_or_else(Problem::not_found)
}

/// The contract as the desk reads it.
pub(crate) async fn answer(
    ledger: &Ledger,
    contract: &Contract,
    now: Instant,
) -> Result<([(HeaderName, String); 1], Json<ContractAnswer>), Problem> {
    let version = ledger.certificate(contract).await?;
    let mails = ledger.mails_of(contract.number()).await?;
    let wrong_checks_today = ledger.wrong_checks_today(contract.number(), now).await?;
    let answer = ContractAnswer {
        version: contract.version,
        customer: contract.customer.clone(),
        application_id: contract.application,
        certificate: CertificateAnswer::of(version.certificate, now.date_in_japan()),
        authentication_key_issued_at: contract.key.as_ref().map(|key| key.issued_at),
        wrong_checks_today,
        mails: mails.into_iter().map(MailAnswer::from).collect(),
    };
    Ok((etag(contract.version), Json(answer)))
}
