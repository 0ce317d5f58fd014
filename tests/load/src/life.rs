//! The life of one guarantee, as its people live it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::Record;

/// How long a client waits before it looks whether the mail is out; after each look twice as long.
const LOOK: Duration = Duration::from_millis(500);
/// The last of the waits: by then a mail is out, or will not be.
const LAST_LOOK: Duration = Duration::from_secs(150);
/// A key that is well formed and opens nothing.
const WRONG_KEY: &str = "00000-00000-00000-00000-00000";

/// Access tokens.
#[derive(Debug)]
pub(crate) struct Logins {
    contractors: [String; 2],
    clerk: String,
}

/// A client.
pub(crate) struct Client {
    /// Which one.
    pub(crate) n: u32,
    pub(crate) api: String,
    pub(crate) http: reqwest::Client,
    pub(crate) logins: Arc<Logins>,
    pub(crate) record: Arc<Record>,
}

/// What a client asks.
struct Ask<'a> {
    operation: &'static str,
    method: Method,
    path: String,
    token: Option<&'a str>,
    body: Option<Value>,
    key: String,
    expected: StatusCode,
}

/// The life ends here; why is in the record.
struct Failed;

impl Logins {
    /// Logs the demo people in.
    pub(crate) async fn at(http: &reqwest::Client, api: &str) -> Result<Self, String> {
        let said = |error: reqwest::Error| error.to_string();
        let local = http.get(format!("{api}/local.json")).send().await;
        let local: Value = local.map_err(said)?.json().await.map_err(said)?;
        let field = |name: &str| local.get(name).and_then(Value::as_str).unwrap_or_default();
        let token = async |user: &str| {
            let logins = local.get("logins").and_then(Value::as_array);
            let login = logins
                .into_iter()
                .flatten()
                .find(|login| login.get("username").is_some_and(|name| name == user));
            let password = login.and_then(|login| login.get("password"));
            let asked = http
                .post(field("initiate_auth"))
                .header("content-type", "application/x-amz-json-1.1")
                .header(
                    "x-amz-target",
                    "AWSCognitoIdentityProviderService.InitiateAuth",
                )
                .body(
                    json!({
                        "AuthFlow": "USER_PASSWORD_AUTH",
                        "ClientId": field("client_id"),
                        "AuthParameters": { "USERNAME": user, "PASSWORD": password },
                    })
                    .to_string(),
                );
            let answer: Value = asked
                .send()
                .await
                .map_err(said)?
                .json()
                .await
                .map_err(said)?;
            let token = answer.pointer("/AuthenticationResult/AccessToken");
            let token = token.and_then(Value::as_str).map(str::to_owned);
            token.ok_or_else(|| format!("{user} cannot log in"))
        };
        Ok(Self {
            contractors: [token("C-100001").await?, token("C-100002").await?],
            clerk: token("G-000001").await?,
        })
    }
}

impl Client {
    /// Comes, and lives one life after the other until the time is over.
    pub(crate) async fn live(self, comes: Instant, end: Instant) {
        tokio::time::sleep_until(comes.into()).await;
        let mut life = 0;
        while Instant::now() < end {
            life += 1;
            if self.live_once(life).await.is_ok() {
                self.record.lived();
            }
        }
    }

    async fn live_once(&self, life: u32) -> Result<(), Failed> {
        let [one, other] = &self.logins.contractors;
        let contractor = if self.n.is_multiple_of(2) { one } else { other };
        let clerk = &self.logins.clerk;
        let me = format!("{}-{life}", self.n);

        let applied = self
            .ask(Ask {
                body: Some(application(&me)),
                key: format!("apply-{me}"),
                ..post(
                    "apply",
                    "/api/applications",
                    contractor,
                    StatusCode::CREATED,
                )
            })
            .await?;
        let id = text(&applied, "id");
        self.ask(get(
            "list applications",
            "/api/applications?limit=20",
            contractor,
        ))
        .await?;
        let path = format!("/api/desk/applications/{id}/issue");
        let contract = self
            .ask(Ask {
                body: Some(json!({})),
                key: format!("issue-{me}"),
                ..post("issue", &path, clerk, StatusCode::CREATED)
            })
            .await?;
        let number = text(&contract, "contract_number");

        let certificate = format!("/api/certificates/{number}");
        self.ask(get(
            "list certificates",
            "/api/certificates?limit=20",
            contractor,
        ))
        .await?;
        self.ask(get("view", &certificate, contractor)).await?;
        let path = format!("{certificate}/documents/certificate");
        let paper = self
            .ask(get("address of a paper", &path, contractor))
            .await?;
        self.download(&text(&paper, "url")).await?;

        let path = format!("{certificate}/authentication-key");
        let shown = self
            .ask(post("show key", &path, contractor, StatusCode::OK))
            .await?;
        let key = text(&shown, "authentication_key");
        self.check("wrong check", &number, WRONG_KEY, StatusCode::NOT_FOUND)
            .await?;
        self.check("right check", &number, &key, StatusCode::OK)
            .await?;
        self.check("right check", &number, &key, StatusCode::OK)
            .await?;
        self.await_mail(&number, clerk).await
    }

