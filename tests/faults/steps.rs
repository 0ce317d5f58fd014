//! The steps that people take over HTTP.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Person, World, advance_payment, new_key, text};

use crate::{OPERATIONS, Trouble, a_moment};

/// A request that is repeated until it is answered.
struct Request {
    function: &'static str,
    by: By,
    method: Method,
    path: String,
    body: Value,
    if_match: &'static str,
    key: String,
    /// The answer that ends it, besides 200 and 201.
    refusal: Option<u16>,
    /// Where a client without an Idempotency-Key looks whether its lost request was heard.
    shown_at: Option<String>,
}

/// Who asks.
#[derive(Clone, Copy)]
enum By {
    Contractor,
    Clerk,
    Anyone,
}

impl Request {
    fn new(function: &'static str, by: By, path: String, body: Value) -> Self {
        Self {
            function,
            by,
            method: Method::POST,
            path,
            body,
            if_match: "\"1\"",
            key: new_key(),
            refusal: None,
            shown_at: None,
        }
    }

    fn get(function: &'static str, by: By, path: String) -> Self {
        Self {
            method: Method::GET,
            ..Self::new(function, by, path, Value::Null)
        }
    }

    async fn send(&self, world: &World) -> Answer {
        let person: &Person = match self.by {
            By::Contractor => &world.contractor,
            By::Clerk => &world.clerk,
            By::Anyone => &world.anyone,
        };
        let question = world.ask(person, self.method.clone(), &self.path);
        if self.method == Method::GET {
            return question.send().await;
        }
        question
            .idempotency_key(&self.key)
            .header("if-match", self.if_match)
            .json(&self.body)
            .send()
            .await
    }

    /// What the lost request made, if it was heard.
    async fn heard(&self, world: &World) -> Option<Value> {
        let answer = world.get(&world.contractor, self.shown_at.as_ref()?).await;
        let shown = (answer.status == 200).then(|| answer.json())?;
        (shown["version"] != 1).then_some(shown)
    }

    /// Sends until it is done, as a client with a little patience does.
    async fn insist(&self, world: &World, trouble: &Trouble) -> Value {
        for _ in 0..8 {
            let answer = self.send(world).await;
            match answer.status.as_u16() {
                200 | 201 => return answer.json(),
                status if Some(status) == self.refusal => return answer.json(),
                // Not now; or somebody seems to have been first, which a second look denies.
                412 | 500 | 503 => match self.heard(world).await {
                    Some(shown) => return shown,
                    None => a_moment().await,
                },
                _ => panic!("{trouble:?}: {} {}", answer.status, answer.text()),
            }
        }
        panic!("{trouble:?}: no answer after eight times");
    }
}

/// Meets every trouble of a step, each with a thing of its own; `prepare` makes the thing and the
/// request, `holds` says that there was exactly one effect.
async fn sweep<T>(
    prepare: impl AsyncFn(&World) -> (T, Request),
    holds: impl AsyncFn(&World, T, Value),
) {
    let mut met = 0;
    let world = World::new().await;
    for operation in OPERATIONS {
        'calls: for nth in 1.. {
            for trouble in Trouble::with(operation, nth) {
                let (thing, request) = prepare(&world).await;
                world.cloud.drained().await;
                trouble.set(&world, request.function);
                let done = request.insist(&world, &trouble).await;
                let is_struck =
                    world.cloud.call_off_faults() < usize::try_from(trouble.calls).unwrap();
                holds(&world, thing, done).await;
                if !is_struck {
                    break 'calls;
                }
                met += 1;
            }
        }
    }
    world.ends_well().await;
    assert!(met >= 5, "the step has calls that can fail; {met} were met");
}

