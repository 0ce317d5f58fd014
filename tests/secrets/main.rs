//! No key, token or password, whole or in part, in any form in which it could be written, is anywhere but
//! where the contract of the API puts it; and no personal data is in a log or a name.
//!
//! A process of its own, because it reads the log of the whole process: everything that production logs,
//! and every level of our own crates.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected ends there"
)]

mod traces;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use local::{Fault, FaultKind, LOGINS, TokenRequest, When};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Person, World, advance_payment, on_paper, text};
use traces::Traces;

/// Personal data that stands in no other text.
const PERSON: [&str; 3] = [
    "秘野商会株式会社",
    "代表取締役 秘野 守",
    "himeno.mamoru@example.jp",
];

/// Everything that was said and kept, by where.
struct Told {
    answers: Vec<(String, String)>,
}

impl Told {
    /// Keeps an answer with its headers.
    fn note(&mut self, what: &str, answer: &Answer) {
        self.answers.push((
            format!("the answer to {what}"),
            format!("{:?} {}", answer.headers, answer.text()),
        ));
    }
}

/// A text as it may hide a key: one width, one case, nothing between the letters.
fn plain(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    text.nfkc()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_uppercase)
        .collect()
}

/// Whether a text holds ten letters in a row of a key (two of its groups), or the key in another writing.
fn holds_key(text: &str, key: &str) -> bool {
    let bare = plain(key);
    let letters = plain(text);
    let in_a_row = (0..=bare.len() - 10).any(|from| letters.contains(&bare[from..from + 10]));
    let hexadecimal: String = bare.bytes().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = bare.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let written = [key, &bare, &key.to_lowercase(), &bare.to_lowercase()];
    let encoded = written.iter().any(|written| {
        // Base64 of a text within a text depends on where it begins: what is the same wherever it ends
        // is cut out of the middle.
        (0..3).any(|shift| {
            let padded = format!("{}{written}", &"   "[..shift]);
            let inner = |encoded: String| encoded[4..encoded.len() - 4].to_owned();
            text.contains(&inner(STANDARD.encode(&padded)))
                || text.contains(&inner(URL_SAFE.encode(&padded)))
        })
    });
    in_a_row || encoded || text.to_lowercase().contains(&hexadecimal) || text.contains(&percent)
}

/// Whether a text holds the part of a token that only this token has: what it claims, or its signature.
fn holds_token(text: &str, token: &str) -> bool {
    token.split('.').skip(1).any(|part| text.contains(part))
}

