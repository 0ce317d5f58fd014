//! Delivering what the outbox owes: lease, send, settle.

use guarantee::number::ContractNumber;
use ledger::{CommitError, Ledger, MailStatus, PageRequest};
use ulid::Ulid;
use web::now;

use crate::Error;
use crate::letter::{Letter, Letterhead};
use crate::post::{Post, Refusal};

/// How many mails the schedule takes up in one call.
const REDRIVE: i32 = 50;

/// The outbox with what it needs to send.
#[derive(Debug, Clone)]
pub(crate) struct Outbox {
    pub(crate) ledger: Ledger,
    pub(crate) post: Post,
    pub(crate) letterhead: Letterhead,
}

/// Why a mail was not sent; it stays owed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotSent {
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    #[error(transparent)]
    Commit(#[from] CommitError),
    #[error("a mail without its contract")]
    WithoutContract,
    #[error("the mail service did not take it for now")]
    Later(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Outbox {
    /// Sends one mail, unless somebody else has it or it has been settled.
    ///
    /// Between the mail service's yes and the mark in the table a crash may leave the mail leased; it
    /// is then sent a second time. SES has no token that would prevent that.
    pub(crate) async fn deliver(&self, number: ContractNumber, id: Ulid) -> Result<(), NotSent> {
        let Some(mail) = self.ledger.lease(number, id, now()).await? else {
            return Ok(());
        };
        let letter = match self.letter(number).await {
            Ok(letter) => letter,
            Err(error) => {
                self.ledger.give_back(mail).await?;
                return Err(error);
            }
        };
        let status = match self.post.send(&mail, &letter).await {
            Ok(message_id) => MailStatus::Sent {
                sent_at: now(),
                message_id,
            },
            Err(Refusal::Final(refusal)) => MailStatus::Refused {
                refused_at: now(),
                refusal,
            },
            Err(Refusal::Later(cause)) => {
                self.ledger.give_back(mail).await?;
                return Err(NotSent::Later(cause));
            }
        };
        match self.ledger.settle(mail, status, now()).await {
            // Another sender took over a lease that had ended, and settles it.
            Ok(()) | Err(CommitError::Moved) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// What there is to say about a contract.
    async fn letter(&self, number: ContractNumber) -> Result<Letter, NotSent> {
        let contract = self.ledger.contract(number).await?;
        let contract = contract.ok_or(NotSent::WithoutContract)?;
        let certificate = self.ledger.certificate(&contract).await?.certificate;
        Ok(Letter::about(&certificate, &self.letterhead))
    }

    /// Sends every mail that is owed, and every one whose sender's lease has ended.
    pub(crate) async fn redrive(&self) -> Result<usize, Error> {
        let (mut sent, mut failed) = (0, 0);
        for status in ["owed", "sending"] {
            let page = self
                .ledger
                .mails_in(
                    status,
                    &PageRequest {
                        limit: REDRIVE,
                        after: None,
                    },
                )
                .await?;
            for mail in page.items {
                match self.deliver(mail.contract_number, mail.id).await {
                    Ok(()) => sent += 1,
                    Err(error) => {
                        tracing::warn!(mail = %mail.id, cause = %error, "a mail stays owed");
                        failed += 1;
                    }
                }
            }
        }
        if failed == 0 {
            Ok(sent)
        } else {
            Err(Error::StillOwed(failed))
        }
    }
}
