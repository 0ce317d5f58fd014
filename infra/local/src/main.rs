//! `cargo run`: the whole product on one machine.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use local::{Cloud, LOGINS, Options};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Electronic guarantees for public works, the whole cloud in one process.
#[derive(Debug, Parser)]
#[command(name = "denshi-hosho", version)]
struct Arguments {
    /// The port of API and pages; AWS is at the next one. 0 takes any free ports.
    #[arg(long, default_value_t = 8787)]
    port: u16,
    /// The folder that keeps the state; the next start goes on from it.
    #[arg(long, default_value = ".local", value_name = "DIR")]
    data: PathBuf,
    /// Start without demo data.
    #[arg(long)]
    empty: bool,
    /// Another template.yaml than the one in this binary.
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
    /// What to do instead of starting the product.
    #[command(subcommand)]
    command: Option<Command>,
}

/// What an operator can ask for.
#[derive(Debug, Subcommand)]
enum Command {
    /// Examine the table and the archive of the product that runs at the port; reads only.
    Check,
    /// Compute the chain of a contract's log again, as the desk gave it, and name the first broken link.
    VerifyLog {
        /// The answer of GET /api/desk/contracts/{number}/events, in a file.
        file: PathBuf,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // The database warns of every condition that does not hold, and those are the ledger's daily work.
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,dynoxide=error,s3s=off,s3s_fs=off"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let done = match &arguments.command {
        None => run(arguments).await,
        Some(Command::Check) => check(arguments.port).await,
        Some(Command::VerifyLog { file }) => verify_log(file),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            let _ = writeln!(std::io::stderr(), "denshi-hosho: {reason}");
            ExitCode::FAILURE
        }
    }
}

async fn check(port: u16) -> Result<(), String> {
    let report = local::check(&format!("http://127.0.0.1:{port}")).await?;
    let _ = writeln!(std::io::stdout(), "{report}");
    report.verdict()
}

fn verify_log(file: &Path) -> Result<(), String> {
    let events = local::verify_log(file)?;
    let _ = writeln!(std::io::stdout(), "{events} events, an unbroken chain");
    Ok(())
}

async fn run(arguments: Arguments) -> Result<(), String> {
    let template = match &arguments.template {
        Some(path) => Some(
            std::fs::read_to_string(path)
                .map_err(|error| format!("{}: {error}", path.display()))?,
        ),
        None => None,
    };
    let data = arguments.data;
    let mut terminated = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let options = Options {
        data: Some(data.clone()),
        port: arguments.port,
        empty: arguments.empty,
        template,
    };
    let cloud = Cloud::start(options)
        .await
        .map_err(|error| error.to_string())?;
    // Whoever reads the greeting may be gone; the cloud runs on.
    let _ = writeln!(std::io::stdout(), "{}", greeting(&cloud, &data));
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
    cloud.shutdown().await;
    Ok(())
}

fn greeting(cloud: &Cloud, data: &std::path::Path) -> String {
    let logins: String = LOGINS
        .iter()
        .map(|login| {
            format!(
                "\n    {:<12}{:<22}{}",
                login.username, login.password, login.group
            )
        })
        .collect();
    format!(
        "denshi-hosho runs; Ctrl-C ends it.\n\
         \x20 API       {api}\n\
         \x20 mailbox   {api}/mailbox\n\
         \x20 scripts   {api}/local.json\n\
         \x20 AWS       {aws}   (aws --endpoint-url {aws} ...)\n\
         \x20 data      {data}\n\
         \x20 logins    (demo){logins}",
        api = cloud.api(),
        aws = cloud.aws(),
        data = data.display(),
    )
}
