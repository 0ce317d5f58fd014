//! A request as Lambda gets it from an HTTP API: payload format 2.0 as JSON.

use std::{collections::BTreeMap, net::SocketAddr};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, header, request::Parts};
use serde::Serialize;
use serde_json::{Map, Value, json};
use time::{OffsetDateTime, macros::format_description};

use super::route::Match;
use crate::template::ACCOUNT;

/// What API Gateway knows of a request beside its parts.
pub(super) struct Arrival<'a> {
    pub(super) peer: SocketAddr,
    pub(super) request_id: &'a str,
    pub(super) at: OffsetDateTime,
    /// The decoded path.
    pub(super) path: &'a str,
    /// The claims that the authorizer took.
    pub(super) claims: Option<&'a Map<String, Value>>,
}

/// The event, with the names and the absences of payload format 2.0.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event<'a> {
    version: &'static str,
    route_key: &'a str,
    raw_path: &'a str,
    raw_query_string: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
    headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    query_string_parameters: BTreeMap<String, String>,
    request_context: RequestContext<'a>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    path_parameters: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    is_base64_encoded: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    account_id: &'static str,
    api_id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorizer: Option<Value>,
    domain_name: &'a str,
    domain_prefix: &'a str,
    http: Http<'a>,
    request_id: &'a str,
    route_key: &'a str,
    stage: &'static str,
    time: String,
    time_epoch: i128,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Http<'a> {
    method: &'a str,
    path: &'a str,
    protocol: &'static str,
    source_ip: String,
    user_agent: &'a str,
}

/// The event of a request.
pub(super) fn of<'a>(
    parts: &'a Parts,
    body: &[u8],
    found: &'a Match<'_>,
    arrival: &Arrival<'a>,
) -> Event<'a> {
    let source = arrival.peer.ip().to_string();
    let header = |name: HeaderName| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let host = header(header::HOST).unwrap_or("127.0.0.1");
    let query = parts.uri.query().unwrap_or_default();
    let (body, is_base64_encoded) = match std::str::from_utf8(body) {
        Ok("") => (None, false),
        Ok(text) if is_text(&parts.headers) => (Some(text.to_owned()), false),
        _ => (Some(STANDARD.encode(body)), true),
    };
    Event {
        version: "2.0",
        route_key: &found.route.key,
        raw_path: arrival.path,
        raw_query_string: query,
        cookies: cookies(&parts.headers),
        headers: headers(&parts.headers, &source, arrival),
        query_string_parameters: query_parameters(query),
        request_context: RequestContext {
            account_id: ACCOUNT,
            api_id: "local",
            authorizer: arrival
                .claims
                .map(|claims| json!({ "jwt": { "claims": as_strings(claims), "scopes": null } })),
            domain_name: host,
            domain_prefix: host.split('.').next().unwrap_or_default(),
            http: Http {
                method: parts.method.as_str(),
                path: arrival.path,
                protocol: "HTTP/1.1",
                source_ip: source,
                user_agent: header(header::USER_AGENT).unwrap_or_default(),
            },
            request_id: arrival.request_id,
            route_key: &found.route.key,
            stage: "$default",
            time: common_log_time(arrival.at),
            time_epoch: arrival.at.unix_timestamp_nanos() / 1_000_000,
        },
        path_parameters: &found.parameters,
        body,
        is_base64_encoded,
    }
}

