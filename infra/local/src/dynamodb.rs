//! DynamoDB: dynoxide on SQLite with the template's table, and what each of its calls would do.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use dynoxide::{
    Database,
    actions::{
        create_table::CreateTableRequest, describe_table::DescribeTableRequest,
        update_time_to_live::UpdateTimeToLiveRequest,
    },
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    clock,
    folder::Folder,
    json::{at, list_at, text_at},
    options::StartError,
    policy::Access,
    server::{Stop, stopped},
    template::{ACCOUNT, REGION, Table},
};

/// The database behind the AWS endpoint.
pub(crate) struct DynamoDb {
    pub(crate) database: Database,
    /// A second connection to the same SQLite database, for what dynoxide leaves undone.
    side: std::sync::Mutex<rusqlite::Connection>,
    pub(crate) table: Table,
}

impl DynamoDb {
    /// Opens the database, in the folder or in memory, and makes the table at the first start.
    pub(crate) fn open(folder: Option<&Folder>, table: &Table) -> Result<Self, StartError> {
        let failed = |error: &dyn std::fmt::Display| StartError::Database(error.to_string());
        let name = match folder {
            Some(folder) => folder
                .join("dynamodb.sqlite")
                .to_string_lossy()
                .into_owned(),
            None => {
                static NEXT: AtomicU64 = AtomicU64::new(0);
                format!(
                    "file:/denshi-hosho-{}?vfs=memdb",
                    NEXT.fetch_add(1, Ordering::Relaxed)
                )
            }
        };
        let database = Database::new(&name).map_err(|error| failed(&error))?;
        let side = rusqlite::Connection::open(&name).map_err(|error| failed(&error))?;
        side.busy_timeout(Duration::from_secs(5))
            .map_err(|error| failed(&error))?;
        // Without it every write reads all stream records there ever were: the number of the next one
        // is asked for with MAX over a column that has no index.
        side.execute_batch(
            "CREATE INDEX IF NOT EXISTS stream_records_by_number \
             ON _stream_records (table_name, CAST(sequence_number AS INTEGER))",
        )
        .map_err(|error| failed(&error))?;
        let dynamodb = Self {
            database,
            side: std::sync::Mutex::new(side),
            table: table.clone(),
        };
        dynamodb.make_table()?;
        Ok(dynamodb)
    }

    fn make_table(&self) -> Result<(), StartError> {
        let failed = |error: &dyn std::fmt::Display| StartError::Database(error.to_string());
        let names = self
            .database
            .list_tables(request(json!({}))?)
            .map_err(|error| failed(&error))?;
        if !names.table_names.contains(&self.table.name) {
            let create: CreateTableRequest = request(self.table.create.clone())?;
            self.database
                .create_table(create)
                .map_err(|error| failed(&error))?;
        } else if !self.is_as_written()? {
            return Err(StartError::OtherTable);
        }
        if let Some(attribute) = &self.table.ttl {
            let on: UpdateTimeToLiveRequest = request(json!({
                "TableName": self.table.name,
                "TimeToLiveSpecification": { "AttributeName": attribute, "Enabled": true },
            }))?;
            // It says so when it is on already.
            let _ = self.database.update_time_to_live(on);
        }
        Ok(())
    }

    /// Whether the table of an earlier start has the keys and indexes that the template writes.
    fn is_as_written(&self) -> Result<bool, StartError> {
        let describe: DescribeTableRequest = request(json!({ "TableName": self.table.name }))?;
        let described = self
            .database
            .describe_table(describe)
            .map_err(|error| StartError::Database(error.to_string()))?;
        let described = serde_json::to_value(described.table)
            .map_err(|error| StartError::Database(error.to_string()))?;
        Ok(schema(&described) == schema(&self.table.create))
    }

    /// Whether the index on stream records is there.
    pub(crate) fn has_side_index(&self) -> bool {
        let side = self
            .side
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        side.query_row("SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = 'stream_records_by_number'", [], |_| Ok(()))
            .is_ok()
    }

