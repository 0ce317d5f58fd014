//! EventBridge Scheduler: calls a function every so often, and at once when a call fell into the time
//! in which the cloud was not running.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use time::OffsetDateTime;

use crate::{
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
            for _ in 0..=self.schedule.retries {
                match self.fire().await {
                    Ok(_) => break,
                    Err(failure) => {
                        tracing::warn!(schedule = self.schedule.name, %failure, "a scheduled call failed");
                    }
                }
            }
        }
    }

    /// Calls the function once, now.
    pub(crate) async fn fire(&self) -> Result<String, Failure> {
        let event = self
            .schedule
            .input
            .clone()
            .unwrap_or_else(|| self.event(clock::now()));
        self.functions.invoke(&self.function, event).await
    }

    fn last(&self) -> Option<i64> {
        self.checkpoints.get(&self.schedule.name)?.parse().ok()
    }

    /// What the scheduler hands to a function when the schedule has no input of its own.
    fn event(&self, at: OffsetDateTime) -> String {
        let name = &self.schedule.name;
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
        .to_string()
    }
}
