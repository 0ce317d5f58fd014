//! The checks that orderers make with number and key: their record, and the count of wrong answers
//! that slows a source down without ever shutting an orderer out.

use std::net::IpAddr;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use guarantee::calendar::Instant;
use guarantee::number::ContractNumber;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use ulid::Ulid;

use crate::error::Error;
use crate::idempotency::hexadecimal;
use crate::item::{Key, check_partition};
use crate::table::{Ledger, write};

/// How many wrong answers a source may have in one window before it has to wait.
pub const WRONG_ANSWERS: u64 = 100;
/// The length of a window, in seconds.
pub const WRONG_ANSWERS_WINDOW_SECONDS: i64 = 600;
/// How many wrong checks of one number on one day are more than an orderer's slips, which the check
/// characters catch before they are counted (仮).
pub const MANY_WRONG_CHECKS: u64 = 50;
/// How many right checks, and how many wrong ones, a log shows: more than a guarantee ever has, and few
/// enough for an answer whatever somebody did to its number.
pub const CHECKS_SHOWN: i32 = 1_000;
const DAY_SECONDS: i64 = 24 * 60 * 60;
/// By how much the clock in Japan is ahead of UTC.
const JST_AHEAD_SECONDS: i64 = 9 * 60 * 60;
/// A day's count is kept until it is of no more use at the desk, in seconds.
const DAY_KEPT_SECONDS: i64 = 2 * DAY_SECONDS;
/// How long a wrong check is kept, in seconds: 400 days.
const WRONG_KEPT_SECONDS: i64 = 400 * 24 * 60 * 60;

/// Where a check came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    hash: String,
    shortened: String,
}

/// A check as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// When.
    pub at: Instant,
    /// What the answer was.
    pub outcome: Checked,
    /// Where it came from, shortened so that it names a network and no person.
    pub source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
}

/// A count of wrong answers.
#[derive(Deserialize)]
struct Count {
    wrong: u64,
}

/// Where the wrong checks of a number are counted on the day (JST) of this instant.
fn wrong_checks_of(number: ContractNumber, now: Instant) -> Key {
    let day = (now.epoch_seconds() + JST_AHEAD_SECONDS).div_euclid(DAY_SECONDS);
    Key::throttle(&number.to_string(), day)
}

/// The answer to a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Checked {
    /// Number and key belong together.
    Right,
    /// They do not, whatever the reason.
    Wrong,
}

impl Checked {
    /// How the sort key of such a check begins: anybody may check wrongly as often as they like, and what
    /// orderers saw must not be lost among it.
    pub(crate) const fn prefix(self) -> &'static str {
        match self {
            Self::Right => "RIGHT#",
            Self::Wrong => "WRONG#",
        }
    }
}

/// The checks of a number, as far as a log shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checks {
    /// The latest right ones and the latest wrong ones, at most [`CHECKS_SHOWN`] of each, oldest first.
    pub latest: Vec<Check>,
    /// Whether there are earlier ones.
    pub has_earlier: bool,
}

impl Source {
    /// The source behind this address. An IPv6 address counts as its /64, which one line has to itself.
    #[must_use]
    pub fn of(address: Option<IpAddr>) -> Self {
        let (counted, shortened) = match address {
            None => ("unknown".to_owned(), "unknown".to_owned()),
            Some(IpAddr::V4(v4)) => {
                let [a, b, c, _] = v4.octets();
                (v4.to_string(), format!("{a}.{b}.{c}.0/24"))
            }
            Some(IpAddr::V6(v6)) => {
                let [a, b, c, d, ..] = v6.segments();
                (
                    format!("{a:x}:{b:x}:{c:x}:{d:x}::/64"),
                    format!("{a:x}:{b:x}:{c:x}::/48"),
                )
            }
        };
        Self {
            hash: hexadecimal(&Sha256::digest(counted)),
            shortened,
        }
    }
}