    /// Deletes what the table's TTL lets go, and stream records past the 24 hours that AWS keeps them.
    pub(crate) fn sweep(&self) {
        if let Err(error) = self.database.sweep_ttl() {
            tracing::warn!(%error, "expired items stay for now");
        }
        let a_day_ago = clock::now().unix_timestamp() - 24 * 60 * 60;
        let side = self
            .side
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Err(error) = side.execute(
            "DELETE FROM _stream_records WHERE created_at < ?1",
            [a_day_ago],
        ) {
            tracing::warn!(%error, "old stream records stay for now");
        }
    }

    /// Sweeps now and then until the cloud ends.
    pub(crate) async fn keep_swept(&self, mut stop: Stop) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(60)) => self.sweep(),
                () = stopped(&mut stop) => return,
            }
        }
    }

    /// Serves DynamoDB's protocol at an address of its own, which only the front knows; the future
    /// runs until the cloud ends.
    pub(crate) async fn serve(
        &self,
        mut stop: Stop,
    ) -> Result<(SocketAddr, impl Future<Output = ()> + Send + use<>), StartError> {
        let failed = |error: std::io::Error| StartError::Database(error.to_string());
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let database = self.database.clone();
        let listening = async move {
            let stopping = async move { stopped(&mut stop).await };
            if let Err(error) =
                dynoxide::server::serve_with_shutdown(listener, database, stopping).await
            {
                tracing::error!(error, "the database's listener ended");
            }
        };
        Ok((address, listening))
    }
}

/// A request of DynamoDB from its JSON.
pub(crate) fn request<T: serde::de::DeserializeOwned>(json: Value) -> Result<T, StartError> {
    serde_json::from_value(json).map_err(|error| StartError::Database(error.to_string()))
}

/// Keys and indexes in one order, without what only one side says.
fn schema(table: &Value) -> Value {
    let sorted = |list: &str, name: &str| {
        let mut list = list_at(table, list).to_vec();
        list.sort_by_key(|entry| text_at(entry, name).to_owned());
        list
    };
    let indexes: Vec<Value> = sorted("/GlobalSecondaryIndexes", "/IndexName")
        .iter()
        .map(|index| {
            let mut columns: Vec<&str> = list_at(index, "/Projection/NonKeyAttributes")
                .iter()
                .filter_map(Value::as_str)
                .collect();
            columns.sort_unstable();
            json!({
                "name": at(index, "/IndexName"),
                "keys": at(index, "/KeySchema"),
                "projection": at(index, "/Projection/ProjectionType"),
                "columns": columns,
            })
        })
        .collect();
    json!({
        "keys": at(table, "/KeySchema"),
        "attributes": sorted("/AttributeDefinitions", "/AttributeName"),
        "indexes": indexes,
    })
}

/// What a call of DynamoDB would do. A transaction is decided part by part.
pub(crate) fn accesses(operation: &str, body: &Value, partition_key: &str) -> Vec<Access> {
    let single = |action: &str, part: &Value, key: &str| Access {
        action: format!("dynamodb:{action}"),
        resource: resource(part),
        leading_keys: leading_key(at(part, key), partition_key)
            .into_iter()
            .collect(),
    };
    match operation {
        "GetItem" | "UpdateItem" | "DeleteItem" => vec![single(operation, body, "/Key")],
        "PutItem" => vec![single(operation, body, "/Item")],
        "TransactWriteItems" => parts(body)
            .map(|(kind, part)| match kind {
                "Put" => single("PutItem", part, "/Item"),
                "Update" => single("UpdateItem", part, "/Key"),
                "Delete" => single("DeleteItem", part, "/Key"),
                _ => single("ConditionCheckItem", part, "/Key"),
            })
            .collect(),
        "TransactGetItems" => parts(body)
            .map(|(_, part)| single("GetItem", part, "/Key"))
            .collect(),
        "BatchGetItem" | "BatchWriteItem" => at(body, "/RequestItems")
            .as_object()
            .into_iter()
            .flatten()
            .map(|(table, _)| Access {
                action: format!("dynamodb:{operation}"),
                resource: resource(&json!({ "TableName": table })),
                leading_keys: Vec::new(),
            })
            .collect(),
        // A partition that cannot be read out of the condition is like none that a policy names.
        "Query" if at(body, "/IndexName").is_null() => vec![Access {
            action: "dynamodb:Query".to_owned(),
            resource: resource(body),
            leading_keys: vec![queried_key(body, partition_key).unwrap_or_default()],
        }],
        _ => vec![Access {
            action: format!("dynamodb:{operation}"),
            resource: resource(body),
            leading_keys: Vec::new(),
        }],
    }
}

