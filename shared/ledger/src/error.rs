//! What can go wrong between a step and the table.

/// The table could not be used, or holds something that this version cannot read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// DynamoDB did not answer, or refused.
    #[error("the table did not answer {operation}")]
    Unavailable {
        /// The operation that was tried.
        operation: &'static str,
        /// Why, as the SDK says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An item is not of the form that its entity has. Why stays unsaid: it might quote the item.
    #[error("an item of the table cannot be read or written")]
    Unreadable,
    /// An event cannot be written as JSON.
    #[error("an event cannot be hashed")]
    Unhashable(#[from] serde_json::Error),
}

impl From<serde_dynamo::Error> for Error {
    fn from(_: serde_dynamo::Error) -> Self {
        Self::Unreadable
    }
}

impl Error {
    pub(crate) fn unavailable(
        operation: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Unavailable {
            operation,
            source: source.into(),
        }
    }
}

/// Why a step was not committed. Nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The state is no longer the one that the step was decided on.
    #[error("the state has moved on since it was read")]
    Moved,
    /// The idempotency key was used by a request that committed first.
    #[error("a request with this idempotency key has been committed")]
    Repeated,
    /// The table could not be used.
    #[error(transparent)]
    Ledger(#[from] Error),
}
