//! The steps that people take over HTTP.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Person, World, advance_payment, new_key, text};

use crate::{OPERATIONS, Trouble, a_moment};

/// A request that is repeated until it is answered.
struct Request {
    function: &'static str,
    as_clerk: bool,
    path: String,
    body: Value,
    if_match: &'static str,
    key: String,
}

impl Request {
    fn new(function: &'static str, as_clerk: bool, path: String, body: Value) -> Self {
        Self {
            function,
            as_clerk,
            path,
            body,
            if_match: "\"1\"",
            key: new_key(),
        }
    }

    async fn send(&self, world: &World) -> Answer {
        let person: &Person = if self.as_clerk {
            &world.clerk
        } else {
            &world.contractor
        };
        let question = world
            .ask(person, Method::POST, &self.path)
            .idempotency_key(&self.key);
        question
            .header("if-match", self.if_match)
            .json(&self.body)
            .send()
            .await
    }

    /// Sends until it is done, as a client with a little patience does.
    async fn insist(&self, world: &World, trouble: &Trouble) -> Value {
        for _ in 0..8 {
            let answer = self.send(world).await;
            match answer.status.as_u16() {
                200 | 201 => return answer.json(),
                // Not now; or somebody seems to have been first, which a second look denies.
                412 | 500 | 503 => a_moment().await,
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
    assert!(met > 5, "the step has calls that can fail; {met} were met");
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
                    false,
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
            (before, Request::new("Issue", true, path, json!({})))
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
                    true,
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
            (number, Request::new("GenerateKey", false, path, json!({})))
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
                Request::new("GenerateKey", false, path, json!({})),
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
                Request::new("Issue", true, path, json!({ "to": "new@example.jp" })),
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
