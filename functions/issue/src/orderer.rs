//! The rules of orderers, as the desk edits them.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use guarantee::orderer::{Orderer, OrdererCode};
use guarantee::violation::Violation;
use ledger::{Expected, Ledger};
use serde_json::{Map, Value};
use serde_path_to_error::Segment;
use web::{Clerk, JsonBody, Precondition, Problem, etag};

/// Writes an orderer with its rules: a new one, or over the version that the clerk saw.
#[utoipa::path(
    put, path = "/api/desk/orderers/{code}", tag = "guarantor",
    params(
        ("code" = String, Path),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read, to edit"),
        ("If-None-Match" = Option<String>, Header, description = "`*`, for a new orderer"),
    ),
    request_body = Orderer,
    responses(
        (status = 200, body = Orderer, headers(("ETag" = String))), (status = 201, body = Orderer, headers(("ETag" = String))),
        (status = 400, body = Problem), (status = 401), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 412, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem),
        (status = 422, body = Problem), (status = 428, body = Problem), (status = 503, body = Problem),
    ),
    security(("token" = [])),
)]
pub(crate) async fn edit(
    State(ledger): State<Ledger>,
    _: Clerk,
    Path(code): Path<String>,
    precondition: Precondition,
    body: JsonBody,
) -> Result<Response, Problem> {
    let code = OrdererCode::parse(&code).map_err(|fault| {
        vec![Violation::new(
            "/code",
            "not_an_orderer_code",
            fault.to_string(),
        )]
    })?;
    let orderer = read(&code, body.object)?;
    let expected = match precondition {
        Precondition::New => Expected::None,
        Precondition::Seen(seen) => {
            let current = ledger
                .orderer(&code)
                .await?
                .ok_or_else(Problem::not_found)?;
            seen.check(current.version)?;
            Expected::Version(current.version)
        }
    };
    let edited = ledger.put_orderer(orderer, expected).await?;
    let status = if expected == Expected::None {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, etag(edited.version), Json(edited.orderer)).into_response())
}

/// The orderer of the body; the code is that of the path, whether the body repeats it or not.
fn read(code: &OrdererCode, mut object: Map<String, Value>) -> Result<Orderer, Vec<Violation>> {
    let named = object.insert("code".to_owned(), Value::String(code.to_string()));
    if named.is_some_and(|named| named != Value::String(code.to_string())) {
        return Err(vec![Violation::new(
            "/code",
            "differs_from_path",
            "発注者コードがアドレスのものと違います。",
        )]);
    }
    let orderer: Orderer = serde_path_to_error::deserialize(Value::Object(object))
        .map_err(|error| vec![unreadable(&error)])?;
    orderer.for_paper(typeface::prints)
}

/// What is wrong with the form of a rule, in the words of who types it.
fn unreadable(error: &serde_path_to_error::Error<serde_json::Error>) -> Violation {
    let place: String = error.path().iter().map(step).collect();
    let said = error.inner().to_string();
    // serde names a missing field in its words alone, at the place of the object that lacks it.
    if let Some(field) = said
        .strip_prefix("missing field `")
        .and_then(|rest| rest.split('`').next())
    {
        return Violation::new(format!("{place}/{field}"), "required", "入力してください。");
    }
    let message = if place.ends_with("/original_contracts_from") {
        "実在する日付を YYYY-MM-DD の形で入力してください(例 2025-04-01)。"
    } else if place.ends_with("/advance_unit") {
        "整数(円)で入力してください。"
    } else if place.starts_with("/limits/") {
        "割合を百万分率の整数で入力してください(40%は400000)。"
    } else {
        "発注者の取扱いとして読めません。項目の名前と形式をご確認ください。"
    };
    Violation::new(place, "unreadable", message)
}

/// A step of a JSON pointer (RFC 6901). A path writes a place in a list in brackets, and a pointer does not.
fn step(segment: &Segment) -> String {
    match segment {
        Segment::Seq { index } => format!("/{index}"),
        other => format!(
            "/{}",
            other.to_string().replace('~', "~0").replace('/', "~1")
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The one fault of a body whose rules are these beside an orderer's name.
    fn fault(rules: Value) -> (String, String) {
        let Value::Object(mut object) = rules else {
            panic!("an object is written here");
        };
        for name in ["name", "recipient", "source"] {
            object.insert(name.to_owned(), json!("国東市"));
        }
        let code = OrdererCode::parse("442143").unwrap();
        let faults = read(&code, object).unwrap_err();
        let [fault] = faults.as_slice() else {
            panic!("one fault: {faults:?}");
        };
        (fault.pointer.clone(), fault.message.clone())
    }

    /// Nobody at the desk reads the words of a parser.
    #[test]
    fn what_cannot_be_read_is_said_in_japanese_at_its_place() {
        let rule = |day: &str| json!({ "electronic": { "original_contracts_from": day, "categories": ["construction"] } });
        for (rules, pointer, said) in [
            (
                rule(""),
                "/electronic/original_contracts_from",
                "実在する日付",
            ),
            (
                rule("2025-02-30"),
                "/electronic/original_contracts_from",
                "実在する日付",
            ),
            (
                json!({ "limits": { "interim": "20%" } }),
                "/limits/interim",
                "百万分率",
            ),
            (
                json!({ "limits": { "interim": -1 } }),
                "/limits/interim",
                "百万分率",
            ),
            (
                json!({ "limits": { "advance_unit": "一万円" } }),
                "/limits/advance_unit",
                "整数(円)",
            ),
            (
                json!({ "hand_over": [{ "kinds": ["advance"], "papers": [], "how": "" }] }),
                "/hand_over/0/kinds/0",
                "取扱いとして読めません",
            ),
            (
                json!({ "hand_over": [{ "kinds": [], "how": "" }] }),
                "/hand_over/0/papers",
                "入力してください。",
            ),
        ] {
            let (named, message) = fault(rules);
            assert_eq!(named, pointer);
            assert!(message.contains(said), "{message}");
        }
    }
}
