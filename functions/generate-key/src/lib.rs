//! STEP 4: 「認証キー」の表示. The contractor gets the authentication key and its notice, made at the
//! first press and the same at every later one, until it is reissued.

mod key;
mod notice;

use archive::{Archive, Downloads};
use aws_types::SdkConfig;
use axum::Router;
use axum::extract::FromRef;
use axum::routing::post;
use ledger::Ledger;
use web::{Environment, MissingSetting};

use crate::notice::CheckAddress;

/// The document of these routes.
#[derive(utoipa::OpenApi)]
#[openapi(paths(key::show, key::reissue))]
pub struct Document;

/// What a key is made with.
#[derive(Clone, FromRef)]
struct Keys {
    ledger: Ledger,
    archive: Archive,
    downloads: Downloads,
    check_address: CheckAddress,
}

/// The routes of this function.
///
/// # Errors
/// [`MissingSetting`] when the environment lacks a setting.
pub fn router(environment: &Environment, aws: &SdkConfig) -> Result<Router, MissingSetting> {
    let keys = Keys {
        ledger: Ledger::new(aws, environment.get("TABLE")?),
        archive: Archive::new(aws, environment.get("BUCKET")?),
        downloads: Downloads::new(aws, environment.get("BUCKET")?),
        check_address: CheckAddress::under(environment.get("PUBLIC_URL")?),
    };
    let routes = Router::new()
        .route(
            "/api/certificates/{number}/authentication-key",
            post(key::show),
        )
        .route(
            "/api/certificates/{number}/authentication-key/reissue",
            post(key::reissue),
        )
        .with_state(keys);
    Ok(web::finish(routes, environment.meter()?))
}
