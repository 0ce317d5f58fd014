//! What stands beside the STEPs: the first page, the health check, the document of the API, and the
//! answer to addresses that do not exist.

mod document;

use aws_types::SdkConfig;
use axum::Router;
use axum::http::Uri;
use axum::http::header::{ALLOW, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{any, get};
use web::{Environment, MissingSetting, Problem};

/// The routes of this function.
///
/// # Errors
/// None so far: the portal needs no setting.
pub fn router(_: &Environment, _: &SdkConfig) -> Result<Router, MissingSetting> {
    let routes = Router::new()
        .route("/", get(front_page))
        .route("/healthz", get(|| async { "ok" }))
        .route(
            "/openapi.json",
            get(|| async { ([(CONTENT_TYPE, "application/json")], document::TEXT) }),
        )
        .route("/api/{*path}", any(no_such_route));
    Ok(web::finish(routes))
}

async fn front_page() -> Response {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
    (
        [(CONTENT_SECURITY_POLICY, policy)],
        Html(include_str!("front_page.html")),
    )
        .into_response()
}

/// What the gateway found no route for: the path takes other methods, or does not exist.
async fn no_such_route(uri: Uri) -> Response {
    let allowed = document::methods(uri.path());
    if allowed.is_empty() {
        return Problem::not_found().into_response();
    }
    ([(ALLOW, allowed.join(", "))], Problem::method_not_allowed()).into_response()
}
