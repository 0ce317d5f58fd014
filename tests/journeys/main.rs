//! Journeys over HTTP against the whole cloud in this process, a fresh one for each test.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected ends there"
)]

mod budget;
mod checks;
mod decisions;
mod evidence;
mod inputs;
mod leaflet;
mod lists;
mod mails;
mod matrix;
mod metrics;
mod orderers;
mod paper;
mod refusals;
mod repeats;
mod restart;
mod rights;
mod strangers;
mod tokens;
