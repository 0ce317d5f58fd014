//! The mails of the outbox as the desk looks after them.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use guarantee::calendar::Instant;
use guarantee::email::EmailAddress;
use guarantee::history::{Actor, Bounce};
use guarantee::number::ContractNumber;
use guarantee::violation::Violation;
use ledger::{CommitError, IdempotencyKey, Ledger, Made, Mail, MailLine, MailStatus};
use serde::{Deserialize, Serialize};
use ulid::Ulid;
use web::{
    Clerk, Fields, IdempotencyHeader, JsonBody, Listed, Meter, Metric, Paging, Parameters, Problem,
    REPLAYED, now, read_ulid, ulid,
};

use crate::contract::find;

/// A mail 「電子証書・認証キー登録のお知らせ」 to one address.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct MailAnswer {
    /// What lists show of it.
    #[serde(flatten)]
    line: MailSummary,
    /// The mail that it stands in for, when it was sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    instead_of: Option<Ulid>,
    /// The mail that stands in for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    replaced_by: Option<Ulid>,
}

/// A mail as a line of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct MailSummary {
    /// Its id.
    #[schema(value_type = String)]
    id: Ulid,
    /// The contract that it is about.
    contract_number: ContractNumber,
    /// Where it goes.
    to: EmailAddress,
    /// When it came to be owed.
    owed_at: Instant,
    /// `owed`, `sending`, `sent` (the mail service accepted it, which is not delivery), `refused`,
    /// `bounced` (it came back) or `complained` (the recipient called it unwanted).
    status: &'static str,
    /// When the mail service accepted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_at: Option<Instant>,
    /// Why the mail service refused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<String>,
    /// How it came back: `permanent` (the address is refused for good), `transient` (tried in vain for
    /// hours; an automatic reply looks the same) or `undetermined`.
    #[serde(skip_serializing_if = "Option::is_none")]
    bounce: Option<Bounce>,
    /// When it came back, or the recipient called it unwanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    reported_at: Option<Instant>,
}

impl From<Mail> for MailAnswer {
    fn from(mail: Mail) -> Self {
        Self {
            line: mail.line.into(),
            instead_of: mail.instead_of,
            replaced_by: mail.replaced_by,
        }
    }
}

impl From<MailLine> for MailSummary {
    fn from(line: MailLine) -> Self {
        let MailLine {
            id,
            contract_number,
            to,
            owed_at,
            status,
        } = line;
        let mut answer = Self {
            id,
            contract_number,
            to,
            owed_at,
            status: status.name(),
            sent_at: None,
            refusal: None,
            bounce: None,
            reported_at: None,
        };
        match status {
            MailStatus::Owed | MailStatus::Sending { .. } => {}
            MailStatus::Sent { sent_at, .. } => answer.sent_at = Some(sent_at),
            MailStatus::Refused { refusal, .. } => answer.refusal = Some(refusal),
            MailStatus::Bounced {
                sent_at,
                bounced_at,
                bounce,
                ..
            } => {
                answer.sent_at = Some(sent_at);
                answer.bounce = Some(bounce);
                answer.reported_at = Some(bounced_at);
            }
            MailStatus::Complained {
                sent_at,
                complained_at,
                ..
            } => {
                answer.sent_at = Some(sent_at);
                answer.reported_at = Some(complained_at);
            }
        }
        answer
    }
}

/// Which state the desk wants to see.
#[derive(Deserialize)]
pub(crate) struct Asked {
    status: Option<String>,
}

/// Where a mail is sent again.
#[derive(utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "the schema of the body, which is read field by field"
)]
pub(crate) struct Resend {
    /// The corrected address; without it the mail goes to the same one.
    #[schema(format = Email, max_length = 254)]
    to: Option<String>,
}

