//! Applications of the contractor who is logged in.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use guarantee::application::Status;
use guarantee::calendar::Date;
use guarantee::draft::Draft;
use guarantee::history::{Actor, Event, Happening};
use ledger::{Application, CommitError, IdempotencyKey, Ledger, Made, NewApplication};
use web::answers::{ApplicationAnswer, ApplicationSummary};
use web::{
    Customer, IdempotencyHeader, IfMatch, JsonBody, Listed, Meter, Metric, Paging, Problem,
    REPLAYED, etag, now, read_ulid, ulid,
};

use crate::body::Sent;

/// Applies for a guarantee.
#[utoipa::path(
    post, path = "/api/applications", tag = "contractor",
    params(("Idempotency-Key" = String, Header, description = "A new value for each application; the same for a repeat")),
    request_body = Draft,
    responses(
        (status = 201, body = ApplicationAnswer, headers(("Location" = String), ("ETag" = String), ("Idempotency-Replayed" = String))),
        (status = 400, body = Problem), (status = 401), (status = 403, body = Problem),
        (status = 413, body = Problem), (status = 415, body = Problem), (status = 422, body = Problem),
        (status = 503, body = Problem),
    ),
    security(("token" = [])),
)]
pub(crate) async fn submit(
    State(ledger): State<Ledger>,
    State(meter): State<Meter>,
    Customer(customer): Customer,
    header: IdempotencyHeader,
    body: JsonBody,
) -> Result<Response, Problem> {
    let now = now();
    let today = now.date_in_japan();
    let key = header.of(&customer, "POST /api/applications", &body.bytes);
    if let Some(application) = submitted_before(&ledger, &key).await? {
        return replayed(&ledger, &application, today).await;
    }
    let terms = Sent::read(body, &ledger).await?.examine(today)?;
    let new = NewApplication {
        id: ulid(now),
        customer,
        terms,
        at: now,
    };
    match ledger.submit(new, &key).await {
        Ok(application) => {
            meter.say(Metric::Applications, 1);
            created(&ledger, &application, today).await
        }
        Err(CommitError::Repeated) => match submitted_before(&ledger, &key).await? {
            Some(application) => replayed(&ledger, &application, today).await,
            None => Err(Problem::stale()),
        },
        Err(error) => Err(error.into()),
    }
}

/// The application that an earlier run of the same request made.
async fn submitted_before(
    ledger: &Ledger,
    key: &IdempotencyKey,
) -> Result<Option<Application>, Problem> {
    let Some(record) = ledger.repeated(key, now()).await? else {
        return Ok(None);
    };
    match IdempotencyHeader::made(key, &record)? {
        Made::Application(id) => Ok(ledger.application(id).await?),
        Made::Contract(_) | Made::Mail(..) => Ok(None),
    }
}

async fn created(
    ledger: &Ledger,
    application: &Application,
    today: Date,
) -> Result<Response, Problem> {
    let location = [(
        LOCATION,
        format!("/api/applications/{}", application.line.id),
    )];
    Ok((
        StatusCode::CREATED,
        location,
        answer(ledger, application, today).await?,
    )
        .into_response())
}

async fn replayed(
    ledger: &Ledger,
    application: &Application,
    today: Date,
) -> Result<Response, Problem> {
    Ok((REPLAYED, created(ledger, application, today).await?).into_response())
}

async fn answer(
    ledger: &Ledger,
    application: &Application,
    today: Date,
) -> Result<impl IntoResponse + use<>, Problem> {
    let similar = ledger.similar_to(application).await?;
    Ok((
        etag(application.version),
        Json(ApplicationAnswer::of(application, similar, today)),
    ))
}

/// Lists the contractor's applications, newest first.
#[utoipa::path(
    get, path = "/api/applications", tag = "contractor",
    params(("limit" = Option<u8>, Query, minimum = 1, maximum = 100), ("cursor" = Option<String>, Query)),
    responses(
        (status = 200, body = Listed<ApplicationSummary>), (status = 400, body = Problem), (status = 401),
        (status = 403, body = Problem), (status = 503, body = Problem),
    ),
    security(("token" = [])),
)]
pub(crate) async fn list(
    State(ledger): State<Ledger>,
    Customer(customer): Customer,
    Paging(page): Paging,
) -> Result<Json<Listed<ApplicationSummary>>, Problem> {
    let page = ledger.applications_of(&customer, &page).await?;
    Ok(Json(Listed::of(page, ApplicationSummary::from)))
}

/// Shows an application of the contractor.
#[utoipa::path(
    get, path = "/api/applications/{id}", tag = "contractor",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = ApplicationAnswer, headers(("ETag" = String))), (status = 401),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem),
    ),
    security(("token" = [])),
)]
pub(crate) async fn show(
    State(ledger): State<Ledger>,
    Customer(customer): Customer,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let application = own(&ledger, &customer, &id).await?;
    Ok(answer(&ledger, &application, now().date_in_japan())
        .await?
        .into_response())
}

/// Withdraws an application that the guarantor has not decided on yet.
#[utoipa::path(
    post, path = "/api/applications/{id}/withdraw", tag = "contractor",
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses(
        (status = 200, body = ApplicationAnswer, headers(("ETag" = String))), (status = 401),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 412, body = Problem), (status = 428, body = Problem), (status = 503, body = Problem),
    ),
    security(("token" = [])),
)]
pub(crate) async fn withdraw(
    State(ledger): State<Ledger>,
    Customer(customer): Customer,
    Path(id): Path<String>,
    seen: IfMatch,
) -> Result<Response, Problem> {
    let application = own(&ledger, &customer, &id).await?;
    seen.check(application.version)?;
    if application.line.status != Status::Submitted {
        let state = application.line.status.japanese();
        return Err(Problem::conflict(
            "already_decided",
            format!("この申込は「{state}」のため、取り下げられません。"),
        ));
    }
    let at = now();
    let event = Event {
        at,
        by: Actor::Contractor { customer },
        what: Happening::Withdrawn,
    };
    let withdrawn = ledger
        .close(
            application,
            Status::Withdrawn { decided_at: at },
            event,
            None,
        )
        .await?;
    Ok(answer(&ledger, &withdrawn, at.date_in_japan())
        .await?
        .into_response())
}

/// The application with this id, if it is the contractor's own.
async fn own(ledger: &Ledger, customer: &str, id: &str) -> Result<Application, Problem> {
    let id = read_ulid(id).ok_or_else(Problem::not_found)?;
    let application = ledger.application(id).await?;
    application
        .filter(|application| application.line.customer == customer)
        .ok_or_else(Problem::not_found)
}
