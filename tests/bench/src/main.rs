//! Measures the product and writes what it finds into `docs/BENCHMARKS.md`, `docs/COST.md` and
//! `docs/charts/`. `tests/bench/run` builds it for speed and runs all of it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    reason = "a benchmark stops where something is wrong, says what it found, and reads the clock"
)]

mod chart;
mod check;
mod cold_start;
mod cost;
mod growth;
mod numbers;
mod report;
mod runtime_api;
mod throughput;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};

/// Measures the product.
#[derive(Parser)]
struct Options {
    /// What is measured; without it, everything.
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// The functions whose cold start is measured; without it, all.
    #[arg(long, value_delimiter = ',')]
    functions: Vec<String>,
    /// A folder with `FUNCTION/bootstrap` to start cold, in place of building them.
    #[arg(long)]
    bootstraps: Option<std::path::PathBuf>,
    /// How many contracts the large table has.
    #[arg(long, default_value_t = 100_000)]
    contracts: usize,
}

/// What can be measured by itself.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Whether the time of an orderer's check tells why the answer is no.
    Check,
    /// From the start of a process to its first answer.
    ColdStart,
    /// What a life uses of the cloud, and what that costs.
    Cost,
    /// Every operation on a small table and on a large one.
    Growth,
    /// Whole lives in a second, and where their time goes.
    Throughput,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let wants = |part: Part| options.parts.is_empty() || options.parts.contains(&part);
    if wants(Part::ColdStart) {
        cold_start::measure(&options.functions, options.bootstraps.as_deref()).await;
    }
    if wants(Part::Cost) {
        cost::measure().await;
    }
    if wants(Part::Growth) {
        growth::measure(options.contracts).await;
    }
    if wants(Part::Throughput) {
        throughput::measure().await;
    }
    if wants(Part::Check) && !check::measure().await {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// When and on what this was measured, and what else the machine did.
fn circumstances() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or_default().to_owned();
    let cpu = read("/proc/cpuinfo");
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .unwrap_or_default();
    let model = model.trim_start_matches(['\t', ' ', ':']).to_owned();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let day = time::UtcDateTime::now().date();
    let build = if cfg!(debug_assertions) {
        ", the local cloud built for debugging"
    } else {
        ""
    };
    format!("Measured on {day} on {cores} cores of {model}, load {load}{build}.")
}
