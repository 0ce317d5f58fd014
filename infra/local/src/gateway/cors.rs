//! CORS as API Gateway answers it: by itself, whatever the functions say.

use axum::body::Body;
use http::{
    HeaderMap, HeaderValue, Method, Response, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD,
        HeaderName, ORIGIN,
    },
    request::Parts,
};

use crate::template::Cors;

/// The answer to a preflight request, if this is one.
pub(super) fn preflight(cors: &Cors, parts: &Parts) -> Option<Response<Body>> {
    let asked = parts.method == Method::OPTIONS
        && parts.headers.contains_key(ORIGIN)
        && parts.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if !asked {
        return None;
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    if let Some(origin) = allowed(cors, &parts.headers) {
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        insert(
            headers,
            ACCESS_CONTROL_ALLOW_METHODS,
            &cors.methods.join(","),
        );
        insert(
            headers,
            ACCESS_CONTROL_ALLOW_HEADERS,
            &cors.headers.join(","),
        );
        if let Some(age) = cors.max_age {
            insert(headers, ACCESS_CONTROL_MAX_AGE, &age.as_secs().to_string());
        }
    }
    Some(response)
}

/// Replaces what a function says of CORS with what the API's configuration says.
pub(super) fn apply(cors: &Cors, asked: &HeaderMap, answer: &mut HeaderMap) {
    for name in [
        ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_ALLOW_METHODS,
        ACCESS_CONTROL_ALLOW_HEADERS,
        ACCESS_CONTROL_EXPOSE_HEADERS,
        ACCESS_CONTROL_MAX_AGE,
    ] {
        answer.remove(name);
    }
    if let Some(origin) = allowed(cors, asked) {
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        insert(
            answer,
            ACCESS_CONTROL_EXPOSE_HEADERS,
            &cors.exposed.join(","),
        );
    }
}

fn allowed(cors: &Cors, headers: &HeaderMap) -> Option<HeaderValue> {
    let origin = headers.get(ORIGIN)?;
    cors.origins
        .iter()
        .any(|allowed| allowed.as_bytes() == origin.as_bytes())
        .then(|| origin.clone())
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
