//! How a deployed binary starts.

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_dynamodb::config::BehaviorVersion;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_types::{SdkConfig, region::Region};
use ledger::Ledger;

use crate::{Environment, Metric, MissingSetting};

/// Starts logging as JSON, and reads the environment as the platform sets it. The start is counted.
pub fn begin() -> Environment {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        // The runtime's span names the request.
        .with_span_list(false)
        .with_ansi(false)
        .without_time()
        .init();
    let environment = Environment::of_process();
    // A setting that is missing is named by whoever needs it.
    if let Ok(meter) = environment.meter() {
        meter.say(Metric::ColdStarts, 1);
    }
    environment
}

/// Begins, and reaches for the table: name, connection and TLS are there before the first question,
/// which on AWS would pay them with less of a processor.
///
/// # Errors
/// [`MissingSetting`] when the platform does not say who the function is.
pub async fn start() -> Result<(Environment, SdkConfig), MissingSetting> {
    let environment = begin();
    let aws = sdk_config(&environment)?;
    Ledger::new(&aws, environment.get("TABLE")?).reach().await;
    Ok((environment, aws))
}

/// The configuration of the AWS SDK from what Lambda sets. The chain of `aws-config` would look into
/// files and ask services that a function does not have, at every start, and would carry what it asks
/// them with.
fn sdk_config(environment: &Environment) -> Result<SdkConfig, MissingSetting> {
    let optional = |name: &str| environment.get(name).ok().map(str::to_owned);
    let keys = Credentials::new(
        environment.get("AWS_ACCESS_KEY_ID")?,
        environment.get("AWS_SECRET_ACCESS_KEY")?,
        optional("AWS_SESSION_TOKEN"),
        None,
        "environment",
    );
    let https = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .build_https();
    let mut aws = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(environment.get("AWS_REGION")?.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .http_client(https);
    // AWS somewhere else, such as on this machine.
    aws.set_endpoint_url(optional("AWS_ENDPOINT_URL"));
    Ok(aws.build())
}
