//! The one address at which AWS is: tells services and callers apart, decides rights, and lets faults strike.

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task,
    time::{Duration, Instant},
};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Frame, Incoming};
use hyper_util::{
    client::legacy::Client,
    client::legacy::connect::HttpConnector,
    rt::{TokioExecutor, TokioTimer},
};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::{
    credentials::{Caller, Credentials},
    dead_letters::{self, DeadLetters},
    dynamodb,
    fault::{Fault, FaultKind, Faults, When},
    functions::Functions,
    issuer::{self, Issuer},
    json::list_at,
    meter::{self, Meter, Usage},
    policy::{Access, Refused, Rights},
    s3::{self, S3},
    server::Cut,
    ses::{self, Query, Ses},
};

const DYNAMODB_TARGET: &str = "DynamoDB_20120810.";
const STREAMS_TARGET: &str = "DynamoDBStreams_20120810.";
/// DynamoDB takes 16 MB at most; SES's mails are smaller.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// The services behind the AWS endpoint.
pub(crate) struct Front {
    pub(crate) credentials: Arc<Credentials>,
    pub(crate) rights: Arc<Rights>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) meter: Arc<Meter>,
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) s3: S3,
    pub(crate) ses: Ses,
    pub(crate) dead_letters: DeadLetters,
    pub(crate) functions: Arc<Functions>,
    pub(crate) database: SocketAddr,
    pub(crate) partition_key: String,
    /// Wakes the poller after a write.
    pub(crate) written: Arc<Notify>,
    pub(crate) client: Client<HttpConnector, Full<Bytes>>,
}

/// A service that rights and faults speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    DynamoDb,
    S3,
    Ses,
    Sqs,
    Lambda,
}

/// A client for the database's own listener.
pub(crate) fn client() -> Client<HttpConnector, Full<Bytes>> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new())
        // Well before the other side would close it.
        .pool_idle_timeout(Duration::from_secs(5))
        .pool_timer(TokioTimer::new())
        .build(connector)
}

impl Front {
    /// Answers one request.
    pub(crate) async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Cut> {
        let target = text(request.headers(), "x-amz-target").to_owned();
        if let Some(operation) = target.strip_prefix(issuer::TARGET) {
            let operation = operation.to_owned();
            let body = whole(request.into_body()).await?;
            return Ok(self.issuer.answer(&operation, &body));
        }
        let signature = Signature::of(&request);
        let service = match &signature {
            _ if target.starts_with(DYNAMODB_TARGET) || target.starts_with(STREAMS_TARGET) => {
                Service::DynamoDb
            }
            Some(signature) if signature.service == "dynamodb" => Service::DynamoDb,
            Some(signature) if signature.service == "ses" => Service::Ses,
            Some(signature) if signature.service == "sqs" => Service::Sqs,
            Some(signature) if signature.service == "lambda" => Service::Lambda,
            // Only S3 may be asked without a signature; s3s refuses it in S3's words.
            _ => Service::S3,
        };
        let caller = signature
            .as_ref()
            .and_then(|signature| self.credentials.holder(&signature.access_key_id));
        match (service, caller) {
            (Service::S3, caller) => {
                self.answer_s3(caller.map(|(caller, _)| caller), request)
                    .await
            }
            (service, None) => Ok(unknown_key(service)),
            (Service::DynamoDb, Some((caller, _))) => {
                self.answer_dynamodb(&caller, &target, request).await
            }
            (Service::Ses, Some((caller, _))) => self.answer_ses(&caller, request).await,
            (Service::Sqs, Some((caller, _))) => self.answer_sqs(&caller, &target, request).await,
            (Service::Lambda, Some((caller, _))) => self.answer_lambda(&caller, request).await,
        }
    }

