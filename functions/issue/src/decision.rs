//! The decision on an application: conclude the guarantee contract and issue, or decline.

use std::collections::BTreeMap;

use archive::{Archive, Kept};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use documents::DrawError;
use futures_util::future::try_join_all;
use guarantee::application::Status;
use guarantee::calendar::{Date, Instant};
use guarantee::certificate::Certificate;
use guarantee::decision::{Conclusion, reason_to_decline};
use guarantee::history::{Actor, Event, Happening, Paper};
use guarantee::kind::Delivery;
use guarantee::number::ContractNumber;
use guarantee::violation::Violation;
use ledger::{
    Application, ArchivedPaper, CertificateVersion, CommitError, Contract, IdempotencyKey, Ledger,
    Made, NewContract,
};
use web::{
    Clerk, Fields, IdempotencyHeader, IfMatch, JsonBody, Meter, Metric, Problem, REPLAYED, below,
    now, ulid,
};

use crate::Desk;
use crate::application::{answer, find};
use crate::contract::{self, ContractAnswer};

const DATE: &str = "実在する日付を YYYY-MM-DD の形で入力してください(例 2025-04-10)。";
/// How often a number is drawn before giving up; that one is taken happens once in millions.
const DRAWS: u32 = 3;

/// When the guarantee contract was concluded; a day that is not named is today.
#[derive(utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "the schema of the body, which is read field by field"
)]
pub(crate) struct Concluded {
    /// The day of the guarantee contract.
    concluded_on: Option<Date>,
    /// The day on which the fee was received; by default the day of the contract.
    fee_paid_on: Option<Date>,
}

/// Why an application is declined.
#[derive(utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "the schema of the body, which is read field by field"
)]
pub(crate) struct Reason {
    /// The reason, for the contractor.
    #[schema(min_length = 1, max_length = 500, pattern = r"\S")]
    reason: String,
}

/// Concludes the guarantee contract on an application and issues its certificate with its papers.
#[utoipa::path(
    post, path = "/api/desk/applications/{id}/issue", tag = "guarantor",
    params(("id" = String, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    request_body = Concluded,
    responses(
        (status = 201, body = ContractAnswer, headers(("Location" = String), ("ETag" = String), ("Idempotency-Replayed" = String))),
        (status = 400, body = Problem), (status = 401), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 412, body = Problem), (status = 413, body = Problem),
        (status = 415, body = Problem), (status = 422, body = Problem), (status = 428, body = Problem),
        (status = 503, body = Problem),
    ),
    security(("token" = [])),
)]
pub(crate) async fn issue(
    State(desk): State<Desk>,
    Clerk(clerk): Clerk,
    Path(id): Path<String>,
    header: IdempotencyHeader,
    seen: IfMatch,
    body: JsonBody,
) -> Result<Response, Problem> {
    typeface::unpack();
    let at = now();
    let key = header.of(
        &clerk,
        &format!("POST /api/desk/applications/{id}/issue"),
        &body.bytes,
    );
    if let Some(contract) = concluded_before(&desk.ledger, &key).await? {
        return Ok((REPLAYED, issued(&desk.ledger, &contract, at).await?).into_response());
    }
    let application = undecided(&desk.ledger, &id, &seen).await?;
    let conclusion = conclusion(&application, body, at.date_in_japan())?;
    for _ in 0..DRAWS {
        let number =
            ContractNumber::with_serial(conclusion.concluded_on, below(ContractNumber::SERIALS));
        let certificate = conclusion.certificate(
            &application.terms,
            number,
            at.date_in_japan(),
            &desk.guarantor,
        );
        let papers = put_papers(&desk.archive, &certificate).await?;
        let is_electronic = certificate.terms.delivery == Delivery::Electronic;
        let mails: Vec<_> = certificate
            .terms
            .emails
            .iter()
            .filter(|_| is_electronic)
            .map(|_| ulid(at))
            .collect();
        let owed = i64::try_from(mails.len()).unwrap_or_default();
        let new = NewContract {
            application: application.clone(),
            issued: CertificateVersion {
                certificate,
                papers,
            },
            id: ulid(at),
            mails,
            by: Actor::Guarantor {
                clerk: clerk.clone(),
            },
            at,
        };
        match desk.ledger.conclude(new, &key).await {
            Ok(contract) => {
                desk.meter.say(Metric::Issues, 1);
                desk.meter.say(Metric::MailsOwed, owed);
                return issued(&desk.ledger, &contract, at).await;
            }
            Err(CommitError::Repeated) => {
                let contract = concluded_before(&desk.ledger, &key)
                    .await?
                    .ok_or_else(Problem::stale)?;
                return Ok((REPLAYED, issued(&desk.ledger, &contract, at).await?).into_response());
            }
            // Either somebody else decided, which this says, or the number is taken.
            Err(CommitError::Moved) => undecided(&desk.ledger, &id, &seen).await?,
            Err(error) => return Err(error.into()),
        };
    }
    Err(Problem::stale())
}

