//! One check: number and key against what the table knows.

use archive::{Downloads, Kept};
use axum::Json;
use axum::extract::State;
use axum::http::request::Parts;
use futures_util::future::try_join;
use guarantee::application::{Period, Terms};
use guarantee::calendar::{Date, Instant};
use guarantee::certificate::{Certificate, Conditions, Guarantor, Standing};
use guarantee::history::Paper;
use guarantee::key::AuthKey;
use guarantee::number::ContractNumber;
use guarantee::violation::Violation;
use ledger::{CertificateVersion, Checked, Contract, Ledger, MANY_WRONG_CHECKS, Source, key_hash};
use serde::Serialize;
use web::{Download, Fields, JsonBody, Meter, Metric, Problem, now, source_address, ulid};

const TEXT: &str = "文字列で入力してください。";

/// What is compared when there is no key to compare with, so that the work is the same.
const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What the orderer enters.
#[derive(utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "the schema of the body, which is read field by field"
)]
pub(crate) struct NumberAndKey {
    /// 保証契約番号, as typed: full-width or half, with or without hyphens.
    #[schema(min_length = 1, examples("0712-3456-7891"))]
    contract_number: String,
    /// 認証キー, as typed: upper or lower case, with or without hyphens.
    #[schema(min_length = 1)]
    authentication_key: String,
}

/// A certificate as the orderer sees it: what its paper says, and how it stands. The fee and the mail
/// addresses are between contractor and guarantor.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Verification {
    /// 保証契約番号.
    contract_number: ContractNumber,
    /// 変更回次: 0 for the first version.
    change_number: u16,
    /// 発行日.
    issued_on: Date,
    /// The day on which the guarantee contract was concluded.
    concluded_on: Date,
    /// What was applied for.
    #[serde(flatten)]
    terms: Terms,
    /// 保証期間; its last day is the 保証期限.
    period: Period,
    /// 適用約款 of the guarantor.
    conditions: Conditions,
    /// 保証人.
    guarantor: Guarantor,
    /// Whether it holds today.
    standing: Standing,
    /// The same, in Japanese: 有効, 期限経過.
    standing_label: String,
    /// 保証文言: what the guarantor promises.
    wording: String,
    /// When it was checked.
    checked_at: Instant,
}

impl Verification {
    fn of(certificate: Certificate, checked_at: Instant) -> Self {
        let wording = certificate.wording();
        let standing = certificate.standing(checked_at.date_in_japan());
        let Certificate {
            contract_number,
            change_number,
            issued_on,
            concluded_on,
            fee_paid_on: _,
            mut terms,
            period,
            fee: _,
            conditions,
            guarantor,
        } = certificate;
        terms.emails.clear();
        Self {
            contract_number,
            change_number,
            issued_on,
            concluded_on,
            terms,
            period,
            conditions,
            guarantor,
            standing,
            standing_label: standing.japanese().to_owned(),
            wording,
            checked_at,
        }
    }
}

/// Checks number and key, and shows the certificate.
#[utoipa::path(
    post, path = "/api/verifications", tag = "orderer",
    request_body = NumberAndKey,
    responses(
        (status = 200, body = Verification), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 413, body = Problem), (status = 415, body = Problem), (status = 422, body = Problem),
        (status = 429, body = Problem, headers(("Retry-After" = u32))), (status = 503, body = Problem),
    ),
)]
pub(crate) async fn certificate(
    State(ledger): State<Ledger>,
    State(meter): State<Meter>,
    parts: Parts,
    body: JsonBody,
) -> Result<Json<Verification>, Problem> {
    let at = now();
    let (_, version) = open(&ledger, &meter, &parts, body, at).await?;
    Ok(Json(Verification::of(version.certificate, at)))
}

