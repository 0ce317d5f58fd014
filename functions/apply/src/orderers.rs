//! Orderers and their rules, for anyone.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use guarantee::orderer::{Orderer, OrdererCode};
use ledger::Ledger;
use web::{Listed, Problem, etag};

/// Lists the orderers by code.
#[utoipa::path(
    get, path = "/api/orderers", tag = "anyone",
    responses((status = 200, body = Listed<Orderer>), (status = 503, body = Problem)),
)]
pub(crate) async fn list(State(ledger): State<Ledger>) -> Result<Json<Listed<Orderer>>, Problem> {
    let items = ledger
        .orderers()
        .await?
        .into_iter()
        .map(|version| version.orderer)
        .collect();
    Ok(Json(Listed {
        items,
        next_cursor: None,
    }))
}

/// Shows an orderer with its rules.
#[utoipa::path(
    get, path = "/api/orderers/{code}", tag = "anyone",
    params(("code" = String, Path, example = "442143")),
    responses(
        (status = 200, body = Orderer, headers(("ETag" = String))), (status = 404, body = Problem),
        (status = 503, body = Problem),
    ),
)]
pub(crate) async fn show(
    State(ledger): State<Ledger>,
    Path(code): Path<String>,
) -> Result<Response, Problem> {
    let code = OrdererCode::parse(&code).map_err(|_| Problem::not_found())?;
    let found = ledger
        .orderer(&code)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok((etag(found.version), Json(found.orderer)).into_response())
}
