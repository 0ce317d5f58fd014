//! A stream's event source mapping: reads the table's stream, filters, hands batches to the function,
//! tries again, and gives up into the dead-letter queue, as the template says.

use std::{sync::Arc, time::Duration};

use dynoxide::actions::{
    describe_stream::DescribeStreamRequest, get_records::GetRecordsRequest,
    get_shard_iterator::GetShardIteratorRequest,
};
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};

use crate::{
    checkpoints::Checkpoints,
    clock,
    credentials::random,
    dead_letters::DeadLetters,
    dynamodb::DynamoDb,
    functions::Functions,
    json::{at, text_at},
    server::{Stop, stopped},
    template::{Mapping, REGION},
};

/// How long it sleeps when nobody wakes it: a write that came while it was reading is found then.
const IDLE: Duration = Duration::from_millis(500);
/// The pause before the first retry; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How many records are read at once.
const READ: usize = 100;

/// The poller of one mapping.
pub(crate) struct Poller {
    pub(crate) mapping: Mapping,
    pub(crate) function: String,
    pub(crate) functions: Arc<Functions>,
    pub(crate) dynamodb: Arc<DynamoDb>,
    pub(crate) checkpoints: Arc<Checkpoints>,
    pub(crate) dead_letters: DeadLetters,
    /// Rings after a write.
    pub(crate) written: Arc<Notify>,
    /// Tells how far it has come: the last sequence number that is done with.
    pub(crate) position: watch::Sender<String>,
}

/// Records of a batch that are still to be handled, and how often that failed.
struct Piece {
    records: Vec<Value>,
    failures: u32,
}

/// What a function made of a piece.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// All of it is done.
    Done,
    /// Done up to this place, which failed.
    FailedAt(usize),
    /// It is unknown what of it is done.
    Failed,
}

/// The cloud ends; the rest is done after the next start.
struct Ended;

impl Poller {
    /// Polls until the cloud ends.
    pub(crate) async fn run(self, mut stop: Stop) {
        loop {
            let written = self.written.notified();
            let records = match self.read() {
                Ok(records) => records,
                Err(error) => {
                    tracing::error!(
                        error,
                        mapping = self.mapping.name,
                        "the stream cannot be read"
                    );
                    Vec::new()
                }
            };
            if records.is_empty() {
                tokio::select! {
                    () = written => {}
                    () = tokio::time::sleep(IDLE) => {}
                    () = stopped(&mut stop) => return,
                }
            } else if self.handle(records, &mut stop).await.is_err() || *stop.borrow() {
                return;
            }
        }
    }

    /// The next records after the checkpoint, as Lambda hands them over.
    fn read(&self) -> Result<Vec<Value>, String> {
        let describe = DescribeStreamRequest {
            stream_arn: self.mapping.stream.clone(),
            ..DescribeStreamRequest::default()
        };
        let described = self
            .dynamodb
            .database
            .describe_stream(describe)
            .map_err(|error| error.to_string())?;
        let Some(shard) = described.stream_description.shards.into_iter().next() else {
            return Ok(Vec::new());
        };
        let position = self.checkpoints.get(&self.mapping.name);
        let start = match (&position, self.mapping.from_oldest) {
            (Some(_), _) => "AFTER_SEQUENCE_NUMBER",
            (None, true) => "TRIM_HORIZON",
            (None, false) => "LATEST",
        };
        let iterator = self
            .dynamodb
            .database
            .get_shard_iterator(GetShardIteratorRequest {
                stream_arn: self.mapping.stream.clone(),
                shard_id: shard.shard_id,
                shard_iterator_type: start.to_owned(),
                sequence_number: position,
            })
            .map_err(|error| error.to_string())?;
        let Some(shard_iterator) = iterator.shard_iterator else {
            return Ok(Vec::new());
        };
        let read = self
            .dynamodb
            .database
            .get_records(GetRecordsRequest {
                shard_iterator,
                limit: Some(READ),
            })
            .map_err(|error| error.to_string())?;
        read.records
            .into_iter()
            .map(|record| {
                let mut record = serde_json::to_value(record).map_err(|error| error.to_string())?;
                if let Some(record) = record.as_object_mut() {
                    record.insert("awsRegion".to_owned(), json!(REGION));
                    record.insert("eventSourceARN".to_owned(), json!(self.mapping.stream));
                }
                Ok(record)
            })
            .collect()
    }

