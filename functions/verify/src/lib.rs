//! The orderer's check (発注者用保証確認サービス): whoever has number and key sees the certificate.
//!
//! A wrong number, a wrong key, a dead key and a paper contract get one answer, by the same calls. A
//! right key always opens: only wrong answers are counted, per source, and nothing is ever locked.

mod check;

use archive::Downloads;
use aws_types::SdkConfig;
use axum::Router;
use axum::extract::FromRef;
use axum::routing::post;
use ledger::Ledger;
use web::{Environment, Meter, MissingSetting};

/// The document of these routes.
#[derive(utoipa::OpenApi)]
#[openapi(paths(check::certificate, check::document))]
pub struct Document;

/// What a check works with.
#[derive(Clone, FromRef)]
struct Verify {
    ledger: Ledger,
    downloads: Downloads,
    meter: Meter,
}

/// The routes of this function.
///
/// # Errors
/// [`MissingSetting`] when the environment lacks a setting.
pub fn router(environment: &Environment, aws: &SdkConfig) -> Result<Router, MissingSetting> {
    let verify = Verify {
        ledger: Ledger::new(aws, environment.get("TABLE")?),
        downloads: Downloads::new(aws, environment.get("BUCKET")?),
        meter: environment.meter()?,
    };
    let routes = Router::new()
        .route("/api/verifications", post(check::certificate))
        .route("/api/verifications/document", post(check::document))
        .with_state(verify);
    Ok(web::finish(routes, environment.meter()?))
}
