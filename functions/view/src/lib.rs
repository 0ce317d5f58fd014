//! STEP 3: the contractor views the electronic certificate and its papers (電子証書の確認).

mod certificate;

use archive::Downloads;
use aws_types::SdkConfig;
use axum::Router;
use axum::extract::FromRef;
use axum::routing::get;
use ledger::Ledger;
use web::{Environment, MissingSetting};

/// The document of these routes.
#[derive(utoipa::OpenApi)]
#[openapi(paths(certificate::list, certificate::show, certificate::document))]
pub struct Document;

/// What the contractor's view works with.
#[derive(Clone, FromRef)]
struct View {
    ledger: Ledger,
    downloads: Downloads,
}

/// The routes of this function.
///
/// # Errors
/// [`MissingSetting`] when the environment lacks a setting.
pub fn router(environment: &Environment, aws: &SdkConfig) -> Result<Router, MissingSetting> {
    let view = View {
        ledger: Ledger::new(aws, environment.get("TABLE")?),
        downloads: Downloads::new(aws, environment.get("BUCKET")?),
    };
    let routes = Router::new()
        .route("/api/certificates", get(certificate::list))
        .route("/api/certificates/{number}", get(certificate::show))
        .route(
            "/api/certificates/{number}/documents/{document}",
            get(certificate::document),
        )
        .with_state(view);
    Ok(web::finish(routes, environment.meter()?))
}
