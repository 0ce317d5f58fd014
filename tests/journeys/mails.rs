//! The mail goes out from the outbox, once to each address, and again when the desk wants it.

use local::{Fault, FaultKind, When};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{World, advance_payment, new_key, text};

async fn mails(world: &World, number: &str) -> Vec<Value> {
    let contract = world
        .get(&world.clerk, &format!("/api/desk/contracts/{number}"))
        .await
        .json();
    contract["mails"].as_array().unwrap().clone()
}

#[tokio::test]
async fn each_address_gets_one_mail() {
    let world = World::new().await;
    let mut body = advance_payment();
    body["emails"] = json!(["keiri@example.jp", "soumu@example.jp", "shacho@example.jp"]);
    let number = world.issued(&body).await;
    world.cloud.drained().await;
    let mut to: Vec<_> = world
        .cloud
        .mails()
        .unwrap()
        .into_iter()
        .flat_map(|mail| mail.to)
        .collect();
    to.sort();
    assert_eq!(
        to,
        ["keiri@example.jp", "shacho@example.jp", "soumu@example.jp"]
    );
    for mail in mails(&world, &number).await {
        assert_eq!(mail["status"], "sent");
    }
    world.cloud.fire_schedules().await.unwrap();
    assert_eq!(
        world.cloud.mails().unwrap().len(),
        3,
        "the schedule sends nothing twice"
    );
    world.ends_well().await;
}

/// The mail carries no key, and no address but that of the login.
#[tokio::test]
async fn the_mail_opens_nothing() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    world.cloud.drained().await;
    let key = text(&world.show_key(&number).await["authentication_key"]);
    let mail = &world.cloud.mails().unwrap()[0];
    assert!(!mail.text.contains(&key));
    let addresses: Vec<_> = mail
        .text
        .split_whitespace()
        .filter(|word| word.contains("://"))
        .collect();
    assert_eq!(addresses, [format!("{}/", world.cloud.api())]);
    world.ends_well().await;
}

#[tokio::test]
async fn the_desk_sends_a_mail_again_to_a_corrected_address() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    world.cloud.drained().await;
    let first = mails(&world, &number).await.remove(0);
    let path = format!(
        "/api/desk/contracts/{number}/mails/{}/resend",
        text(&first["id"])
    );
    let key = new_key();
    let resend = |body| {
        let question = world
            .ask(&world.clerk, Method::POST, &path)
            .idempotency_key(&key)
            .json(&body);
        async move { question.send().await }
    };
    assert_eq!(
        resend(json!({ "to": "nobody" }))
            .await
            .problem(422, "invalid_fields"),
        ["/to not_an_email_address"]
    );
    let again = resend(json!({ "to": "new@example.jp" })).await;
    assert_eq!(
        (again.status.as_u16(), again.json()["instead_of"].clone()),
        (201, first["id"].clone()),
        "{}",
        again.text()
    );
    let repeated = resend(json!({ "to": "new@example.jp" })).await;
    assert_eq!(repeated.json()["id"], again.json()["id"]);
    world.cloud.drained().await;
    let to: Vec<_> = world
        .cloud
        .mails()
        .unwrap()
        .into_iter()
        .flat_map(|mail| mail.to)
        .collect();
    assert_eq!(to, ["keiri@example.jp", "new@example.jp"]);
    let log = world
        .get(
            &world.clerk,
            &format!("/api/desk/contracts/{number}/events"),
        )
        .await
        .json();
    let resent = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|event| event["event"] == "mail_resent")
        .unwrap()
        .clone();
    assert_eq!(resent["address_corrected"], true);
    let unknown = format!("/api/desk/contracts/{number}/mails/01ARZ3NDEKTSV4RRFFQ69G5FAV/resend");
    world
        .post(&world.clerk, &unknown, &json!({}))
        .await
        .problem(404, "not_found");
    world.ends_well().await;
}

/// The mail service is out of order for a moment: the mail stays owed and goes out later, once.
#[tokio::test]
async fn a_mail_that_could_not_be_sent_goes_out_later() {
    let world = World::new().await;
    for nth in 1..=3 {
        world.cloud.strike(Fault {
            function: None,
            operation: "SendRawEmail".into(),
            nth,
            when: When::Before,
            kind: FaultKind::Throttling,
        });
    }
    let number = world.issued(&advance_payment()).await;
    world.cloud.drained().await;
    world.cloud.fire_schedules().await.unwrap();
    assert_eq!(world.cloud.mails().unwrap().len(), 1);
    assert_eq!(mails(&world, &number).await[0]["status"], "sent");
    assert_eq!(world.cloud.pending_faults(), 0, "the faults have struck");
    world.ends_well().await;
}