#[test]
fn a_key_is_found_however_it_is_written() {
    let key = "0123A-4567C-89EFH-JKMNP-RTUWX";
    for written in [
        "…0123A-4567C-89EFH-JKMNP-RTUWX…".to_owned(),
        "0123a4567c89efhjkmnprtuwx".to_owned(),
        "０１２３Ａ－４５６７Ｃ".to_owned(),
        "JKMNP RTUWX".to_owned(),
        STANDARD.encode(format!("x{key}")),
        URL_SAFE.encode("ab0123A4567C89EFHJKMNPRTUWX"),
        "%30%31%32%33%41%34%35%36%37%43%38%39%45%46%48%4A%4B%4D%4E%50%52%54%55%57%58".to_owned(),
    ] {
        assert!(holds_key(&written, key), "{written}");
    }
    assert!(!holds_key("0123A-4567", key));
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_nowhere_but_where_the_contract_puts_them() {
    let traces = Traces::begin();
    let world = World::new().await;
    let mut told = Told {
        answers: Vec::new(),
    };
    let passwords = LOGINS.map(|login| login.password);
    let mut tokens = logins(&world, &mut told).await;
    let token = world
        .cloud
        .token(&TokenRequest::access("C-100001", "contractor"));
    let contractor = Person::with_token(&token);
    tokens.push(token);

    let keys = lives(&world, &contractor, &mut told).await;
    hostile_tokens(&world, &tokens, &mut told).await;
    troubles(&world, &contractor, &keys, &mut told).await;
    world.cloud.drained().await;

    let mut places = told.answers;
    places.extend(kept(&world).await);
    let log = traces.text();
    assert!(log.contains("a request failed"), "the log was read:\n{log}");
    places.push(("the log".to_owned(), log));
    assert!(places.len() > 60, "{}", places.len());
    for (place, text) in &places {
        for key in &keys {
            assert!(!holds_key(text, key), "a key is in {place}: {text}");
        }
        for token in &tokens {
            assert!(!holds_token(text, token), "a token is in {place}: {text}");
        }
        for password in passwords {
            assert!(!text.contains(password), "a password is in {place}");
        }
        let is_public = [
            "the log",
            "a name",
            "a dead letter",
            "a call",
            "the tags of a mail",
        ];
        for person in PERSON {
            let shown =
                is_public.iter().any(|public| place.starts_with(public)) && text.contains(person);
            assert!(!shown, "personal data is in {place}: {text}");
        }
    }
    world.ends_well().await;
}

/// Logs in rightly and wrongly; gives the tokens, which the right answers alone may hold.
async fn logins(world: &World, told: &mut Told) -> Vec<String> {
    let here = world.cloud.local();
    let client = reqwest::Client::new();
    let mut tokens = Vec::new();
    for (username, password, right) in [
        (LOGINS[0].username, LOGINS[0].password, true),
        (LOGINS[1].username, LOGINS[0].password, false),
        ("nobody", LOGINS[2].password, false),
    ] {
        let body = json!({
            "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": here["client_id"],
            "AuthParameters": { "USERNAME": username, "PASSWORD": password },
        });
        let answer = client
            .post(text(&here["initiate_auth"]))
            .header("content-type", "application/x-amz-json-1.1")
            .header(
                "x-amz-target",
                "AWSCognitoIdentityProviderService.InitiateAuth",
            )
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status().is_success(), right, "{username}");
        let said = answer.text().await.unwrap();
        if right {
            let result: Value = serde_json::from_str(&said).unwrap();
            for name in ["AccessToken", "IdToken"] {
                tokens.push(text(&result["AuthenticationResult"][name]));
            }
        } else {
            told.answers
                .push(("the answer to a wrong login".to_owned(), said));
        }
    }
    tokens
}

/// Whole lives of contracts with their keys, live and dead, right and wrong; gives all keys.
async fn lives(world: &World, contractor: &Person, told: &mut Told) -> Vec<String> {
    let mut body = advance_payment();
    body["contractor"]["name"] = json!(PERSON[0]);
    body["contractor"]["representative"] = json!(PERSON[1]);
    body["emails"] = json!([PERSON[2]]);
    let mut keys = Vec::new();
    let mut numbers = Vec::new();
    for _ in 0..2 {
        let number = world.issued(&body).await;
        let shown = world.ask(
            contractor,
            Method::POST,
            &format!("/api/certificates/{number}/authentication-key"),
        );
        keys.push(text(&shown.send().await.json()["authentication_key"]));
        numbers.push(number);
    }
    let reissue = format!(
        "/api/certificates/{}/authentication-key/reissue",
        numbers[0]
    );
    let reissued = world.post(contractor, &reissue, &json!({})).await;
    keys.push(text(&reissued.json()["authentication_key"]));
    numbers.push(world.issued(&on_paper(body.clone())).await);
    for number in &numbers {
        for key in &keys {
            for typed in [
                key.clone(),
                key.to_lowercase(),
                key.replace('-', ""),
                key[..key.len() - 1].to_owned() + "?",
            ] {
                told.note("a check", &world.check(number, &typed).await);
            }
        }
        for path in ["", "/events"] {
            let path = format!("/api/desk/contracts/{number}{path}");
            told.note(&path, &world.get(&world.clerk, &path).await);
        }
        for path in ["", "/documents/certificate"] {
            let path = format!("/api/certificates/{number}{path}");
            told.note(&path, &world.get(contractor, &path).await);
        }
    }
    // A key where none belongs.
    for body in [
        json!({ "authentication_key": keys[0] }),
        json!({ "contract_number": keys[0], "authentication_key": keys[1] }),
        json!({ "contract_number": [keys[0]], "authentication_key": { "key": keys[1] } }),
        json!(keys),
    ] {
        let question = world
            .ask(&world.anyone, Method::POST, "/api/verifications")
            .json(&body);
        told.note("a misplaced key", &question.send().await);
    }
    let broken = format!("{{\"authentication_key\": \"{}\"", keys[0]);
    let question = world
        .ask(&world.anyone, Method::POST, "/api/verifications")
        .body("application/json", broken);
    told.note("broken JSON", &question.send().await);
    for path in [
        "/api/applications",
        "/api/certificates",
        "/api/desk/applications",
        "/api/desk/mails?status=sent",
    ] {
        let person = if path.contains("desk") {
            &world.clerk
        } else {
            contractor
        };
        told.note(path, &world.get(person, path).await);
    }
    keys
}