/// Whether an operation only reads.
pub(crate) fn only_reads(operation: &str) -> bool {
    [
        "Get",
        "BatchGet",
        "TransactGet",
        "Query",
        "Scan",
        "Describe",
        "List",
    ]
    .iter()
    .any(|reading| operation.starts_with(reading))
}

fn parts(transaction: &Value) -> impl Iterator<Item = (&str, &Value)> {
    list_at(transaction, "/TransactItems")
        .iter()
        .filter_map(|item| item.as_object()?.iter().next())
        .map(|(kind, part)| (kind.as_str(), part))
}

/// The ARN of the table, or of its index, that a request names.
fn resource(request: &Value) -> String {
    let Some(table) = at(request, "/TableName").as_str() else {
        return "*".to_owned();
    };
    let table = if table.starts_with("arn:") {
        table.to_owned()
    } else {
        format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}")
    };
    match at(request, "/IndexName").as_str() {
        Some(index) => format!("{table}/index/{index}"),
        None => table,
    }
}

fn leading_key(key: &Value, partition_key: &str) -> Option<String> {
    plain(key.get(partition_key)?)
}

/// The partition of a query whose condition begins with it, as in `pk = :pk AND …`.
fn queried_key(query: &Value, partition_key: &str) -> Option<String> {
    let condition = at(query, "/KeyConditionExpression").as_str()?;
    let (name, rest) = condition.split_once('=')?;
    let name = name.trim();
    let name = at(query, "/ExpressionAttributeNames")
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or(name);
    let placeholder = rest.split_whitespace().next()?;
    let value = at(query, "/ExpressionAttributeValues").get(placeholder)?;
    plain(value).filter(|_| name == partition_key)
}

/// A value of DynamoDB without its type.
fn plain(value: &Value) -> Option<String> {
    let value = value.as_object()?.values().next()?;
    Some(
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_decided_by_the_partition_that_it_asks_for() {
        let keys = |condition: &str, more: Value| {
            let mut query = json!({
                "TableName": "t",
                "KeyConditionExpression": condition,
                "ExpressionAttributeNames": { "#hash": "pk", "#queue": "queue" },
                "ExpressionAttributeValues": { ":pk": { "S": "CONTRACT#1" }, ":sk": { "S": "EVENT#" } },
            });
            query
                .as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            accesses("Query", &query, "pk").remove(0).leading_keys
        };
        for condition in ["pk = :pk", "pk=:pk", "#hash = :pk AND begins_with(sk, :sk)"] {
            assert_eq!(keys(condition, json!({})), ["CONTRACT#1"], "{condition}");
        }
        // Nothing that a pattern is like, so that a policy with patterns refuses it.
        for condition in [
            "sk = :sk",
            "#queue = :pk",
            "begins_with(sk, :sk) AND pk = :pk",
            "pk = :no",
        ] {
            assert_eq!(keys(condition, json!({})), [""], "{condition}");
        }
        // What an index is asked for is no partition of the table.
        assert!(keys("#queue = :pk", json!({ "IndexName": "by_queue" })).is_empty());
    }

    #[test]
    fn a_transaction_is_decided_part_by_part() {
        let body = json!({ "TransactItems": [
            { "Put": { "TableName": "t", "Item": { "pk": { "S": "CONTRACT#1" } } } },
            { "ConditionCheck": { "TableName": "t", "Key": { "pk": { "S": "ORDERERS" } } } },
        ] });
        let decided: Vec<_> = accesses("TransactWriteItems", &body, "pk")
            .into_iter()
            .map(|access| (access.action, access.leading_keys.concat()))
            .collect();
        assert_eq!(
            decided,
            [
                ("dynamodb:PutItem".to_owned(), "CONTRACT#1".to_owned()),
                (
                    "dynamodb:ConditionCheckItem".to_owned(),
                    "ORDERERS".to_owned()
                ),
            ]
        );
    }

    #[test]
    fn a_query_on_an_index_is_one_of_the_index() {
        let body = json!({ "TableName": "t", "IndexName": "by_queue" });
        let access = accesses("Query", &body, "pk").remove(0);
        assert_eq!(
            access.resource,
            format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/t/index/by_queue")
        );
    }
}
