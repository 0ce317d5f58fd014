//! The key notice in the archive, and beside it the data that it was drawn from: the only two places
//! that hold a key.

use archive::{Archive, Kept};
use documents::KeyNotice;
use futures_util::future::try_join;
use guarantee::calendar::{Date, Instant};
use guarantee::certificate::Certificate;
use guarantee::key::AuthKey;
use ledger::{ArchivedPaper, KeyRecord, key_hash};
use serde::{Deserialize, Serialize};
use web::Problem;

/// The address of the page on which the orderer checks.
#[derive(Debug, Clone)]
pub(crate) struct CheckAddress(String);

impl CheckAddress {
    /// The page under the public address of the product.
    pub(crate) fn under(public_url: &str) -> Self {
        Self(format!("{}/verify", public_url.trim_end_matches('/')))
    }
}

/// What a key notice was drawn from. It holds the key, and therefore has no `Debug`.
#[derive(Serialize, Deserialize)]
struct NoticeData {
    authentication_key: String,
    issued_on: Date,
    check_address: String,
    certificate: Certificate,
}

/// Draws the notice of a key and puts it into the archive with its data, before anything says so.
pub(crate) async fn put(
    archive: &Archive,
    key: &AuthKey,
    certificate: Certificate,
    check_address: &CheckAddress,
    at: Instant,
) -> Result<KeyRecord, Problem> {
    let number = certificate.contract_number;
    let notice = KeyNotice {
        certificate,
        issued_on: at.date_in_japan(),
        check_address: check_address.0.clone(),
    };
    let drawn =
        documents::key_notice(&notice, key).map_err(|error| Problem::unavailable(&error))?;
    let data = NoticeData {
        authentication_key: key.reveal(),
        issued_on: notice.issued_on,
        check_address: notice.check_address,
        certificate: notice.certificate,
    };
    let data = serde_json::to_vec(&data).map_err(|error| Problem::unavailable(&error))?;
    let (data, notice) = try_join(
        archive.put(Kept::KeyNoticeData, number, data),
        archive.put(Kept::KeyNotice, number, drawn),
    )
    .await?;
    let notice = ArchivedPaper {
        object: notice.key,
        sha256: notice.sha256,
    };
    Ok(KeyRecord {
        hash: key_hash(number, key),
        issued_at: at,
        notice,
        notice_data: data.key,
    })
}

/// The key that a record stands for, from the archive.
pub(crate) async fn key(archive: &Archive, record: &KeyRecord) -> Result<AuthKey, Problem> {
    let data = archive.get(&record.notice_data).await?;
    // What serde says of unreadable data may quote it; the data holds the key.
    let data: NoticeData =
        serde_json::from_slice(&data).map_err(|_| Problem::unavailable(&UnreadableNotice))?;
    AuthKey::parse(&data.authentication_key).map_err(|_| Problem::unavailable(&UnreadableNotice))
}

/// The data of a notice is not what was put there.
#[derive(Debug)]
struct UnreadableNotice;

impl std::fmt::Display for UnreadableNotice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the data of a key notice cannot be read")
    }
}

impl std::error::Error for UnreadableNotice {}
