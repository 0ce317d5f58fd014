//! The outbox: one mail owed to one address. A mail is leased before it is sent, so that two senders
//! at once send it once, and a sender that dies gives it back when its lease ends.

use aws_sdk_dynamodb::types::AttributeValue;
use guarantee::calendar::Instant;
use guarantee::email::EmailAddress;
use guarantee::history::{Actor, Bounce, Event, Happening};
use guarantee::number::ContractNumber;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::contract::Contract;
use crate::error::{CommitError, Error};
use crate::idempotency::{IdempotencyKey, Made};
use crate::item::{Key, MAIL, contract_partition};
use crate::page::{Order, Page, PageRequest};
use crate::table::{BY_QUEUE, Ledger};
use crate::transaction::{Condition, Guard, Transaction};

/// How long a sender may take over one mail: longer than the function that sends lives.
pub const LEASE_SECONDS: i64 = 45;

/// A mail in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// What lists show of it.
    #[serde(flatten)]
    pub line: MailLine,
    /// The mail that it stands in for, when the desk had it sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<Ulid>,
    /// The mail that stands in for it, the latest one if the desk had it sent again more than once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<Ulid>,
    /// The list that shows it; none once another mail stands in for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    queue: Option<String>,
    queued: String,
}

/// A mail as a line of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailLine {
    /// Its id.
    pub id: Ulid,
    /// The contract that it is about.
    pub contract_number: ContractNumber,
    /// Where it goes.
    pub to: EmailAddress,
    /// When it came to be owed.
    pub owed_at: Instant,
    /// Where it stands.
    #[serde(flatten)]
    pub status: MailStatus,
}

/// Where a mail stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum MailStatus {
    /// 送信待ち.
    Owed,
    /// 送信中: a sender has it until the lease ends.
    Sending {
        /// When the lease ends, in seconds since 1970.
        lease_until: i64,
    },
    /// 送信済み: the mail service accepted it. That is not yet delivery.
    Sent {
        /// When.
        #[serde(rename = "settled_at")]
        sent_at: Instant,
        /// The id that the mail service gave it.
        message_id: String,
    },
    /// 送信不可: the mail service refused it.
    Refused {
        /// When.
        #[serde(rename = "settled_at")]
        refused_at: Instant,
        /// Why, as the mail service says.
        #[serde(rename = "reason")]
        refusal: String,
    },
    /// 不達: the mail service accepted it, and reported that it came back.
    Bounced {
        /// When the mail service accepted it.
        #[serde(rename = "settled_at")]
        sent_at: Instant,
        /// The id that the mail service gave it.
        message_id: String,
        /// When it came back.
        #[serde(rename = "reported_at")]
        bounced_at: Instant,
        /// How.
        #[serde(rename = "reason")]
        bounce: Bounce,
    },
    /// 迷惑メール申告: the recipient called it unwanted.
    Complained {
        /// When the mail service accepted it.
        #[serde(rename = "settled_at")]
        sent_at: Instant,
        /// The id that the mail service gave it.
        message_id: String,
        /// When the recipient said so.
        #[serde(rename = "reported_at")]
        complained_at: Instant,
    },
}

/// What the mail service reports of a mail that it accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The contract that the mail is about.
    pub contract_number: ContractNumber,
    /// The mail.
    pub mail: Ulid,
    /// The id that the mail service gave the message.
    pub message_id: String,
    /// When it accepted the message.
    pub sent_at: Instant,
    /// When it happened.
    pub reported_at: Instant,
    /// What happened.
    pub outcome: Outcome,
}

/// What became of a mail, the graver the later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It came back.
    Bounced(Bounce),
    /// The recipient called it unwanted.
    Complained,
}

impl MailStatus {
    /// Every name of a state.
    pub const NAMES: [&str; 6] = [
        "owed",
        "sending",
        "sent",
        "refused",
        "bounced",
        "complained",
    ];

