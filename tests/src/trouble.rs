//! What can go wrong with a call that a function makes to AWS.

use local::{Fault, FaultKind, When};

use crate::World;

/// Every operation that a function may call.
pub const OPERATIONS: [&str; 8] = [
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
pub struct Trouble {
    /// The operation that it strikes.
    pub operation: &'static str,
    /// The first call of the operation that it strikes, counted from 1.
    pub nth: u32,
    /// How many calls in a row it strikes.
    pub calls: u32,
    /// Whether the calls take effect.
    pub when: When,
    /// What the caller sees.
    pub kind: FaultKind,
}

impl Trouble {
    /// Everything that can go wrong with the nth call of an operation, before or after it took effect.
    #[must_use]
    pub fn with(operation: &'static str, nth: u32) -> Vec<Self> {
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
            "PutObject" => troubles.extend([
                trouble(1, When::Before, FaultKind::TornPut),
                trouble(1, When::Before, FaultKind::PutConflict),
                trouble(1, When::After, FaultKind::PutConflict),
            ]),
            _ => {}
        }
        troubles
    }

    /// Sets the fault for a function of the world, by its logical name.
    pub fn set(self, world: &World, function: &str) {
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