/// Checks number and key, and gives the address of the certificate's PDF.
#[utoipa::path(
    post, path = "/api/verifications/document", tag = "orderer",
    request_body = NumberAndKey,
    responses(
        (status = 200, body = Download), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 413, body = Problem), (status = 415, body = Problem), (status = 422, body = Problem),
        (status = 429, body = Problem, headers(("Retry-After" = u32))), (status = 503, body = Problem),
    ),
)]
pub(crate) async fn document(
    State(ledger): State<Ledger>,
    State(downloads): State<Downloads>,
    State(meter): State<Meter>,
    parts: Parts,
    body: JsonBody,
) -> Result<Json<Download>, Problem> {
    let at = now();
    let (contract, version) = open(&ledger, &meter, &parts, body, at).await?;
    let archived = version
        .papers
        .get(&Paper::Certificate)
        .ok_or_else(Problem::not_found)?;
    Ok(Json(
        Download::of(
            &downloads,
            Kept::Paper(Paper::Certificate),
            contract.number(),
            archived,
            at,
        )
        .await?,
    ))
}

/// The contract that number and key open, with its certificate.
async fn open(
    ledger: &Ledger,
    meter: &Meter,
    parts: &Parts,
    body: JsonBody,
    at: Instant,
) -> Result<(Contract, CertificateVersion), Problem> {
    let (number, key) = read(body)?;
    let source = Source::of(source_address(parts));
    let contract = ledger.contract(number).await?;
    let is_right = opens(contract.as_ref(), number, &key);
    match contract.filter(|_| is_right) {
        Some(contract) => {
            // Side by side, one wait less; what is not recorded is not shown.
            let certificate = ledger.certificate(&contract);
            let record = ledger.record_check(number, ulid(at), Checked::Right, &source, at);
            let (certificate, ()) = try_join(certificate, record).await?;
            meter.say(Metric::ChecksOpened, 1);
            Ok((contract, certificate))
        }
        None => {
            let wait = ledger.count_wrong_answer(&source, at).await?;
            let wrong = ledger.count_wrong_check(number, at).await?;
            if wrong > 0 && wrong.is_multiple_of(MANY_WRONG_CHECKS) {
                // And again while it goes on; template.yaml makes an alarm of these very words.
                tracing::warn!(contract_number = %number, "many wrong checks of one number");
            }
            ledger
                .record_check(number, ulid(at), Checked::Wrong, &source, at)
                .await?;
            meter.say(Metric::ChecksRefused, 1);
            Err(wait.map_or_else(Problem::not_opened, Problem::too_many))
        }
    }
}

fn read(body: JsonBody) -> Result<(ContractNumber, AuthKey), Vec<Violation>> {
    let mut faults = Vec::new();
    let mut fields = Fields::of(body.object, &mut faults);
    let number: Option<String> = fields.take("contract_number", TEXT);
    let key: Option<String> = fields.take("authentication_key", TEXT);
    fields.finish();
    let mut slip = |pointer: &str, message: String| {
        if faults.iter().all(|fault| fault.pointer != pointer) {
            faults.push(Violation::new(pointer, "mistyped", message));
        }
    };
    let number = ContractNumber::parse(&number.unwrap_or_default());
    let number = number
        .map_err(|fault| slip("/contract_number", fault.to_string()))
        .ok();
    let key = AuthKey::parse(&key.unwrap_or_default());
    let key = key
        .map_err(|fault| slip("/authentication_key", fault.to_string()))
        .ok();
    number.zip(key).filter(|_| faults.is_empty()).ok_or(faults)
}

/// Whether the key is the live one of the number's contract; the work is the same whatever the answer,
/// and whether there is such a contract or not.
fn opens(contract: Option<&Contract>, number: ContractNumber, key: &AuthKey) -> bool {
    let live = contract.and_then(|contract| contract.key.as_ref());
    let live = live.map_or(NO_HASH, |record| record.hash.as_str());
    let typed = key_hash(number, key);
    let difference = live
        .bytes()
        .zip(typed.bytes())
        .fold(live.len() ^ typed.len(), |difference, (one, other)| {
            difference | usize::from(one ^ other)
        });
    difference == 0
}
