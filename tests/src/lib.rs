//! A world to test in: a fresh cloud in this process, the people who use it, and the words they say
//! over HTTP.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

pub mod life;
mod trouble;

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use local::{Cloud, Options, TokenRequest};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub use crate::trouble::{OPERATIONS, Trouble};

/// The orderer of the leaflet.
pub const KUNISAKI: &str = "442143";

/// Somebody who uses the product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    token: Option<String>,
}

/// A fresh cloud and the people around it.
pub struct World {
    /// The cloud.
    pub cloud: Cloud,
    /// A contractor.
    pub contractor: Person,
    /// Another contractor.
    pub other_contractor: Person,
    /// A clerk at the guarantor's desk.
    pub clerk: Person,
    /// Somebody without a login, such as an orderer.
    pub anyone: Person,
    http: Client,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as bytes.
    pub bytes: Vec<u8>,
}

/// A request in the making.
pub struct Question<'a> {
    world: &'a World,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
}

impl Person {
    /// Somebody with any text in place of a token.
    pub fn with_token(token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
        }
    }
}

impl World {
    /// A world with the demo orderers, which forgets everything.
    pub async fn new() -> Self {
        Self::with(Options {
            port: 0,
            empty: false,
            ..Options::default()
        })
        .await
    }

    /// A world that keeps its state in a folder.
    pub async fn kept_in(folder: &Path) -> Self {
        Self::with(Options {
            data: Some(folder.to_owned()),
            port: 0,
            empty: false,
            ..Options::default()
        })
        .await
    }

    /// A world whose gateway refuses nobody, to see how much what stands behind it can do.
    pub async fn without_throttles() -> Self {
        let rate = "ThrottlingRateLimit: 100 ";
        assert!(local::TEMPLATE.contains(rate));
        let template = local::TEMPLATE.replace(rate, "ThrottlingRateLimit: 100000 ");
        Self::with(Options {
            template: Some(template),
            port: 0,
            empty: false,
            ..Options::default()
        })
        .await
    }

    async fn with(options: Options) -> Self {
        let cloud = Cloud::start(options).await.unwrap();
        let person = |name: &str, group: &str| Person {
            token: Some(cloud.token(&TokenRequest::access(name, group))),
        };
        Self {
            contractor: person("C-100001", "contractor"),
            other_contractor: person("C-100002", "contractor"),
            clerk: person("G-000001", "guarantor"),
            anyone: Person { token: None },
            http: Client::new(),
            cloud,
        }
    }

    /// Somebody with a token made to measure.
    pub fn person_with(&self, token: &TokenRequest) -> Person {
        Person {
            token: Some(self.cloud.token(token)),
        }
    }

    /// A request by a person.
    pub fn ask(&self, person: &Person, method: Method, path: &str) -> Question<'_> {
        let question = Question {
            world: self,
            method,
            path: path.to_owned(),
            headers: HeaderMap::new(),
            body: None,
        };
        match &person.token {
            Some(token) => question.header("authorization", &format!("Bearer {token}")),
            None => question,
        }
    }

    /// `GET` by a person.
    pub async fn get(&self, person: &Person, path: &str) -> Answer {
        self.ask(person, Method::GET, path).send().await
    }

    /// `POST` of JSON by a person, with a new Idempotency-Key.
    pub async fn post(&self, person: &Person, path: &str, body: &Value) -> Answer {
        self.ask(person, Method::POST, path)
            .idempotency_key(&new_key())
            .json(body)
            .send()
            .await
    }

    /// Fetches an absolute address, such as a presigned one.
    pub async fn fetch(&self, url: &str) -> Answer {
        answer(self.http.get(url).send().await.unwrap()).await
    }

    /// Applies, and gives the application.
    pub async fn apply(&self, body: &Value) -> Value {
        let answer = self.post(&self.contractor, "/api/applications", body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        answer.json()
    }

    /// Has an application issued, and gives the contract.
    pub async fn issue(&self, application: &Value, body: &Value) -> Value {
        let answer = self.ask_to_issue(application, body).send().await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        answer.json()
    }

    /// The clerk's request to issue an application in the version that is given.
    pub fn ask_to_issue(&self, application: &Value, body: &Value) -> Question<'_> {
        let path = format!("/api/desk/applications/{}/issue", text(&application["id"]));
        let seen = format!("\"{}\"", application["version"]);
        self.ask(&self.clerk, Method::POST, &path)
            .header("if-match", &seen)
            .idempotency_key(&new_key())
            .json(body)
    }

    /// Applies and has it issued, and gives the number.
    pub async fn issued(&self, body: &Value) -> String {
        let application = self.apply(body).await;
        text(&self.issue(&application, &json!({})).await["contract_number"])
    }

    /// Presses 「認証キー」の表示, and gives the answer.
    pub async fn show_key(&self, number: &str) -> Value {
        let path = format!("/api/certificates/{number}/authentication-key");
        let answer = self.ask(&self.contractor, Method::POST, &path).send().await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()
    }

    /// An orderer's check.
    pub async fn check(&self, number: &str, key: &str) -> Answer {
        let body = json!({ "contract_number": number, "authentication_key": key });
        self.ask(&self.anyone, Method::POST, "/api/verifications")
            .json(&body)
            .send()
            .await
    }

    /// Ends the world after an examination of all that it left behind.
    pub async fn ends_well(self) {
        self.cloud.drained().await;
        let aws = self.cloud.operator();
        let examined = audit::examine(&aws, self.cloud.table(), self.cloud.bucket()).await;
        let report = examined.unwrap();
        assert_eq!(report.findings, []);
        self.cloud.shutdown().await;
    }

    /// The text of a paper behind a presigned address, as pdftotext reads it, with its white space gone.
    pub async fn read_paper(&self, url: &str) -> String {
        let paper = self.fetch(url).await;
        assert_eq!(paper.status, StatusCode::OK, "{}", paper.text());
        pdf_text(&paper.bytes)
    }
}