/// Headers in small letters, those of one name joined, with what API Gateway adds.
fn headers(sent: &HeaderMap, source: &str, arrival: &Arrival<'_>) -> BTreeMap<String, String> {
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in sent {
        // Cookies stand in a field of their own, and the connection's own headers end here.
        if [
            header::COOKIE,
            header::CONNECTION,
            header::TRANSFER_ENCODING,
        ]
        .contains(name)
        {
            continue;
        }
        let value = String::from_utf8_lossy(value.as_bytes());
        headers
            .entry(name.as_str().to_owned())
            .and_modify(|earlier| {
                earlier.push(',');
                earlier.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    let forwarded = match headers.get("x-forwarded-for") {
        Some(earlier) => format!("{earlier}, {source}"),
        None => source.to_owned(),
    };
    headers.insert("x-forwarded-for".to_owned(), forwarded);
    headers.insert("x-forwarded-proto".to_owned(), "http".to_owned());
    headers.insert("x-forwarded-port".to_owned(), "80".to_owned());
    headers.insert(
        "x-amzn-trace-id".to_owned(),
        format!(
            "Root=1-{:08x}-{}",
            arrival.at.unix_timestamp(),
            crate::credentials::random(b"0123456789abcdef", 24)
        ),
    );
    headers
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split("; "))
        .map(str::to_owned)
        .collect()
}

fn query_parameters(query: &str) -> BTreeMap<String, String> {
    let mut parameters: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        parameters
            .entry(name.into_owned())
            .and_modify(|earlier| {
                earlier.push(',');
                earlier.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    parameters
}

/// API Gateway hands these over as text and everything else as base64.
fn is_text(headers: &HeaderMap) -> bool {
    let Some(kind) = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
    else {
        return true;
    };
    let kind = kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    kind.starts_with("text/")
        || [
            "application/json",
            "application/javascript",
            "application/xml",
        ]
        .contains(&kind.as_str())
}

/// Claims reach a function as strings only; a list becomes `[a b]`.
fn as_strings(claims: &Map<String, Value>) -> BTreeMap<&str, String> {
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    claims
        .iter()
        .map(|(name, value)| {
            let value = match value {
                Value::Array(entries) => format!(
                    "[{}]",
                    entries.iter().map(text).collect::<Vec<_>>().join(" ")
                ),
                single => text(single),
            };
            (name.as_str(), value)
        })
        .collect()
}

fn common_log_time(at: OffsetDateTime) -> String {
    at.format(format_description!(
        "[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000"
    ))
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use http::Request;
    use time::macros::datetime;

    use super::*;
    use crate::{
        gateway::route::Routes,
        template::{Locally, Template},
    };

    fn event(request: Request<&[u8]>, path: &str, claims: Option<&Map<String, Value>>) -> Value {
        let locally = Locally {
            parameters: BTreeMap::from([(
                "PublicUrl".to_owned(),
                "http://127.0.0.1:8787".to_owned(),
            )]),
            issuer: "http://127.0.0.1:8787/issuer".to_owned(),
        };
        let template = Template::read(crate::TEMPLATE, &locally).unwrap();
        let routes = Routes::of(&template);
        let (parts, body) = request.into_parts();
        let found = routes.choose(parts.method.as_str(), path).unwrap();
        let arrival = Arrival {
            peer: "127.0.0.9:4000".parse().unwrap(),
            request_id: "JKJaXmPLvHcESHA=",
            at: datetime!(2025-04-10 09:08:07 UTC),
            path,
            claims,
        };
        serde_json::to_value(of(&parts, body, &found, &arrival)).unwrap()
    }

    #[test]
    fn a_request_becomes_an_event_of_format_2() {
        let claims = json!({ "username": "C-100001", "exp": 1_744_276_087, "cognito:groups": ["contractor", "other"] });
        let request = Request::get("/api/applications/01J%20X?limit=2&limit=3&cursor=%E4%BF%9D")
            .header("Host", "127.0.0.1:8787")
            .header("X-Twice", "a")
            .header("X-Twice", "b")
            .header("Cookie", "one=1; two=2")
            .header("User-Agent", "test")
            .body(&b""[..])
            .unwrap();
        let event = event(request, "/api/applications/01J X", claims.as_object());
        assert_eq!(event["version"], "2.0");
        assert_eq!(event["routeKey"], "GET /api/applications/{id}");
        assert_eq!(
            event["rawPath"], "/api/applications/01J X",
            "an HTTP API hands the path over decoded"
        );
        assert_eq!(
            event["rawQueryString"], "limit=2&limit=3&cursor=%E4%BF%9D",
            "and the query as it came"
        );
        assert_eq!(
            event["queryStringParameters"],
            json!({ "limit": "2,3", "cursor": "保" })
        );
        assert_eq!(event["pathParameters"], json!({ "id": "01J X" }));
        assert_eq!(event["cookies"], json!(["one=1", "two=2"]));
        assert_eq!(event["headers"]["x-twice"], "a,b");
        assert_eq!(event["headers"]["x-forwarded-for"], "127.0.0.9");
        assert!(event["headers"].get("cookie").is_none());
        assert!(event.get("body").is_none());
        let context = &event["requestContext"];
        assert_eq!(context["http"]["sourceIp"], "127.0.0.9");
        assert_eq!(context["http"]["userAgent"], "test");
        assert_eq!(context["stage"], "$default");
        assert_eq!(context["time"], "10/Apr/2025:09:08:07 +0000");
        assert_eq!(context["timeEpoch"], 1_744_276_087_000_i64);
        let claims = &context["authorizer"]["jwt"]["claims"];
        assert_eq!(claims["exp"], "1744276087", "numbers come as strings");
        assert_eq!(
            claims["cognito:groups"], "[contractor other]",
            "and lists in brackets"
        );
    }

    #[test]
    fn text_stays_text_and_everything_else_is_base64() {
        for (kind, body, encoded) in [
            ("application/json", &b"{}"[..], false),
            ("Application/JSON; charset=utf-8", b"{}", false),
            ("text/plain", b"a", false),
            ("text/plain", b"\xff", true),
            ("application/x-www-form-urlencoded", b"a=b", true),
            ("application/octet-stream", b"a", true),
        ] {
            let request = Request::post("/api/verifications")
                .header("Content-Type", kind)
                .body(body)
                .unwrap();
            let event = event(request, "/api/verifications", None);
            assert_eq!(event["isBase64Encoded"], encoded, "{kind}");
        }
    }
}
