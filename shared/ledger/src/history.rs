//! The events of an application and its contract as a chain: each carries the hash of the one before,
//! so that a later change to any of them shows.

use guarantee::history::{Event, Happening};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::idempotency::hexadecimal;
use crate::item::Key;
use crate::transaction::{Condition, Guard, Transaction};

/// An event as it stands in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Its place among the events of its subject, from 1 on.
    pub n: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// The hash of the event before it; empty for the first one of an application.
    pub previous: String,
    /// The hash over the event and the one before.
    pub hash: String,
}

/// The hash of event `n`: SHA-256 over the hash before it and the event as JSON, in hexadecimal.
///
/// # Errors
/// When the event cannot be written as JSON.
pub fn chain_hash(previous: &str, n: u64, event: &Event) -> Result<String, Error> {
    #[derive(Serialize)]
    struct Link<'a> {
        previous: &'a str,
        n: u64,
        event: &'a Event,
    }
    let link = serde_json::to_vec(&Link { previous, n, event })?;
    Ok(hexadecimal(&Sha256::digest(link)))
}

/// Where a chain is broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {place} of the log: {fault}")]
pub struct BrokenLink {
    /// The place of the event in the log, from 1 on.
    pub place: usize,
    /// What is wrong there.
    pub fault: &'static str,
}

/// Computes a chain again, from the first event of an application on.
///
/// # Errors
/// The first link that does not hold.
pub fn first_broken_link(log: &[Recorded]) -> Result<(), BrokenLink> {
    let (mut previous, mut n) = ("", 0);
    for (place, recorded) in (1..).zip(log) {
        let broken = |fault| Err(BrokenLink { place, fault });
        let is_issue = matches!(recorded.event.what, Happening::Issued { .. });
        n = if is_issue { 1 } else { n + 1 };
        if recorded.n != n {
            return broken("its number is not the next one");
        }
        if recorded.previous != previous {
            return broken("it does not carry the hash of the event before it");
        }
        let computed = chain_hash(&recorded.previous, recorded.n, &recorded.event);
        if computed.ok().as_deref() != Some(recorded.hash.as_str()) {
            return broken("its hash is not that of what it says");
        }
        previous = &recorded.hash;
    }
    Ok(())
}

/// Adds event `n` of a subject to a step, and gives its hash: the new head of the chain.
pub(crate) fn append(
    partition: String,
    n: u64,
    previous: &str,
    event: Event,
    step: &mut Transaction<'_>,
) -> Result<String, Error> {
    let hash = chain_hash(previous, n, &event)?;
    let recorded = Recorded {
        n,
        event,
        previous: previous.to_owned(),
        hash: hash.clone(),
    };
    step.put(
        &Key::event(partition, n),
        "event",
        &recorded,
        &Condition::New,
        Guard::State,
    )?;
    Ok(hash)
}
