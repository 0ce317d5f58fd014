//! Lambda: the functions of the template with their environments and key pairs, kept warm and called
//! with JSON text in and out, as the service calls them.

use std::{
    collections::BTreeMap,
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

use aws_credential_types::{Credentials as Keys, provider::SharedCredentialsProvider};
use aws_smithy_http_client::Builder;
use aws_types::{SdkConfig, region::Region};
use axum::Router;
use lambda_http::{Adapter, Context, LambdaEvent, Service, request::LambdaRequest};
use serde_json::Value;
use web::Environment;

use crate::{
    clock,
    credentials::{Credentials, KeyPair, random},
    meter::{Meter, Usage},
    metrics::Metrics,
    options::StartError,
    template::{ACCOUNT, Function, REGION, STACK, Template},
};

/// The folders under `functions/`, each with its code.
const STEPS: [&str; 7] = [
    "apply",
    "issue",
    "notify",
    "view",
    "generate-key",
    "verify",
    "portal",
];

/// All functions of the template.
pub(crate) struct Functions {
    running: BTreeMap<String, Running>,
    meter: Arc<Meter>,
}

struct Running {
    handler: Handler,
    arn: String,
    timeout: Duration,
}

#[derive(Clone)]
enum Handler {
    /// Called by the HTTP API.
    Http(Router),
    /// Called by a stream or a schedule.
    Event(Arc<notify::Notify>),
    /// What a test writes down.
    #[cfg(test)]
    Scripted(Script),
}

/// A function that a test writes down.
#[cfg(test)]
pub(crate) type Script = Arc<dyn Fn(Value) -> Result<Value, String> + Send + Sync>;

/// Why an invocation gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("there is no function {0}")]
    Unknown(String),
    #[error("the function panicked")]
    Panicked,
    #[error("the function took longer than its {} s", .0.as_secs())]
    TimedOut(Duration),
    #[error("the function failed: {0}")]
    Failed(String),
}

impl Functions {
    /// Starts every function that the template deploys.
    pub(crate) fn start(
        template: &Template,
        credentials: &Credentials,
        aws: &str,
        meter: Arc<Meter>,
        metrics: &Metrics,
    ) -> Result<Self, StartError> {
        if let Some(missing) = STEPS.iter().find(|step| template.function(step).is_none()) {
            return Err(StartError::Mismatch(format!(
                "functions/{missing} is not deployed"
            )));
        }
        let mut running = BTreeMap::new();
        for function in &template.functions {
            let keys = credentials.function(&function.name).ok_or_else(|| {
                StartError::Mismatch(format!("{} has no key pair", function.name))
            })?;
            let handler = handler(function, &sdk_config(keys, aws), metrics)?;
            let arn = format!(
                "arn:aws:lambda:{REGION}:{ACCOUNT}:function:{STACK}-{}",
                function.name.to_lowercase()
            );
            running.insert(
                function.name.clone(),
                Running {
                    handler,
                    arn,
                    timeout: function.timeout,
                },
            );
        }
        Ok(Self { running, meter })
    }

    /// A single function that a test writes down.
    #[cfg(test)]
    pub(crate) fn scripted(name: &str, script: Script) -> Self {
        Self::only(name, Handler::Scripted(script), Duration::from_secs(5))
    }

    /// A single function behind the HTTP API that a test writes down.
    #[cfg(test)]
    pub(crate) fn routed(name: &str, router: Router, timeout: Duration) -> Self {
        Self::only(name, Handler::Http(router), timeout)
    }

    #[cfg(test)]
    fn only(name: &str, handler: Handler, timeout: Duration) -> Self {
        let running = Running {
            handler,
            arn: format!("arn:aws:lambda:::function:{name}"),
            timeout,
        };
        Self {
            running: BTreeMap::from([(name.to_owned(), running)]),
            meter: Arc::default(),
        }
    }

    /// The ARN of a function.
    pub(crate) fn arn(&self, name: &str) -> String {
        self.running
            .get(name)
            .map(|function| function.arn.clone())
            .unwrap_or_default()
    }

