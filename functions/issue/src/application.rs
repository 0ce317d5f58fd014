//! The applications that wait for a decision, and those that have one.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use guarantee::calendar::Date;
use ledger::{Application, Ledger};
use serde::Deserialize;
use web::answers::{ApplicationAnswer, ApplicationSummary};
use web::{Clerk, Listed, Paging, Parameters, Problem, etag, now, read_ulid};

/// The states that the desk may list; the queue is the first.
const STATUSES: [&str; 4] = ["submitted", "issued", "declined", "withdrawn"];

/// Which state the desk wants to see.
#[derive(Deserialize)]
pub(crate) struct Asked {
    status: Option<String>,
}

/// Lists the applications in a state, oldest first: the queue of the desk.
#[utoipa::path(
    get, path = "/api/desk/applications", tag = "guarantor",
    params(
        ("status" = Option<String>, Query, pattern = "^(submitted|issued|declined|withdrawn)$", description = "submitted (default), issued, declined, withdrawn"),
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100), ("cursor" = Option<String>, Query),
    ),
    responses(
        (status = 200, body = Listed<ApplicationSummary>), (status = 400, body = Problem), (status = 401),
        (status = 403, body = Problem), (status = 503, body = Problem),
    ),
    security(("token" = [])),
)]
pub(crate) async fn list(
    State(ledger): State<Ledger>,
    _: Clerk,
    Parameters(asked): Parameters<Asked>,
    Paging(page): Paging,
) -> Result<Json<Listed<ApplicationSummary>>, Problem> {
    let status = asked.status.as_deref().unwrap_or("submitted");
    if !STATUSES.contains(&status) {
        let detail = format!(
            "status は {} のいずれかにしてください。",
            STATUSES.join("、")
        );
        return Err(Problem::malformed("invalid_status", detail));
    }
    let page = ledger.applications_in(status, &page).await?;
    Ok(Json(Listed::of(page, ApplicationSummary::from)))
}

/// Shows an application with everything needed to decide on it.
#[utoipa::path(
    get, path = "/api/desk/applications/{id}", tag = "guarantor",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = ApplicationAnswer, headers(("ETag" = String))), (status = 401),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem),
    ),
    security(("token" = [])),
)]
pub(crate) async fn show(
    State(ledger): State<Ledger>,
    _: Clerk,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let application = find(&ledger, &id).await?;
    answer(&ledger, &application, now().date_in_japan()).await
}

/// The application with this id.
pub(crate) async fn find(ledger: &Ledger, id: &str) -> Result<Application, Problem> {
    let id = read_ulid(id).ok_or_else(Problem::not_found)?;
    ledger.application(id).await?.ok_or_else(Problem::not_found)
}

/// The application as the desk reads it.
pub(crate) async fn answer(
    ledger: &Ledger,
    application: &Application,
    today: Date,
) -> Result<Response, Problem> {
    let similar = ledger.similar_to(application).await?;
    Ok((
        etag(application.version),
        Json(ApplicationAnswer::of(application, similar, today)),
    )
        .into_response())
}
