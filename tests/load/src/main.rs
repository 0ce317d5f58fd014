//! The benchmark: starts the product as it is built for release, puts the load on it, and prints how
//! long answers took, how much memory the process had, and what the examination found afterwards.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use clap::Parser;
use load::Load;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How often the memory of the process is printed.
const EVERY: Duration = Duration::from_secs(5);

/// Many clients at once against the product.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many clients.
    #[arg(long, default_value_t = 200)]
    clients: u32,
    /// For how many seconds they begin new lives.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// The program of the product.
    #[arg(
        long,
        default_value = "target/release/denshi-hosho",
        value_name = "FILE"
    )]
    product: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            let _ = writeln!(std::io::stderr(), "load: {reason}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut product = Command::new(&arguments.product)
        .args(["--port", "0", "--data"])
        .arg(folder.path())
        .env("RUST_LOG", "error")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("{}: {error}", arguments.product.display()))?;
    let api = greeted(&mut product).await?;
    let process = product.id().unwrap_or_default();
    let memory = tokio::spawn(watch_memory(process));
    let begin = Instant::now();
    let load = Load {
        clients: arguments.clients,
        time: Duration::from_secs(arguments.seconds),
    };
    let record = load.put_on(&api).await?;
    let seconds = begin.elapsed().as_secs_f64();
    memory.abort();
    say(&format!(
        "\n{} clients, {seconds:.0} s, load of the machine {}, {:.1} lives a second\n\n{record}",
        arguments.clients,
        load_of_the_machine(),
        f64::from(u32::try_from(record.lives()).unwrap_or(u32::MAX)) / seconds,
    ));
    let port = api.rsplit(':').next().unwrap_or_default().to_owned();
    let examined = Command::new(&arguments.product)
        .args(["--port", &port, "check"])
        .status()
        .await
        .map_err(|error| error.to_string())?;
    say(&format!("after the examination: {} MB", memory_of(process)));
    match (record.errors().is_empty(), examined.success()) {
        (true, true) => Ok(()),
        (false, _) => Err("there were errors".to_owned()),
        (_, false) => Err("the examination found faults".to_owned()),
    }
}

/// The address of the API, from the greeting.
async fn greeted(product: &mut Child) -> Result<String, String> {
    let out = product.stdout.take().ok_or("the product has no output")?;
    let mut lines = BufReader::new(out).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(address) = line.trim().strip_prefix("API") {
            let address = address.trim().to_owned();
            // The rest of the greeting has to go somewhere.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(address);
        }
    }
    Err("the product did not start".to_owned())
}

/// Prints the memory of the process over time.
async fn watch_memory(process: u32) {
    let begin = Instant::now();
    loop {
        let seconds = begin.elapsed().as_secs();
        say(&format!("{seconds:>4} s  {:>5} MB", memory_of(process)));
        tokio::time::sleep(EVERY).await;
    }
}

/// The resident memory of a process in MB, as Linux tells it.
fn memory_of(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = resident.and_then(|line| line.split_whitespace().next());
    kilobytes
        .and_then(|number| number.parse::<u64>().ok())
        .unwrap_or_default()
        / 1024
}

/// The load of the machine over the last minute: beyond its cores, everything waits for a processor.
fn load_of_the_machine() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split_whitespace().next().unwrap_or("?").to_owned()
}

fn say(what: &str) {
    let _ = writeln!(std::io::stdout(), "{what}");
}
