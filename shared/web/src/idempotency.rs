//! The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header).

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use ledger::{IdempotencyKey, Made, Record};

use crate::problem::Problem;

/// The header by which an answer says that nothing new was done.
pub const REPLAYED: [(&str, &str); 1] = [("idempotency-replayed", "true")];

const NAME: &str = "idempotency-key";
const LONGEST: usize = 255;

/// The Idempotency-Key of a request; without it the route answers 400.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyHeader(String);

impl IdempotencyHeader {
    /// The identity of a request of this principal to this route with this body.
    #[must_use]
    pub fn of(&self, principal: &str, route: &str, body: &[u8]) -> IdempotencyKey {
        IdempotencyKey::new(principal, route, &self.0, body)
    }

    /// What the first run of a repeated request made.
    ///
    /// # Errors
    /// 422 when the first request had another body.
    pub fn made(key: &IdempotencyKey, record: &Record) -> Result<Made, Problem> {
        if key.is_repeated_by(record) {
            Ok(record.made)
        } else {
            Err(Problem::idempotency_key_reused())
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IdempotencyHeader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(NAME).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            let detail = "Idempotency-Key ヘッダーを1つ付けてください。操作ごとに新しい値を作り、再送では同じ値を使います。";
            return Err(Problem::malformed("idempotency_key_required", detail));
        };
        // The draft makes it a structured string, in quotes; most clients send it bare.
        let key = value.to_str().unwrap_or_default().trim();
        let key = key
            .strip_prefix('"')
            .and_then(|key| key.strip_suffix('"'))
            .unwrap_or(key);
        if key.is_empty() || key.len() > LONGEST || !key.bytes().all(|byte| byte.is_ascii_graphic())
        {
            let detail =
                format!("Idempotency-Key は{LONGEST}文字以内の英数字と記号にしてください。");
            return Err(Problem::malformed("idempotency_key_malformed", detail));
        }
        Ok(Self(key.to_owned()))
    }
}
