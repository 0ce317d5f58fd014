//! SQS, as far as it holds what was given up: the queues are kept in the data folder, shown at
//! `/dead-letters.json`, and read and emptied by SQS's own operations.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use axum::body::Body;
use http::{Response, StatusCode};
use serde_json::{Value, json};
use ulid::Ulid;

use crate::{
    clock,
    folder::Folder,
    front::json_answer,
    json::{at, text_at},
    policy::Access,
    template::{ACCOUNT, REGION},
};

/// The prefix of SQS's operations in `X-Amz-Target`.
pub(crate) const TARGET: &str = "AmazonSQS.";

/// How long a message that was received stays hidden, in seconds, where the request does not say.
const HIDDEN_SECONDS: i64 = 30;

/// The dead-letter queues.
#[derive(Debug, Clone)]
pub(crate) struct DeadLetters {
    folder: Arc<Folder>,
    /// The addresses of the queues.
    queues: Arc<Vec<String>>,
    /// Until when a message that somebody received is hidden, in seconds since 1970.
    hidden: Arc<Mutex<BTreeMap<String, i64>>>,
}

impl DeadLetters {
    const FOLDER: &'static str = "dead-letters";

    /// The queues at these addresses.
    pub(crate) fn of(folder: Arc<Folder>, queues: Vec<String>) -> Self {
        Self {
            folder,
            queues: Arc::new(queues),
            hidden: Arc::default(),
        }
    }

    /// Puts a message into the queue with this ARN.
    pub(crate) fn put(&self, queue: &str, message: &Value) {
        let content = json!({ "queue": queue, "message": message }).to_string();
        if let Err(error) = self.folder.write(
            format!("{}/{}.json", Self::FOLDER, Ulid::generate()),
            content.as_bytes(),
        ) {
            tracing::error!(%error, queue, "a dead letter could not be kept");
        }
    }

    /// All messages, the oldest first.
    pub(crate) fn all(&self) -> io::Result<Vec<Value>> {
        Ok(self
            .named()?
            .into_iter()
            .map(|(_, letter)| letter)
            .collect())
    }

    /// All messages with their names, the oldest first.
    fn named(&self) -> io::Result<Vec<(String, Value)>> {
        let mut messages = Vec::new();
        for name in self.folder.names(Self::FOLDER, ".json")? {
            if let Some(content) = self.folder.read(format!("{}/{name}", Self::FOLDER))? {
                messages.push((name, serde_json::from_slice(&content)?));
            }
        }
        Ok(messages)
    }

    /// What an operation would do.
    pub(crate) fn access(operation: &str, said: &Value) -> Access {
        Access {
            action: format!("sqs:{operation}"),
            resource: arn(said),
            leading_keys: Vec::new(),
        }
    }

    /// Answers an operation of SQS.
    pub(crate) fn answer(&self, operation: &str, said: &Value) -> Response<Body> {
        let queue = text_at(said, "/QueueUrl");
        if !self.queues.iter().any(|known| known == queue) {
            return refused("QueueDoesNotExist", "The specified queue does not exist.");
        }
        let done = match operation {
            "ReceiveMessage" => self.receive(said),
            "DeleteMessage" => self.delete(text_at(said, "/ReceiptHandle")),
            _ => return refused("UnsupportedOperation", "Not played on one machine."),
        };
        match done {
            Ok(answer) => json_answer(StatusCode::OK, &answer),
            Err(error) => {
                tracing::error!(%error, "a queue cannot be used");
                refused("InternalError", "The queue cannot be used.")
            }
        }
    }

    /// The oldest message that is not hidden, which hides it.
    fn receive(&self, said: &Value) -> io::Result<Value> {
        let (queue, now) = (arn(said), clock::now().unix_timestamp());
        let time = at(said, "/VisibilityTimeout").as_i64();
        let mut hidden = self.hidden.lock().unwrap_or_else(PoisonError::into_inner);
        let found = self.named()?.into_iter().find(|(name, letter)| {
            text_at(letter, "/queue") == queue && hidden.get(name).is_none_or(|until| *until <= now)
        });
        let Some((name, letter)) = found else {
            return Ok(json!({}));
        };
        hidden.insert(name.clone(), now + time.unwrap_or(HIDDEN_SECONDS));
        Ok(json!({ "Messages": [{
            "MessageId": name.trim_end_matches(".json"),
            "ReceiptHandle": name,
            "Body": at(&letter, "/message").to_string(),
        }] }))
    }

    fn delete(&self, receipt: &str) -> io::Result<Value> {
        // A receipt is the name of a file of this folder, and nothing else.
        if self.named()?.iter().any(|(name, _)| name == receipt) {
            self.folder.remove(format!("{}/{receipt}", Self::FOLDER))?;
        }
        Ok(json!({}))
    }
}

/// The ARN of the queue that a request names by its address.
fn arn(said: &Value) -> String {
    let name = text_at(said, "/QueueUrl").rsplit('/').next();
    format!(
        "arn:aws:sqs:{REGION}:{ACCOUNT}:{}",
        name.unwrap_or_default()
    )
}

fn refused(code: &str, message: &str) -> Response<Body> {
    let body = json!({ "__type": format!("com.amazonaws.sqs#{code}"), "message": message });
    json_answer(StatusCode::BAD_REQUEST, &body)
}
