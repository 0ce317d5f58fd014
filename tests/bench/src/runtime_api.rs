//! Lambda's Runtime API as far as one cold start goes: a process is started, asks for its first event,
//! and answers it.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use nix::time::clock_getcpuclockid;
use nix::unistd::Pid;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// Longer than any of them takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A cold start.
#[derive(Debug, Clone)]
pub(crate) struct ColdStart {
    /// From the start of the process to its first request for an event.
    pub(crate) ready: Duration,
    /// From the start of the process to its first answer.
    pub(crate) answered: Duration,
    /// The processor time of all its threads up to then.
    pub(crate) processor: Duration,
    /// The most memory that it held up to then, in kilobytes.
    pub(crate) peak_kilobytes: u64,
    /// What it answered.
    pub(crate) answer: Value,
}

/// What a process says to the Runtime API.
enum Said {
    Ready(Instant),
    Answered(Instant, Bytes),
    Failed(Bytes),
}

struct Api {
    event: String,
    handed_over: AtomicBool,
    said: mpsc::UnboundedSender<Said>,
}

/// Starts a process cold, hands it an event, and ends it.
pub(crate) async fn cold_start(mut command: Command, event: &Value) -> ColdStart {
    let (said, mut heard) = mpsc::unbounded_channel();
    let api: &'static Api = Box::leak(Box::new(Api {
        event: event.to_string(),
        handed_over: AtomicBool::new(false),
        said,
    }));
    let routes = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route(
            "/2018-06-01/runtime/invocation/{id}/response",
            post(answered),
        )
        .route("/2018-06-01/runtime/invocation/{id}/error", post(failed))
        .route("/2018-06-01/runtime/init/error", post(failed))
        .with_state(api);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move { axum::serve(listener, routes).await });

    command.env("AWS_LAMBDA_RUNTIME_API", address.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let begin = Instant::now();
    let mut process = command.spawn().unwrap();
    let (mut ready, mut answer) = (None, None);
    while answer.is_none() {
        let said = tokio::time::timeout(PATIENCE, heard.recv()).await;
        match said.unwrap_or_else(|_| panic!("{command:?} says nothing")) {
            Some(Said::Ready(at)) => ready = Some(at - begin),
            Some(Said::Answered(at, said)) => answer = Some((at - begin, said)),
            Some(Said::Failed(why)) => panic!("{command:?}: {}", String::from_utf8_lossy(&why)),
            None => panic!("the Runtime API ended"),
        }
    }
    let (processor, peak_kilobytes) = (processor_time(process.id()), peak(process.id()));
    process.kill().unwrap();
    process.wait().unwrap();
    serving.abort();
    let (answered, answer) = answer.unwrap();
    ColdStart {
        ready: ready.unwrap(),
        answered,
        processor,
        peak_kilobytes,
        answer: serde_json::from_slice(&answer).unwrap(),
    }
}

async fn next(State(api): State<&'static Api>) -> Response {
    let at = Instant::now();
    if api.handed_over.swap(true, Ordering::SeqCst) {
        // Nothing more comes: the environment is frozen until its end.
        std::future::pending::<()>().await;
    }
    let _ = api.said.send(Said::Ready(at));
    let deadline = (time::UtcDateTime::now() + Duration::from_secs(30)).unix_timestamp() * 1000;
    let headers = [
        ("content-type", "application/json".to_owned()),
        (
            "lambda-runtime-aws-request-id",
            "6f8b1a0e-0000-4000-8000-000000000001".to_owned(),
        ),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            format!(
                "arn:aws:lambda:{}:{}:function:measured",
                local::template::REGION,
                local::template::ACCOUNT
            ),
        ),
    ];
    (headers, api.event.clone()).into_response()
}

async fn answered(State(api): State<&'static Api>, answer: Bytes) -> StatusCode {
    let _ = api.said.send(Said::Answered(Instant::now(), answer));
    StatusCode::ACCEPTED
}

async fn failed(State(api): State<&'static Api>, why: Bytes) -> StatusCode {
    let _ = api.said.send(Said::Failed(why));
    StatusCode::ACCEPTED
}

/// The time that a process had on a processor, in all its threads, those that have ended too.
fn processor_time(process: u32) -> Duration {
    let process = Pid::from_raw(process.try_into().unwrap());
    clock_getcpuclockid(process).unwrap().now().unwrap().into()
}

fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    peak.trim_end_matches("kB").trim().parse().unwrap()
}
