//! STEP 1: the contractor applies for a guarantee (保証申込).

mod application;
mod body;
mod estimate;
mod orderers;

use aws_types::SdkConfig;
use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post};
use ledger::Ledger;
use web::{Environment, Meter, MissingSetting};

/// The document of these routes.
#[derive(utoipa::OpenApi)]
#[openapi(paths(
    application::submit,
    application::list,
    application::show,
    application::withdraw,
    estimate::estimate,
    orderers::list,
    orderers::show,
))]
pub struct Document;

/// What an application works with.
#[derive(Clone, FromRef)]
struct Apply {
    ledger: Ledger,
    meter: Meter,
}

/// The routes of this function.
///
/// # Errors
/// [`MissingSetting`] when the environment lacks a setting.
pub fn router(environment: &Environment, aws: &SdkConfig) -> Result<Router, MissingSetting> {
    let apply = Apply {
        ledger: Ledger::new(aws, environment.get("TABLE")?),
        meter: environment.meter()?,
    };
    let routes = Router::new()
        .route(
            "/api/applications",
            post(application::submit).get(application::list),
        )
        .route("/api/applications/estimate", post(estimate::estimate))
        .route("/api/applications/{id}", get(application::show))
        .route(
            "/api/applications/{id}/withdraw",
            post(application::withdraw),
        )
        .route("/api/orderers", get(orderers::list))
        .route("/api/orderers/{code}", get(orderers::show))
        .with_state(apply);
    Ok(web::finish(routes, environment.meter()?))
}
