//! Addresses from which one object can be downloaded for a minute, without a login.
//!
//! They are signed by the signer that the client of S3 uses too. The client itself would make the package
//! of a function a third larger and its start slower, for a computation that asks nobody.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use aws_types::SdkConfig;
use aws_types::region::Region;
use guarantee::calendar::Instant;
use guarantee::number::ContractNumber;
use http::Request;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{Error, Kept};

/// How long a presigned address lives, in seconds.
pub const DOWNLOAD_SECONDS: u32 = 60;

/// All but what stands in a query as it is (RFC 3986, 2.3), as signatures want it.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Hands out addresses of the objects in one bucket, signed with the rights of whoever it was made for.
#[derive(Debug, Clone)]
pub struct Downloads {
    /// The address of the bucket.
    bucket: String,
    region: Region,
    credentials: Option<SharedCredentialsProvider>,
}

impl Downloads {
    /// From the bucket of this name, where the configuration says that S3 is.
    #[must_use]
    pub fn new(aws: &SdkConfig, bucket: &str) -> Self {
        let region = aws.region().cloned().unwrap_or(Region::from_static(""));
        let bucket = match aws.endpoint_url() {
            Some(endpoint) => format!("{}/{bucket}", endpoint.trim_end_matches('/')),
            // https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
            None => format!("https://{bucket}.s3.{region}.amazonaws.com"),
        };
        Self {
            bucket,
            region,
            credentials: aws.credentials_provider(),
        }
    }

    /// The address of one object for [`DOWNLOAD_SECONDS`] from `now` on.
    ///
    /// The file is named after the paper and the contract: `保証証書_0712-3456-7891.pdf`, with a name in
    /// ASCII for clients that read no other (RFC 6266).
    ///
    /// # Errors
    /// When the address cannot be signed.
    pub async fn address(
        &self,
        kept: Kept,
        number: ContractNumber,
        key: &str,
        now: Instant,
    ) -> Result<String, Error> {
        let (japanese, ascii) = kept.names();
        let ending = kept.ending();
        let japanese = utf8_percent_encode(japanese, ENCODED);
        let disposition = format!(
            "inline; filename=\"{ascii}_{number}.{ending}\"; filename*=UTF-8''{japanese}_{number}.{ending}"
        );
        self.sign(
            format!(
                "{}/{key}?response-content-disposition={}&response-content-type={}",
                self.bucket,
                utf8_percent_encode(&disposition, ENCODED),
                utf8_percent_encode(kept.content_type(), ENCODED),
            ),
            now,
        )
        .await
        .map_err(|source| Error::new("presign", source))
    }

    async fn sign(
        &self,
        address: String,
        now: Instant,
    ) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        let credentials = self
            .credentials
            .as_ref()
            .ok_or("there are no credentials")?;
        let identity = credentials.provide_credentials().await?.into();
        // As S3 wants it: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(Duration::from_secs(DOWNLOAD_SECONDS.into()));
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let milliseconds = u64::try_from(now.epoch_milliseconds())?;
        let signing = SigningParams::builder()
            .identity(&identity)
            .region(self.region.as_ref())
            .name("s3")
            .time(UNIX_EPOCH + Duration::from_millis(milliseconds))
            .settings(settings)
            .build()?
            .into();
        let request = SignableRequest::new(
            "GET",
            &address,
            std::iter::empty(),
            SignableBody::UnsignedPayload,
        )?;
        let (signature, _) = sign(request, &signing)?.into_parts();
        let mut signed = Request::get(&address).body(())?;
        signature.apply_to_request_http1x(&mut signed);
        Ok(signed.uri().to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use aws_credential_types::Credentials;
    use aws_sdk_s3::Client;
    use aws_sdk_s3::config::BehaviorVersion;
    use aws_sdk_s3::presigning::PresigningConfig;
    use guarantee::history::Paper;

    use super::*;

    const BUCKET: &str = "denshi-hosho-archive-1a2b3c";
    const KEY: &str = "certificates/0712-3456-7891/00ff.pdf";
    const SIGNATURE: &str = "X-Amz-Signature=";

    fn configuration(endpoint: Option<&str>, token: Option<&str>) -> SdkConfig {
        let token = token.map(str::to_owned);
        let keys = Credentials::new("AKIDEXAMPLE", "secret", token, None, "test");
        let mut aws = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::from_static("ap-northeast-1"))
            .credentials_provider(SharedCredentialsProvider::new(keys));
        aws.set_endpoint_url(endpoint.map(str::to_owned));
        aws.build()
    }

    /// The address before the query, and the parameters of the query.
    fn parts(address: &str) -> (&str, BTreeSet<&str>) {
        let (place, query) = address.split_once('?').unwrap();
        (place, query.split('&').collect())
    }

    #[tokio::test]
    async fn an_address_is_the_one_that_the_client_of_s3_makes() {
        let now = Instant::parse("2025-04-14T01:30:00Z").unwrap();
        let start = UNIX_EPOCH + Duration::from_secs(now.epoch_seconds().unsigned_abs());
        let number = ContractNumber::parse("0712-3456-7891").unwrap();
        for endpoint in [None, Some("http://127.0.0.1:4566")] {
            for token in [None, Some("a/session+token=")] {
                let aws = configuration(endpoint, token);
                let client = Client::new(&aws)
                    .get_object()
                    .bucket(BUCKET)
                    .key(KEY)
                    .response_content_type("application/pdf")
                    .response_content_disposition(
                        "inline; filename=\"certificate_0712-3456-7891.pdf\"; \
                         filename*=UTF-8''%E4%BF%9D%E8%A8%BC%E8%A8%BC%E6%9B%B8_0712-3456-7891.pdf",
                    );
                let lifetime = PresigningConfig::builder()
                    .start_time(start)
                    .expires_in(Duration::from_secs(DOWNLOAD_SECONDS.into()));
                let theirs = client.presigned(lifetime.build().unwrap()).await.unwrap();
                let (their_place, mut their_parameters) = parts(theirs.uri());

                // The client also names the operation, which S3 passes over; with that, the signature is the same.
                let unsigned: Vec<_> = their_parameters
                    .iter()
                    .copied()
                    .filter(|parameter| !parameter.starts_with("X-Amz-"))
                    .collect();
                let downloads = Downloads::new(&aws, BUCKET);
                let named = format!("{their_place}?{}", unsigned.join("&"));
                let signed = downloads.sign(named, now).await.unwrap();
                assert_eq!(parts(&signed).1, their_parameters);

                let kept = Kept::Paper(Paper::Certificate);
                let ours = downloads.address(kept, number, KEY, now).await.unwrap();
                let (our_place, mut our_parameters) = parts(&ours);
                our_parameters.retain(|parameter| !parameter.starts_with(SIGNATURE));
                their_parameters.retain(|parameter| {
                    !parameter.starts_with(SIGNATURE) && *parameter != "x-id=GetObject"
                });
                assert_eq!(our_place, their_place);
                assert_eq!(our_parameters, their_parameters);
            }
        }
    }
}
