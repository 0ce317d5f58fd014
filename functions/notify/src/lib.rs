//! STEP 2: the mail 「電子証書・認証キー登録のお知らせ」, sent from the outbox.
//!
//! A mail goes out when the table's stream shows that it is owed, or when the schedule finds it still
//! owed (or given up by a sender that died). Whoever leases it sends it; nobody sends it without a lease.

mod letter;
mod outbox;
mod post;

use aws_types::SdkConfig;
use guarantee::number::ContractNumber;
use ledger::Ledger;
use serde::Deserialize;
use serde_json::{Value, json};
use ulid::Ulid;
use web::{Environment, MissingSetting};

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
    UnreadableBatch(#[from] serde_json::Error),
    /// Some mails that are owed could not be sent; they stay owed.
    #[error("{0} mails could not be sent and stay owed")]
    StillOwed(usize),
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

impl Notify {
    /// The handler with its clients.
    ///
    /// # Errors
    /// [`MissingSetting`] when the environment lacks a setting.
    pub fn new(environment: &Environment, aws: &SdkConfig) -> Result<Self, MissingSetting> {
        let outbox = Outbox {
            ledger: Ledger::new(aws, environment.get("TABLE")?),
            post: Post::new(aws, environment)?,
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

    /// Handles a batch of the table's stream, or a call of the schedule or an operator, which hands
    /// over every mail that is owed.
    ///
    /// A stream is taken up again at the first record that failed: later ones are not touched.
    ///
    /// # Errors
    /// [`Error`] when something was left undone as a whole, so that the platform shows the call as failed.
    pub async fn handle(&self, event: Value) -> Result<Value, Error> {
        if event.get("Records").is_some() {
            let Batch { records } = serde_json::from_value(event)?;
            return Ok(self.stream(records).await);
        }
        let sent = self.outbox.redrive().await?;
        Ok(json!({ "sent": sent }))
    }

    async fn stream(&self, records: Vec<Record>) -> Value {
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
                tracing::warn!(mail = %mail.id, cause = %error, "a mail stays owed");
                return json!({ "batchItemFailures": [{ "itemIdentifier": sequence_number }] });
            }
        }
        json!({ "batchItemFailures": [] })
    }
}
