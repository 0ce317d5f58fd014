//! `cargo run -p audit`: examines a table and its archive on AWS; reads only.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use web::Environment;

/// Examine a table and its archive on AWS; reads only. Keys and region are those of AWS_ACCESS_KEY_ID,
/// AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and AWS_REGION.
#[derive(Debug, Parser)]
#[command(name = "audit", version)]
struct Arguments {
    /// The name of the table.
    #[arg(long, value_name = "NAME")]
    table: String,
    /// The name of the bucket that its papers are in.
    #[arg(long, value_name = "NAME")]
    bucket: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match examine(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            let _ = writeln!(std::io::stderr(), "audit: {reason}");
            ExitCode::FAILURE
        }
    }
}

async fn examine(arguments: &Arguments) -> Result<(), String> {
    let aws = web::lambda::sdk_config(&Environment::of_process())
        .map_err(|_| "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION are needed; `aws configure export-credentials --format env` prints the keys")?;
    let report = audit::examine(&aws, &arguments.table, &arguments.bucket)
        .await
        .map_err(|error| web::chain(&error))?;
    let _ = writeln!(std::io::stdout(), "{report}");
    report.verdict()
}
