//! The papers beside the same pages drawn by others: by printpdf as its examples do, with the whole
//! font, and by krilla as PDF/A. `cargo bench -p documents-bench` prints the table of docs/BENCHMARKS.md.
//!
//! The others are spared the setting of type: each page is read back from our own file before, and they
//! only draw it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark stops where something is wrong, and says what it found"
)]
mod others;
mod page;
#[path = "../../../documents/tests/papers/samples.rs"]
#[expect(dead_code, reason = "the tests need more samples than this")]
mod samples;

use std::hint::black_box;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use criterion::Criterion;
use guarantee::kind::Kind;

use page::Page;
use samples::{key, notice, sample};

const PAPERS: [&str; 4] = [
    "certificate",
    "customer copy",
    "fee statement",
    "key notice",
];
const MAKERS: [&str; 3] = ["documents", "krilla", "printpdf"];
/// A process that makes one paper, or one of each, so many times.
const ALONE: &str = "--alone";
/// How often a cold start is measured; the median counts.
const COLD_STARTS: usize = 31;
/// How often each maker has its turn.
const ROUNDS: usize = 500;
/// How often the slowest has: a few of its rounds tell enough.
const ROUNDS_OF_THE_SLOWEST: usize = 10;

fn ours(paper: &str) -> Vec<u8> {
    let certificate = sample(Kind::AdvancePayment);
    match paper {
        "certificate" => documents::certificate(&certificate),
        "customer copy" => documents::customer_copy(&certificate),
        "fee statement" => documents::fee_statement(&certificate),
        _ => documents::key_notice(&notice(Kind::AdvancePayment), &key()),
    }
    .unwrap()
}

/// How the maker of this name makes the paper; the others draw this file of ours.
fn maker(name: &str, paper: &'static str, file: &[u8]) -> Box<dyn Fn() -> Vec<u8>> {
    if name == "documents" {
        return Box::new(move || ours(paper));
    }
    let pages = Page::all(file);
    match name {
        "krilla" => Box::new(move || others::krilla(&pages)),
        _ => Box::new(move || others::printpdf(&pages)),
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(place) = arguments.iter().position(|argument| argument == ALONE) {
        let [name, paper, times] = &arguments[place + 1..] else {
            panic!("{ALONE} MAKER PAPER TIMES");
        };
        alone(name, paper, times.parse().unwrap());
    } else {
        let mut criterion = Criterion::default()
            .sample_size(20)
            .warm_up_time(Duration::from_secs(1))
            .measurement_time(Duration::from_secs(4))
            .without_plots();
        compare(&mut criterion);
        table();
    }
}

fn compare(criterion: &mut Criterion) {
    for paper in PAPERS {
        let mut group = criterion.benchmark_group(paper);
        for name in MAKERS {
            let make = maker(name, paper, &ours(paper));
            group.bench_function(name, |bencher| bencher.iter(|| black_box(make())));
        }
    }
}

/// Where a process of its own finds the file that the others draw, without having drawn it.
fn file_of(paper: &str) -> PathBuf {
    std::env::temp_dir().join(format!("documents-bench-{paper}.pdf"))
}

/// Makes the paper so many times, or all of them, and says how many milliseconds and kilobytes that took.
fn alone(name: &str, paper: &str, times: usize) {
    let make_all: Vec<_> = PAPERS
        .into_iter()
        .filter(|known| paper == "all" || *known == paper)
        .map(|paper| maker(name, paper, &std::fs::read(file_of(paper)).unwrap()))
        .collect();
    let begin = Instant::now();
    for make in make_all.iter().cycle().take(times * make_all.len()) {
        black_box(make());
    }
    let milliseconds = begin.elapsed().as_secs_f64() * 1000.0;
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    println!("{milliseconds} {}", peak.trim_end_matches("kB").trim());
}

/// What a process of its own says: milliseconds and kilobytes.
fn process(name: &str, paper: &str) -> (f64, f64) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([ALONE, name, paper, "1"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let (milliseconds, kilobytes) = said.trim().split_once(' ').unwrap();
    (milliseconds.parse().unwrap(), kilobytes.parse().unwrap())
}

/// The instructions that making a paper takes, in millions: the first of a process, and the one after it.
/// Nothing else that the machine does makes a difference to them.
fn instructions(name: &str, paper: &str) -> [f64; 2] {
    let [none, one, two] = ["0", "1", "2"].map(|times| {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(std::env::current_exe().unwrap())
            .args([ALONE, name, paper, times])
            .output()
            .expect("this table needs valgrind");
        let said = String::from_utf8(output.stderr).unwrap();
        let (_, collected) = said.split_once("Collected : ").unwrap();
        let collected = collected.split_whitespace().next().unwrap();
        collected.parse::<f64>().unwrap() / 1e6
    });
    [one - none, two - one]
}

/// Criterion's estimate in milliseconds.
fn warm(name: &str, paper: &str) -> f64 {
    let file = format!(
        "{}/../../target/criterion/{paper}/{name}/new/estimates.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let estimates: serde_json::Value =
        serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    estimates["median"]["point_estimate"].as_f64().unwrap() / 1e6
}

/// The median times in milliseconds of all makers, each in turn, so that whatever else the machine does
/// in the meantime falls on all of them.
fn in_turn(rounds: usize, make: [&dyn Fn() -> f64; 3]) -> [f64; 3] {
    let mut times = [const { Vec::new() }; 3];
    for round in 0..rounds {
        for (make, times) in make.iter().zip(&mut times) {
            if round >= ROUNDS_OF_THE_SLOWEST && times[0] > 100.0 {
                continue;
            }
            times.push(make());
        }
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    })
}

fn warm_in_turn(paper: &'static str) -> [f64; 3] {
    let timed = MAKERS.map(|name| {
        let make = maker(name, paper, &ours(paper));
        move || {
            let begin = Instant::now();
            black_box(make());
            begin.elapsed().as_secs_f64() * 1000.0
        }
    });
    in_turn(
        ROUNDS,
        timed.each_ref().map(|timed| timed as &dyn Fn() -> f64),
    )
}

fn cold_in_turn(paper: &'static str) -> [f64; 3] {
    let timed = MAKERS.map(|name| move || process(name, paper).0);
    in_turn(
        COLD_STARTS,
        timed.each_ref().map(|timed| timed as &dyn Fn() -> f64),
    )
}

fn table() {
    println!(
        "\n| Paper | drawn by | criterion, ms | in turn, ms | : ours | cold, ms | : ours | M instructions | cold | bytes | : ours |"
    );
    println!("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    for paper in PAPERS {
        std::fs::write(file_of(paper), ours(paper)).unwrap();
        let (warm_times, cold_times) = (warm_in_turn(paper), cold_in_turn(paper));
        let own_bytes = ours(paper).len() as f64;
        for ((name, warm_time), cold_time) in MAKERS.into_iter().zip(warm_times).zip(cold_times) {
            let bytes = maker(name, paper, &ours(paper))().len();
            let [first, next] = instructions(name, paper);
            println!(
                "| {paper} | {name} | {:.2} | {warm_time:.2} | {:.2} | {cold_time:.1} | {:.2} | {next:.1} | {first:.1} | {bytes} | {:.2} |",
                warm(name, paper),
                warm_time / warm_times[0],
                cold_time / cold_times[0],
                bytes as f64 / own_bytes,
            );
        }
    }
    println!("\nPeak resident memory of a process that makes one of each:");
    println!("{:.1} MB", process("documents", "all").1 / 1000.0);
}
