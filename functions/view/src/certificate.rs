//! The electronic certificates of the contractor who is logged in.

use archive::{Downloads, Kept};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use guarantee::calendar::Instant;
use guarantee::history::Paper;
use ledger::Ledger;
use serde::Serialize;
use web::answers::{CertificateAnswer, CertificateSummary, HandOverAnswer};
use web::{Customer, Download, Listed, Paging, Problem, etag, now, own_certificate};

/// An electronic certificate of the contractor, and what to do with it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct OwnCertificate {
    /// The version of the guarantee contract, which is also its ETag.
    version: u64,
    /// The certificate.
    #[serde(flatten)]
    certificate: CertificateAnswer,
    /// When the authentication key that is live now was made, if it has been asked for.
    authentication_key_issued_at: Option<Instant>,
    /// What to hand to this orderer; absent when the orderer is no longer listed.
    hand_over: Option<HandOverAnswer>,
}

/// Lists the contractor's electronic certificates, newest first.
#[utoipa::path(
    get, path = "/api/certificates", tag = "contractor",
    params(("limit" = Option<u8>, Query, minimum = 1, maximum = 100), ("cursor" = Option<String>, Query)),
    responses(
        (status = 200, body = Listed<CertificateSummary>), (status = 400, body = Problem), (status = 401),
        (status = 403, body = Problem), (status = 503, body = Problem),
    ),
    security(("token" = [])),
)]
pub(crate) async fn list(
    State(ledger): State<Ledger>,
    Customer(customer): Customer,
    Paging(page): Paging,
) -> Result<Json<Listed<CertificateSummary>>, Problem> {
    let page = ledger.certificates_of(&customer, &page).await?;
    let today = now().date_in_japan();
    let line = |line| CertificateSummary::of(line, today);
    Ok(Json(Listed::of(page, line)))
}

/// Shows an electronic certificate of the contractor.
#[utoipa::path(
    get, path = "/api/certificates/{number}", tag = "contractor",
    params(("number" = String, Path)),
    responses(
        (status = 200, body = OwnCertificate, headers(("ETag" = String))), (status = 401),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem),
    ),
    security(("token" = [])),
)]
pub(crate) async fn show(
    State(ledger): State<Ledger>,
    Customer(customer): Customer,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    let contract = own_certificate(&ledger, &customer, &number).await?;
    let certificate = ledger.certificate(&contract).await?.certificate;
    let orderer = ledger.rules_of(&certificate.terms.orderer.code).await?;
    let answer = OwnCertificate {
        version: contract.version,
        authentication_key_issued_at: contract.key.as_ref().map(|key| key.issued_at),
        hand_over: orderer.map(|orderer| HandOverAnswer::of(&orderer, &certificate)),
        certificate: CertificateAnswer::of(certificate, now().date_in_japan()),
    };
    Ok((etag(contract.version), Json(answer)).into_response())
}

/// Gives the address of a paper.
#[utoipa::path(
    get, path = "/api/certificates/{number}/documents/{document}", tag = "contractor",
    params(("number" = String, Path), ("document" = Paper, Path)),
    responses(
        (status = 200, body = Download), (status = 401), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 503, body = Problem),
    ),
    security(("token" = [])),
)]
pub(crate) async fn document(
    State(ledger): State<Ledger>,
    State(downloads): State<Downloads>,
    Customer(customer): Customer,
    Path((number, document)): Path<(String, String)>,
) -> Result<Json<Download>, Problem> {
    let contract = own_certificate(&ledger, &customer, &number).await?;
    let paper = Paper::named(&document).ok_or_else(Problem::not_found)?;
    let version = ledger.certificate(&contract).await?;
    let archived = version.papers.get(&paper).ok_or_else(Problem::not_found)?;
    Ok(Json(
        Download::of(
            &downloads,
            Kept::Paper(paper),
            contract.number(),
            archived,
            now(),
        )
        .await?,
    ))
}
