//! The table itself: consistent reads by key, and the queries of lists.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_types::SdkConfig;
use serde::Serialize;
use serde::de::DeserializeOwned;
use ulid::Ulid;

use crate::error::Error;
use crate::item::{Item, Key, Stored};
use crate::page::{Order, Page, PageRequest};
use crate::transaction::Transaction;

/// The table of one deployment.
#[derive(Debug, Clone)]
pub struct Ledger {
    pub(crate) client: Client,
    pub(crate) table: String,
}

/// An index of the table: its name, its hash attribute and its range attribute.
pub(crate) struct Index {
    name: &'static str,
    hash: &'static str,
    range: &'static str,
}

/// What a customer has, by age.
pub(crate) const BY_CUSTOMER: Index = Index {
    name: "by_customer",
    hash: "customer",
    range: "listed",
};
/// What waits in a state, by age.
pub(crate) const BY_QUEUE: Index = Index {
    name: "by_queue",
    hash: "queue",
    range: "queued",
};

/// How long a start waits for the table: a new connection takes some 20 ms within a region.
const PATIENCE: Duration = Duration::from_secs(1);

impl Ledger {
    /// The table of this name.
    #[must_use]
    pub fn new(aws: &SdkConfig, table: &str) -> Self {
        Self {
            client: Client::new(aws),
            table: table.to_owned(),
        }
    }

    /// Reads an item that there is not, so that the way to the table is open afterwards; whoever cannot
    /// wait a second for that, or fails, is told so by the first real question.
    pub async fn reach(&self) {
        let nothing = Key {
            pk: "NOTHING".to_owned(),
            sk: "NOTHING".to_owned(),
        };
        let _ = tokio::time::timeout(PATIENCE, self.read::<()>(&nothing, false)).await;
    }

    pub(crate) fn transaction(&self) -> Transaction<'_> {
        Transaction::new(self)
    }

    /// The item under this key, as it is now.
    pub(crate) async fn get<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>, Error> {
        self.read(key, true).await
    }

    /// An item as it was a moment ago, for half the price.
    pub(crate) async fn get_lately<T: DeserializeOwned>(
        &self,
        key: &Key,
    ) -> Result<Option<T>, Error> {
        self.read(key, false).await
    }

    /// An item that nobody alters once it is there: wherever an eventually consistent read finds it, it
    /// is the whole truth for half the price. One that is not found yet is asked for as it is now.
    pub(crate) async fn get_unalterable<T: DeserializeOwned>(
        &self,
        key: &Key,
    ) -> Result<Option<T>, Error> {
        match self.get_lately(key).await? {
            Some(item) => Ok(Some(item)),
            None => self.get(key).await,
        }
    }

    async fn read<T: DeserializeOwned>(
        &self,
        key: &Key,
        consistently: bool,
    ) -> Result<Option<T>, Error> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .consistent_read(consistently)
            .send()
            .await
            .map_err(|error| Error::unavailable("GetItem", error))?;
        answer.item.map(read).transpose()
    }

    /// Every item of a partition whose sort key begins with `prefix`, oldest first, as it is now.
    pub(crate) async fn partition<T: DeserializeOwned>(
        &self,
        pk: &str,
        prefix: &str,
    ) -> Result<Vec<T>, Error> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()));
        let query = if prefix.is_empty() {
            // DynamoDB takes no empty text for a key, not even to begin with.
            query.key_condition_expression("pk = :pk")
        } else {
            query
                .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
        };
        let mut pages = query.consistent_read(true).into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(item) = pages.next().await {
            found.push(read(
                item.map_err(|error| Error::unavailable("Query", error))?,
            )?);
        }
        Ok(found)
    }

    /// The newest items of a partition whose sort key begins with `prefix`, as it is now, newest first.
    pub(crate) async fn latest<T: DeserializeOwned>(
        &self,
        pk: &str,
        prefix: &str,
        limit: i32,
    ) -> Result<Latest<T>, Error> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
            .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
            .consistent_read(true)
            .scan_index_forward(false)
            .limit(limit)
            .send()
            .await
            .map_err(|error| Error::unavailable("Query", error))?;
        Ok(Latest {
            has_earlier: answer.last_evaluated_key.is_some(),
            items: answer
                .items
                .unwrap_or_default()
                .into_iter()
                .map(read)
                .collect::<Result<_, _>>()?,
        })
    }

    /// A page of an index: the items of `hash` whose range is `prefix` and a ULID.
    ///
    /// An index may lag behind the table: it is for lists, never for a decision.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        index: &Index,
        hash: &str,
        prefix: &str,
        order: Order,
        request: &PageRequest,
    ) -> Result<Page<T>, Error> {
        let (first, last) = order.range(request.after);
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(index.name)
            .key_condition_expression("#hash = :hash AND #range BETWEEN :first AND :last")
            .expression_attribute_names("#hash", index.hash)
            .expression_attribute_names("#range", index.range)
            .expression_attribute_values(":hash", AttributeValue::S(hash.to_owned()))
            .expression_attribute_values(":first", AttributeValue::S(format!("{prefix}{first}")))
            .expression_attribute_values(":last", AttributeValue::S(format!("{prefix}{last}")))
            .scan_index_forward(order == Order::OldestFirst)
            .limit(request.limit)
            .send()
            .await
            .map_err(|error| Error::unavailable("Query", error))?;
        let more = answer.last_evaluated_key.is_some();
        let items = answer.items.unwrap_or_default();
        let end = items
            .last()
            .and_then(|item| item.get(index.range))
            .and_then(|range| range.as_s().ok());
        let next = end
            .and_then(|range| range.strip_prefix(prefix))
            .and_then(|id| Ulid::from_string(id).ok());
        let items = items.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page {
            items,
            next: next.filter(|_| more),
        })
    }
}

/// The newest items of a partition.
pub(crate) struct Latest<T> {
    pub(crate) items: Vec<T>,
    /// Whether there are older ones.
    pub(crate) has_earlier: bool,
}

fn read<T: DeserializeOwned>(item: Item) -> Result<T, Error> {
    Ok(serde_dynamo::from_item(item)?)
}

pub(crate) fn write<T: Serialize>(key: &Key, entity: &str, value: &T) -> Result<Item, Error> {
    Ok(serde_dynamo::to_item(Stored {
        key: key.clone(),
        entity: entity.to_owned(),
        value,
    })?)
}
