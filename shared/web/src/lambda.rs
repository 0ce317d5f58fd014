//! How a deployed binary starts.

use aws_types::SdkConfig;

use crate::Environment;

/// Starts logging as JSON and reads what the platform says: the environment, and the configuration of
/// the AWS SDK from it.
pub async fn start() -> (Environment, SdkConfig) {
    tracing_subscriber::fmt()
        .json()
        .with_current_span(false)
        .with_ansi(false)
        .without_time()
        .init();
    let aws = aws_config::load_defaults(aws_config::BehaviorVersion::v2026_01_12()).await;
    (Environment::of_process(), aws)
}
