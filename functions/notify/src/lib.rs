//! STEP 2: the mail 「電子証書・認証キー登録のお知らせ」, sent from the outbox.
//!
//! A mail goes out when the table's stream shows that it is owed, or when the schedule finds it still
//! owed (or given up by a sender that died). Whoever leases it sends it; nobody sends it without a lease.
//! What the mail service reports of it afterwards is marked on it.

mod letter;
mod outbox;
mod post;
mod report;

use aws_types::SdkConfig;
use guarantee::number::ContractNumber;
use ledger::{CommitError, Ledger, MailStatus};
use serde::Deserialize;
use serde_json::{Value, json};
use ulid::Ulid;
use web::{Environment, Metric, MissingSetting, now};

use crate::outbox::Outbox;
use crate::post::Post;

/// The handler of STEP 2 with its clients.
#[derive(Debug, Clone)]
pub struct Notify {
    outbox: Outbox,
}

/// Why an invocation failed as a whole.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The table could not be read.
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    /// A batch of the stream is not of the form that DynamoDB gives it.
    #[error("a batch of the stream cannot be read")]
    UnreadableBatch,
    /// An event of the mail service does not say what became of which mail.
    #[error("a report of the mail service cannot be read")]
    UnreadableReport,
    /// A report names a mail that is not in the table.
    #[error("a report of the mail service is about no mail of the table")]
    NoSuchMail,
    /// What was reported of a mail could not be written.
    #[error(transparent)]
    Unmarked(#[from] CommitError),
}

/// A batch of the table's stream, in the order of the table's changes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Batch {
    records: Vec<Record>,
}

/// A record of the table's stream.
#[derive(Deserialize)]
struct Record {
    dynamodb: Change,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    sequence_number: String,
    #[serde(default)]
    new_image: Option<serde_dynamo::Item>,
}

/// What the record of a mail says; everything else is read from the table.
#[derive(Deserialize)]
struct OwedMail {
    contract_number: ContractNumber,
    id: Ulid,
}

/// Reads a batch.
fn records(event: Value) -> Result<Vec<Record>, Error> {
    // The parser's words could quote what it stumbled on, which may be an address.
    let Batch { records } = serde_json::from_value(event).map_err(|_| Error::UnreadableBatch)?;
    Ok(records)
}

impl Notify {
    /// The handler with its clients.
    ///
    /// # Errors
    /// [`MissingSetting`] when the environment lacks a setting.
    pub fn new(environment: &Environment, aws: &SdkConfig) -> Result<Self, MissingSetting> {
        let outbox = Outbox {
            ledger: Ledger::new(aws, environment.get("TABLE")?),
            post: Post::new(aws, environment)?,
            meter: environment.meter()?,
            letterhead: letter::Letterhead {
                guarantor: web::guarantor(environment)?,
                public_url: environment
                    .get("PUBLIC_URL")?
                    .trim_end_matches('/')
                    .to_owned(),
            },
        };
        Ok(Self { outbox })
    }

    /// Handles a batch of the table's stream, a report of the mail service, or a call of the schedule
    /// or an operator, which hands over every mail that is owed.
    ///
    /// # Errors
    /// [`Error`] when something was left undone as a whole, so that the platform tries again. Mails
    /// that could not be sent are no such error: they stay owed, and the next round takes them up.
    pub async fn handle(&self, event: Value) -> Result<Value, Error> {
        if event.get("Records").is_some() {
            return Ok(self.stream(records(event)?).await);
        }
        if event.get("source").and_then(Value::as_str) == Some(report::SOURCE) {
            return self.report(event).await;
        }
        let round = self.outbox.redrive().await;
        self.outbox.measure().await?;
        let round = round?;
        Ok(json!({ "sent": round.sent, "still_owed": round.still_owed }))
    }

    /// Marks a mail with what the mail service reports of it.
    async fn report(&self, event: Value) -> Result<Value, Error> {
        let report = report::read(event)?;
        let marked = self.outbox.ledger.report(&report, now()).await?;
        let mail = marked.ok_or(Error::NoSuchMail)?;
        match mail.line.status {
            MailStatus::Bounced { .. } => self.outbox.meter.say(Metric::MailsBounced, 1),
            MailStatus::Complained { .. } => self.outbox.meter.say(Metric::MailsComplainedOf, 1),
            _ => {}
        }
        Ok(json!({ "mail": mail.line.id, "status": mail.line.status.name() }))
    }

    /// Tries every mail of a batch, so that one that cannot be sent holds up no other, and names those
    /// that failed. The stream goes on from the first of them; a mail that went out is not sent again.
    async fn stream(&self, records: Vec<Record>) -> Value {
        let mut failures = Vec::new();
        for record in records {
            let Change {
                sequence_number,
                new_image,
            } = record.dynamodb;
            let mail =
                new_image.and_then(|image| serde_dynamo::from_item::<_, OwedMail>(image).ok());
            let Some(mail) = mail else {
                tracing::error!(sequence_number, "a record of the stream is no mail");
                continue;
            };
            if let Err(error) = self.outbox.deliver(mail.contract_number, mail.id).await {
                self.outbox.stays_owed(mail.id, &error);
                failures.push(json!({ "itemIdentifier": sequence_number }));
            }
        }
        json!({ "batchItemFailures": failures })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An error that leaves a function is logged with everything it carries.
    #[test]
    fn a_batch_that_cannot_be_read_is_an_error_that_quotes_nothing() {
        let change =
            json!({ "SequenceNumber": "1", "NewImage": { "to": { "S": "keiri@example.jp" } } });
        let batch = json!({ "Records": [{ "dynamodb": change }] });
        assert_eq!(records(batch).unwrap().len(), 1);
        let broken = json!({ "Records": [{ "dynamodb": "keiri@example.jp" }] });
        let error = records(broken).map(|_| ()).unwrap_err();
        assert_eq!(format!("{error:?}"), "UnreadableBatch");
    }
}