    async fn handle(&self, records: Vec<Value>, stop: &mut Stop) -> Result<(), Ended> {
        let last = records.last().map(sequence_number).unwrap_or_default();
        let filters = &self.mapping.filters;
        let mut wanted: Vec<Value> = records
            .into_iter()
            .filter(|record| {
                filters.is_empty() || filters.iter().any(|filter| filter.matches(record))
            })
            .collect();
        while !wanted.is_empty() {
            let rest = wanted.split_off(wanted.len().min(self.mapping.batch_size));
            self.deliver(std::mem::replace(&mut wanted, rest), stop)
                .await?;
        }
        self.done(last);
        Ok(())
    }

    /// Hands a batch over until all of it is done or given up, in order.
    async fn deliver(&self, records: Vec<Value>, stop: &mut Stop) -> Result<(), Ended> {
        let mut waiting = vec![Piece {
            records,
            failures: 0,
        }];
        while let Some(mut piece) = waiting.pop() {
            if let Some(age) = self.mapping.record_age {
                let oldest_wanted = clock::now().unix_timestamp()
                    - i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
                let rest = piece
                    .records
                    .iter()
                    .position(|record| created_at(record) >= oldest_wanted);
                let fresh = piece.records.split_off(rest.unwrap_or(piece.records.len()));
                let old = std::mem::replace(&mut piece.records, fresh);
                if !old.is_empty() {
                    self.give_up(
                        "RecordAgeExceeded",
                        &Piece {
                            records: old,
                            failures: piece.failures,
                        },
                    );
                }
                if piece.records.is_empty() {
                    continue;
                }
            }
            match self.invoke(&piece.records).await {
                Outcome::Done => {
                    self.done(
                        piece
                            .records
                            .last()
                            .map(sequence_number)
                            .unwrap_or_default(),
                    );
                    continue;
                }
                Outcome::FailedAt(place) => {
                    let rest = piece.records.split_off(place.min(piece.records.len()));
                    if let Some(done) = piece.records.last() {
                        self.done(sequence_number(done));
                        piece.failures = 0;
                    }
                    piece.records = rest;
                }
                Outcome::Failed if self.mapping.bisects && piece.records.len() > 1 => {
                    // Halving costs no retry.
                    let second = piece.records.split_off(piece.records.len() / 2);
                    waiting.push(Piece {
                        records: second,
                        failures: piece.failures,
                    });
                    waiting.push(piece);
                    self.pause(0, stop).await?;
                    continue;
                }
                Outcome::Failed => {}
            }
            piece.failures += 1;
            if self
                .mapping
                .retries
                .is_some_and(|retries| piece.failures > retries)
            {
                self.give_up("RetryAttemptsExhausted", &piece);
            } else {
                self.pause(piece.failures - 1, stop).await?;
                waiting.push(piece);
            }
        }
        Ok(())
    }

    async fn invoke(&self, records: &[Value]) -> Outcome {
        let event = json!({ "Records": records }).to_string();
        match self.functions.invoke(&self.function, event).await {
            Ok(answer) if self.mapping.reports_item_failures => outcome(&answer, records),
            Ok(_) => Outcome::Done,
            Err(failure) => {
                tracing::warn!(function = self.function, %failure, records = records.len(), "a batch failed");
                Outcome::Failed
            }
        }
    }

    async fn pause(&self, failures: u32, stop: &mut Stop) -> Result<(), Ended> {
        let pause = FIRST_PAUSE
            .saturating_mul(2_u32.saturating_pow(failures))
            .min(LONGEST_PAUSE);
        tokio::select! {
            () = tokio::time::sleep(pause) => Ok(()),
            () = stopped(stop) => Err(Ended),
        }
    }

    fn done(&self, position: String) {
        self.checkpoints.set(&self.mapping.name, position.clone());
        self.position.send_replace(position);
    }

