//! EventBridge's default bus, with Lambda's queue of asynchronous calls behind its rules and its schedules:
//! an event stays in the data folder until each function that it is for has handled it, or was tried as
//! often as the template says.

use std::{collections::BTreeMap, io, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;
use ulid::Ulid;

use crate::{
    clock,
    credentials::random,
    dead_letters::DeadLetters,
    folder::Folder,
    functions::{Failure, Functions},
    server::{Stop, stopped},
    template::{Asynchronous, Rule, Template},
};

/// The pause before what failed is tried again; on AWS it is one minute, then two.
const PAUSE: Duration = Duration::from_millis(100);

/// The default bus.
pub(crate) struct Bus {
    rules: Vec<(Rule, String)>,
    asynchronous: BTreeMap<String, Asynchronous>,
    functions: Arc<Functions>,
    folder: Arc<Folder>,
    dead_letters: DeadLetters,
    /// How many calls are still to be made.
    waiting: watch::Sender<usize>,
}

/// A call that is still to be made.
#[derive(Serialize, Deserialize)]
struct Call {
    function: String,
    event: Value,
}

impl Bus {
    pub(crate) const FOLDER: &'static str = "events";

    pub(crate) fn new(
        template: &Template,
        functions: Arc<Functions>,
        folder: Arc<Folder>,
        dead_letters: DeadLetters,
    ) -> io::Result<Self> {
        let rules = template.functions.iter().flat_map(|function| {
            let rules = function.rules.iter();
            rules.map(|rule| (rule.clone(), function.name.clone()))
        });
        let asynchronous = template.functions.iter();
        let asynchronous = asynchronous
            .map(|function| (function.name.clone(), function.asynchronous.clone()))
            .collect();
        Ok(Self {
            rules: rules.collect(),
            asynchronous,
            waiting: watch::Sender::new(folder.names(Self::FOLDER, ".json")?.len()),
            functions,
            folder,
            dead_letters,
        })
    }

    /// Takes an event, for every rule whose pattern it matches.
    pub(crate) fn publish(&self, event: &Value) {
        for (rule, function) in &self.rules {
            if rule.pattern.matches(event) {
                self.hand_over(&rule.name, function, event);
            }
        }
    }

    /// Keeps an event for a function, from the rule or the schedule of this name.
    pub(crate) fn hand_over(&self, from: &str, function: &str, event: &Value) {
        let call = json!({ "function": function, "event": event }).to_string();
        let name = format!("{}/{}.json", Self::FOLDER, Ulid::generate());
        match self.folder.write(name, call.as_bytes()) {
            Ok(()) => self.waiting.send_modify(|waiting| *waiting += 1),
            Err(error) => tracing::error!(%error, from, "an event could not be kept"),
        }
    }

    /// Makes the calls until the cloud ends.
    pub(crate) async fn run(self: Arc<Self>, mut stop: Stop) {
        let mut waiting = self.waiting.subscribe();
        let mut failures = BTreeMap::new();
        loop {
            waiting.borrow_and_update();
            for name in self.folder.names(Self::FOLDER, ".json").unwrap_or_default() {
                if *stop.borrow() {
                    return;
                }
                self.call(&name, &mut failures).await;
            }
            let something_failed = !failures.is_empty();
            tokio::select! {
                _ = waiting.changed() => {}
                () = tokio::time::sleep(PAUSE), if something_failed => {}
                () = stopped(&mut stop) => return,
            }
        }
    }

    /// Waits until no call is left to be made.
    pub(crate) async fn emptied(&self) {
        let _ = self.waiting.subscribe().wait_for(|left| *left == 0).await;
    }

    async fn call(&self, name: &str, failures: &mut BTreeMap<String, u32>) {
        let kept = self.folder.read(format!("{}/{name}", Self::FOLDER));
        let call = kept.ok().flatten();
        let Some(call) = call.and_then(|call| serde_json::from_slice::<Call>(&call).ok()) else {
            tracing::error!(name, "an event cannot be read");
            return self.done(name, failures);
        };
        let event = call.event.to_string();
        let Err(failure) = self.functions.invoke(&call.function, event).await else {
            return self.done(name, failures);
        };
        tracing::warn!(function = call.function, %failure, "an event was not handled");
        let failed = failures.entry(name.to_owned()).or_default();
        *failed += 1;
        let asynchronous = self.asynchronous.get(&call.function);
        if *failed > asynchronous.map_or(0, |asynchronous| asynchronous.retries) {
            if let Some(queue) = asynchronous.and_then(|kept| kept.on_failure.as_ref()) {
                let letter = self.letter(&call, *failed, &failure);
                self.dead_letters.put(queue, &letter);
            }
            self.done(name, failures);
        }
    }

    fn done(&self, name: &str, failures: &mut BTreeMap<String, u32>) {
        failures.remove(name);
        match self.folder.remove(format!("{}/{name}", Self::FOLDER)) {
            Ok(()) => self
                .waiting
                .send_modify(|waiting| *waiting = waiting.saturating_sub(1)),
            Err(error) => tracing::error!(%error, "an event could not be taken from the bus"),
        }
    }

    /// What Lambda tells the queue about a call that it gave up.
    fn letter(&self, call: &Call, failed: u32, failure: &Failure) -> Value {
        json!({
            "version": "1.0",
            "timestamp": clock::rfc3339(clock::now()),
            "requestContext": {
                "requestId": random(b"0123456789abcdef", 32),
                "functionArn": self.functions.arn(&call.function),
                "condition": "RetriesExhausted",
                "approximateInvokeCount": failed,
            },
            "requestPayload": call.event,
            "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
            "responsePayload": { "errorMessage": failure.to_string() },
        })
    }
}