/// Tokens that the gateway or a function turns away.
async fn hostile_tokens(world: &World, tokens: &[String], told: &mut Told) {
    for token in tokens {
        for spoilt in [
            format!("{token}x"),
            token.replacen('.', "..", 1),
            token[..token.len() / 2].to_owned(),
            token.clone(),
        ] {
            let person = Person::with_token(&spoilt);
            for path in ["/api/applications", "/api/desk/mails", "/api/nothing"] {
                let answer = world.get(&person, path).await;
                told.note(path, &answer);
            }
        }
    }
}

/// The same steps while everything behind them fails.
async fn troubles(world: &World, contractor: &Person, keys: &[String], told: &mut Told) {
    let kinds = [
        FaultKind::InternalError,
        FaultKind::Throttling,
        FaultKind::ConnectionReset,
    ];
    for operation in [
        "GetItem",
        "UpdateItem",
        "PutItem",
        "Query",
        "PutObject",
        "GetObject",
        "TransactWriteItems",
    ] {
        for kind in kinds {
            let number = world.issued(&advance_payment()).await;
            for nth in 1..=6 {
                world.cloud.strike(Fault {
                    function: None,
                    operation: operation.to_owned(),
                    nth,
                    when: When::Before,
                    kind,
                });
            }
            told.note("a check in trouble", &world.check(&number, &keys[0]).await);
            let path = format!("/api/certificates/{number}/authentication-key");
            let shown = world.ask(contractor, Method::POST, &path).send().await;
            if shown.status != 200 {
                told.note("a key in trouble", &shown);
            }
            world.cloud.call_off_faults();
        }
    }
}

/// What is kept, by where: the table, the names of objects, the mails, the dead letters, the calls.
async fn kept(world: &World) -> Vec<(String, String)> {
    let mut places = Vec::new();
    let table = aws_sdk_dynamodb::Client::new(&world.cloud.operator());
    let mut pages = table
        .scan()
        .table_name(world.cloud.table())
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        for item in page.unwrap().items() {
            places.push(("an item of the table".to_owned(), format!("{item:?}")));
        }
    }
    let archive = aws_sdk_s3::Client::new(&world.cloud.operator());
    let mut pages = archive
        .list_objects_v2()
        .bucket(world.cloud.bucket())
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        for object in page.unwrap().contents() {
            places.push((
                "a name of an object".to_owned(),
                object.key().unwrap().to_owned(),
            ));
        }
    }
    for mail in world.cloud.mails().unwrap() {
        places.push((
            "the tags of a mail".to_owned(),
            format!("{:?} {:?}", mail.tags, mail.configuration_set),
        ));
        places.push(("a mail".to_owned(), format!("{mail:?}")));
    }
    for letter in world.cloud.dead_letters().unwrap() {
        places.push(("a dead letter".to_owned(), letter.to_string()));
    }
    for decision in world.cloud.decisions() {
        places.push(("a call".to_owned(), format!("{decision:?}")));
    }
    places
}
