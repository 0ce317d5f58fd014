//! The keys of the table, in one place, and the words that its indexes are asked with.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use guarantee::number::ContractNumber;
use guarantee::orderer::OrdererCode;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::checks::Checked;

/// An item as the SDK carries it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The primary key of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl Key {
    fn new(pk: String, sk: impl Into<String>) -> Self {
        Self { pk, sk: sk.into() }
    }

    pub(crate) fn application(id: Ulid) -> Self {
        Self::new(application_partition(id), "APPLICATION")
    }

    pub(crate) fn contract(number: ContractNumber) -> Self {
        Self::new(contract_partition(number), "CONTRACT")
    }

    pub(crate) fn certificate(number: ContractNumber, change_number: u16) -> Self {
        Self::new(
            contract_partition(number),
            format!("{CERTIFICATE}{change_number:04}"),
        )
    }

    /// Event `n` of an application, or of a contract: its partition is that of its subject.
    pub(crate) fn event(partition: String, n: u64) -> Self {
        Self::new(partition, format!("{EVENT}{n:08}"))
    }

    pub(crate) fn mail(number: ContractNumber, id: Ulid) -> Self {
        Self::new(contract_partition(number), format!("{MAIL}{id}"))
    }

    pub(crate) fn check(
        number: ContractNumber,
        outcome: Checked,
        at: guarantee::calendar::Instant,
        id: Ulid,
    ) -> Self {
        Self::new(
            check_partition(number),
            format!("{}{at}#{id}", outcome.prefix()),
        )
    }

    pub(crate) fn orderer(code: &OrdererCode) -> Self {
        Self::new(ORDERERS.to_owned(), format!("ORDERER#{code}"))
    }

    pub(crate) fn idempotency(hash: &str) -> Self {
        Self::new(format!("IDEMPOTENCY#{hash}"), "IDEMPOTENCY")
    }

    pub(crate) fn throttle(counted: &str, window: i64) -> Self {
        Self::new(format!("THROTTLE#{counted}"), format!("{window}"))
    }

    /// The key as DynamoDB takes it.
    pub(crate) fn attributes(&self) -> Item {
        HashMap::from([
            ("pk".to_owned(), AttributeValue::S(self.pk.clone())),
            ("sk".to_owned(), AttributeValue::S(self.sk.clone())),
        ])
    }
}

pub(crate) const ORDERERS: &str = "ORDERERS";
pub(crate) const CERTIFICATE: &str = "CERTIFICATE#";
pub(crate) const EVENT: &str = "EVENT#";
pub(crate) const MAIL: &str = "MAIL#";

pub(crate) fn application_partition(id: Ulid) -> String {
    format!("APPLICATION#{id}")
}

pub(crate) fn contract_partition(number: ContractNumber) -> String {
    format!("CONTRACT#{number}")
}

pub(crate) fn check_partition(number: ContractNumber) -> String {
    format!("CHECK#{number}")
}

/// An entity with its key, as it stands in the table.
#[derive(Serialize, Deserialize)]
pub(crate) struct Stored<T> {
    #[serde(flatten)]
    pub(crate) key: Key,
    pub(crate) entity: String,
    #[serde(flatten)]
    pub(crate) value: T,
}
