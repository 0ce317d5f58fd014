//! The numbers that an operator asks for, in CloudWatch's embedded metric format: one line of JSON on the
//! function's output, which the platform turns into metrics without a call.
//!
//! Written out here because the libraries for it record through one recorder of the whole process, and
//! on one machine all functions share a process. A metric has a name and a number, so that nothing of a
//! contract or a person can stand in it.

use std::fmt;
use std::io::Write as _;
use std::sync::Arc;

use serde_json::json;

use crate::{Environment, MissingSetting, now};

/// What is counted or measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// A contractor applied.
    Applications,
    /// The desk declined an application.
    Declines,
    /// The desk issued a certificate.
    Issues,
    /// A mail came to be owed.
    MailsOwed,
    /// The mail service accepted a mail.
    MailsSent,
    /// The mail service refused a mail for good.
    MailsRefused,
    /// The mail service reported that a mail came back.
    MailsBounced,
    /// The mail service reported that a mail was called unwanted.
    MailsComplainedOf,
    /// An orderer's check showed a certificate.
    ChecksOpened,
    /// An orderer's check showed none.
    ChecksRefused,
    /// A function started anew.
    ColdStarts,
    /// What was asked could not be done for no fault of who asked: an answer of 503, a mail that stays owed though
    /// the mail service is open. Counted by version, so that a new one that fails is taken back.
    Failures,
    /// For how many seconds the oldest mail is owed that is not yet sent; 0 when there is none.
    OldestUnsentMailSeconds,
}

impl Metric {
    const fn unit(self) -> &'static str {
        match self {
            Self::OldestUnsentMailSeconds => "Seconds",
            _ => "Count",
        }
    }

    const fn dimensions(self) -> &'static [&'static str] {
        match self {
            Self::Failures => &["FunctionName", "ExecutedVersion"],
            _ => &["FunctionName"],
        }
    }
}

/// Where a function writes its metrics, under its own name.
#[derive(Debug, Clone)]
pub struct Meter {
    namespace: String,
    function: String,
    version: String,
    output: Output,
}

impl Meter {
    pub(crate) fn of(environment: &Environment) -> Result<Self, MissingSetting> {
        Ok(Self {
            namespace: environment.get("METRICS_NAMESPACE")?.to_owned(),
            function: environment.get("AWS_LAMBDA_FUNCTION_NAME")?.to_owned(),
            version: environment.get("AWS_LAMBDA_FUNCTION_VERSION")?.to_owned(),
            output: environment.output().clone(),
        })
    }

    /// Writes one value of a metric.
    pub fn say(&self, metric: Metric, value: i64) {
        let name = format!("{metric:?}");
        let mut line = json!({
            "_aws": {
                "Timestamp": now().epoch_milliseconds(),
                "CloudWatchMetrics": [{
                    "Namespace": self.namespace,
                    "Dimensions": [metric.dimensions()],
                    "Metrics": [{ "Name": name, "Unit": metric.unit() }],
                }],
            },
            "FunctionName": self.function,
            "ExecutedVersion": self.version,
        });
        if let Some(members) = line.as_object_mut() {
            members.insert(name, value.into());
        }
        self.output.write(&line.to_string());
    }
}

/// The output of a function, line by line.
#[derive(Clone)]
pub struct Output(Arc<dyn Fn(&str) + Send + Sync>);

impl Output {
    /// An output that hands over each line.
    pub fn to(keep: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(keep))
    }

    /// The output of this process, which the platform reads.
    #[must_use]
    pub fn of_process() -> Self {
        // A number that cannot be written must not stop what it counts.
        Self::to(|line| drop(writeln!(std::io::stdout(), "{line}")))
    }

    fn write(&self, line: &str) {
        self.0(line);
    }
}

/// An output that forgets.
impl Default for Output {
    fn default() -> Self {
        Self::to(|_| {})
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Output")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use serde_json::Value;

    use super::*;

    fn said(metric: Metric, value: i64) -> Value {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        let output = Output::to(move |line| kept.lock().unwrap().push(line.to_owned()));
        let environment: Environment = [
            ("METRICS_NAMESPACE", "denshi-hosho"),
            ("AWS_LAMBDA_FUNCTION_NAME", "denshi-hosho-notify"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "7"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into_iter()
        .collect();
        let meter = environment.with_output(output).meter().unwrap();
        meter.say(metric, value);
        let lines = lines.lock().unwrap();
        assert_eq!(lines.len(), 1);
        assert!(!lines[0].contains('\n'), "one line is one metric");
        serde_json::from_str(&lines[0]).unwrap()
    }

    /// The rules of the specification: what the metadata names stands at the root, as a number or as text.
    #[test]
    fn a_line_is_what_the_embedded_metric_format_asks_for() {
        let line = said(Metric::OldestUnsentMailSeconds, 61);
        assert!(line["_aws"]["Timestamp"].is_u64());
        let directives = line["_aws"]["CloudWatchMetrics"].as_array().unwrap();
        assert_eq!(directives.len(), 1);
        let namespace = directives[0]["Namespace"].as_str().unwrap();
        assert!((1..=1024).contains(&namespace.len()));
        for set in directives[0]["Dimensions"].as_array().unwrap() {
            for name in set.as_array().unwrap() {
                let value = line[name.as_str().unwrap()].as_str().unwrap();
                assert!((1..=1024).contains(&value.len()));
            }
        }
        let metric = &directives[0]["Metrics"][0];
        assert_eq!(metric["Unit"], "Seconds");
        assert_eq!(line[metric["Name"].as_str().unwrap()], 61);
        // Nothing else: no place for a number of a contract or a name.
        assert_eq!(line.as_object().unwrap().len(), 4);
    }

    #[test]
    fn failures_alone_are_told_apart_by_version() {
        let dimensions = |metric| {
            let line = said(metric, 1);
            line["_aws"]["CloudWatchMetrics"][0]["Dimensions"].clone()
        };
        assert_eq!(dimensions(Metric::Issues), json!([["FunctionName"]]));
        let by_version = json!([["FunctionName", "ExecutedVersion"]]);
        assert_eq!(dimensions(Metric::Failures), by_version);
    }

    #[test]
    fn what_is_counted_is_counted() {
        let line = said(Metric::ChecksOpened, 1);
        let metric = &line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0];
        assert_eq!(metric["Name"], "ChecksOpened");
        assert_eq!(metric["Unit"], "Count");
        assert_eq!(line["ChecksOpened"], 1);
    }
}
