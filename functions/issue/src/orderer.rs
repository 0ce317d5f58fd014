//! The rules of orderers, as the desk edits them.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use guarantee::orderer::{Orderer, OrdererCode};
use guarantee::violation::Violation;
use ledger::{Expected, Ledger};
use serde_json::Value;
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
    let orderer = read(&code, body)?;
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
fn read(code: &OrdererCode, body: JsonBody) -> Result<Orderer, Vec<Violation>> {
    let mut object = body.object;
    let named = object.insert("code".to_owned(), Value::String(code.to_string()));
    if named.is_some_and(|named| named != Value::String(code.to_string())) {
        return Err(vec![Violation::new(
            "/code",
            "differs_from_path",
            "発注者コードがアドレスのものと違います。",
        )]);
    }
    let orderer: Orderer =
        serde_path_to_error::deserialize(Value::Object(object)).map_err(|error| {
            let pointer = error
                .path()
                .iter()
                .map(|segment| format!("/{segment}"))
                .collect::<String>();
            let message = format!("発注者の規則として読めません({})。", error.inner());
            vec![Violation::new(pointer, "unreadable", message)]
        })?;
    orderer.examine(typeface::prints)?;
    Ok(orderer)
}