impl Ledger {
    /// Counts a wrong answer to a source, and says how many seconds it has to wait, if it has.
    ///
    /// # Errors
    /// When the table cannot be used.
    pub async fn count_wrong_answer(
        &self,
        source: &Source,
        now: Instant,
    ) -> Result<Option<i64>, Error> {
        let window = now.epoch_seconds().div_euclid(WRONG_ANSWERS_WINDOW_SECONDS);
        let end = (window + 1) * WRONG_ANSWERS_WINDOW_SECONDS;
        let wrong = self
            .count(&Key::throttle(&source.hash, window), end)
            .await?;
        Ok((wrong > WRONG_ANSWERS).then(|| (end - now.epoch_seconds()).max(1)))
    }

    /// Counts a wrong check of a number, whether there is such a contract or not, and gives the count of
    /// the day. It stops nobody: who hammers a number must not shut its orderer out.
    ///
    /// # Errors
    /// When the table cannot be used.
    pub async fn count_wrong_check(
        &self,
        number: ContractNumber,
        now: Instant,
    ) -> Result<u64, Error> {
        let end = now.plus_seconds(DAY_KEPT_SECONDS).epoch_seconds();
        self.count(&wrong_checks_of(number, now), end).await
    }

    /// How many wrong checks of a number this day (JST) has seen so far.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn wrong_checks_today(
        &self,
        number: ContractNumber,
        now: Instant,
    ) -> Result<u64, Error> {
        let counted: Option<Count> = self.get(&wrong_checks_of(number, now)).await?;
        Ok(counted.map_or(0, |counted| counted.wrong))
    }

    /// Adds one to a count that lives until `end`, and gives it.
    async fn count(&self, key: &Key, end: i64) -> Result<u64, Error> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .update_expression("SET expires_at = :end, entity = :entity ADD wrong :one")
            .expression_attribute_values(":end", AttributeValue::N(end.to_string()))
            .expression_attribute_values(":entity", AttributeValue::S("throttle".to_owned()))
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await
            .map_err(|error| Error::unavailable("UpdateItem", error))?;
        let wrong = answer
            .attributes
            .as_ref()
            .and_then(|counted| counted.get("wrong"))
            .and_then(|wrong| wrong.as_n().ok());
        Ok(wrong.and_then(|wrong| wrong.parse().ok()).unwrap_or(0))
    }

    /// Records a check of a number, whether there is such a contract or not.
    ///
    /// # Errors
    /// When the table cannot be used.
    pub async fn record_check(
        &self,
        number: ContractNumber,
        id: Ulid,
        outcome: Checked,
        source: &Source,
        at: Instant,
    ) -> Result<(), Error> {
        let expires_at = (outcome == Checked::Wrong)
            .then(|| at.plus_seconds(WRONG_KEPT_SECONDS).epoch_seconds());
        let check = Check {
            at,
            outcome,
            source: source.shortened.clone(),
            expires_at,
        };
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(write(
                &Key::check(number, outcome, at, id),
                "check",
                &check,
            )?))
            .condition_expression("attribute_not_exists(pk)");
        match put.send().await {
            Ok(_) => Ok(()),
            // The id is this check's alone: it is there already because an answer was lost on the way.
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|e| e.is_conditional_check_failed_exception()) =>
            {
                Ok(())
            }
            Err(error) => Err(Error::unavailable("PutItem", error)),
        }
    }

    /// The latest checks of a number.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn checks_of(&self, number: ContractNumber) -> Result<Checks, Error> {
        let partition = check_partition(number);
        let (mut latest, mut has_earlier) = (Vec::<Check>::new(), false);
        for outcome in [Checked::Right, Checked::Wrong] {
            let found = self
                .latest(&partition, outcome.prefix(), CHECKS_SHOWN)
                .await?;
            latest.extend(found.items);
            has_earlier |= found.has_earlier;
        }
        latest.sort_by_key(|check| check.at);
        Ok(Checks {
            latest,
            has_earlier,
        })
    }
}
