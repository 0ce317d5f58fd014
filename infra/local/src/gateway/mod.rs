//! API Gateway: takes routes, authorizers, throttles and CORS from the template, turns a request into
//! an event and a function's answer into a response, and says its own errors as the service does.

mod cors;
mod event;
mod route;

use std::{sync::Arc, time::Duration};

use axum::body::Body;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, SET_COOKIE, WWW_AUTHENTICATE},
    request::Parts,
};
use http_body_util::{BodyExt, Limited};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::{
    clock,
    credentials::random,
    functions::{Failure, Functions},
    issuer::Issuer,
    json::{at, list_at},
    server::Peer,
    template::{Api, Template},
};
use event::Arrival;
use route::{Match, Routes};

/// What an HTTP API takes at most.
const BODY_LIMIT: usize = 10 * 1024 * 1024;
/// What an invocation takes at most, the body as base64 within it.
const EVENT_LIMIT: usize = 6 * 1024 * 1024;
/// How long a body may take to arrive; the service does not say how long it waits (仮).
const BODY_PATIENCE: Duration = Duration::from_secs(20);
/// How long an HTTP API waits for a function.
const PATIENCE: Duration = Duration::from_secs(30);

/// The HTTP API.
pub(crate) struct Gateway {
    routes: Routes,
    api: Api,
    functions: Arc<Functions>,
    issuer: Arc<Issuer>,
}

