//! The desk of the guarantee company: decide on applications, conclude guarantee contracts, issue their
//! electronic certificates, look after mails and orderers.

mod application;
mod contract;
mod decision;
mod mail;
mod orderer;

use archive::{Archive, Downloads};
use aws_types::SdkConfig;
use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post, put};
use guarantee::certificate::Guarantor;
use guarantee::violation::Violation;
use ledger::Ledger;
use web::{Environment, Meter, MissingSetting};

/// The document of these routes.
#[derive(utoipa::OpenApi)]
#[openapi(paths(
    application::list,
    application::show,
    decision::issue,
    decision::decline,
    contract::show,
    contract::events,
    contract::document,
    mail::list,
    mail::resend,
    orderer::edit,
))]
pub struct Document;

/// What the desk works with.
#[derive(Clone, FromRef)]
struct Desk {
    ledger: Ledger,
    archive: Archive,
    downloads: Downloads,
    guarantor: Guarantor,
    meter: Meter,
}

/// Why the desk cannot open.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The environment lacks a setting.
    #[error(transparent)]
    Missing(#[from] MissingSetting),
    /// Papers could not be signed: better no desk than one that fails at every issue.
    #[error("the papers cannot carry the guarantor that the environment names: {}", named(.0))]
    Guarantor(Vec<Violation>),
}

fn named(faults: &[Violation]) -> String {
    let named = faults
        .iter()
        .map(|fault| format!("{} {}", fault.pointer, fault.message));
    named.collect::<Vec<_>>().join(" ")
}

/// The routes of this function.
///
/// # Errors
/// [`StartError`].
pub fn router(environment: &Environment, aws: &SdkConfig) -> Result<Router, StartError> {
    let desk = Desk {
        ledger: Ledger::new(aws, environment.get("TABLE")?),
        archive: Archive::new(aws, environment.get("BUCKET")?),
        downloads: Downloads::new(aws, environment.get("BUCKET")?),
        guarantor: web::guarantor(environment)?
            .for_paper(typeface::prints)
            .map_err(StartError::Guarantor)?,
        meter: environment.meter()?,
    };
    let routes = Router::new()
        .route("/api/desk/applications", get(application::list))
        .route("/api/desk/applications/{id}", get(application::show))
        .route("/api/desk/applications/{id}/issue", post(decision::issue))
        .route(
            "/api/desk/applications/{id}/decline",
            post(decision::decline),
        )
        .route("/api/desk/contracts/{number}", get(contract::show))
        .route("/api/desk/contracts/{number}/events", get(contract::events))
        .route(
            "/api/desk/contracts/{number}/documents/{document}",
            get(contract::document),
        )
        .route(
            "/api/desk/contracts/{number}/mails/{id}/resend",
            post(mail::resend),
        )
        .route("/api/desk/mails", get(mail::list))
        .route("/api/desk/orderers/{code}", put(orderer::edit))
        .with_state(desk);
    Ok(web::finish(routes, environment.meter()?))
}
