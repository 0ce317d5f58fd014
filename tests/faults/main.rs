//! A fault in front of every call that a step makes to AWS: the client asks again with the same key,
//! and there is exactly one effect.
//!
//! The calls are not written down. A fault is set before the first call of an operation, then before
//! the second, and so on, until one is not struck: then the step has no more such calls.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

mod outbox;
mod steps;

use std::time::Duration;

use tests::{OPERATIONS, Trouble};

/// A moment for what is being done elsewhere.
async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}