    async fn answer_dynamodb(
        &self,
        caller: &Caller,
        target: &str,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Cut> {
        let operation = target.rsplit('.').next().unwrap_or_default();
        let (parts, body) = request.into_parts();
        let body = whole(body).await?;
        let said: Value = serde_json::from_slice(&body).unwrap_or_default();
        if let Err(refused) = self.rights.decide(
            caller,
            &dynamodb::accesses(operation, &said, &self.partition_key),
        ) {
            return Ok(denied(Service::DynamoDb, &refused));
        }
        let fault = self.faults.strike(caller, operation);
        if let Some(fault) = fault.as_ref().filter(|fault| fault.when == When::Before) {
            return shown(fault, Service::DynamoDb, &said).await;
        }
        let answer = match caller {
            Caller::Function(function) if self.meter.is_counting() => {
                let begin = Instant::now();
                let body = Bytes::from(meter::asking_for_capacity(said.clone()).to_string());
                let answer = self.forward(parts.method, parts.headers, body).await?;
                let used = meter::consumed(operation, answer.body());
                self.meter.count(function, used, begin);
                answer
            }
            _ => self.forward(parts.method, parts.headers, body).await?,
        }
        .map(Body::from);
        if answer.status().is_success() && !dynamodb::only_reads(operation) {
            self.written.notify_waiters();
        }
        match fault {
            Some(fault) => shown(&fault, Service::DynamoDb, &said).await,
            None => Ok(answer),
        }
    }

    async fn forward(
        &self,
        method: http::Method,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response<Bytes>, Cut> {
        let uri = Uri::builder()
            .scheme("http")
            .authority(self.database.to_string())
            .path_and_query("/")
            .build()
            .map_err(|_| Cut)?;
        let mut forwarded = Request::new(Full::new(body));
        *forwarded.method_mut() = method;
        *forwarded.uri_mut() = uri;
        *forwarded.headers_mut() = headers;
        // They belong to the connection they came on.
        for name in [
            header::CONNECTION,
            header::TRANSFER_ENCODING,
            header::EXPECT,
            header::CONTENT_LENGTH,
        ] {
            forwarded.headers_mut().remove(name);
        }
        let answer = self.client.request(forwarded).await.map_err(|_| Cut)?;
        let (mut parts, body) = answer.into_parts();
        parts.headers.remove(header::CONNECTION);
        parts.headers.remove(header::TRANSFER_ENCODING);
        Ok(Response::from_parts(parts, whole(body).await?))
    }

    async fn answer_ses(
        &self,
        caller: &Caller,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Cut> {
        let query = Query::parse(&whole(request.into_body()).await?);
        if let Err(refused) = self.rights.decide(caller, &self.ses.accesses(&query)) {
            return Ok(denied(Service::Ses, &refused));
        }
        let fault = self.faults.strike(caller, query.action());
        if let Some(fault) = fault.as_ref().filter(|fault| fault.when == When::Before) {
            return shown(fault, Service::Ses, &Value::Null).await;
        }
        if self.faults.poisons(&query.destinations()) {
            return Ok(internal_error(Service::Ses));
        }
        let begin = Instant::now();
        let answer = self.ses.answer(&query);
        if let Caller::Function(function) = caller {
            let operation = query.action().to_owned();
            self.meter.count(function, Usage::Ses { operation }, begin);
        }
        match fault {
            Some(fault) => shown(&fault, Service::Ses, &Value::Null).await,
            None => Ok(answer),
        }
    }

    async fn answer_sqs(
        &self,
        caller: &Caller,
        target: &str,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Cut> {
        let operation = target
            .strip_prefix(dead_letters::TARGET)
            .unwrap_or_default();
        let said: Value =
            serde_json::from_slice(&whole(request.into_body()).await?).unwrap_or_default();
        let access = DeadLetters::access(operation, &said);
        if let Err(refused) = self.rights.decide(caller, &[access]) {
            return Ok(denied(Service::Sqs, &refused));
        }
        Ok(self.dead_letters.answer(operation, &said))
    }

    /// Lambda's Invoke, which waits for the function's answer.
    async fn answer_lambda(
        &self,
        caller: &Caller,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Cut> {
        let name = invoked(request.uri().path()).unwrap_or_default().to_owned();
        let event = whole(request.into_body()).await?;
        let function = self.functions.named(&name);
        let access = Access {
            action: "lambda:InvokeFunction".to_owned(),
            resource: function.map_or(name, |function| self.functions.arn(function)),
            leading_keys: Vec::new(),
        };
        if let Err(refused) = self.rights.decide(caller, std::slice::from_ref(&access)) {
            return Ok(denied(Service::Lambda, &refused));
        }
        let Some(function) = function else {
            let message = format!("Function not found: {}", access.resource);
            return Ok(json_answer(
                StatusCode::NOT_FOUND,
                &json!({ "__type": "ResourceNotFoundException", "Message": message }),
            ));
        };
        let event = String::from_utf8_lossy(&event).into_owned();
        Ok(match self.functions.invoke(function, event).await {
            Ok(answer) => Response::new(Body::from(answer)),
            Err(failure) => {
                let said = json!({ "errorMessage": failure.to_string() });
                let mut response = json_answer(StatusCode::OK, &said);
                response.headers_mut().insert(
                    "x-amz-function-error",
                    HeaderValue::from_static("Unhandled"),
                );
                response
            }
        })
    }

    async fn answer_s3(
        &self,
        caller: Option<Caller>,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Cut> {
        let operation = s3::operation_of(request.method(), request.uri());
        let fault = caller
            .as_ref()
            .and_then(|caller| self.faults.strike(caller, operation));
        if let Some(fault) = &fault {
            if fault.kind == FaultKind::TornPut {
                let (parts, body) = request.into_parts();
                let body = whole(body).await?;
                let half = body.slice(..body.len() / 2);
                let torn = Request::from_parts(parts, s3s::Body::http_body(Torn(Some(half))));
                let _ = self.s3.answer(caller.as_ref(), torn).await;
                return Err(Cut);
            }
            if fault.when == When::Before {
                return shown(fault, Service::S3, &Value::Null).await;
            }
        }
        let begin = Instant::now();
        let answer = self
            .s3
            .answer(caller.as_ref(), request.map(s3s::Body::from))
            .await
            .ok_or(Cut)?;
        if let Some(Caller::Function(function)) = &caller {
            let operation = operation.to_owned();
            self.meter.count(function, Usage::S3 { operation }, begin);
        }
        match fault {
            Some(fault) => shown(&fault, Service::S3, &Value::Null).await,
            None => Ok(answer),
        }
    }
}

/// The function that a path of Lambda's Invoke names.
fn invoked(path: &str) -> Option<&str> {
    path.strip_prefix("/2015-03-31/functions/")?
        .strip_suffix("/invocations")
}

/// What a request says about who signed it, in its header or in a presigned address.
struct Signature {
    access_key_id: String,
    service: String,
}

impl Signature {
    fn of<B>(request: &Request<B>) -> Option<Self> {
        let header = text(request.headers(), header::AUTHORIZATION.as_str());
        let scope = match header.split_once("Credential=") {
            Some((_, scope)) => scope.split(',').next()?.trim().to_owned(),
            None => form_urlencoded::parse(request.uri().query()?.as_bytes())
                .find(|(name, _)| name.eq_ignore_ascii_case("X-Amz-Credential"))?
                .1
                .into_owned(),
        };
        // key/day/region/service/aws4_request
        let mut parts = scope.split('/');
        let access_key_id = parts.next()?.to_owned();
        let service = parts.nth(2)?.to_owned();
        Some(Self {
            access_key_id,
            service,
        })
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

async fn whole<B>(body: B) -> Result<Bytes, Cut>
where
    B: hyper::body::Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    Limited::new(body, BODY_LIMIT)
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .map_err(|_| Cut)
}

fn unknown_key(service: Service) -> Response<Body> {
    let message = "The security token included in the request is invalid.";
    match service {
        Service::Ses => ses::error(StatusCode::FORBIDDEN, "InvalidClientTokenId", message),
        _ => json_answer(
            StatusCode::BAD_REQUEST,
            &json!({ "__type": "com.amazon.coral.service#UnrecognizedClientException", "message": message }),
        ),
    }
}

fn denied(service: Service, refused: &Refused) -> Response<Body> {
    match service {
        Service::Ses => {
            let Refused {
                user,
                action,
                resource,
            } = refused;
            let message = format!(
                "User `{user}' is not authorized to perform `{action}' on resource `{resource}'"
            );
            ses::error(StatusCode::FORBIDDEN, "AccessDenied", &message)
        }
        _ => json_answer(
            StatusCode::BAD_REQUEST,
            &json!({ "__type": "com.amazon.coral.service#AccessDeniedException", "Message": refused.to_string() }),
        ),
    }
}

/// An answer of a service that speaks JSON.
pub(crate) fn json_answer(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-amz-json-1.0"),
    );
    response
}

/// A server error in the words of a service.
fn internal_error(service: Service) -> Response<Body> {
    match service {
        Service::S3 => s3::error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalError",
            "We encountered an internal error. Please try again.",
        ),
        Service::Ses => ses::error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalFailure",
            "Internal failure",
        ),
        Service::DynamoDb | Service::Sqs | Service::Lambda => json_answer(
            StatusCode::INTERNAL_SERVER_ERROR,
            &json!({ "__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": "Internal server error" }),
        ),
    }
}

/// What the caller sees of a fault.
async fn shown(fault: &Fault, service: Service, said: &Value) -> Result<Response<Body>, Cut> {
    let dynamodb = |code: &str, message: &str| {
        json_answer(
            StatusCode::BAD_REQUEST,
            &json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": message }),
        )
    };
    Ok(match &fault.kind {
        FaultKind::ConnectionReset | FaultKind::TornPut => return Err(Cut),
        FaultKind::Hang(time) => {
            tokio::time::sleep(*time).await;
            internal_error(service)
        }
        FaultKind::InternalError => internal_error(service),
        FaultKind::Throttling => match service {
            Service::DynamoDb | Service::Sqs | Service::Lambda => {
                dynamodb("ThrottlingException", "Rate exceeded")
            }
            Service::S3 => s3::error(
                StatusCode::SERVICE_UNAVAILABLE,
                "SlowDown",
                "Please reduce your request rate.",
            ),
            Service::Ses => ses::error(
                StatusCode::BAD_REQUEST,
                "Throttling",
                "Maximum sending rate exceeded.",
            ),
        },
        FaultKind::ConditionFailed if said.get("TransactItems").is_none() => dynamodb(
            "ConditionalCheckFailedException",
            "The conditional request failed",
        ),
        FaultKind::ConditionFailed => cancelled(
            "ConditionalCheckFailed",
            "The conditional request failed",
            said,
        ),
        FaultKind::TransactionConflict if said.get("TransactItems").is_none() => dynamodb(
            "TransactionConflictException",
            "Transaction is ongoing for the item",
        ),
        FaultKind::TransactionConflict => cancelled(
            "TransactionConflict",
            "Transaction is ongoing for the item",
            said,
        ),
        FaultKind::TransactionInProgress => dynamodb(
            "TransactionInProgressException",
            "The transaction with the given request token is already in progress.",
        ),
        FaultKind::PutConflict => s3::error(
            StatusCode::CONFLICT,
            "ConditionalRequestConflict",
            "The conditional request cannot succeed due to a conflicting operation against this resource.",
        ),
        FaultKind::MailRefused => ses::error(
            StatusCode::BAD_REQUEST,
            "MessageRejected",
            "The message could not be sent.",
        ),
        FaultKind::SenderUnverified => ses::unverified("hosho.example"),
    })
}

/// A cancelled transaction whose first part is the reason.
fn cancelled(code: &str, message: &str, said: &Value) -> Response<Body> {
    let parts = list_at(said, "/TransactItems").len().max(1);
    let codes: Vec<&str> = std::iter::once(code)
        .chain(std::iter::repeat_n("None", parts - 1))
        .collect();
    let reasons: Vec<Value> = codes
        .iter()
        .map(|one| {
            if *one == "None" {
                json!({ "Code": one })
            } else {
                json!({ "Code": one, "Message": message })
            }
        })
        .collect();
    json_answer(
        StatusCode::BAD_REQUEST,
        &json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": format!(
                "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
                codes.join(", ")
            ),
            "CancellationReasons": reasons,
        }),
    )
}

/// A body that breaks off.
struct Torn(Option<Bytes>);

impl hyper::body::Body for Torn {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut task::Context<'_>,
    ) -> task::Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let next = match self.0.take() {
            Some(bytes) => Ok(Frame::data(bytes)),
            None => Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)),
        };
        task::Poll::Ready(Some(next))
    }
}