    /// The name of the state in data.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Owed => "owed",
            Self::Sending { .. } => "sending",
            Self::Sent { .. } => "sent",
            Self::Refused { .. } => "refused",
            Self::Bounced { .. } => "bounced",
            Self::Complained { .. } => "complained",
        }
    }

    /// Whether the mail service has answered, so that nobody is going to send the mail any more.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        !matches!(self, Self::Owed | Self::Sending { .. })
    }

    /// The state after a report, if it changes anything. The worst that was reported stands, so that
    /// neither the order of reports nor their repetition matters.
    fn after(&self, report: &Report) -> Option<Self> {
        let (sent_at, message_id, known) = match self {
            Self::Sent {
                sent_at,
                message_id,
            } => (*sent_at, message_id, None),
            Self::Bounced {
                sent_at,
                message_id,
                bounce,
                ..
            } => (*sent_at, message_id, Some(Outcome::Bounced(*bounce))),
            Self::Owed | Self::Sending { .. } | Self::Refused { .. } | Self::Complained { .. } => {
                return None;
            }
        };
        // Another id: a crash made two copies of the mail, and this is about the other one.
        if *message_id != report.message_id || known >= Some(report.outcome) {
            return None;
        }
        let message_id = message_id.clone();
        Some(match report.outcome {
            Outcome::Bounced(bounce) => Self::Bounced {
                sent_at,
                message_id,
                bounced_at: report.reported_at,
                bounce,
            },
            Outcome::Complained => Self::Complained {
                sent_at,
                message_id,
                complained_at: report.reported_at,
            },
        })
    }

    /// The event of a mail's coming into this state.
    fn happening(&self, mail: Ulid) -> Option<Happening> {
        let mail = mail.to_string();
        match self {
            Self::Owed | Self::Sending { .. } => None,
            Self::Sent { .. } => Some(Happening::MailSent { mail }),
            Self::Refused { .. } => Some(Happening::MailRefused { mail }),
            Self::Bounced { bounce, .. } => Some(Happening::MailBounced {
                mail,
                bounce: *bounce,
            }),
            Self::Complained { .. } => Some(Happening::MailComplained { mail }),
        }
    }
}

impl Mail {
    pub(crate) fn owed(
        id: Ulid,
        contract_number: ContractNumber,
        to: EmailAddress,
        at: Instant,
    ) -> Self {
        let status = MailStatus::Owed;
        let queue = queue(status.name());
        Self {
            line: MailLine {
                id,
                contract_number,
                to,
                owed_at: at,
                status,
            },
            instead_of: None,
            replaced_by: None,
            queue: Some(queue),
            queued: id.to_string(),
        }
    }

    pub(crate) fn add(&self, step: &mut Transaction<'_>) -> Result<(), Error> {
        step.put(
            &Key::mail(self.line.contract_number, self.line.id),
            "mail",
            self,
            &Condition::New,
            Guard::State,
        )
    }

    fn in_status(mut self, status: MailStatus) -> Self {
        self.queue = self.replaced_by.is_none().then(|| queue(status.name()));
        self.line.status = status;
        self
    }

    /// The mail in its state, with another one that stands in for it: no list shows it as work any more.
    fn replaced(mut self, by: Ulid) -> Self {
        self.replaced_by = Some(by);
        self.queue = None;
        self
    }
}

fn queue(status: &str) -> String {
    format!("mail#{status}")
}

