//! The authentication key of a contractor's own certificate.

use archive::Kept;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use guarantee::calendar::Instant;
use guarantee::certificate::Certificate;
use guarantee::history::Actor;
use guarantee::key::AuthKey;
use guarantee::number::ContractNumber;
use ledger::{CommitError, Contract, IdempotencyKey, KeyRecord, Ledger};
use serde::Serialize;
use web::answers::HandOverAnswer;
use web::{
    Customer, Download, Fields, IdempotencyHeader, JsonBody, Problem, REPLAYED, below, now,
    own_certificate,
};

use crate::{Keys, notice};

/// How often a step waits its turn when other events of the contract come in between.
const TURNS: u32 = 8;

/// The key and its notice. It has no `Debug`: it holds the key.
#[derive(Serialize, utoipa::ToSchema)]
struct KeyAnswer {
    /// 保証契約番号.
    contract_number: ContractNumber,
    /// 認証キー.
    authentication_key: String,
    /// When the key was made.
    issued_at: Instant,
    /// Where 『電子証書閲覧用「認証キー」等のお知らせ』 can be downloaded.
    key_notice: Download,
    /// What to hand to this orderer; absent when the orderer is no longer listed.
    hand_over: Option<HandOverAnswer>,
}

/// Shows the authentication key (「認証キー」の表示): made at the first call, the same at every later one.
#[utoipa::path(
    post, path = "/api/certificates/{number}/authentication-key", tag = "contractor",
    params(("number" = String, Path)),
    responses(
        (status = 200, body = KeyAnswer), (status = 401), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 503, body = Problem),
    ),
    security(("token" = [])),
)]
pub(crate) async fn show(
    State(keys): State<Keys>,
    Customer(customer): Customer,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    let contract = own_certificate(&keys.ledger, &customer, &number).await?;
    if contract.key.is_some() {
        return live_key(&keys, &contract).await;
    }
    let made = make(&keys, &contract, now()).await?;
    let (contract, was_first) = set_live(&keys.ledger, contract, &made, None).await?;
    if was_first {
        answer(&keys, &contract, &made.key, &made.certificate).await
    } else {
        live_key(&keys, &contract).await
    }
}

/// Reissues the authentication key: the one before is dead at once.
#[utoipa::path(
    post, path = "/api/certificates/{number}/authentication-key/reissue", tag = "contractor",
    params(("number" = String, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 200, body = KeyAnswer, headers(("Idempotency-Replayed" = String))), (status = 400, body = Problem),
        (status = 401), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 413, body = Problem), (status = 415, body = Problem), (status = 422, body = Problem),
        (status = 503, body = Problem),
    ),
    security(("token" = [])),
)]
pub(crate) async fn reissue(
    State(keys): State<Keys>,
    Customer(customer): Customer,
    Path(number): Path<String>,
    header: IdempotencyHeader,
    body: JsonBody,
) -> Result<Response, Problem> {
    let at = now();
    let contract = own_certificate(&keys.ledger, &customer, &number).await?;
    let route = format!(
        "POST /api/certificates/{}/authentication-key/reissue",
        contract.number()
    );
    let request = header.of(&customer, &route, &body.bytes);
    if let Some(answer) = reissued_before(&keys, &contract, &request, at).await? {
        return Ok(answer);
    }
    let mut faults = Vec::new();
    Fields::of(body.object, &mut faults).finish();
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    if contract.key.is_none() {
        let detail = "認証キーはまだ作成されていません。先に「認証キー」の表示を行ってください。";
        return Err(Problem::conflict("no_key_yet", detail));
    }
    let made = make(&keys, &contract, at).await?;
    let (contract, was_first) = set_live(&keys.ledger, contract, &made, Some(&request)).await?;
    if was_first {
        answer(&keys, &contract, &made.key, &made.certificate).await
    } else {
        let before = reissued_before(&keys, &contract, &request, at).await?;
        before.ok_or_else(Problem::stale)
    }
}

/// The answer to a request whose earlier run reissued the key.
async fn reissued_before(
    keys: &Keys,
    contract: &Contract,
    request: &IdempotencyKey,
    at: Instant,
) -> Result<Option<Response>, Problem> {
    let Some(record) = keys.ledger.repeated(request, at).await? else {
        return Ok(None);
    };
    IdempotencyHeader::made(request, &record)?;
    // The earlier run may have ended since the contract was read; its key is the one that lives.
    let number = contract.number().to_string();
    let contract = own_certificate(&keys.ledger, &contract.customer, &number).await?;
    Ok(Some(
        (REPLAYED, live_key(keys, &contract).await?).into_response(),
    ))
}

/// A new key, which nobody knows yet. It has no `Debug`: it holds the key.
struct Made {
    key: AuthKey,
    certificate: Certificate,
    record: KeyRecord,
}

/// Draws a key from the randomness of the operating system and archives its notice.
async fn make(keys: &Keys, contract: &Contract, at: Instant) -> Result<Made, Problem> {
    typeface::unpack();
    let certificate = keys.ledger.certificate(contract).await?.certificate;
    let key = AuthKey::draw(|end| u8::try_from(below(end.into())).unwrap_or_default());
    let noticed = certificate.clone();
    let record = notice::put(&keys.archive, &key, noticed, &keys.check_address, at).await?;
    Ok(Made {
        key,
        certificate,
        record,
    })
}

/// Makes a key the live one, waiting its turn while other events of the contract come in between; says
/// whether it is: if another run of the same request was first, that one's key stands.
async fn set_live(
    ledger: &Ledger,
    mut contract: Contract,
    made: &Made,
    reissue: Option<&IdempotencyKey>,
) -> Result<(Contract, bool), Problem> {
    let number = contract.number().to_string();
    let customer = contract.customer.clone();
    for _ in 0..TURNS {
        if reissue.is_none() && contract.key.is_some() {
            return Ok((contract, false));
        }
        let by = Actor::Contractor {
            customer: customer.clone(),
        };
        let record = made.record.clone();
        match ledger.set_key(contract, record, by, reissue).await {
            Ok(contract) => return Ok((contract, true)),
            Err(CommitError::Repeated) => {
                return Ok((own_certificate(ledger, &customer, &number).await?, false));
            }
            Err(CommitError::Moved) => {
                contract = own_certificate(ledger, &customer, &number).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::stale())
}

/// The live key of a contract, from the archive.
async fn live_key(keys: &Keys, contract: &Contract) -> Result<Response, Problem> {
    let record = contract.key.as_ref().ok_or_else(Problem::not_found)?;
    let key = notice::key(&keys.archive, record).await?;
    let certificate = keys.ledger.certificate(contract).await?.certificate;
    answer(keys, contract, &key, &certificate).await
}

/// The live key as the contractor sees it.
async fn answer(
    keys: &Keys,
    contract: &Contract,
    key: &AuthKey,
    certificate: &Certificate,
) -> Result<Response, Problem> {
    let record = contract.key.as_ref().ok_or_else(Problem::not_found)?;
    let orderer = keys
        .ledger
        .rules_of(&certificate.terms.orderer.code)
        .await?;
    let answer = KeyAnswer {
        contract_number: contract.number(),
        authentication_key: key.reveal(),
        issued_at: record.issued_at,
        key_notice: Download::of(
            &keys.downloads,
            Kept::KeyNotice,
            contract.number(),
            &record.notice,
            now(),
        )
        .await?,
        hand_over: orderer.map(|orderer| HandOverAnswer::of(&orderer, certificate)),
    };
    Ok(Json(answer).into_response())
}
