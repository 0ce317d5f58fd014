//! Random stories of several people at once, with faults and restarts, against a model of the rules.
//!
//! A story ([`story`]) is drawn, played against a whole cloud ([`stage`]), and after every step what
//! everybody sees ([`sight`]) is what the model ([`rules`]) says. A story that fails is drawn smaller
//! until nothing can be left out of it; what is then printed is what was asked and answered.
//!
//! The model follows the product instead of running ahead of it: of requests that are made at once the
//! order is known only afterwards, and any order is right that fits all answers.
//!
//! `MODEL_STORIES=2000 cargo test -p tests --test model` plays so many; `MODEL_SEED=…`, which a failure
//! names, begins with the same story again.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that meets the unexpected ends there"
)]

mod request;
mod rules;
mod sight;
mod stage;
mod story;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

/// How many stories are played unless the environment says otherwise.
const STORIES: u64 = 200;
/// How many at once: most of a story is waiting.
const AT_ONCE: usize = 4;
/// How often a story that failed is drawn smaller at most.
const SMALLER: u32 = 300;
/// For how long at most, in milliseconds.
const PATIENCE: u32 = 180_000;

#[test]
fn the_product_keeps_to_its_rules_whatever_happens() {
    let stories = setting("MODEL_STORIES").unwrap_or(STORIES);
    let first = setting("MODEL_SEED").unwrap_or_else(|| rand::random_range(0..1_000_000));
    let (next, failed) = (AtomicU64::new(0), AtomicBool::new(false));
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while !failed.load(Ordering::Relaxed) {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    if place >= stories {
                        return;
                    }
                    if let Err(failure) = try_story(first + place) {
                        failed.store(true, Ordering::Relaxed);
                        panic!("{failure}");
                    }
                }
            });
        }
    });
    let seconds = begin.elapsed().as_secs();
    println!("{stories} stories from seed {first} on, {seconds} s");
}

/// Plays the story of a seed; if it fails, smaller ones, and tells the smallest that fails.
fn try_story(seed: u64) -> Result<(), String> {
    let mut runner = TestRunner::new(Config {
        cases: 1,
        rng_seed: RngSeed::Fixed(seed),
        max_shrink_iters: SMALLER,
        max_shrink_time: PATIENCE,
        failure_persistence: None,
        ..Config::default()
    });
    let played = runner.run(&story::stories(), |story| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let mut transcript = Vec::new();
        let outcome = runtime.block_on(stage::play(&story, &mut transcript));
        outcome.map_err(|objection| {
            println!("the story of seed {seed} fails with {} steps", story.len());
            TestCaseError::fail(format!("{}\n{objection}", transcript.join("\n")))
        })
    });
    played.map_err(|error| match error {
        TestError::Fail(why, story) => {
            let steps: Vec<_> = story.iter().map(|step| format!("  {step:?}")).collect();
            let steps = steps.join("\n");
            format!(
                "MODEL_SEED={seed} fails at the latest with\n{steps}\nwhen this happens:\n{why}"
            )
        }
        TestError::Abort(why) => format!("MODEL_SEED={seed}: {why}"),
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs the test says how long"
)]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