    /// Passes over records, and tells the dead-letter queue where they stand in the stream.
    fn give_up(&self, condition: &str, piece: &Piece) {
        let (Some(first), Some(last)) = (piece.records.first(), piece.records.last()) else {
            return;
        };
        tracing::error!(
            mapping = self.mapping.name,
            condition,
            records = piece.records.len(),
            "records were given up"
        );
        if let Some(queue) = &self.mapping.on_failure {
            let arrival = |record: &Value| {
                time::OffsetDateTime::from_unix_timestamp(created_at(record))
                    .map(clock::rfc3339)
                    .unwrap_or_default()
            };
            self.dead_letters.put(
                queue,
                &json!({
                    "requestContext": {
                        "requestId": random(b"0123456789abcdef", 32),
                        "functionArn": self.functions.arn(&self.function),
                        "condition": condition,
                        "approximateInvokeCount": piece.failures,
                    },
                    "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
                    "version": "1.0",
                    "timestamp": clock::rfc3339(clock::now()),
                    "DDBStreamBatchInfo": {
                        "shardId": "shardId-00000000000000000000-00000000",
                        "startSequenceNumber": sequence_number(first),
                        "endSequenceNumber": sequence_number(last),
                        "approximateArrivalOfFirstRecord": arrival(first),
                        "approximateArrivalOfLastRecord": arrival(last),
                        "batchSize": piece.records.len(),
                        "streamArn": self.mapping.stream,
                    },
                }),
            );
        }
        self.done(sequence_number(last));
    }
}

/// What `batchItemFailures` says: the first record that failed, and everything after it, is to come again.
fn outcome(answer: &str, records: &[Value]) -> Outcome {
    let Ok(answer) = serde_json::from_str::<Value>(answer) else {
        return Outcome::Failed;
    };
    let failures = match at(&answer, "/batchItemFailures") {
        Value::Null => return Outcome::Done,
        Value::Array(failures) => failures,
        _ => return Outcome::Failed,
    };
    let mut first = None;
    for failure in failures {
        let place = records.iter().position(|record| {
            at(failure, "/itemIdentifier").as_str() == Some(&sequence_number(record))
        });
        match place {
            Some(place) => first = Some(first.map_or(place, |earlier: usize| earlier.min(place))),
            // A record that was not in the batch: the answer cannot be trusted.
            None => return Outcome::Failed,
        }
    }
    first.map_or(Outcome::Done, Outcome::FailedAt)
}

