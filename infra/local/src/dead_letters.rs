//! The queue for what a stream gave up, kept in the data folder and shown at `/dead-letters.json`.

use std::{io, sync::Arc};

use serde_json::{Value, json};
use ulid::Ulid;

use crate::folder::Folder;

/// The dead-letter queue.
#[derive(Debug, Clone)]
pub(crate) struct DeadLetters(Arc<Folder>);

impl DeadLetters {
    const FOLDER: &'static str = "dead-letters";

    pub(crate) fn of(folder: Arc<Folder>) -> Self {
        Self(folder)
    }

    /// Puts a message into the queue.
    pub(crate) fn put(&self, queue: &str, message: &Value) {
        let content = json!({ "queue": queue, "message": message }).to_string();
        if let Err(error) = self.0.write(
            format!("{}/{}.json", Self::FOLDER, Ulid::generate()),
            content.as_bytes(),
        ) {
            tracing::error!(%error, queue, "a dead letter could not be kept");
        }
    }

    /// All messages, the oldest first.
    pub(crate) fn all(&self) -> io::Result<Vec<Value>> {
        let mut messages = Vec::new();
        for name in self.0.names(Self::FOLDER, ".json")? {
            if let Some(content) = self.0.read(format!("{}/{name}", Self::FOLDER))? {
                messages.push(serde_json::from_slice(&content)?);
            }
        }
        Ok(messages)
    }
}
