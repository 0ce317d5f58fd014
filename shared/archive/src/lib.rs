//! The papers in S3: put once under a key that names their content, and downloaded through presigned
//! addresses that live for a minute.
//!
//! A key begins with the kind of paper, so that a policy can name who may read which.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_types::SdkConfig;
use guarantee::history::Paper;
use guarantee::number::ContractNumber;
use sha2::{Digest, Sha256};

/// How long a presigned address lives, in seconds.
pub const DOWNLOAD_SECONDS: u32 = 60;

/// The bucket with the papers of one deployment.
#[derive(Debug, Clone)]
pub struct Archive {
    client: Client,
    bucket: String,
}

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

/// Something in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its key.
    pub key: String,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
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
    const fn folder(self) -> &'static str {
        match self {
            Self::Paper(Paper::Certificate) => "certificates",
            Self::Paper(Paper::CustomerCopy) => "customer-copies",
            Self::Paper(Paper::FeeStatement) => "fee-statements",
            Self::KeyNotice | Self::KeyNoticeData => "key-notices",
        }
    }

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

impl Archive {
    /// The bucket of this name.
    #[must_use]
    pub fn new(aws: &SdkConfig, bucket: &str) -> Self {
        Self {
            client: Client::new(aws),
            bucket: bucket.to_owned(),
        }
    }

    /// Puts something that belongs to a contract. The same bytes again change nothing.
    ///
    /// # Errors
    /// When S3 did not take it.
    pub async fn put(
        &self,
        kept: Kept,
        number: ContractNumber,
        bytes: Vec<u8>,
    ) -> Result<Object, Error> {
        let sha256: String = Sha256::digest(&bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let key = format!("{}/{number}/{sha256}.{}", kept.folder(), kept.ending());
        let put = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(&key)
            .content_type(kept.content_type())
            .if_none_match("*")
            .body(ByteStream::from(bytes));
        match put.send().await {
            Ok(_) => Ok(Object { key, sha256 }),
            // The key names the content: what stands there is this.
            Err(error)
                if error
                    .raw_response()
                    .is_some_and(|answer| answer.status().as_u16() == 412) =>
            {
                Ok(Object { key, sha256 })
            }
            Err(error) => Err(Error::new("PutObject", error)),
        }
    }

    /// The bytes under a key.
    ///
    /// # Errors
    /// When S3 did not give them.
    pub async fn get(&self, key: &str) -> Result<Vec<u8>, Error> {
        let answer = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .send()
            .await;
        let answer = answer.map_err(|error| Error::new("GetObject", error))?;
        let bytes = answer
            .body
            .collect()
            .await
            .map_err(|error| Error::new("GetObject", error))?;
        Ok(bytes.to_vec())
    }

    /// An address from which one object can be downloaded for [`DOWNLOAD_SECONDS`].
    ///
    /// The file is named after the paper and the contract: `保証証書_0712-3456-7891.pdf`, with a name in
    /// ASCII for clients that read no other (RFC 6266).
    ///
    /// # Errors
    /// When the address cannot be signed.
    pub async fn download(
        &self,
        kept: Kept,
        number: ContractNumber,
        key: &str,
    ) -> Result<String, Error> {
        let (japanese, ascii) = kept.names();
        let (number, ending) = (number.to_string(), kept.ending());
        let encoded: String = japanese
            .bytes()
            .map(|byte| format!("%{byte:02X}"))
            .collect();
        let disposition = format!(
            "inline; filename=\"{ascii}_{number}.{ending}\"; filename*=UTF-8''{encoded}_{number}.{ending}"
        );
        let lifetime = PresigningConfig::expires_in(Duration::from_secs(DOWNLOAD_SECONDS.into()))
            .map_err(|error| Error::new("presign", error))?;
        let signed = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .response_content_disposition(disposition)
            .response_content_type(kept.content_type())
            .presigned(lifetime)
            .await
            .map_err(|error| Error::new("presign", error))?;
        Ok(signed.uri().to_owned())
    }
}
