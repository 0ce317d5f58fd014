//! What a function needs to start before its first event: settings, and an AWS that answers on the spot.

use std::fmt;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_types::SdkConfig;
use web::Environment;

/// An AWS that gives every call this status and this body.
pub fn aws(status: u16, body: &'static str) -> SdkConfig {
    let connector = SharedHttpConnector::new(Answer { status, body });
    let keys = Credentials::new("fuzz", "fuzz", None, None, "fuzz");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("ap-northeast-1"))
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .endpoint_url("http://localhost")
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build()
}

struct Answer {
    status: u16,
    body: &'static str,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.body)
    }
}

impl HttpConnector for Answer {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let status = self.status.try_into().unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(self.body))))
    }
}

/// The settings that the functions ask for.
pub fn environment() -> Environment {
    [
        ("TABLE", "table"),
        ("METRICS_NAMESPACE", "fuzz"),
        ("AWS_LAMBDA_FUNCTION_NAME", "fuzz"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("GUARANTOR_NAME", "保証株式会社"),
        ("GUARANTOR_REPRESENTATIVE", "代表取締役"),
        ("GUARANTOR_ADDRESS", "東京都"),
        ("GUARANTOR_CONTACT", "03-0000-0000"),
        ("PUBLIC_URL", "https://hosho.example"),
        ("MAIL_FROM", "denshi-hosho@hosho.example"),
        ("MAIL_CONFIGURATION_SET", "mail"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into_iter()
    .collect()
}

/// A runtime for one call after the other.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
}
