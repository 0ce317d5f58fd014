//! EventBridge Scheduler: hands a function an event every so often, and at once when one fell into the time
//! in which the cloud was not running. It does not wait for the answer; what fails is tried again and given
//! up as other asynchronous calls are.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use crate::{
    bus::Bus,
    checkpoints::Checkpoints,
    clock,
    functions::{Failure, Functions},
    server::{Stop, stopped},
    template::{ACCOUNT, REGION, Schedule},
};

/// One schedule of the template.
#[derive(Clone)]
pub(crate) struct Clockwork {
    pub(crate) schedule: Schedule,
    pub(crate) function: String,
    pub(crate) functions: Arc<Functions>,
    pub(crate) bus: Arc<Bus>,
    pub(crate) checkpoints: Arc<Checkpoints>,
}

impl Clockwork {
    /// Fires every so often until the cloud ends.
    pub(crate) async fn run(self, mut stop: Stop) {
        let every = i64::try_from(self.schedule.every.as_secs()).unwrap_or(i64::MAX);
        if self.last().is_none() {
            self.checkpoints.set(
                &self.schedule.name,
                clock::now().unix_timestamp().to_string(),
            );
        }
        loop {
            let now = clock::now().unix_timestamp();
            let wait = self
                .last()
                .unwrap_or(now)
                .saturating_add(every)
                .saturating_sub(now);
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(u64::try_from(wait).unwrap_or_default())) => {}
                () = stopped(&mut stop) => return,
            }
            self.checkpoints.set(
                &self.schedule.name,
                clock::now().unix_timestamp().to_string(),
            );
            self.bus
                .hand_over(&self.schedule.name, &self.function, &self.event());
        }
    }

    /// Calls the function once, now, and waits for its answer.
    pub(crate) async fn fire(&self) -> Result<String, Failure> {
        let event = self.event().to_string();
        self.functions.invoke(&self.function, event).await
    }

    fn last(&self) -> Option<i64> {
        self.checkpoints.get(&self.schedule.name)?.parse().ok()
    }

    /// What the scheduler hands to the function: the schedule's own input, or one that says where it is from.
    fn event(&self) -> Value {
        if let Some(input) = &self.schedule.input {
            // What is no JSON reaches the function as text.
            return serde_json::from_str(input).unwrap_or_else(|_| json!(input));
        }
        let (name, at) = (&self.schedule.name, clock::now());
        json!({
            "version": "0",
            "id": crate::credentials::random(b"0123456789abcdef", 32),
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": ACCOUNT,
            "time": clock::rfc3339(at.replace_nanosecond(0).unwrap_or(at)),
            "region": REGION,
            "resources": [format!("arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/{name}")],
            "detail": "{}",
        })
    }
}
