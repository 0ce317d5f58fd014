//! What every answer of the API has in common.

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::middleware::map_response;
use axum::response::Response;

use crate::problem::Problem;
use crate::{Meter, Metric};

/// Completes the routes of a function: an unknown path is a problem like any other, and every answer
/// says that it must not be kept, guessed at or framed. Answers that the function owes to a failure of its
/// own side are counted.
pub fn finish(routes: Router, meter: Meter) -> Router {
    routes
        .fallback(|| async { Problem::not_found() })
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .layer(map_response(protect))
        .layer(map_response(move |answer: Response| {
            if answer.status().is_server_error() {
                meter.say(Metric::Failures, 1);
            }
            std::future::ready(answer)
        }))
}

async fn protect(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
        (REFERRER_POLICY, "no-referrer"),
        (
            STRICT_TRANSPORT_SECURITY,
            "max-age=63072000; includeSubDomains",
        ),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    answer
}