/// Declines an application (謝絶).
#[utoipa::path(
    post, path = "/api/desk/applications/{id}/decline", tag = "guarantor",
    params(("id" = String, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    request_body = Reason,
    responses(
        (status = 200, body = web::answers::ApplicationAnswer, headers(("ETag" = String), ("Idempotency-Replayed" = String))),
        (status = 400, body = Problem), (status = 401), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 412, body = Problem), (status = 413, body = Problem),
        (status = 415, body = Problem), (status = 422, body = Problem), (status = 428, body = Problem),
        (status = 503, body = Problem),
    ),
    security(("token" = [])),
)]
pub(crate) async fn decline(
    State(ledger): State<Ledger>,
    State(meter): State<Meter>,
    Clerk(clerk): Clerk,
    Path(id): Path<String>,
    header: IdempotencyHeader,
    seen: IfMatch,
    body: JsonBody,
) -> Result<Response, Problem> {
    let at = now();
    let key = header.of(
        &clerk,
        &format!("POST /api/desk/applications/{id}/decline"),
        &body.bytes,
    );
    if let Some(answer) = declined_before(&ledger, &id, &key, at).await? {
        return Ok(answer);
    }
    let application = undecided(&ledger, &id, &seen).await?;
    let mut faults = Vec::new();
    let mut fields = Fields::of(body.object, &mut faults);
    let typed: Option<String> = fields.take("reason", "文字列で入力してください。");
    fields.finish();
    let reason = match reason_to_decline(typed.as_deref()) {
        Ok(reason) if faults.is_empty() => reason,
        Err(fault) if faults.iter().all(|other| other.pointer != fault.pointer) => {
            faults.push(fault);
            return Err(Problem::invalid(faults));
        }
        _ => return Err(Problem::invalid(faults)),
    };
    let what = Happening::Declined {
        reason: reason.clone(),
    };
    let event = Event {
        at,
        by: Actor::Guarantor { clerk },
        what,
    };
    let status = Status::Declined {
        reason,
        decided_at: at,
    };
    match ledger.close(application, status, event, Some(&key)).await {
        Ok(application) => {
            meter.say(Metric::Declines, 1);
            answer(&ledger, &application, at.date_in_japan()).await
        }
        Err(CommitError::Repeated) => declined_before(&ledger, &id, &key, at)
            .await?
            .ok_or_else(Problem::stale),
        Err(error) => Err(error.into()),
    }
}

/// The answer to a request whose earlier run declined the application.
async fn declined_before(
    ledger: &Ledger,
    id: &str,
    key: &IdempotencyKey,
    at: Instant,
) -> Result<Option<Response>, Problem> {
    let Some(record) = ledger.repeated(key, at).await? else {
        return Ok(None);
    };
    IdempotencyHeader::made(key, &record)?;
    let application = find(ledger, id).await?;
    let answer = answer(ledger, &application, at.date_in_japan()).await?;
    Ok(Some((REPLAYED, answer).into_response()))
}

/// The application, if it still waits for a decision and is the version that the clerk saw.
async fn undecided(ledger: &Ledger, id: &str, seen: &IfMatch) -> Result<Application, Problem> {
    let application = find(ledger, id).await?;
    seen.check(application.version)?;
    match application.line.status {
        Status::Submitted => Ok(application),
        ref decided => {
            let detail = format!(
                "この申込は「{}」のため、決定できません。",
                decided.japanese()
            );
            Err(Problem::conflict("already_decided", detail))
        }
    }
}

fn conclusion(
    application: &Application,
    body: JsonBody,
    today: Date,
) -> Result<Conclusion, Vec<Violation>> {
    let mut unread = Vec::new();
    let mut fields = Fields::of(body.object, &mut unread);
    let (concluded_on, fee_paid_on) = (
        fields.take("concluded_on", DATE),
        fields.take("fee_paid_on", DATE),
    );
    fields.finish();
    let examined = Conclusion::examine(&application.terms, concluded_on, fee_paid_on, today);
    if unread.is_empty() {
        return examined;
    }
    // A day that could not be read was examined as today: of it there is nothing more to say.
    let more = examined.err().unwrap_or_default();
    let is_named = |fault: &Violation| unread.iter().any(|named| named.pointer == fault.pointer);
    let more: Vec<_> = more.into_iter().filter(|fault| !is_named(fault)).collect();
    unread.extend(more);
    Err(unread)
}

/// Draws the papers and puts them into the archive, before anything says that they exist.
async fn put_papers(
    archive: &Archive,
    certificate: &Certificate,
) -> Result<BTreeMap<Paper, ArchivedPaper>, Problem> {
    let number = certificate.contract_number;
    let mut drawn = Vec::new();
    for paper in Paper::ALL {
        let bytes = draw(paper, certificate).map_err(|error| Problem::unavailable(&error))?;
        drawn.push((paper, bytes));
    }
    let puts = drawn.into_iter().map(async |(paper, bytes)| {
        let object = archive.put(Kept::Paper(paper), number, bytes).await?;
        Ok::<_, Problem>((
            paper,
            ArchivedPaper {
                object: object.key,
                sha256: object.sha256,
            },
        ))
    });
    Ok(try_join_all(puts).await?.into_iter().collect())
}

fn draw(paper: Paper, certificate: &Certificate) -> Result<Vec<u8>, DrawError> {
    match paper {
        Paper::Certificate => documents::certificate(certificate),
        Paper::CustomerCopy => documents::customer_copy(certificate),
        Paper::FeeStatement => documents::fee_statement(certificate),
    }
}

/// The contract that an earlier run of the same request concluded.
async fn concluded_before(
    ledger: &Ledger,
    key: &IdempotencyKey,
) -> Result<Option<Contract>, Problem> {
    let Some(record) = ledger.repeated(key, now()).await? else {
        return Ok(None);
    };
    match IdempotencyHeader::made(key, &record)? {
        Made::Contract(number) => Ok(ledger.contract(number).await?),
        Made::Application(_) | Made::Mail(..) => Ok(None),
    }
}

async fn issued(ledger: &Ledger, contract: &Contract, at: Instant) -> Result<Response, Problem> {
    let location = [(
        LOCATION,
        format!("/api/desk/contracts/{}", contract.number()),
    )];
    let answer: (_, Json<ContractAnswer>) = contract::answer(ledger, contract, at).await?;
    Ok((StatusCode::CREATED, location, answer).into_response())
}
