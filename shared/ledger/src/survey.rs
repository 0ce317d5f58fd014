//! Going through the whole table, for whoever examines it: what there is, page by page.

use aws_sdk_dynamodb::types::AttributeValue;
use guarantee::number::ContractNumber;
use serde::Deserialize;
use ulid::Ulid;

use crate::error::Error;
use crate::idempotency::Record;
use crate::item::Item;
use crate::table::Ledger;

/// Something that can be examined by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// An application with its events.
    Application(Ulid),
    /// A contract with its certificates, events and mails.
    Contract(ContractNumber),
    /// The record of a request that could be repeated.
    Request(Record),
}

/// Where a survey goes on.
#[derive(Debug, Clone, PartialEq)]
pub struct SurveyPoint(Item);

/// What tells the subjects apart.
#[derive(Deserialize)]
#[serde(tag = "entity", rename_all = "snake_case")]
enum Found {
    Application { id: Ulid },
    Contract { contract_number: ContractNumber },
    Idempotency(Record),
}

impl Ledger {
    /// The next subjects of the table, and where to go on; no function of the product may do this.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn survey(
        &self,
        from: Option<SurveyPoint>,
    ) -> Result<(Vec<Subject>, Option<SurveyPoint>), Error> {
        let entity = |name: &str| AttributeValue::S(name.to_owned());
        let page = self
            .client
            .scan()
            .table_name(&self.table)
            .filter_expression("entity IN (:application, :contract, :idempotency)")
            .expression_attribute_values(":application", entity("application"))
            .expression_attribute_values(":contract", entity("contract"))
            .expression_attribute_values(":idempotency", entity("idempotency"))
            .consistent_read(true)
            .set_exclusive_start_key(from.map(|point| point.0))
            .send()
            .await
            .map_err(|error| Error::unavailable("Scan", error))?;
        let mut subjects = Vec::new();
        for item in page.items.unwrap_or_default() {
            subjects.push(match serde_dynamo::from_item(item)? {
                Found::Application { id } => Subject::Application(id),
                Found::Contract { contract_number } => Subject::Contract(contract_number),
                Found::Idempotency(record) => Subject::Request(record),
            });
        }
        Ok((subjects, page.last_evaluated_key.map(SurveyPoint)))
    }
}