impl Ledger {
    /// Takes a mail for sending, if it is owed or its sender's lease has ended. It goes to the end of
    /// its list, at `place`, so that one that always fails holds up nobody.
    ///
    /// # Errors
    /// When the table cannot be used.
    pub async fn lease(
        &self,
        number: ContractNumber,
        id: Ulid,
        place: Ulid,
        now: Instant,
    ) -> Result<Option<Mail>, Error> {
        let lease_until = now.plus_seconds(LEASE_SECONDS).epoch_seconds();
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::mail(number, id).attributes()))
            .update_expression(
                "SET #status = :sending, lease_until = :until, #queue = :queue, queued = :place",
            )
            .condition_expression("#status = :owed OR (#status = :sending AND lease_until < :now)")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#queue", "queue")
            .expression_attribute_values(":sending", AttributeValue::S("sending".to_owned()))
            .expression_attribute_values(":owed", AttributeValue::S("owed".to_owned()))
            .expression_attribute_values(":queue", AttributeValue::S(queue("sending")))
            .expression_attribute_values(":place", AttributeValue::S(place.to_string()))
            .expression_attribute_values(":until", AttributeValue::N(lease_until.to_string()))
            .expression_attribute_values(":now", AttributeValue::N(now.epoch_seconds().to_string()))
            .return_values(aws_sdk_dynamodb::types::ReturnValue::AllNew)
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(answer.attributes.map(serde_dynamo::from_item).transpose()?),
            Err(error)
                if error.as_service_error().is_some_and(|e| {
                    // Somebody else has the mail, or is about to settle it; if not, the schedule comes again.
                    e.is_conditional_check_failed_exception()
                        || e.is_transaction_conflict_exception()
                }) =>
            {
                Ok(None)
            }
            Err(error) => Err(Error::unavailable("UpdateItem", error)),
        }
    }

    /// Gives a leased mail back, to be sent another time.
    ///
    /// # Errors
    /// [`CommitError::Moved`] when the lease is no longer held.
    pub async fn give_back(&self, mail: Mail) -> Result<(), CommitError> {
        let mail = mail.in_status(MailStatus::Owed);
        let mut step = self.transaction();
        let key = Key::mail(mail.line.contract_number, mail.line.id);
        step.put(
            &key,
            "mail",
            &mail,
            &Condition::Status("sending"),
            Guard::State,
        )?;
        step.commit().await
    }

    /// Marks a leased mail as sent or refused, and says so in the contract's log.
    ///
    /// `contract` is as the sender read it; another event of it since then only makes this wait its turn.
    ///
    /// # Errors
    /// [`CommitError::Moved`] when the mail was no longer being sent.
    pub async fn settle(
        &self,
        mut contract: Contract,
        mail: Mail,
        status: MailStatus,
        at: Instant,
    ) -> Result<(), CommitError> {
        loop {
            match self.mark(contract, mail.clone(), status.clone(), at).await {
                Err(CommitError::Moved)
                    if self
                        .is_being_sent(mail.line.contract_number, mail.line.id)
                        .await? =>
                {
                    contract = self.existing(mail.line.contract_number).await?;
                }
                outcome => return outcome,
            }
        }
    }

    /// Marks a mail with what the mail service reports of it, says so in the contract's log, and gives
    /// the mail as it stands then; none where there is no such mail.
    ///
    /// A report may come before the mail is marked as sent, or after a sender died between the mail
    /// service's yes and that mark. It proves the yes, so the mail is marked as sent first.
    ///
    /// # Errors
    /// When the table cannot be used.
    pub async fn report(&self, report: &Report, at: Instant) -> Result<Option<Mail>, CommitError> {
        let number = report.contract_number;
        loop {
            // The contract before the mail: its version guards what is decided on the mail.
            let Some(contract) = self.contract(number).await? else {
                return Ok(None);
            };
            let Some(mail) = self.mail(number, report.mail).await? else {
                return Ok(None);
            };
            let next = if mail.line.status.is_settled() {
                mail.line.status.after(report)
            } else {
                Some(MailStatus::Sent {
                    sent_at: report.sent_at,
                    message_id: report.message_id.clone(),
                })
            };
            let Some(next) = next else {
                return Ok(Some(mail));
            };
            match self.mark(contract, mail, next, at).await {
                Ok(()) | Err(CommitError::Moved) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Brings a mail into a state, with the event of that in the log of its contract.
    async fn mark(
        &self,
        contract: Contract,
        mail: Mail,
        status: MailStatus,
        at: Instant,
    ) -> Result<(), CommitError> {
        let before = mail.line.status.name();
        let mail = mail.in_status(status);
        let mut step = self.transaction();
        if let Some(what) = mail.line.status.happening(mail.line.id) {
            let by = Actor::Notify;
            contract.advance(Event { at, by, what }, &mut step)?;
        }
        step.put(
            &Key::mail(mail.line.contract_number, mail.line.id),
            "mail",
            &mail,
            &Condition::Status(before),
            Guard::State,
        )?;
        step.commit().await
    }

    async fn is_being_sent(&self, number: ContractNumber, id: Ulid) -> Result<bool, Error> {
        let mail = self.mail(number, id).await?;
        Ok(mail.is_some_and(|mail| matches!(mail.line.status, MailStatus::Sending { .. })))
    }

    async fn existing(&self, number: ContractNumber) -> Result<Contract, Error> {
        self.contract(number)
            .await?
            .ok_or_else(|| Error::unavailable("GetItem", "a mail without its contract"))
    }

    /// Owes a mail again in place of one that went before, to the same address or a corrected one.
    ///
    /// # Errors
    /// [`CommitError::Repeated`] when the idempotency key was used before, [`CommitError::Moved`] when
    /// the mail is gone.
    pub async fn resend(
        &self,
        before: &Mail,
        id: Ulid,
        to: Option<EmailAddress>,
        by: Actor,
        at: Instant,
        key: &IdempotencyKey,
    ) -> Result<Mail, CommitError> {
        let address_corrected = to.as_ref().is_some_and(|to| *to != before.line.to);
        let mut mail = Mail::owed(
            id,
            before.line.contract_number,
            to.unwrap_or_else(|| before.line.to.clone()),
            at,
        );
        mail.instead_of = Some(before.line.id);
        let what = Happening::MailResent {
            mail: id.to_string(),
            instead_of: before.line.id.to_string(),
            address_corrected,
        };
        let event = Event { at, by, what };
        let replaced = Key::mail(before.line.contract_number, before.line.id);
        loop {
            let contract = self.existing(before.line.contract_number).await?;
            let version = contract.version;
            // As it is in that version of the contract: a report may have come in.
            let before = self
                .mail(before.line.contract_number, before.line.id)
                .await?;
            let before = before.ok_or(CommitError::Moved)?;
            let status = Condition::Status(before.line.status.name());
            let mut step = self.transaction();
            contract.advance(event.clone(), &mut step)?;
            step.put(
                &replaced,
                "mail",
                &before.clone().replaced(id),
                &status,
                Guard::State,
            )?;
            mail.add(&mut step)?;
            key.record(Made::Mail(before.line.contract_number, id), at, &mut step)?;
            match step.commit().await {
                Ok(()) => return Ok(mail),
                Err(CommitError::Moved)
                    if self.existing(before.line.contract_number).await?.version != version => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// A mail of a contract.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn mail(&self, number: ContractNumber, id: Ulid) -> Result<Option<Mail>, Error> {
        self.get(&Key::mail(number, id)).await
    }

    /// The mails of a contract, oldest first.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn mails_of(&self, number: ContractNumber) -> Result<Vec<Mail>, Error> {
        self.partition(&contract_partition(number), MAIL).await
    }

    /// The mails in a state that no other one stands in for, those that waited longest first; `status`
    /// is one of [`MailStatus::NAMES`].
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn mails_in(
        &self,
        status: &str,
        page: &PageRequest,
    ) -> Result<Page<MailLine>, Error> {
        self.list(&BY_QUEUE, &queue(status), "", Order::OldestFirst, page)
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u8) -> Instant {
        Instant::parse(&format!("2026-04-14T01:00:{second:02}.000Z")).unwrap()
    }

    fn report(outcome: Outcome, message_id: &str) -> Report {
        Report {
            contract_number: ContractNumber::with_serial(at(0).date_in_japan(), 1),
            mail: Ulid::nil(),
            message_id: message_id.to_owned(),
            sent_at: at(1),
            reported_at: at(2),
            outcome,
        }
    }

    /// All sequences of three reports: the state at the end is that of the worst of them.
    #[test]
    fn the_worst_report_stands_in_whatever_order_they_come() {
        let outcomes = [
            Outcome::Bounced(Bounce::Undetermined),
            Outcome::Bounced(Bounce::Transient),
            Outcome::Bounced(Bounce::Permanent),
            Outcome::Complained,
        ];
        let every = |outcomes: [Outcome; 4]| outcomes.into_iter();
        for first in every(outcomes) {
            for second in every(outcomes) {
                for third in every(outcomes) {
                    let mut status = MailStatus::Sent {
                        sent_at: at(0),
                        message_id: "a".to_owned(),
                    };
                    for outcome in [first, second, third] {
                        status = status.after(&report(outcome, "a")).unwrap_or(status);
                    }
                    let (stands, accepted) = match status {
                        MailStatus::Bounced {
                            bounce, sent_at, ..
                        } => (Outcome::Bounced(bounce), sent_at),
                        MailStatus::Complained { sent_at, .. } => (Outcome::Complained, sent_at),
                        other => panic!("{other:?}"),
                    };
                    assert_eq!(stands, first.max(second).max(third));
                    assert_eq!(accepted, at(0), "what was recorded at the time stays");
                }
            }
        }
    }

    #[test]
    fn a_report_about_another_message_or_a_mail_that_was_refused_changes_nothing() {
        let permanent = report(Outcome::Bounced(Bounce::Permanent), "b");
        let sent = MailStatus::Sent {
            sent_at: at(0),
            message_id: "a".to_owned(),
        };
        let refused = MailStatus::Refused {
            refused_at: at(0),
            refusal: "MessageRejected".to_owned(),
        };
        assert_eq!(sent.after(&permanent), None);
        assert_eq!(refused.after(&permanent), None);
    }
}
