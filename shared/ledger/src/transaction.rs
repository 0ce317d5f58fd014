//! One step, written whole or not at all.

use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use serde::Serialize;

use crate::error::{CommitError, Error};
use crate::item::Key;
use crate::table::{Ledger, write};

/// How often a step is tried again when another one touches the same items at the same moment.
const ATTEMPTS: u32 = 6;

/// The items that a step writes, each with the condition under which it may.
pub(crate) struct Transaction<'a> {
    ledger: &'a Ledger,
    puts: Vec<(Put, Guard)>,
}

/// What it means when the condition of an item does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    /// The state is not the one that was decided on.
    State,
    /// The idempotency key is taken.
    Idempotency,
}

/// The condition under which an item may be written.
pub(crate) enum Condition {
    /// There is no item under this key yet.
    New,
    /// The item under this key has this version.
    Version(u64),
    /// There is none, or one whose time is over.
    NewOrExpired {
        /// The present, in seconds since 1970.
        now: i64,
    },
    /// The item under this key has this status.
    Status(&'static str),
}

impl<'a> Transaction<'a> {
    pub(crate) fn new(ledger: &'a Ledger) -> Self {
        Self {
            ledger,
            puts: Vec::new(),
        }
    }

    /// Adds an item to be written under a condition.
    pub(crate) fn put<T: Serialize>(
        &mut self,
        key: &Key,
        entity: &str,
        value: &T,
        condition: &Condition,
        guard: Guard,
    ) -> Result<(), Error> {
        let put = Put::builder()
            .table_name(&self.ledger.table)
            .set_item(Some(write(key, entity, value)?));
        let put = match condition {
            Condition::New => put.condition_expression("attribute_not_exists(pk)"),
            Condition::Version(version) => put
                .condition_expression("#version = :version")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":version", AttributeValue::N(version.to_string())),
            Condition::NewOrExpired { now } => put
                .condition_expression("attribute_not_exists(pk) OR expires_at < :now")
                .expression_attribute_values(":now", AttributeValue::N(now.to_string())),
            Condition::Status(status) => put
                .condition_expression("#status = :status")
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":status", AttributeValue::S((*status).to_owned())),
        };
        let put = put
            .build()
            .map_err(|error| Error::unavailable("TransactWriteItems", error))?;
        self.puts.push((put, guard));
        Ok(())
    }

    /// Writes all items, or none.
    ///
    /// The SDK repeats a call whose answer was lost with the same ClientRequestToken, so that it acts
    /// once; a step that meets another one on the same item is tried again a few times.
    pub(crate) async fn commit(self) -> Result<(), CommitError> {
        let guards: Vec<_> = self.puts.iter().map(|(_, guard)| *guard).collect();
        let items: Vec<_> = self
            .puts
            .into_iter()
            .map(|(put, _)| TransactWriteItem::builder().put(put).build())
            .collect();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let call = self
                .ledger
                .client
                .transact_write_items()
                .set_transact_items(Some(items.clone()));
            let Err(error) = call.send().await else {
                return Ok(());
            };
            match refusal(&error, &guards) {
                Some(Guard::Idempotency) => return Err(CommitError::Repeated),
                Some(Guard::State) => return Err(CommitError::Moved),
                None if attempt < ATTEMPTS && is_contention(&error) => {
                    back_off(attempt).await;
                }
                None => return Err(Error::unavailable("TransactWriteItems", error).into()),
            }
        }
    }
}

/// Which condition did not hold, the idempotency key first: a repeated request has moved the state itself.
fn refusal(error: &SdkError<TransactWriteItemsError>, guards: &[Guard]) -> Option<Guard> {
    let refused: Vec<_> = reasons(error)
        .zip(guards)
        .filter(|(reason, _)| *reason == Some("ConditionalCheckFailed"))
        .map(|(_, guard)| *guard)
        .collect();
    if refused.contains(&Guard::Idempotency) {
        Some(Guard::Idempotency)
    } else {
        refused.first().copied()
    }
}

/// Whether the step met another one on the same items; nothing was written.
fn is_contention(error: &SdkError<TransactWriteItemsError>) -> bool {
    reasons(error).flatten().any(|reason| {
        matches!(
            reason,
            "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded"
        )
    })
}

fn reasons(error: &SdkError<TransactWriteItemsError>) -> impl Iterator<Item = Option<&str>> {
    let cancelled = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            cancelled.cancellation_reasons()
        }
        _ => &[],
    };
    cancelled.iter().map(|reason| reason.code())
}

/// Waits a little longer at every attempt, and not as long as the next one waits.
async fn back_off(attempt: u32) {
    let most = 10u64 << attempt.min(8);
    let wait = rand::random_range(most / 2..most);
    tokio::time::sleep(Duration::from_millis(wait)).await;
}
