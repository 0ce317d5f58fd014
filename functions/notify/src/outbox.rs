//! Delivering what the outbox owes: lease, send, settle.

use std::collections::BTreeSet;

use guarantee::number::ContractNumber;
use ledger::{CommitError, Contract, Ledger, MailStatus, PageRequest};
use ulid::Ulid;
use web::{Meter, Metric, now, ulid};

use crate::letter::{Letter, Letterhead};
use crate::post::{Post, Refusal};

/// How many mails are read at once.
const PAGE: i32 = 50;

/// How long a round of the schedule begins with further mails, in seconds: well within the function's 30.
const ROUND_SECONDS: i64 = 15;

/// The outbox with what it needs to send.
#[derive(Debug, Clone)]
pub(crate) struct Outbox {
    pub(crate) ledger: Ledger,
    pub(crate) post: Post,
    pub(crate) meter: Meter,
    pub(crate) letterhead: Letterhead,
}

/// What a round over everything owed came to.
#[derive(Debug, Default)]
pub(crate) struct Round {
    /// How many mails went out, or were refused for good.
    pub(crate) sent: usize,
    /// How many were tried in vain.
    pub(crate) still_owed: usize,
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
    #[error("the mail service takes no mail for now: {0}")]
    Later(String),
    #[error("the mail service could not be used")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Outbox {
    /// Sends one mail, unless somebody else has it or it has been settled; says whether it did.
    ///
    /// Between the mail service's yes and the mark in the table a crash may leave the mail leased; it
    /// is then sent a second time. SES has no token that would prevent that.
    pub(crate) async fn deliver(&self, number: ContractNumber, id: Ulid) -> Result<bool, NotSent> {
        let at = now();
        let Some(mail) = self.ledger.lease(number, id, ulid(at), at).await? else {
            return Ok(false);
        };
        let (contract, letter) = match self.letter(number).await {
            Ok(written) => written,
            Err(error) => {
                self.ledger.give_back(mail).await?;
                return Err(error);
            }
        };
        let status = match self.post.send(&mail.line, &letter).await {
            Ok(message_id) => MailStatus::Sent {
                sent_at: now(),
                message_id,
            },
            Err(Refusal::Final(refusal)) => MailStatus::Refused {
                refused_at: now(),
                refusal,
            },
            Err(Refusal::Later(why)) => {
                self.ledger.give_back(mail).await?;
                return Err(NotSent::Later(why));
            }
            Err(Refusal::Failed(cause)) => {
                self.ledger.give_back(mail).await?;
                return Err(NotSent::Failed(cause));
            }
        };
        let metric = match status {
            MailStatus::Refused { .. } => Metric::MailsRefused,
            _ => Metric::MailsSent,
        };
        match self.ledger.settle(contract, mail, status, now()).await {
            Ok(()) => {
                self.meter.say(metric, 1);
                Ok(true)
            }
            // Another sender took over a lease that had ended, or the mail service reported before us
            // what became of the mail.
            Err(CommitError::Moved) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// Says of a mail that it was tried in vain.
    pub(crate) fn stays_owed(&self, mail: Ulid, error: &NotSent) {
        tracing::warn!(%mail, cause = %web::chain(error), "a mail stays owed");
        // A mail service that is closed says nothing about this version of the function.
        if !matches!(error, NotSent::Later(_)) {
            self.meter.say(Metric::Failures, 1);
        }
    }

    /// A contract, and what there is to say about it.
    async fn letter(&self, number: ContractNumber) -> Result<(Contract, Letter), NotSent> {
        let contract = self.ledger.contract(number).await?;
        let contract = contract.ok_or(NotSent::WithoutContract)?;
        let certificate = self.ledger.certificate(&contract).await?.certificate;
        let letter = Letter::about(&certificate, &self.letterhead);
        Ok((contract, letter))
    }

    /// Says for how long the oldest mail is owed that is not yet sent.
    pub(crate) async fn measure(&self) -> Result<(), ledger::Error> {
        let first = PageRequest {
            limit: PAGE,
            after: None,
        };
        let mut oldest = None;
        for status in ["owed", "sending"] {
            let page = self.ledger.mails_in(status, &first).await?;
            // One that failed stands behind younger ones in its list.
            let owed_at = page.items.iter().map(|mail| mail.owed_at.epoch_seconds());
            oldest = owed_at.chain(oldest).min();
        }
        let age = oldest.map_or(0, |owed_at| now().epoch_seconds() - owed_at);
        self.meter.say(Metric::OldestUnsentMailSeconds, age);
        Ok(())
    }

    /// Tries every mail that is owed, and every one whose sender's lease has ended, each once, as far
    /// as the time goes.
    pub(crate) async fn redrive(&self) -> Result<Round, ledger::Error> {
        let end = now().plus_seconds(ROUND_SECONDS);
        let (mut round, mut tried) = (Round::default(), BTreeSet::new());
        for status in ["owed", "sending"] {
            let mut after = None;
            'list: loop {
                let request = PageRequest { limit: PAGE, after };
                let page = self.ledger.mails_in(status, &request).await?;
                for mail in page.items {
                    // One that fails goes to the end of its list, where the round would meet it again.
                    if now() >= end || !tried.insert(mail.id) {
                        break 'list;
                    }
                    match self.deliver(mail.contract_number, mail.id).await {
                        Ok(sent) => round.sent += usize::from(sent),
                        Err(error) => {
                            self.stays_owed(mail.id, &error);
                            round.still_owed += 1;
                        }
                    }
                }
                after = match page.next {
                    Some(next) => Some(next),
                    None => break,
                };
            }
        }
        Ok(round)
    }
}
