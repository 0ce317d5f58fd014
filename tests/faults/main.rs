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

use local::{Fault, FaultKind, When};
use tests::World;

/// Every operation that a function may call.
const OPERATIONS: [&str; 8] = [
    "GetItem",
    "Query",
    "PutItem",
    "UpdateItem",
    "TransactWriteItems",
    "PutObject",
    "GetObject",
    "SendRawEmail",
];

/// How often the SDK tries: faults in a row beyond that reach the function.
const ATTEMPTS: u32 = 3;

/// A fault that lasts for a number of calls.
#[derive(Debug, Clone, Copy)]
struct Trouble {
    operation: &'static str,
    nth: u32,
    calls: u32,
    when: When,
    kind: FaultKind,
}

impl Trouble {
    /// Everything that can go wrong with the nth call of an operation, before or after it took effect.
    fn with(operation: &'static str, nth: u32) -> Vec<Self> {
        let trouble = |calls, when, kind| Self {
            operation,
            nth,
            calls,
            when,
            kind,
        };
        let mut troubles = vec![
            trouble(ATTEMPTS, When::Before, FaultKind::Throttling),
            trouble(ATTEMPTS, When::Before, FaultKind::InternalError),
            trouble(ATTEMPTS, When::Before, FaultKind::ConnectionReset),
            trouble(1, When::After, FaultKind::ConnectionReset),
            trouble(ATTEMPTS, When::After, FaultKind::InternalError),
        ];
        match operation {
            "TransactWriteItems" => troubles.extend([
                trouble(1, When::Before, FaultKind::ConditionFailed),
                trouble(2, When::Before, FaultKind::TransactionConflict),
                trouble(1, When::Before, FaultKind::TransactionInProgress),
            ]),
            "PutObject" => troubles.push(trouble(1, When::Before, FaultKind::TornPut)),
            _ => {}
        }
        troubles
    }

    /// Sets the fault for a function of the world.
    fn set(self, world: &World, function: &str) {
        for call in 0..self.calls {
            world.cloud.strike(Fault {
                function: Some(function.to_owned()),
                operation: self.operation.to_owned(),
                nth: self.nth + call,
                when: self.when,
                kind: self.kind,
            });
        }
    }
}

/// A moment for what is being done elsewhere.
async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}
