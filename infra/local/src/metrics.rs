//! CloudWatch, as far as metrics go: the lines that functions write in the embedded metric format, read by
//! its rules and added up; shown at `/metrics.json`.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use web::Output;

/// The metrics of a cloud.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics(Arc<Mutex<BTreeMap<(String, String), Measured>>>);

/// What was measured of one metric of one function.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    /// The function by its full name, and its version where the metric is counted by that.
    pub function: String,
    /// The name of the metric.
    pub metric: String,
    /// Its unit, such as `Count`.
    pub unit: String,
    /// All values together.
    pub sum: f64,
    /// The latest value.
    pub last: f64,
}

/// A line of the format; members that it does not know are passed over, as CloudWatch does.
#[derive(Deserialize)]
struct Line {
    #[serde(rename = "_aws")]
    metadata: Metadata,
    #[serde(flatten)]
    members: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    #[serde(rename = "Timestamp")]
    _timestamp: u64,
    cloud_watch_metrics: Vec<Directive>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    #[serde(rename = "Namespace")]
    _namespace: String,
    dimensions: Vec<Vec<String>>,
    metrics: Vec<Definition>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Definition {
    name: String,
    unit: String,
}

impl Metrics {
    /// An output whose lines are added up here.
    pub(crate) fn output(&self) -> Output {
        let metrics = self.clone();
        Output::to(move |line| metrics.take(line))
    }

    /// Everything measured so far.
    pub(crate) fn all(&self) -> Vec<Measured> {
        let measured = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        measured.values().cloned().collect()
    }

    /// Reads a line; one that is not of the format says nothing to CloudWatch either.
    fn take(&self, line: &str) {
        let Ok(Line { metadata, members }) = serde_json::from_str(line) else {
            return;
        };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for directive in metadata.cloud_watch_metrics {
            let dimensions = directive.dimensions.iter().flatten();
            let named: Option<Vec<&str>> =
                dimensions.map(|name| members.get(name)?.as_str()).collect();
            for Definition { name, unit } in directive.metrics {
                let value = members.get(&name).and_then(Value::as_f64);
                let (Some(function), Some(value)) =
                    (named.as_ref().map(|set| set.join(" ")), value)
                else {
                    continue;
                };
                let measured = all
                    .entry((function.clone(), name.clone()))
                    .or_insert(Measured {
                        function,
                        metric: name,
                        unit,
                        sum: 0.0,
                        last: 0.0,
                    });
                measured.sum += value;
                measured.last = value;
            }
        }
    }
}