/// An answer of API Gateway's own.
struct Own(StatusCode, &'static str, Option<String>);

impl Own {
    const NOT_FOUND: Self = Self(StatusCode::NOT_FOUND, "Not Found", None);
    const TOO_LARGE: Self = Self(
        StatusCode::PAYLOAD_TOO_LARGE,
        "Request Entity Too Large",
        None,
    );
    const TOO_SLOW: Self = Self(StatusCode::REQUEST_TIMEOUT, "Request Timeout", None);
    const TOO_MANY: Self = Self(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests", None);
    const FAILED: Self = Self(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Internal Server Error",
        None,
    );
    const UNAVAILABLE: Self = Self(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable", None);

    fn unauthorized(why: Option<&str>) -> Self {
        let challenge = match why {
            Some(why) => {
                format!("Bearer scope=\"\" error=\"invalid_token\" error_description=\"{why}\"")
            }
            None => "Bearer".to_owned(),
        };
        Self(StatusCode::UNAUTHORIZED, "Unauthorized", Some(challenge))
    }

    fn response(self) -> Response<Body> {
        let Self(status, message, challenge) = self;
        let mut response = Response::new(Body::from(json!({ "message": message }).to_string()));
        *response.status_mut() = status;
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(challenge) =
            challenge.and_then(|challenge| HeaderValue::from_str(&challenge).ok())
        {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

impl Gateway {
    pub(crate) fn new(template: Template, functions: Arc<Functions>, issuer: Arc<Issuer>) -> Self {
        Self {
            routes: Routes::of(&template),
            api: template.api,
            functions,
            issuer,
        }
    }

    /// Answers a request of the API.
    pub(crate) async fn answer<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: hyper::body::Body<Data = Bytes>,
        B::Error: std::error::Error + Send + Sync + 'static,
    {
        let (parts, body) = request.into_parts();
        let request_id = random(
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            15,
        ) + "=";
        if let Some(preflight) = self.preflight(&parts) {
            return preflight;
        }
        let mut response = match self.pass_on(&parts, body, &request_id).await {
            Ok(response) => response,
            Err(own) => own.response(),
        };
        if let Some(cors) = &self.api.cors {
            cors::apply(cors, &parts.headers, response.headers_mut());
        }
        if let Ok(id) = HeaderValue::from_str(&request_id) {
            response.headers_mut().insert("apigw-requestid", id);
        }
        response
    }

    /// The answer to a preflight request, unless a route takes it: that one's function answers.
    fn preflight(&self, parts: &Parts) -> Option<Response<Body>> {
        let asked = cors::preflight(self.api.cors.as_ref()?, parts)?;
        let path = path(parts);
        let taken = self.routes.choose(parts.method.as_str(), &path).is_some();
        (!taken).then_some(asked)
    }

    async fn pass_on<B>(
        &self,
        parts: &Parts,
        body: B,
        request_id: &str,
    ) -> Result<Response<Body>, Own>
    where
        B: hyper::body::Body<Data = Bytes>,
        B::Error: std::error::Error + Send + Sync + 'static,
    {
        let path = path(parts);
        let found = self
            .routes
            .choose(parts.method.as_str(), &path)
            .ok_or(Own::NOT_FOUND)?;
        if !found.route.admits() {
            return Err(Own::TOO_MANY);
        }
        let claims = self.authorize(&found, &parts.headers)?;
        let body = Limited::new(body, BODY_LIMIT).collect();
        let body = tokio::time::timeout(BODY_PATIENCE, body)
            .await
            .map_err(|_| Own::TOO_SLOW)?
            .map_err(|_| Own::TOO_LARGE)?
            .to_bytes();
        let arrival = Arrival {
            peer: parts
                .extensions
                .get::<Peer>()
                .map_or(([127, 0, 0, 1], 0).into(), |peer| peer.0),
            request_id,
            at: clock::now(),
            path: &path,
            claims: claims.as_ref(),
        };
        let event = serde_json::to_string(&event::of(parts, &body, &found, &arrival))
            .map_err(|_| Own::FAILED)?;
        if event.len() > EVENT_LIMIT {
            return Err(Own::TOO_LARGE);
        }
        let function = &found.route.function;
        match tokio::time::timeout(PATIENCE, self.functions.invoke(function, event)).await {
            Ok(Ok(answer)) => response(&answer).ok_or_else(|| {
                tracing::error!(
                    function,
                    "the function's answer is none that an HTTP API understands"
                );
                Own::FAILED
            }),
            Ok(Err(failure)) => Err(failed(function, &failure)),
            Err(_) => Err(Own::UNAVAILABLE),
        }
    }

    fn authorize(
        &self,
        found: &Match<'_>,
        headers: &HeaderMap,
    ) -> Result<Option<Map<String, Value>>, Own> {
        let Some(name) = &found.route.authorizer else {
            return Ok(None);
        };
        let authorizer = self.api.authorizers.get(name).ok_or(Own::FAILED)?;
        let header = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .ok_or_else(|| Own::unauthorized(None))?;
        // The scheme may be absent.
        let token = header
            .strip_prefix("Bearer ")
            .or_else(|| header.strip_prefix("bearer "))
            .unwrap_or(header)
            .trim();
        self.issuer
            .claims(token, authorizer)
            .map(Some)
            .map_err(|why| Own::unauthorized(Some(why)))
    }
}

/// The path as routes see it: decoded, and without what a decoded question mark hides.
fn path(parts: &Parts) -> String {
    let path = percent_decode_str(parts.uri.path()).decode_utf8_lossy();
    path.split('?').next().unwrap_or_default().to_owned()
}

fn failed(function: &str, failure: &Failure) -> Own {
    tracing::error!(function, %failure, "an invocation failed");
    Own::FAILED
}

/// A function's answer of format 2.0 as a response; none where the service would not understand it.
fn response(answer: &str) -> Option<Response<Body>> {
    let answer: Value = serde_json::from_str(answer).ok()?;
    let status = at(&answer, "/statusCode")
        .as_u64()
        .and_then(|status| u16::try_from(status).ok())?;
    let body = match at(&answer, "/body") {
        Value::String(body) if at(&answer, "/isBase64Encoded") == true => {
            Bytes::from(STANDARD.decode(body).ok()?)
        }
        Value::String(body) => Bytes::from(body.clone()),
        Value::Null => Bytes::new(),
        _ => return None,
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).ok()?;
    for (name, value) in at(&answer, "/headers").as_object().into_iter().flatten() {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        if name != http::header::CONTENT_LENGTH {
            response
                .headers_mut()
                .insert(name, HeaderValue::from_str(&value).ok()?);
        }
    }
    for cookie in list_at(&answer, "/cookies") {
        response
            .headers_mut()
            .append(SET_COOKIE, HeaderValue::from_str(cookie.as_str()?).ok()?);
    }
    Some(response)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use axum::{Router, routing::get};
    use http_body_util::Full;

    use super::*;
    use crate::{TEMPLATE, template::Locally};

    /// The gateway of the template with a portal that a test writes down.
    fn gateway(portal: Router) -> Gateway {
        gateway_of(TEMPLATE, portal)
    }

    fn gateway_of(template: &str, portal: Router) -> Gateway {
        let locally = Locally {
            parameters: BTreeMap::from([(
                "PublicUrl".to_owned(),
                "http://127.0.0.1:8787".to_owned(),
            )]),
            issuer: "http://127.0.0.1:8787/issuer".to_owned(),
        };
        let template = Template::read(template, &locally).unwrap();
        let issuer = Issuer::open(None, locally.issuer, template.clients.clone()).unwrap();
        let functions = Functions::routed("Portal", portal, Duration::from_millis(50));
        Gateway::new(template, Arc::new(functions), Arc::new(issuer))
    }

    async fn answered(
        gateway: &Gateway,
        request: http::request::Builder,
    ) -> (u16, HeaderMap, String) {
        let response = gateway
            .answer(request.body(Full::new(Bytes::new())).unwrap())
            .await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (
            parts.status.as_u16(),
            parts.headers,
            String::from_utf8(body.to_vec()).unwrap(),
        )
    }

    /// A route of every method takes the browsers' preflights too, which the API then answers no more.
    #[tokio::test]
    async fn a_preflight_goes_to_the_route_that_takes_it() {
        let all = r#"Method: ANY, Path: "/api/{proxy+}""#;
        let template = TEMPLATE.replace(r#"Method: DELETE, Path: "/api/{proxy+}""#, all);
        assert!(template.contains(all));
        for (template, status) in [(TEMPLATE, 204), (&template, 418)] {
            let nobody = axum::routing::any(async || StatusCode::IM_A_TEAPOT);
            let gateway = gateway_of(template, Router::new().route("/api/{*path}", nobody));
            let preflight = Request::options("/api/applications")
                .header("origin", "http://127.0.0.1:8787")
                .header("access-control-request-method", "POST");
            assert_eq!(answered(&gateway, preflight).await.0, status);
        }
    }

    /// What becomes of a function must not show to a caller.
    #[tokio::test]
    async fn a_panic_and_a_timeout_are_internal_server_errors() {
        let portal = Router::new()
            .route(
                "/",
                get(async || -> &'static str { panic!("with a secret in its message") }),
            )
            .route(
                "/healthz",
                get(async || tokio::time::sleep(Duration::from_secs(60)).await),
            );
        let gateway = gateway(portal);
        for path in ["/", "/healthz"] {
            let (status, _, body) = answered(&gateway, Request::get(path)).await;
            assert_eq!(
                (status, body.as_str()),
                (500, r#"{"message":"Internal Server Error"}"#),
                "{path}"
            );
        }
    }

    #[tokio::test]
    async fn a_functions_answer_comes_through_with_the_apis_own_cors() {
        let portal = Router::new().route(
            "/healthz",
            get(async || {
                (
                    [
                        ("x-own", "1"),
                        ("access-control-allow-origin", "*"),
                        ("access-control-max-age", "5"),
                    ],
                    "本日も健康",
                )
            }),
        );
        let gateway = gateway(portal);
        let asked = Request::get("/healthz").header("origin", "http://127.0.0.1:8787");
        let (status, headers, body) = answered(&gateway, asked).await;
        assert_eq!((status, body.as_str()), (200, "本日も健康"));
        assert_eq!(headers["x-own"], "1");
        assert_eq!(
            headers["access-control-allow-origin"],
            "http://127.0.0.1:8787"
        );
        assert!(!headers.contains_key("access-control-max-age"));
        assert!(headers.contains_key("apigw-requestid"));
    }

    /// API Gateway drops what an encoded question mark hides; a function must see the same path here.
    #[tokio::test]
    async fn a_path_reaches_a_function_decoded() {
        let portal = Router::new().fallback(async |uri: http::Uri| uri.path().to_owned());
        let gateway = gateway(portal);
        for (path, seen) in [
            ("/api/a%2Fb", "/api/a/b"),
            ("/api/a%3Fb", "/api/a"),
            ("/api/%E4%BF%9D", "/api/%E4%BF%9D"),
        ] {
            assert_eq!(
                answered(&gateway, Request::get(path)).await.2,
                seen,
                "{path}"
            );
        }
    }

    #[tokio::test]
    async fn an_answer_in_base64_comes_out_as_bytes() {
        let answer = json!({
            "statusCode": 201,
            "headers": { "content-type": "application/pdf", "content-length": "7" },
            "cookies": ["a=1", "b=2"],
            "body": STANDARD.encode(b"%PDF"),
            "isBase64Encoded": true,
        });
        let response = response(&answer.to_string()).unwrap();
        assert_eq!(response.status(), 201);
        assert_eq!(response.headers().get_all(SET_COOKIE).iter().count(), 2);
        assert_eq!(
            response.into_body().collect().await.unwrap().to_bytes(),
            "%PDF"
        );
    }

    #[test]
    fn an_answer_without_a_status_is_no_answer() {
        assert!(response("{}").is_none());
        assert!(response("null").is_none());
        assert!(response("plain").is_none());
    }
}
