//! The meter: what each function used of the cloud, in the units that AWS bills. It counts only while
//! somebody measures.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{dynamodb, json::at};

/// Something that a function used.
#[derive(Debug, Clone, PartialEq)]
pub struct Used {
    /// The function by its logical name.
    pub function: String,
    /// What it used.
    pub what: Usage,
    /// When that began.
    pub began: Instant,
    /// How long that took.
    pub took: Duration,
}

/// What is billed.
#[derive(Debug, Clone, PartialEq)]
pub enum Usage {
    /// Lambda: the function ran once.
    Invocation,
    /// A call of DynamoDB, with the capacity that the database says it consumed, in request units.
    DynamoDb {
        /// The operation.
        operation: String,
        /// Read request units.
        read: f64,
        /// Write request units.
        write: f64,
    },
    /// A call of S3, by the function or by whoever uses an address that it signed.
    S3 {
        /// The operation.
        operation: String,
    },
    /// A call of SES.
    Ses {
        /// The operation.
        operation: String,
    },
}

/// Counts while somebody measures.
#[derive(Debug, Default)]
pub(crate) struct Meter(Mutex<Option<Vec<Used>>>);

impl Meter {
    /// Begins to count, from nothing.
    pub(crate) fn start(&self) {
        *self.lock() = Some(Vec::new());
    }

    /// Ends counting, and says what was used.
    pub(crate) fn stop(&self) -> Vec<Used> {
        self.lock().take().unwrap_or_default()
    }

    pub(crate) fn is_counting(&self) -> bool {
        self.lock().is_some()
    }

    /// Counts what a function used since `begin`.
    pub(crate) fn count(&self, function: &str, what: Usage, begin: Instant) {
        if let Some(counted) = self.lock().as_mut() {
            counted.push(Used {
                function: function.to_owned(),
                what,
                began: begin,
                took: begin.elapsed(),
            });
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Vec<Used>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request of DynamoDB that also asks what it consumes.
pub(crate) fn asking_for_capacity(mut request: Value) -> Value {
    if let Some(fields) = request.as_object_mut() {
        fields.insert("ReturnConsumedCapacity".to_owned(), json!("TOTAL"));
    }
    request
}

/// What DynamoDB says that a call consumed: table and indexes together, of every part of a transaction.
pub(crate) fn consumed(operation: &str, answer: &[u8]) -> Usage {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let units = |of: &Value| at(of, "/CapacityUnits").as_f64().unwrap_or_default();
    let units = match at(&answer, "/ConsumedCapacity") {
        Value::Array(tables) => tables.iter().map(units).sum(),
        table => units(table),
    };
    let (read, write) = if dynamodb::only_reads(operation) {
        (units, 0.0)
    } else {
        (0.0, units)
    };
    Usage::DynamoDb {
        operation: operation.to_owned(),
        read,
        write,
    }
}
