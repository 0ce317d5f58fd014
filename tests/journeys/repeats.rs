//! Requests that come twice act once.

use reqwest::Method;
use serde_json::json;
use tests::{World, advance_payment, new_key, text};

#[tokio::test]
async fn a_repeated_application_is_one_application() {
    let world = World::new().await;
    let (key, body) = (new_key(), advance_payment());
    let apply = || {
        world
            .ask(&world.contractor, Method::POST, "/api/applications")
            .idempotency_key(&key)
            .json(&body)
            .send()
    };
    let first = apply().await;
    let second = apply().await;
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (201, 201));
    assert_eq!(first.json(), second.json());
    assert_eq!(first.header("location"), second.header("location"));
    assert_eq!(
        (
            first.header("idempotency-replayed"),
            second.header("idempotency-replayed")
        ),
        ("", "true")
    );
    let list = world
        .get(&world.contractor, "/api/applications")
        .await
        .json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    world.ends_well().await;
}

/// Two identical submissions at once give one application.
#[tokio::test]
async fn concurrent_submissions_are_handled_gracefully() {
    let world = World::new().await;
    let (key, body) = (new_key(), advance_payment());
    let apply = || {
        world
            .ask(&world.contractor, Method::POST, "/api/applications")
            .idempotency_key(&key)
            .json(&body)
            .send()
    };
    let (one, other, third) = tokio::join!(apply(), apply(), apply());
    for answer in [&one, &other, &third] {
        assert_eq!(answer.status, 201, "{}", answer.text());
        assert_eq!(answer.json()["id"], one.json()["id"]);
    }
    let list = world
        .get(&world.contractor, "/api/applications")
        .await
        .json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    world.ends_well().await;
}

/// Another key is another application, but people are told of the one that resembles it.
#[tokio::test]
async fn another_key_is_another_application_that_names_the_first() {
    let world = World::new().await;
    let first = world.apply(&advance_payment()).await;
    let second = world.apply(&advance_payment()).await;
    assert_ne!(first["id"], second["id"]);
    assert_eq!(second["similar_applications"][0]["id"], first["id"]);
    let desk = world
        .get(
            &world.clerk,
            &format!("/api/desk/applications/{}", text(&first["id"])),
        )
        .await
        .json();
    assert_eq!(desk["similar_applications"][0]["id"], second["id"]);
    world.ends_well().await;
}

#[tokio::test]
async fn a_key_with_another_body_is_refused() {
    let world = World::new().await;
    let key = new_key();
    let apply = |body| {
        let question = world
            .ask(&world.contractor, Method::POST, "/api/applications")
            .idempotency_key(&key);
        async move { question.json(&body).send().await }
    };
    assert_eq!(apply(advance_payment()).await.status, 201);
    let mut other = advance_payment();
    other["guaranteed_amount"] = json!(11_000_000);
    apply(other).await.problem(422, "idempotency_key_reused");
    let another_contractor = world
        .ask(&world.other_contractor, Method::POST, "/api/applications")
        .idempotency_key(&key);
    assert_eq!(
        another_contractor
            .json(&advance_payment())
            .send()
            .await
            .status,
        201,
        "a key belongs to its principal"
    );
    world.ends_well().await;
}

#[tokio::test]
async fn a_missing_or_malformed_key_is_refused() {
    let world = World::new().await;
    let ask = || {
        world
            .ask(&world.contractor, Method::POST, "/api/applications")
            .json(&advance_payment())
    };
    ask().send().await.problem(400, "idempotency_key_required");
    ask()
        .idempotency_key("")
        .send()
        .await
        .problem(400, "idempotency_key_malformed");
    ask()
        .idempotency_key("a b")
        .send()
        .await
        .problem(400, "idempotency_key_malformed");
    ask()
        .idempotency_key(&"k".repeat(256))
        .send()
        .await
        .problem(400, "idempotency_key_malformed");
    assert_eq!(
        ask().idempotency_key("\"in-quotes\"").send().await.status,
        201
    );
    world.ends_well().await;
}

/// Issuing twice at once gives one contract and one mail.
#[tokio::test]
async fn issuing_twice_at_once_gives_one_contract_and_one_mail() {
    let world = World::new().await;
    let application = world.apply(&advance_payment()).await;
    let body = json!({});
    let (one, other) = tokio::join!(
        world.ask_to_issue(&application, &body).send(),
        world.ask_to_issue(&application, &body).send(),
    );
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 412], "{} {}", one.text(), other.text());
    world.cloud.drained().await;
    assert_eq!(world.cloud.mails().unwrap().len(), 1);
    let list = world
        .get(&world.contractor, "/api/certificates")
        .await
        .json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    world.ends_well().await;
}

#[tokio::test]
async fn a_repeated_issue_is_one_contract() {
    let world = World::new().await;
    let application = world.apply(&advance_payment()).await;
    let path = format!("/api/desk/applications/{}/issue", text(&application["id"]));
    let key = new_key();
    let issue = || {
        let question = world
            .ask(&world.clerk, Method::POST, &path)
            .header("if-match", "\"1\"")
            .idempotency_key(&key);
        question.json(&json!({})).send()
    };
    let (one, other) = tokio::join!(issue(), issue());
    let third = issue().await;
    for answer in [&one, &other, &third] {
        assert_eq!(answer.status, 201, "{}", answer.text());
        assert_eq!(
            answer.json()["contract_number"],
            one.json()["contract_number"]
        );
    }
    assert_eq!(third.header("idempotency-replayed"), "true");
    world.ends_well().await;
}

/// Two first presses at once make one key.
#[tokio::test]
async fn two_first_presses_at_once_make_one_key() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    let (one, other, third) = tokio::join!(
        world.show_key(&number),
        world.show_key(&number),
        world.show_key(&number)
    );
    assert_eq!(one["authentication_key"], other["authentication_key"]);
    assert_eq!(one["authentication_key"], third["authentication_key"]);
    let log = world
        .get(
            &world.clerk,
            &format!("/api/desk/contracts/{number}/events"),
        )
        .await
        .json();
    let made = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["event"] == "key_issued")
        .count();
    assert_eq!(made, 1);
    world.ends_well().await;
}