impl Question<'_> {
    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        self.headers
            .append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        self
    }

    /// Adds an Idempotency-Key.
    #[must_use]
    pub fn idempotency_key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// Sets a body of JSON.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// Sets a body of any kind.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self.header("content-type", content_type)
    }

    /// Sends it.
    pub async fn send(self) -> Answer {
        let url = format!("{}{}", self.world.cloud.api(), self.path);
        let request = self
            .world
            .http
            .request(self.method, url)
            .headers(self.headers);
        let request = match self.body {
            Some(body) => request.body(body),
            None => request,
        };
        answer(request.send().await.unwrap()).await
    }
}

async fn answer(response: reqwest::Response) -> Answer {
    let (status, headers) = (response.status(), response.headers().clone());
    Answer {
        status,
        headers,
        bytes: response.bytes().await.unwrap().to_vec(),
    }
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// A header, or an empty text.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map(|value| value.to_str().unwrap())
            .unwrap_or_default()
    }

    /// Holds a problem to its status and code, and gives its violations as `pointer code`.
    pub fn problem(&self, status: u16, code: &str) -> Vec<String> {
        let body = self.json();
        assert_eq!(
            (self.status.as_u16(), body["code"].as_str()),
            (status, Some(code)),
            "{body:#}"
        );
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(body["status"], status);
        let errors = body["errors"].as_array().cloned().unwrap_or_default();
        errors
            .iter()
            .map(|error| format!("{} {}", text(&error["pointer"]), text(&error["code"])))
            .collect()
    }
}

/// A JSON string.
pub fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}

/// An Idempotency-Key that nobody used before.
pub fn new_key() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!(
        "test-{}-{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    )
}

/// The leaflet's case: 国東市, 建設工事, contract of 2025-04-10, 前払金保証.
pub fn advance_payment() -> Value {
    json!({
        "kind": "advance_payment",
        "delivery": "electronic",
        "orderer_code": KUNISAKI,
        "contractor": {
            "name": "髙﨑建設株式会社",
            "representative": "代表取締役 髙﨑 一郎",
            "address": "大分県国東市国東町鶴川1番地",
        },
        "contract": {
            "title": "市道鶴川線道路改良工事",
            "reference": "建第12号",
            "place": "国東市国東町鶴川",
            "category": "construction",
            "original_contract_date": "2025-04-10",
            "price": 30_000_000,
            "starts_on": "2025-04-11",
            "completes_on": "2026-03-20",
        },
        "guaranteed_amount": 12_000_000,
        "general_conditions_confirmed": true,
        "emails": ["keiri@example.jp"],
    })
}

/// 中間前払金保証 on the same contract.
pub fn interim_payment() -> Value {
    let mut body = advance_payment();
    body["kind"] = json!("interim_payment");
    body["guaranteed_amount"] = json!(6_000_000);
    body["prior_advance"] = json!({ "amount": 12_000_000, "received_on": "2025-05-01" });
    body["progress_certified_on"] = json!("2025-11-01");
    body
}

/// 契約保証 on the same contract.
pub fn contract_performance() -> Value {
    let mut body = advance_payment();
    body["kind"] = json!("contract_performance");
    body["guaranteed_amount"] = json!(3_000_000);
    body
}

/// The same application on paper.
pub fn on_paper(mut body: Value) -> Value {
    body["delivery"] = json!("paper");
    body
}

/// The SHA-256 of bytes, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The text of a PDF as pdftotext reads it, with its white space gone.
pub fn pdf_text(pdf: &[u8]) -> String {
    let file = std::env::temp_dir().join(format!("denshi-hosho-{}.pdf", new_key()));
    std::fs::write(&file, pdf).unwrap();
    let read = Command::new("pdftotext").arg(&file).arg("-").output();
    let read = read.unwrap_or_else(|error| panic!("pdftotext (poppler-utils) is needed: {error}"));
    std::fs::remove_file(&file).unwrap();
    assert!(
        read.status.success(),
        "{}",
        String::from_utf8_lossy(&read.stderr)
    );
    String::from_utf8(read.stdout)
        .unwrap()
        .split_whitespace()
        .collect()
}
