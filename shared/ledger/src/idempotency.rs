//! The record that makes a repeated request harmless: what its first run made, never what it said.

use guarantee::calendar::Instant;
use guarantee::number::ContractNumber;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use ulid::Ulid;

use crate::error::Error;
use crate::item::Key;
use crate::table::Ledger;
use crate::transaction::{Condition, Guard, Transaction};

/// How long a record is kept: longer than any client keeps trying.
const KEPT_SECONDS: i64 = 7 * 24 * 60 * 60;

/// The identity of a request: who sent it to which route under which Idempotency-Key, and a hash of
/// what it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    hash: String,
    body_hash: String,
}

/// What the first request with this key made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The hash of the body that the first request had.
    body_hash: String,
    /// What it made.
    pub made: Made,
    expires_at: i64,
}

/// What a request made or moved; a repeat answers from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Made {
    /// An application.
    Application(Ulid),
    /// A contract.
    Contract(ContractNumber),
    /// A mail of a contract.
    Mail(ContractNumber, Ulid),
}

impl IdempotencyKey {
    /// The identity of a request with this Idempotency-Key.
    #[must_use]
    pub fn new(principal: &str, route: &str, key: &str, body: &[u8]) -> Self {
        let mut identity = Sha256::new();
        for part in [principal, route, key] {
            identity.update((part.len() as u64).to_be_bytes());
            identity.update(part);
        }
        Self {
            hash: hexadecimal(&identity.finalize()),
            body_hash: hexadecimal(&Sha256::digest(body)),
        }
    }

    /// Whether the record was made by a request with the same body.
    #[must_use]
    pub fn is_repeated_by(&self, record: &Record) -> bool {
        record.body_hash == self.body_hash
    }

    /// Adds the record to the step that makes `made`.
    pub(crate) fn record(
        &self,
        made: Made,
        now: Instant,
        step: &mut Transaction<'_>,
    ) -> Result<(), Error> {
        let expires_at = now.plus_seconds(KEPT_SECONDS).epoch_seconds();
        let record = Record {
            body_hash: self.body_hash.clone(),
            made,
            expires_at,
        };
        let condition = Condition::NewOrExpired {
            now: now.epoch_seconds(),
        };
        step.put(
            &Key::idempotency(&self.hash),
            "idempotency",
            &record,
            &condition,
            Guard::Idempotency,
        )
    }
}

impl Ledger {
    /// What an earlier request with the same key made, if there was one whose record has not expired.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn repeated(
        &self,
        key: &IdempotencyKey,
        now: Instant,
    ) -> Result<Option<Record>, Error> {
        let record: Option<Record> = self.get(&Key::idempotency(&key.hash)).await?;
        Ok(record.filter(|record| record.expires_at >= now.epoch_seconds()))
    }
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            text.push_str(&format!("{byte:02x}"));
            text
        })
}
