//! What the clients met: how long each operation took, what was throttled, and what went wrong.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;

/// How many errors are kept in words.
const KEPT: usize = 20;

/// The record of a load.
#[derive(Debug, Default)]
pub struct Record(Mutex<Met>);

#[derive(Debug, Default)]
struct Met {
    /// Microseconds of each answer, by operation.
    took: BTreeMap<&'static str, Histogram<u64>>,
    lives: u64,
    throttled: u64,
    failed: u64,
    errors: Vec<String>,
}

impl Record {
    fn met(&self) -> MutexGuard<'_, Met> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn took(&self, operation: &'static str, time: Duration) {
        let mut met = self.met();
        let histogram = match met.took.entry(operation) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                // Three digits are more than a benchmark on a shared machine can mean.
                let Ok(histogram) = Histogram::new(3) else {
                    return;
                };
                entry.insert(histogram)
            }
        };
        // It grows with what it records, and nothing here takes longer than it can hold.
        let _ = histogram.record(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    pub(crate) fn throttled(&self) {
        self.met().throttled += 1;
    }

    pub(crate) fn lived(&self) {
        self.met().lives += 1;
    }

    pub(crate) fn failed(&self, error: String) {
        let mut met = self.met();
        met.failed += 1;
        if met.errors.len() < KEPT {
            met.errors.push(error);
        }
    }

    /// How many lives were lived to their end.
    #[must_use]
    pub fn lives(&self) -> u64 {
        self.met().lives
    }

    /// What went wrong, the first of it in words; empty when nothing did.
    #[must_use]
    pub fn errors(&self) -> Vec<String> {
        self.met().errors.clone()
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let met = self.met();
        writeln!(
            f,
            "| operation | answers | p50, ms | p90, ms | p99, ms | most, ms |"
        )?;
        writeln!(f, "|---|---:|---:|---:|---:|---:|")?;
        for (operation, took) in &met.took {
            let at = |quantile| took.value_at_quantile(quantile) / 1000;
            writeln!(
                f,
                "| {operation} | {} | {} | {} | {} | {} |",
                took.len(),
                at(0.5),
                at(0.9),
                at(0.99),
                took.max() / 1000
            )?;
        }
        writeln!(
            f,
            "\n{} lives, {} answers throttled, {} errors",
            met.lives, met.throttled, met.failed
        )?;
        met.errors
            .iter()
            .try_for_each(|error| writeln!(f, "{error}"))
    }
}
