//! How a deployed binary starts.

use std::panic::PanicHookInfo;

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_dynamodb::config::BehaviorVersion;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_types::{SdkConfig, region::Region};
use axum::Router;
use lambda_http::request::LambdaRequest;
use lambda_http::tower::util::MapRequest;
use lambda_http::{Adapter, LambdaEvent, lambda_runtime};
use ledger::Ledger;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use tracing_subscriber::fmt::MakeWriter;

use crate::{Environment, Metric, MissingSetting, trust};

/// Starts logging as JSON, and reads the environment as the platform sets it. The start is counted.
pub fn begin() -> Environment {
    // Nobody else logs in this process.
    let _ = tracing::subscriber::set_global_default(lines(std::io::stdout));
    std::panic::set_hook(Box::new(panicked));
    let environment = Environment::of_process();
    // A setting that is missing is named by whoever needs it.
    if let Ok(meter) = environment.meter() {
        meter.say(Metric::ColdStarts, 1);
    }
    environment
}

/// Logs where the program panicked, and not what it said: that could hold what somebody typed.
fn panicked(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    tracing::error!(place, "the program ended itself");
}

/// Logs as lines of JSON, with a time, without which Lambda ignores the level; template.yaml makes alarms of what
/// stands under `message`.
fn lines<W>(writer: W) -> impl tracing::Subscriber
where
    W: for<'line> MakeWriter<'line> + Send + Sync + 'static,
{
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        // The runtime's span names the request.
        .with_span_list(false)
        .with_ansi(false)
        .with_writer(writer)
        .finish()
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

/// Answers what API Gateway asks, one request after the other.
///
/// # Errors
/// When the platform cannot be asked for the next request.
pub async fn run(router: Router) -> Result<(), lambda_http::Error> {
    lambda_runtime::run(MapRequest::new(Adapter::from(router), readable)).await
}

/// What cannot stand in the query of an address as it is.
const FOREIGN: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>');

/// The event with a query that can stand in an address. Whether API Gateway lets another one through is written
/// nowhere, and it would end the process where `lambda_http` makes the request.
fn readable(mut event: LambdaEvent<LambdaRequest>) -> LambdaEvent<LambdaRequest> {
    if let LambdaRequest::ApiGatewayV2(asked) = &mut event.payload
        && let Some(query) = &mut asked.raw_query_string
    {
        *query = utf8_percent_encode(query, FOREIGN).to_string();
    }
    event
}

/// The configuration of the AWS SDK from what Lambda sets. The chain of `aws-config` would look into
/// files and ask services that a function does not have, at every start, and would carry what it asks
/// them with.
///
/// # Errors
/// [`MissingSetting`] when a key or the region is absent.
pub fn sdk_config(environment: &Environment) -> Result<SdkConfig, MissingSetting> {
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
        .tls_context(trust::trusted(environment))
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// What was written, for the test to read.
    #[derive(Clone)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_has_its_words_under_message_and_its_fields_beside_them() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let writer = Written(written.clone());
        tracing::subscriber::with_default(lines(move || writer.clone()), || {
            tracing::warn!(contract_number = "0712-3456-7891", "many wrong checks");
        });
        let line: serde_json::Value = serde_json::from_slice(&written.lock().unwrap()).unwrap();
        assert_eq!(line["level"], "WARN");
        // RFC 3339 in UTC.
        let time = line["timestamp"].as_str().unwrap();
        assert!(time.contains('T') && time.ends_with('Z'), "{time}");
        assert_eq!(line["message"], "many wrong checks");
        assert_eq!(line["contract_number"], "0712-3456-7891");
    }

    #[test]
    fn a_query_that_can_stand_in_no_address_is_asked_for_all_the_same() {
        for (asked, read) in [
            ("status=<\">&q=a b#c", "status=%3C%22%3E&q=a%20b%23c"),
            ("q=\u{1}保証", "q=%01%E4%BF%9D%E8%A8%BC"),
            ("q=%E4%BF%9D&limit=20+1", "q=%E4%BF%9D&limit=20+1"),
        ] {
            let event = serde_json::json!({
                "version": "2.0", "routeKey": "GET /", "rawPath": "/", "rawQueryString": asked,
                "headers": { "host": "hosho.example" }, "isBase64Encoded": false,
                "requestContext": {
                    "accountId": "1", "apiId": "a", "stage": "$default", "timeEpoch": 0,
                    "http": { "method": "GET", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1" },
                },
            });
            let event = serde_json::from_value(event).unwrap();
            let event = readable(LambdaEvent::new(event, lambda_http::Context::default()));
            let request = lambda_http::Request::from(event.payload);
            assert_eq!(request.uri().query(), Some(read));
        }
    }

    #[test]
    fn a_panic_is_logged_by_its_place_alone() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let writer = Written(written.clone());
        std::panic::set_hook(Box::new(panicked));
        tracing::subscriber::with_default(lines(move || writer.clone()), || {
            std::panic::catch_unwind(|| panic!("建設 太郎")).unwrap_err();
        });
        drop(std::panic::take_hook());
        let line = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        assert!(line.contains("the program ended itself"), "{line}");
        assert!(line.contains("shared/web/src/lambda.rs:"), "{line}");
        assert!(!line.contains("建設"), "{line}");
    }
}