    /// Looks at the contract until its mail is out.
    async fn await_mail(&self, number: &str, clerk: &str) -> Result<(), Failed> {
        let begin = Instant::now();
        let path = format!("/api/desk/contracts/{number}");
        let mut wait = LOOK;
        while wait < LAST_LOOK {
            tokio::time::sleep(wait).await;
            wait *= 2;
            let contract = self.ask(get("look at the desk", &path, clerk)).await?;
            let status = contract.pointer("/mails/0/status");
            if status.is_some_and(|status| status == "sent") {
                self.record.took("wait for the mail", begin.elapsed());
                return Ok(());
            }
        }
        Err(self.failed(format!("the mail of {number} is not sent")))
    }

    /// A check by an orderer. Wrong answers are throttled by source, right ones never.
    async fn check(
        &self,
        operation: &'static str,
        number: &str,
        key: &str,
        expected: StatusCode,
    ) -> Result<(), Failed> {
        let body = json!({ "contract_number": number, "authentication_key": key });
        let ask = Ask {
            operation,
            token: None,
            body: Some(body),
            ..post(operation, "/api/verifications", "", expected)
        };
        self.ask(ask).await.map(|_| ())
    }

    async fn download(&self, url: &str) -> Result<(), Failed> {
        let begin = Instant::now();
        let paper = async {
            self.http
                .get(url)
                .send()
                .await?
                .error_for_status()?
                .bytes()
                .await
        };
        match paper.await {
            Ok(paper) if paper.starts_with(b"%PDF") => {
                self.record.took("download", begin.elapsed());
                Ok(())
            }
            Ok(_) => Err(self.failed("a paper is no PDF".to_owned())),
            Err(error) => Err(self.failed(format!("download: {}", error.without_url()))),
        }
    }

    /// Asks, waits where it is throttled, and gives the body of the answer that was expected.
    async fn ask(&self, ask: Ask<'_>) -> Result<Value, Failed> {
        let operation = ask.operation;
        loop {
            let begin = Instant::now();
            let answer = async {
                let answer = self.request(&ask).send().await?;
                let (status, wait) = (
                    answer.status(),
                    answer.headers().contains_key("retry-after"),
                );
                Ok::<_, reqwest::Error>((status, wait, answer.text().await?))
            };
            let (status, retry_after, body) = answer
                .await
                .map_err(|error| self.failed(format!("{operation}: {}", error.without_url())))?;
            self.record.took(operation, begin.elapsed());
            match status {
                status if status == ask.expected => {
                    return serde_json::from_str(&body)
                        .map_err(|error| self.failed(format!("{operation}: {error}")));
                }
                // A source with too many wrong answers waits out its window; a client goes on.
                StatusCode::TOO_MANY_REQUESTS
                    if ask.expected == StatusCode::NOT_FOUND && retry_after =>
                {
                    self.record.throttled();
                    return Ok(Value::Null);
                }
                // The throttle of the route, which guards cost.
                StatusCode::TOO_MANY_REQUESTS if !retry_after => {
                    self.record.throttled();
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                other => return Err(self.failed(format!("{operation}: {other} {body}"))),
            }
        }
    }

    fn request(&self, ask: &Ask<'_>) -> RequestBuilder {
        let url = format!("{}{}", self.api, ask.path);
        let mut request = self.http.request(ask.method.clone(), url);
        if let Some(token) = ask.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = &ask.body {
            request = request.json(body).header("idempotency-key", &ask.key);
            request = request.header("if-match", "\"1\"");
        }
        request
    }

    fn failed(&self, error: String) -> Failed {
        self.record.failed(error);
        Failed
    }
}

fn get<'a>(operation: &'static str, path: &str, token: &'a str) -> Ask<'a> {
    Ask {
        method: Method::GET,
        ..post(operation, path, token, StatusCode::OK)
    }
}

fn post<'a>(operation: &'static str, path: &str, token: &'a str, expected: StatusCode) -> Ask<'a> {
    Ask {
        operation,
        method: Method::POST,
        path: path.to_owned(),
        token: Some(token),
        body: None,
        key: String::new(),
        expected,
    }
}

fn text(answer: &Value, field: &str) -> String {
    let value = answer.get(field).and_then(Value::as_str);
    value.unwrap_or_default().to_owned()
}

fn application(me: &str) -> Value {
    json!({
        "kind": "advance_payment", "delivery": "electronic", "orderer_code": "442143",
        "contractor": { "name": "髙﨑建設株式会社", "representative": "髙﨑 一郎", "address": "国東市国東町" },
        "contract": {
            "title": format!("市道改良工事 {me}"), "place": "国東市", "category": "construction",
            "original_contract_date": "2025-04-10", "price": 30_000_000,
            "starts_on": "2025-04-11", "completes_on": "2026-03-20",
        },
        "guaranteed_amount": 12_000_000, "general_conditions_confirmed": true,
        "emails": [format!("keiri-{me}@example.jp")],
    })
}
