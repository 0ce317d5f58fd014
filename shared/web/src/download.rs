//! The address of a paper, as the answer to a click.

use std::fmt;

use archive::{DOWNLOAD_SECONDS, Downloads, Kept};
use guarantee::calendar::Instant;
use guarantee::number::ContractNumber;
use ledger::ArchivedPaper;
use serde::Serialize;

use crate::problem::Problem;

/// Where a paper can be downloaded for a minute.
#[derive(Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Download {
    /// A presigned address of the one object.
    pub url: String,
    /// When the address ends.
    pub expires_at: Instant,
    /// The SHA-256 of the paper, in hexadecimal.
    pub sha256: String,
}

/// The address opens the paper to whoever has it, so it stays out of logs.
impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Download(…)")
    }
}

impl Download {
    /// The address of a paper of a contract.
    ///
    /// # Errors
    /// 503 when it cannot be signed.
    pub async fn of(
        downloads: &Downloads,
        kept: Kept,
        number: ContractNumber,
        paper: &ArchivedPaper,
        now: Instant,
    ) -> Result<Self, Problem> {
        let url = downloads.address(kept, number, &paper.object, now).await?;
        let expires_at = now.plus_seconds(DOWNLOAD_SECONDS.into());
        Ok(Self {
            url,
            expires_at,
            sha256: paper.sha256.clone(),
        })
    }
}
