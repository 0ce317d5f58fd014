//! Putting and getting, with the client of S3.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::primitives::ByteStream;
use aws_types::SdkConfig;
use bytes::Bytes;
use guarantee::history::Paper;
use guarantee::number::ContractNumber;
use sha2::{Digest, Sha256};

use crate::{Error, Kept};

/// The bucket with the papers of one deployment.
#[derive(Debug, Clone)]
pub struct Archive {
    client: Client,
    bucket: String,
}

/// Something in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its key.
    pub key: String,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
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
        let bytes = Bytes::from(bytes);
        let put = |bytes| {
            self.client
                .put_object()
                .bucket(&self.bucket)
                .key(&key)
                .content_type(kept.content_type())
                .if_none_match("*")
                .body(ByteStream::from(bytes))
                .send()
        };
        let mut answer = put(bytes.clone()).await;
        // Another writer of the same bytes is at it, which may be a call of ours that was given up.
        if refusal(&answer) == Some(409) {
            answer = put(bytes).await;
        }
        match refusal(&answer) {
            // The key names the content: what stands there is this.
            Some(412) => Ok(Object { key, sha256 }),
            _ => match answer {
                Ok(_) => Ok(Object { key, sha256 }),
                Err(error) => Err(Error::new("PutObject", error)),
            },
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
}

/// The status with which S3 refused.
fn refusal<T, E>(answer: &Result<T, SdkError<E>>) -> Option<u16> {
    let answer = answer.as_ref().err()?.raw_response()?;
    Some(answer.status().as_u16())
}
