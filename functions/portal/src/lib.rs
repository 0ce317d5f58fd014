//! What stands beside the STEPs: the pages, the health check, the document of the API, and the answer to
//! addresses that do not exist.

mod document;
mod files;
mod page;

use axum::Router;
use axum::http::Uri;
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use web::{Environment, MissingSetting, Problem};

use files::Files;
use page::Page;

/// The routes of this function.
///
/// # Errors
/// [`MissingSetting`] when the environment does not say where the pages are and where people log in.
pub fn router(environment: &Environment) -> Result<Router, MissingSetting> {
    let files = Files::get();
    let page = Page::of(environment, files)?;
    let unknown = page.clone();
    let mut routes = Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route(
            "/openapi.json",
            get(|| async { ([(CONTENT_TYPE, "application/json")], document::TEXT) }),
        )
        .route("/assets/{version}/{name}", get(files::file))
        .route("/api/{*path}", any(no_such_route))
        .route("/{*path}", get(async move || unknown.not_found()));
    // Which view it is, the page reads from its address.
    for path in [
        "/",
        "/callback",
        "/verify",
        "/contractor",
        "/contractor/{*view}",
        "/desk",
        "/desk/{*view}",
    ] {
        let page = page.clone();
        routes = routes.route(path, get(async move || page.shown()));
    }
    Ok(web::finish(routes.with_state(files), environment.meter()?))
}

/// What the gateway found no route for: the path takes other methods, or does not exist.
async fn no_such_route(uri: Uri) -> Response {
    let allowed = document::methods(uri.path());
    if allowed.is_empty() {
        return Problem::not_found().into_response();
    }
    ([(ALLOW, allowed.join(", "))], Problem::method_not_allowed()).into_response()
}
