//! The papers in S3: put once under a key that names their content, and downloaded through presigned
//! addresses that live for a minute.
//!
//! A key begins with the kind of paper, so that a policy can name who may read which. Who only hands out
//! addresses ([`Downloads`]) links no client of S3; putting and getting is the feature `store`.

mod downloads;
#[cfg(feature = "store")]
mod store;

use guarantee::history::Paper;

pub use downloads::{DOWNLOAD_SECONDS, Downloads};
#[cfg(feature = "store")]
pub use store::{Archive, Object};

/// What is kept in the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// A paper made at issue.
    Paper(Paper),
    /// 『電子証書閲覧用「認証キー」等のお知らせ』.
    KeyNotice,
    /// The data that a key notice was drawn from.
    KeyNoticeData,
}

/// The archive could not be used.
#[derive(Debug, thiserror::Error)]
#[error("the archive did not answer {operation}")]
pub struct Error {
    operation: &'static str,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl Error {
    fn new(
        operation: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            operation,
            source: source.into(),
        }
    }
}

impl Kept {
    const fn ending(self) -> &'static str {
        match self {
            Self::Paper(_) | Self::KeyNotice => "pdf",
            Self::KeyNoticeData => "json",
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Paper(_) | Self::KeyNotice => "application/pdf",
            Self::KeyNoticeData => "application/json",
        }
    }

    /// The name of a downloaded file, in Japanese and in ASCII.
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Paper(Paper::Certificate) => ("保証証書", "certificate"),
            Self::Paper(Paper::CustomerCopy) => ("お客様控え", "customer-copy"),
            Self::Paper(Paper::FeeStatement) => ("保証料計算書", "fee-statement"),
            Self::KeyNotice | Self::KeyNoticeData => ("認証キー等のお知らせ", "key-notice"),
        }
    }
}