    /// The logical name of the function that AWS knows under this name.
    pub(crate) fn named(&self, name: &str) -> Option<&str> {
        self.running
            .iter()
            .find(|(_, function)| function.arn.rsplit(':').next() == Some(name))
            .map(|(logical, _)| logical.as_str())
    }

    /// Calls a function with an event and gives its answer. A caller that goes away does not stop it.
    ///
    /// # Errors
    /// [`Failure`] where Lambda would report a function error.
    pub(crate) async fn invoke(&self, name: &str, event: String) -> Result<String, Failure> {
        let function = self
            .running
            .get(name)
            .ok_or_else(|| Failure::Unknown(name.to_owned()))?;
        let handler = function.handler.clone();
        let mut context = Context::default();
        context.request_id = request_id();
        context.invoked_function_arn.clone_from(&function.arn);
        context.deadline = u64::try_from(clock::now_in_milliseconds()).unwrap_or_default()
            + u64::try_from(function.timeout.as_millis()).unwrap_or_default();
        let begin = Instant::now();
        let mut task = tokio::spawn(async move { handler.call(event, context).await });
        let answer = match tokio::time::timeout(function.timeout, &mut task).await {
            Ok(Ok(answer)) => answer.map_err(Failure::Failed),
            Ok(Err(_)) => Err(Failure::Panicked),
            Err(_) => {
                task.abort();
                Err(Failure::TimedOut(function.timeout))
            }
        };
        self.meter.count(name, Usage::Invocation, begin);
        answer
    }
}

impl Handler {
    async fn call(self, event: String, context: Context) -> Result<String, String> {
        match self {
            Self::Http(router) => {
                let payload: LambdaRequest =
                    serde_json::from_str(&event).map_err(|error| error.to_string())?;
                let answering = Adapter::from(router).call(LambdaEvent::new(payload, context));
                let Ok(answer) = answering.await;
                serde_json::to_string(&answer).map_err(|error| error.to_string())
            }
            Self::Event(notify) => {
                let event: Value =
                    serde_json::from_str(&event).map_err(|error| error.to_string())?;
                let answer = notify
                    .handle(event)
                    .await
                    .map_err(|error| error.to_string())?;
                Ok(answer.to_string())
            }
            #[cfg(test)]
            Self::Scripted(script) => {
                let event = serde_json::from_str(&event).map_err(|error| error.to_string())?;
                script(event).map(|answer| answer.to_string())
            }
        }
    }
}

fn handler(function: &Function, aws: &SdkConfig, metrics: &Metrics) -> Result<Handler, StartError> {
    let environment: Environment = function
        .environment
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let environment = environment.with_output(metrics.output());
    let misfit = |fault: &dyn Error| StartError::Mismatch(format!("{}: {fault}", function.name));
    let router = match function.step.as_str() {
        "apply" => apply::router(&environment, aws),
        "issue" => {
            return issue::router(&environment, aws)
                .map(Handler::Http)
                .map_err(|fault| misfit(&fault));
        }
        "view" => view::router(&environment, aws),
        "generate-key" => generate_key::router(&environment, aws),
        "verify" => verify::router(&environment, aws),
        "portal" => portal::router(&environment),
        "notify" => {
            let notify = notify::Notify::new(&environment, aws);
            return notify
                .map(|notify| Handler::Event(Arc::new(notify)))
                .map_err(|missing| misfit(&missing));
        }
        other => {
            return Err(StartError::Mismatch(format!(
                "there is no functions/{other}"
            )));
        }
    };
    router
        .map(Handler::Http)
        .map_err(|missing| misfit(&missing))
}

/// How AWS is reached with a key pair: over loopback, without TLS.
pub(crate) fn sdk_config(keys: &KeyPair, aws: &str) -> SdkConfig {
    let keys = Keys::new(
        keys.access_key_id.clone(),
        keys.secret_access_key.clone(),
        None,
        None,
        "local",
    );
    SdkConfig::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::v2026_01_12())
        .region(Region::from_static(REGION))
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .endpoint_url(aws)
        .http_client(Builder::new().build_http())
        .build()
}

fn request_id() -> String {
    let hex = random(b"0123456789abcdef", 32);
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-{}-{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32)
    )
}
