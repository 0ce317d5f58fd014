//! `kill -9` at any moment of a run of fifty applications loses nothing and doubles nothing.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected ends there"
)]

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ledger::{LEASE_SECONDS, Ledger, PageRequest};
use local::{Cloud, Options};
use reqwest::Client;
use serde_json::{Value, json};

const APPLICATIONS: usize = 50;
/// The least number of kills for the run to have meant anything.
const KILLS: usize = 5;

/// The product as a process that is killed now and then, and started again by whoever misses it.
struct Product {
    folder: PathBuf,
    port: u16,
    child: Arc<Mutex<Option<Child>>>,
    http: Client,
    kills: usize,
}

/// A test that fails leaves no process behind.
impl Drop for Product {
    fn drop(&mut self) {
        if let Some(child) = self.child.lock().unwrap().as_mut() {
            let _ = child.kill();
        }
    }
}

impl Product {
    fn new(folder: &Path) -> Self {
        let http = Client::builder()
            .timeout(Duration::from_secs(20))
            .build()
            .unwrap();
        Self {
            folder: folder.to_owned(),
            port: two_free_ports(),
            child: Arc::default(),
            http,
            kills: 0,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Starts the product again if it is dead, and has it killed after a while.
    async fn revive(&mut self) {
        let dead = self
            .child
            .lock()
            .unwrap()
            .as_mut()
            .is_none_or(|child| child.try_wait().unwrap().is_some());
        if dead {
            let child = Command::new(env!("CARGO_BIN_EXE_denshi-hosho"))
                .arg("--data")
                .arg(&self.folder)
                .args(["--port", &self.port.to_string()])
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            *self.child.lock().unwrap() = Some(child);
            self.kills += 1;
            let victim = self.child.clone();
            let life = Duration::from_millis(rand::random_range(200..700));
            std::thread::spawn(move || {
                std::thread::sleep(life);
                if let Some(child) = victim.lock().unwrap().as_mut() {
                    child.kill().unwrap();
                }
            });
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    /// Asks until there is an answer, as a client does that repeats a request with the same key.
    async fn ask(
        &mut self,
        person: &str,
        path: &str,
        headers: &[(&str, String)],
        body: &Value,
    ) -> Value {
        loop {
            if let Some((status, answer)) = self.try_to_ask(person, path, headers, body).await
                && status < 500
            {
                assert!(matches!(status, 200 | 201), "{status} {answer}");
                return answer;
            }
            self.revive().await;
        }
    }

    async fn try_to_ask(
        &self,
        person: &str,
        path: &str,
        headers: &[(&str, String)],
        body: &Value,
    ) -> Option<(u16, Value)> {
        let token = self.token(person).await?;
        let mut question = self.http.post(self.url(path)).bearer_auth(token).json(body);
        for (name, value) in headers {
            question = question.header(*name, value);
        }
        let answer = question.send().await.ok()?;
        let status = answer.status().as_u16();
        Some((status, answer.json().await.ok()?))
    }

    async fn token(&self, person: &str) -> Option<String> {
        let here: Value = self
            .http
            .get(self.url("/local.json"))
            .send()
            .await
            .ok()?
            .json()
            .await
            .ok()?;
        let login = here["logins"]
            .as_array()?
            .iter()
            .find(|login| login["username"] == person)?;
        let body = json!({
            "AuthFlow": "USER_PASSWORD_AUTH",
            "ClientId": here["client_id"],
            "AuthParameters": { "USERNAME": person, "PASSWORD": login["password"] },
        });
        let question = self.http.post(here["initiate_auth"].as_str()?).json(&body);
        let question = question.header(
            "x-amz-target",
            "AWSCognitoIdentityProviderService.InitiateAuth",
        );
        let answer: Value = question.send().await.ok()?.json().await.ok()?;
        answer["AuthenticationResult"]["AccessToken"]
            .as_str()
            .map(str::to_owned)
    }
}

/// A port that is free, with the next one free too: the API's and AWS's.
fn two_free_ports() -> u16 {
    loop {
        let free = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        if free < u16::MAX && TcpListener::bind(("127.0.0.1", free + 1)).is_ok() {
            return free;
        }
    }
}

fn application(n: usize) -> Value {
    json!({
        "kind": "advance_payment", "delivery": "electronic", "orderer_code": "442143",
        "contractor": { "name": "髙﨑建設株式会社", "representative": "髙﨑 一郎", "address": "国東市国東町" },
        "contract": {
            "title": format!("市道改良工事その{n}"), "place": "国東市", "category": "construction",
            "original_contract_date": "2025-04-10", "price": 30_000_000,
            "starts_on": "2025-04-11", "completes_on": "2026-03-20",
        },
        "guaranteed_amount": 12_000_000, "general_conditions_confirmed": true, "emails": [format!("keiri{n}@example.jp")],
    })
}

#[tokio::test]
async fn kill_9_at_any_moment_loses_nothing_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut product = Product::new(folder.path());

    let mut issued = BTreeMap::new();
    for n in 0..APPLICATIONS {
        let key = |step: &str| ("idempotency-key", format!("{step}-{n}"));
        let applied = product
            .ask(
                "C-100001",
                "/api/applications",
                &[key("apply")],
                &application(n),
            )
            .await;
        let id = applied["id"].as_str().unwrap().to_owned();
        let path = format!("/api/desk/applications/{id}/issue");
        let headers = [key("issue"), ("if-match", "\"1\"".to_owned())];
        let contract = product.ask("G-000001", &path, &headers, &json!({})).await;
        let number = contract["contract_number"].as_str().unwrap().to_owned();
        if n % 5 == 0 {
            let path = format!("/api/certificates/{number}/authentication-key");
            product.ask("C-100001", &path, &[], &json!({})).await;
        }
        issued.insert(number, id);
    }
    assert!(
        product.kills >= KILLS,
        "the run was killed {} times only",
        product.kills
    );
    let kills = product.kills;
    let mut last = product.child.lock().unwrap().take().unwrap();
    last.kill().unwrap();
    last.wait().unwrap();

    // What a killed sender had in hand is taken up once its lease has ended.
    tokio::time::sleep(Duration::from_secs(
        u64::try_from(LEASE_SECONDS).unwrap() + 1,
    ))
    .await;
    let options = Options {
        data: Some(folder.path().to_owned()),
        port: 0,
        ..Options::default()
    };
    let cloud = Cloud::start(options).await.unwrap();
    cloud.drained().await;
    cloud.fire_schedules().await.unwrap();

    let aws = cloud.operator();
    let report = audit::examine(&aws, cloud.table(), cloud.bucket())
        .await
        .unwrap();
    assert_eq!(report.findings, [], "everything that must hold, holds");

    let ledger = Ledger::new(&aws, cloud.table());
    let all = PageRequest {
        limit: 100,
        after: None,
    };
    let applications = ledger
        .applications_of("C-100001", &all)
        .await
        .unwrap()
        .items;
    let mut ids: Vec<_> = applications
        .iter()
        .map(|line| line.id.to_string())
        .collect();
    let mut accepted: Vec<_> = issued.values().cloned().collect();
    ids.sort();
    accepted.sort();
    assert_eq!(ids, accepted, "every accepted application is there, once");
    let certificates = ledger
        .certificates_of("C-100001", &all)
        .await
        .unwrap()
        .items;
    assert_eq!(certificates.len(), APPLICATIONS);

    for line in certificates {
        let mails = ledger.mails_of(line.contract_number).await.unwrap();
        let states: Vec<_> = mails.iter().map(|mail| mail.line.status.name()).collect();
        assert_eq!(states, ["sent"], "{}", line.contract_number);
    }
    assert!(cloud.dead_letters().unwrap().is_empty());

    // A mail may come twice only where a kill fell between the mail service's yes and the mark of it.
    let sent = cloud.mails().unwrap();
    let mut addresses: Vec<_> = sent.iter().flat_map(|mail| mail.to.clone()).collect();
    addresses.sort();
    addresses.dedup();
    assert_eq!(addresses.len(), APPLICATIONS, "every address has its mail");
    assert!(
        sent.len() <= APPLICATIONS + kills + 1,
        "{} mails",
        sent.len()
    );
    println!(
        "{kills} kills, {} mails for {APPLICATIONS} addresses",
        sent.len()
    );
    cloud.shutdown().await;
}
