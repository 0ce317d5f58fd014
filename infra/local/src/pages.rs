//! What the local cloud shows beside the API: the mailbox, the dead letters, the issuer's documents, and
//! `/local.json`, which tells scripts everything.

use std::sync::Arc;

use axum::body::Body;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::{
    dead_letters::DeadLetters,
    issuer::Issuer,
    mailbox::{self, Mailbox},
};

/// The pages of the local cloud.
pub(crate) struct Pages {
    pub(crate) mailbox: Mailbox,
    pub(crate) dead_letters: DeadLetters,
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) local: Value,
}

impl Pages {
    /// The page at this path, or none for a path of the API.
    pub(crate) fn answer<B>(&self, request: &Request<B>) -> Option<Response<Body>> {
        let path = request.uri().path();
        if request.method() != Method::GET && request.method() != Method::HEAD {
            return None;
        }
        let page: fn(&Self) -> Response<Body> = match path {
            "/mailbox" => Self::mailbox,
            "/mailbox.json" => |pages| listed(pages.mailbox.mails().map(|mails| json!(mails))),
            "/dead-letters.json" => {
                |pages| listed(pages.dead_letters.all().map(|letters| json!(letters)))
            }
            "/local.json" => |pages| shown(&pages.local),
            "/issuer/.well-known/openid-configuration" => |pages| shown(&pages.issuer.discovery()),
            "/issuer/.well-known/jwks.json" => |pages| shown(&pages.issuer.keys()),
            _ => return None,
        };
        // A name that somebody else's DNS leads here would let a foreign page read the keys.
        Some(if is_here(request) {
            page(self)
        } else {
            refused()
        })
    }

    fn mailbox(&self) -> Response<Body> {
        match self.mailbox.mails() {
            Ok(mails) => {
                let mut response = answer(
                    StatusCode::OK,
                    "text/html; charset=utf-8",
                    mailbox::page(&mails),
                );
                response.headers_mut().insert(
                    header::CONTENT_SECURITY_POLICY,
                    HeaderValue::from_static(
                        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
                    ),
                );
                response
            }
            Err(error) => listed(Err(error)),
        }
    }
}

fn is_here<B>(request: &Request<B>) -> bool {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    ["127.0.0.1", "localhost", "[::1]"].contains(&name)
}

fn refused() -> Response<Body> {
    answer(
        StatusCode::FORBIDDEN,
        "application/json",
        json!({ "message": "Forbidden" }).to_string(),
    )
}

fn listed(list: std::io::Result<Value>) -> Response<Body> {
    match list {
        Ok(list) => shown(&list),
        Err(error) => {
            tracing::error!(%error, "the data folder cannot be read");
            answer(
                StatusCode::INTERNAL_SERVER_ERROR,
                "application/json",
                json!({ "message": error.to_string() }).to_string(),
            )
        }
    }
}

fn shown(value: &Value) -> Response<Body> {
    answer(StatusCode::OK, "application/json", format!("{value:#}\n"))
}

fn answer(status: StatusCode, kind: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}