async fn count(world: &World, person: &Person, path: &str) -> usize {
    let mut found = 0;
    let mut cursor = String::new();
    loop {
        let page = world
            .get(person, &format!("{path}?limit=100{cursor}"))
            .await
            .json();
        found += page["items"].as_array().unwrap().len();
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

#[tokio::test]
async fn applying_makes_one_application() {
    sweep(
        async |world: &World| {
            let before = count(world, &world.contractor, "/api/applications").await;
            (
                before,
                Request::new(
                    "Apply",
                    By::Contractor,
                    "/api/applications".into(),
                    advance_payment(),
                ),
            )
        },
        async |world: &World, before, done: Value| {
            assert_eq!(
                count(world, &world.contractor, "/api/applications").await,
                before + 1
            );
            assert_eq!(done["status"], "submitted");
        },
    )
    .await;
}

#[tokio::test]
async fn issuing_makes_one_contract() {
    sweep(
        async |world: &World| {
            let application = world.apply(&advance_payment()).await;
            let path = format!("/api/desk/applications/{}/issue", text(&application["id"]));
            let before = count(world, &world.contractor, "/api/certificates").await;
            (before, Request::new("Issue", By::Clerk, path, json!({})))
        },
        async |world: &World, before, done: Value| {
            assert_eq!(
                count(world, &world.contractor, "/api/certificates").await,
                before + 1
            );
            assert_eq!(done["mails"].as_array().unwrap().len(), 1);
        },
    )
    .await;
}

#[tokio::test]
async fn declining_declines_once() {
    sweep(
        async |world: &World| {
            let application = world.apply(&advance_payment()).await;
            let path = format!(
                "/api/desk/applications/{}/decline",
                text(&application["id"])
            );
            (
                (),
                Request::new(
                    "Issue",
                    By::Clerk,
                    path,
                    json!({ "reason": "書類が足りません。" }),
                ),
            )
        },
        async |_: &World, (), done: Value| {
            assert_eq!(
                (&done["status"], &done["version"]),
                (&json!("declined"), &json!(2))
            );
        },
    )
    .await;
}

#[tokio::test]
async fn the_first_press_makes_one_key() {
    sweep(
        async |world: &World| {
            let number = world.issued(&advance_payment()).await;
            let path = format!("/api/certificates/{number}/authentication-key");
            (
                number,
                Request::new("GenerateKey", By::Contractor, path, json!({})),
            )
        },
        async |world: &World, number, done: Value| {
            let key = text(&done["authentication_key"]);
            assert_eq!(
                text(&world.show_key(&number).await["authentication_key"]),
                key
            );
            assert_eq!(world.check(&number, &key).await.status, 200);
        },
    )
    .await;
}

#[tokio::test]
async fn a_reissue_makes_one_new_key() {
    sweep(
        async |world: &World| {
            let number = world.issued(&advance_payment()).await;
            let old = text(&world.show_key(&number).await["authentication_key"]);
            let path = format!("/api/certificates/{number}/authentication-key/reissue");
            (
                (number, old),
                Request::new("GenerateKey", By::Contractor, path, json!({})),
            )
        },
        async |world: &World, (number, old): (String, String), done: Value| {
            let key = text(&done["authentication_key"]);
            assert_ne!(key, old);
            assert_eq!(world.check(&number, &key).await.status, 200);
            assert_eq!(world.check(&number, &old).await.status, 404);
            let log = world
                .get(
                    &world.clerk,
                    &format!("/api/desk/contracts/{number}/events"),
                )
                .await
                .json();
            let reissues = log["items"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|event| event["event"] == "key_reissued");
            assert_eq!(reissues.count(), 1);
        },
    )
    .await;
}

#[tokio::test]
async fn a_resend_owes_one_mail() {
    sweep(
        async |world: &World| {
            let number = world.issued(&advance_payment()).await;
            world.cloud.drained().await;
            let contract = world
                .get(&world.clerk, &format!("/api/desk/contracts/{number}"))
                .await
                .json();
            assert_eq!(contract["mails"][0]["status"], "sent");
            let mail = text(&contract["mails"][0]["id"]);
            let path = format!("/api/desk/contracts/{number}/mails/{mail}/resend");
            (
                number,
                Request::new("Issue", By::Clerk, path, json!({ "to": "new@example.jp" })),
            )
        },
        async |world: &World, number, _: Value| {
            let contract = world
                .get(&world.clerk, &format!("/api/desk/contracts/{number}"))
                .await
                .json();
            assert_eq!(contract["mails"].as_array().unwrap().len(), 2);
        },
    )
    .await;
}

#[tokio::test]
async fn withdrawing_withdraws_once() {
    sweep(
        async |world: &World| {
            let application = world.apply(&advance_payment()).await;
            let shown_at = format!("/api/applications/{}", text(&application["id"]));
            let path = format!("{shown_at}/withdraw");
            let request = Request::new("Apply", By::Contractor, path, json!({}));
            let shown_at = Some(shown_at);
            (
                (),
                Request {
                    shown_at,
                    ..request
                },
            )
        },
        async |_: &World, (), done: Value| {
            assert_eq!(
                (&done["status"], &done["version"]),
                (&json!("withdrawn"), &json!(2))
            );
        },
    )
    .await;
}

/// Looking changes nothing, and shows in the end what it would have shown without the trouble.
#[tokio::test]
async fn a_certificate_is_shown_in_the_end() {
    sweep(
        async |world: &World| {
            let number = world.issued(&advance_payment()).await;
            let path = format!("/api/certificates/{number}");
            // The mail's mark is a new version.
            world.cloud.drained().await;
            let before = world.get(&world.contractor, &path).await.json();
            (before, Request::get("View", By::Contractor, path))
        },
        async |_: &World, before, done: Value| assert_eq!(done, before),
    )
    .await;
}

#[tokio::test]
async fn the_list_of_certificates_is_shown_in_the_end() {
    sweep(
        async |world: &World| {
            let number = world.issued(&advance_payment()).await;
            let path = "/api/certificates?limit=1".to_owned();
            (number, Request::get("View", By::Contractor, path))
        },
        async |_: &World, number, done: Value| {
            assert_eq!(done["items"][0]["contract_number"], number);
        },
    )
    .await;
}

#[tokio::test]
async fn a_papers_address_is_given_in_the_end() {
    sweep(
        async |world: &World| {
            let number = world.issued(&advance_payment()).await;
            let path = format!("/api/certificates/{number}/documents/customer-copy");
            ((), Request::get("View", By::Contractor, path))
        },
        async |world: &World, (), done: Value| {
            let paper = world.fetch(&text(&done["url"])).await;
            assert_eq!(tests::sha256(&paper.bytes), text(&done["sha256"]));
        },
    )
    .await;
}

/// The checks of a number on record, as many right as wrong ones.
async fn checks(world: &World, number: &str) -> (usize, usize) {
    let path = format!("/api/desk/contracts/{number}/events");
    let log = world.get(&world.clerk, &path).await.json();
    let checks = log["checks"].as_array().unwrap();
    let right = checks.iter().filter(|check| check["outcome"] == "right");
    let right = right.count();
    (right, checks.len() - right)
}

/// What an orderer with a contract's number and key enters.
async fn number_and_key(world: &World) -> (String, Value) {
    let number = world.issued(&advance_payment()).await;
    let key = text(&world.show_key(&number).await["authentication_key"]);
    let body = json!({ "contract_number": number, "authentication_key": key });
    (number, body)
}

/// A right key opens in the end, and is never on record as a wrong one. Each time that the orderer
/// asked anew may be on record as a check of its own: that is what it was.
#[tokio::test]
async fn a_right_key_opens_in_the_end() {
    sweep(
        async |world: &World| {
            let (number, body) = number_and_key(world).await;
            let path = "/api/verifications".to_owned();
            (number, Request::new("Verify", By::Anyone, path, body))
        },
        async |world: &World, number: String, done: Value| {
            assert_eq!(done["contract_number"], number);
            let (right, wrong) = checks(world, &number).await;
            assert!((1..=8).contains(&right) && wrong == 0, "{right}, {wrong}");
        },
    )
    .await;
}

#[tokio::test]
async fn an_orderer_gets_the_paper_in_the_end() {
    sweep(
        async |world: &World| {
            let (number, body) = number_and_key(world).await;
            let path = "/api/verifications/document".to_owned();
            (number, Request::new("Verify", By::Anyone, path, body))
        },
        async |world: &World, number: String, done: Value| {
            let paper = world.fetch(&text(&done["url"])).await;
            assert_eq!(tests::sha256(&paper.bytes), text(&done["sha256"]));
            let (right, wrong) = checks(world, &number).await;
            assert!((1..=8).contains(&right) && wrong == 0, "{right}, {wrong}");
        },
    )
    .await;
}

/// A wrong key never opens, whatever breaks on the way.
#[tokio::test]
async fn a_wrong_key_is_refused_in_the_end() {
    sweep(
        async |world: &World| {
            let (number, _) = number_and_key(world).await;
            let (_, other) = number_and_key(world).await;
            let key = &other["authentication_key"];
            let body = json!({ "contract_number": number, "authentication_key": key });
            let path = "/api/verifications".to_owned();
            let request = Request::new("Verify", By::Anyone, path, body);
            let refusal = Some(404);
            (number, Request { refusal, ..request })
        },
        async |world: &World, number: String, done: Value| {
            assert_eq!(done["code"], "not_opened");
            let (right, wrong) = checks(world, &number).await;
            assert!(right == 0 && (1..=8).contains(&wrong), "{right}, {wrong}");
        },
    )
    .await;
}
