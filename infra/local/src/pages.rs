//! What the local cloud shows beside the API: the mailbox, the dead letters, the issuer with its login, and
//! `/local.json`, which tells scripts everything.

use std::sync::Arc;

use axum::body::Body;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::{
    dead_letters::DeadLetters,
    issuer::Issuer,
    login::HostedLogin,
    mailbox::{self, Mailbox},
    metrics::Metrics,
};

/// The pages of the local cloud.
pub(crate) struct Pages {
    pub(crate) mailbox: Mailbox,
    pub(crate) dead_letters: DeadLetters,
    pub(crate) metrics: Metrics,
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) login: HostedLogin,
    pub(crate) local: Value,
}

/// A form of the login is a few hundred bytes.
const FORM_LIMIT: usize = 16 * 1024;

impl Pages {
    /// The page at this path, or the request back where it is one for the API.
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Request<Incoming>> {
        let shown = match *request.method() {
            Method::GET | Method::HEAD => self.shown(&request),
            Method::POST => match request.uri().path() {
                "/issuer/login" | "/issuer/oauth2/token" if is_here(&request) => {
                    return Ok(self.sent(request).await);
                }
                _ => None,
            },
            _ => None,
        };
        shown.ok_or(request)
    }

    fn shown<B>(&self, request: &Request<B>) -> Option<Response<Body>> {
        let query = request.uri().query().unwrap_or_default();
        let headers = request.headers();
        let page: &dyn Fn() -> Response<Body> = match request.uri().path() {
            "/mailbox" => &|| self.mailbox(),
            "/mailbox.json" => &|| listed(self.mailbox.mails().map(|mails| json!(mails))),
            "/dead-letters.json" => &|| listed(self.dead_letters.all().map(|all| json!(all))),
            "/metrics.json" => &|| shown(&json!(self.metrics.all())),
            "/local.json" => &|| shown(&self.local),
            "/issuer/.well-known/openid-configuration" => &|| shown(&self.issuer.discovery()),
            "/issuer/.well-known/jwks.json" => &|| shown(&self.issuer.keys()),
            "/issuer/oauth2/authorize" => &|| self.login.authorize(query, headers),
            "/issuer/logout" => &|| self.login.log_out(query),
            _ => return None,
        };
        // A name that somebody else's DNS leads here would let a foreign page read the keys.
        Some(if is_here(request) { page() } else { refused() })
    }

    /// Answers a form of the login.
    async fn sent(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let Ok(body) = Limited::new(body, FORM_LIMIT).collect().await else {
            return refused();
        };
        let body = body.to_bytes();
        match parts.uri.path() {
            "/issuer/login" => self
                .login
                .log_in(parts.uri.query().unwrap_or_default(), &body),
            _ => self.login.token(&body),
        }
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
                        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'",
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