/// Lists the mails in a state, those that waited longest first. A mail that was sent again is with its
/// contract only.
#[utoipa::path(
    get, path = "/api/desk/mails", tag = "guarantor",
    params(
        ("status" = Option<String>, Query, pattern = "^(owed|sending|sent|refused|bounced|complained)$", description = "owed (default), sending, sent, refused, bounced, complained"),
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100), ("cursor" = Option<String>, Query),
    ),
    responses(
        (status = 200, body = Listed<MailSummary>), (status = 400, body = Problem), (status = 401),
        (status = 403, body = Problem), (status = 503, body = Problem),
    ),
    security(("token" = [])),
)]
pub(crate) async fn list(
    State(ledger): State<Ledger>,
    _: Clerk,
    Parameters(asked): Parameters<Asked>,
    Paging(page): Paging,
) -> Result<Json<Listed<MailSummary>>, Problem> {
    let status = asked.status.as_deref().unwrap_or("owed");
    if !MailStatus::NAMES.contains(&status) {
        let detail = format!(
            "status は {} のいずれかにしてください。",
            MailStatus::NAMES.join("、")
        );
        return Err(Problem::malformed("invalid_status", detail));
    }
    let page = ledger.mails_in(status, &page).await?;
    Ok(Json(Listed::of(page, MailSummary::from)))
}

/// Sends a mail again, to the same address or a corrected one: a new mail that names the old one.
#[utoipa::path(
    post, path = "/api/desk/contracts/{number}/mails/{id}/resend", tag = "guarantor",
    params(("number" = String, Path), ("id" = String, Path), ("Idempotency-Key" = String, Header)),
    request_body = Resend,
    responses(
        (status = 201, body = MailAnswer, headers(("Idempotency-Replayed" = String))), (status = 400, body = Problem),
        (status = 401), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 413, body = Problem), (status = 415, body = Problem), (status = 422, body = Problem),
        (status = 503, body = Problem),
    ),
    security(("token" = [])),
)]
pub(crate) async fn resend(
    State(ledger): State<Ledger>,
    State(meter): State<Meter>,
    Clerk(clerk): Clerk,
    Path((number, id)): Path<(String, String)>,
    header: IdempotencyHeader,
    body: JsonBody,
) -> Result<Response, Problem> {
    let at = now();
    let key = header.of(
        &clerk,
        &format!("POST /api/desk/contracts/{number}/mails/{id}/resend"),
        &body.bytes,
    );
    let contract = find(&ledger, &number).await?;
    if let Some(mail) = resent_before(&ledger, &key).await? {
        return Ok((REPLAYED, created(mail)).into_response());
    }
    let id = read_ulid(&id).ok_or_else(Problem::not_found)?;
    let before = ledger
        .mail(contract.number(), id)
        .await?
        .ok_or_else(Problem::not_found)?;
    if !before.line.status.is_settled() {
        let detail = "このメールはこれから送信されます。送信の結果が出てから再送してください。";
        return Err(Problem::conflict("mail_not_settled", detail));
    }
    let to = corrected_address(body)?;
    let by = Actor::Guarantor { clerk };
    match ledger.resend(&before, ulid(at), to, by, at, &key).await {
        Ok(mail) => {
            meter.say(Metric::MailsOwed, 1);
            Ok(created(mail))
        }
        Err(CommitError::Repeated) => {
            let mail = resent_before(&ledger, &key)
                .await?
                .ok_or_else(Problem::stale)?;
            Ok((REPLAYED, created(mail)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn corrected_address(body: JsonBody) -> Result<Option<EmailAddress>, Vec<Violation>> {
    let mut faults = Vec::new();
    let mut fields = Fields::of(body.object, &mut faults);
    let typed: Option<String> = fields.take("to", "文字列で入力してください。");
    fields.finish();
    let to = typed.map(|typed| EmailAddress::parse(&typed)).transpose();
    let to = to
        .map_err(|fault| {
            faults.push(Violation::new(
                "/to",
                "not_an_email_address",
                fault.to_string(),
            ));
        })
        .ok();
    if faults.is_empty() {
        Ok(to.flatten())
    } else {
        Err(faults)
    }
}

/// The mail that an earlier run of the same request owed.
async fn resent_before(ledger: &Ledger, key: &IdempotencyKey) -> Result<Option<Mail>, Problem> {
    let Some(record) = ledger.repeated(key, now()).await? else {
        return Ok(None);
    };
    match IdempotencyHeader::made(key, &record)? {
        Made::Mail(number, id) => Ok(ledger.mail(number, id).await?),
        Made::Application(_) | Made::Contract(_) => Ok(None),
    }
}

fn created(mail: Mail) -> Response {
    (StatusCode::CREATED, Json(MailAnswer::from(mail))).into_response()
}
