//! How a deployed binary starts.

use aws_types::SdkConfig;
use ledger::Ledger;

use crate::{Environment, Metric};

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

/// Begins, reads the configuration of the AWS SDK, and reaches for the table: name, connection and TLS
/// are there before the first question, which on AWS would pay them with less of a processor.
pub async fn start() -> (Environment, SdkConfig) {
    let environment = begin();
    let aws = aws_config::load_defaults(aws_config::BehaviorVersion::v2026_01_12()).await;
    if let Ok(table) = environment.get("TABLE") {
        Ledger::new(&aws, table).reach().await;
    }
    (environment, aws)
}