fn sequence_number(record: &Value) -> String {
    text_at(record, "/dynamodb/SequenceNumber").to_owned()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "whole seconds of this century"
)]
fn created_at(record: &Value) -> i64 {
    at(record, "/dynamodb/ApproximateCreationDateTime")
        .as_f64()
        .unwrap_or_default() as i64
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Mutex};

    use super::*;
    use crate::{
        TEMPLATE,
        folder::Folder,
        functions::Script,
        template::{Locally, Template},
    };

    /// What a scripted notify was called with: the partition keys of each batch.
    type Calls = Arc<Mutex<Vec<Vec<String>>>>;

    /// A table with its stream, and everything a poller of the template's mapping needs.
    struct Stage {
        folder: Arc<Folder>,
        template: Template,
        dynamodb: Arc<DynamoDb>,
        calls: Calls,
    }

    impl Stage {
        fn new() -> Self {
            let locally = Locally {
                parameters: BTreeMap::from([(
                    "PublicUrl".to_owned(),
                    "http://127.0.0.1:8787".to_owned(),
                )]),
                ..Locally::default()
            };
            let template = Template::read(TEMPLATE, &locally).unwrap();
            let dynamodb = Arc::new(DynamoDb::open(None, &template.table).unwrap());
            Self {
                folder: Arc::new(Folder::temporary().unwrap()),
                template,
                dynamodb,
                calls: Calls::default(),
            }
        }

        fn put(&self, pk: &str, entity: &str) {
            let put = json!({
                "TableName": self.template.table.name,
                "Item": { "pk": { "S": pk }, "sk": { "S": "1" }, "entity": { "S": entity } },
            });
            self.dynamodb
                .database
                .put_item(crate::dynamodb::request(put).unwrap())
                .unwrap();
        }

        /// Polls with a function that answers by the script, until `enough` says so.
        async fn poll(
            &self,
            change: impl Fn(&mut Mapping),
            script: impl Fn(&[Value]) -> Result<Value, String> + Send + Sync + 'static,
            enough: impl Fn(&Self) -> bool,
        ) {
            let mut mapping = self.template.function("notify").unwrap().mappings[0].clone();
            change(&mut mapping);
            let calls = self.calls.clone();
            let script: Script = Arc::new(move |event: Value| {
                let records = event["Records"].as_array().unwrap();
                let keys = records.iter().map(|record| {
                    record["dynamodb"]["Keys"]["pk"]["S"]
                        .as_str()
                        .unwrap()
                        .to_owned()
                });
                calls.lock().unwrap().push(keys.collect());
                script(records)
            });
            let poller = Poller {
                mapping,
                function: "Notify".to_owned(),
                functions: Arc::new(Functions::scripted("Notify", script)),
                dynamodb: self.dynamodb.clone(),
                checkpoints: Arc::new(Checkpoints::load(self.folder.clone()).unwrap()),
                dead_letters: DeadLetters::of(self.folder.clone(), Vec::new()),
                written: Arc::new(Notify::new()),
                position: watch::channel(String::new()).0,
            };
            let (stop, stopping) = watch::channel(false);
            let polling = tokio::spawn(poller.run(stopping));
            for _ in 0..500 {
                if enough(self) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            assert!(enough(self), "{:?}", self.calls());
            stop.send_replace(true);
            polling.await.unwrap();
        }

        fn calls(&self) -> Vec<Vec<String>> {
            self.calls.lock().unwrap().clone()
        }

        fn dead_letters(&self) -> Vec<Value> {
            DeadLetters::of(self.folder.clone(), Vec::new())
                .all()
                .unwrap()
        }
    }

    /// A script that fails at records of this partition key, naming the first.
    fn reports(failing: &'static str) -> impl Fn(&[Value]) -> Result<Value, String> {
        move |records| {
            let failures: Vec<Value> = records
                .iter()
                .filter(|record| record["dynamodb"]["Keys"]["pk"]["S"] == failing)
                .map(|record| json!({ "itemIdentifier": sequence_number(record) }))
                .collect();
            Ok(json!({ "batchItemFailures": failures }))
        }
    }

    #[tokio::test]
    async fn only_new_mails_reach_the_function_and_each_once() {
        let stage = Stage::new();
        for (pk, entity) in [
            ("A", "mail"),
            ("B", "contract"),
            ("C", "mail"),
            ("A", "mail"),
        ] {
            stage.put(pk, entity);
        }
        stage
            .poll(|_| {}, reports("nobody"), |stage| !stage.calls().is_empty())
            .await;
        assert_eq!(
            stage.calls(),
            [["A", "C"]],
            "the second write of A is no INSERT"
        );
        // A restart goes on after what was done.
        stage.put("D", "mail");
        stage
            .poll(|_| {}, reports("nobody"), |stage| stage.calls().len() > 1)
            .await;
        assert_eq!(stage.calls().last().unwrap(), &["D"]);
        assert!(stage.dead_letters().is_empty());
    }

    #[tokio::test]
    async fn a_record_has_the_shape_that_lambda_gives_it() {
        let stage = Stage::new();
        stage.put("A", "mail");
        let seen = Arc::new(Mutex::new(Value::Null));
        let keep = seen.clone();
        let script = move |records: &[Value]| {
            *keep.lock().unwrap() = records[0].clone();
            Ok(json!({ "batchItemFailures": [] }))
        };
        stage
            .poll(|_| {}, script, |stage| !stage.calls().is_empty())
            .await;
        let record = seen.lock().unwrap().clone();
        assert_eq!(record["eventName"], "INSERT");
        assert_eq!(record["eventSource"], "aws:dynamodb");
        assert_eq!(record["awsRegion"], REGION);
        assert!(
            record["eventSourceARN"]
                .as_str()
                .unwrap()
                .contains(":table/denshi-hosho-table/stream/")
        );
        assert_eq!(record["dynamodb"]["StreamViewType"], "NEW_IMAGE");
        assert_eq!(record["dynamodb"]["NewImage"]["entity"]["S"], "mail");
        assert!(record["dynamodb"]["SequenceNumber"].is_string());
    }

    /// The mails before the first failure are done; it and those after it come again, then are given up together.
    #[tokio::test]
    async fn a_record_that_keeps_failing_ends_in_the_dead_letter_queue() {
        let stage = Stage::new();
        for pk in ["A", "B", "C"] {
            stage.put(pk, "mail");
        }
        stage
            .poll(
                |mapping| mapping.retries = Some(2),
                reports("B"),
                |stage| !stage.dead_letters().is_empty(),
            )
            .await;
        assert_eq!(
            stage.calls(),
            [vec!["A", "B", "C"], vec!["B", "C"], vec!["B", "C"]]
        );
        let letters = stage.dead_letters();
        assert_eq!(letters.len(), 1);
        let message = &letters[0]["message"];
        assert_eq!(
            message["requestContext"]["condition"],
            "RetryAttemptsExhausted"
        );
        assert_eq!(message["DDBStreamBatchInfo"]["batchSize"], 2);
        assert!(
            message["DDBStreamBatchInfo"].get("Records").is_none(),
            "pointers, no data"
        );
        // And the stream goes on behind it.
        stage.put("D", "mail");
        stage
            .poll(|_| {}, reports("nobody"), |stage| stage.calls().len() > 3)
            .await;
        assert_eq!(stage.calls().last().unwrap(), &["D"]);
    }

    #[tokio::test]
    async fn a_function_that_fails_as_a_whole_has_its_batch_halved_until_the_culprit_is_alone() {
        let stage = Stage::new();
        for pk in ["A", "B", "C", "D"] {
            stage.put(pk, "mail");
        }
        let script = |records: &[Value]| match records
            .iter()
            .any(|record| record["dynamodb"]["Keys"]["pk"]["S"] == "C")
        {
            true => Err("no".to_owned()),
            false => Ok(json!({})),
        };
        let done = |stage: &Stage| stage.calls().last().is_some_and(|last| last == &["D"]);
        stage
            .poll(|mapping| mapping.retries = Some(1), script, done)
            .await;
        assert_eq!(
            stage.calls(),
            [
                vec!["A", "B", "C", "D"],
                vec!["A", "B"],
                vec!["C", "D"],
                vec!["C"],
                vec!["C"],
                vec!["D"]
            ]
        );
        assert_eq!(
            stage.dead_letters()[0]["message"]["DDBStreamBatchInfo"]["batchSize"],
            1
        );
    }

    #[tokio::test]
    async fn a_record_past_its_age_is_given_up_without_a_call() {
        let stage = Stage::new();
        stage.put("A", "mail");
        tokio::time::sleep(Duration::from_millis(1100)).await;
        let aged = |mapping: &mut Mapping| mapping.record_age = Some(Duration::ZERO);
        stage
            .poll(aged, reports("nobody"), |stage| {
                !stage.dead_letters().is_empty()
            })
            .await;
        assert!(stage.calls().is_empty());
        assert_eq!(
            stage.dead_letters()[0]["message"]["requestContext"]["condition"],
            "RecordAgeExceeded"
        );
    }

    #[test]
    fn a_batch_restarts_at_the_first_record_that_failed() {
        let records: Vec<Value> = ["10", "11", "12"]
            .iter()
            .map(|number| json!({ "dynamodb": { "SequenceNumber": number } }))
            .collect();
        for (answer, expected) in [
            ("{}", Outcome::Done),
            ("null", Outcome::Done),
            (r#"{"batchItemFailures":[]}"#, Outcome::Done),
            (
                r#"{"batchItemFailures":[{"itemIdentifier":"12"},{"itemIdentifier":"11"}]}"#,
                Outcome::FailedAt(1),
            ),
            (
                r#"{"batchItemFailures":[{"itemIdentifier":"13"}]}"#,
                Outcome::Failed,
            ),
            (
                r#"{"batchItemFailures":[{"itemIdentifier":""}]}"#,
                Outcome::Failed,
            ),
            (r#"{"batchItemFailures":"none"}"#, Outcome::Failed),
            ("done", Outcome::Failed),
        ] {
            assert_eq!(outcome(answer, &records), expected, "{answer}");
        }
    }
}
