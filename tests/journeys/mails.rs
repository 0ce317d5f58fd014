//! The mail goes out from the outbox, once to each address, and again when the desk wants it.

use std::process::Command;

use local::{Fault, FaultKind, When};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Trouble, World, advance_payment, new_key, text};

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

/// Before a domain is proven, and when its records are lost, SES refuses every mail with the code of one that
/// it will never take. Such a mail stays owed, and nobody has to send it again by hand.
#[tokio::test]
async fn a_domain_that_is_not_proven_costs_no_mail() {
    let world = World::new().await;
    let unproven = Trouble {
        operation: "SendRawEmail",
        nth: 1,
        calls: 2,
        when: When::Before,
        kind: FaultKind::SenderUnverified,
    };
    unproven.set(&world, "Notify");
    let number = world.issued(&advance_payment()).await;
    world.cloud.drained().await;
    assert_eq!(world.cloud.pending_faults(), 0);
    assert_eq!(mails(&world, &number).await[0]["status"], "sent");
    assert_eq!(world.cloud.mails().unwrap().len(), 1);
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

/// The stream and the schedule meet at one mail: whoever comes second leaves it, which is no failure of a version.
#[tokio::test]
async fn a_mail_that_somebody_else_is_settling_is_left_to_them() {
    let world = World::new().await;
    let meeting = Trouble {
        operation: "UpdateItem",
        nth: 1,
        calls: 1,
        when: When::Before,
        kind: FaultKind::TransactionConflict,
    };
    meeting.set(&world, "Notify");
    let number = world.issued(&advance_payment()).await;
    world.cloud.drained().await;
    assert_eq!(world.cloud.pending_faults(), 0, "the fault has struck");
    assert_eq!(mails(&world, &number).await[0]["status"], "owed");
    assert!(
        world
            .cloud
            .metrics()
            .iter()
            .all(|one| one.metric != "Failures")
    );
    world.cloud.fire_schedules().await.unwrap();
    assert_eq!(mails(&world, &number).await[0]["status"], "sent");
    assert_eq!(world.cloud.mails().unwrap().len(), 1);
    world.ends_well().await;
}

/// A mail to this address, issued and delivered as far as it goes; gives the contract's number.
async fn mailed_to(world: &World, address: &str) -> String {
    let mut body = advance_payment();
    body["emails"] = json!([address]);
    let number = world.issued(&body).await;
    world.cloud.drained().await;
    number
}

/// The desk's list of mails in a state.
async fn listed(world: &World, status: &str) -> Vec<Value> {
    let path = format!("/api/desk/mails?status={status}");
    let list = world.get(&world.clerk, &path).await.json();
    list["items"].as_array().unwrap().clone()
}

/// The events of a contract's log that are about mails, with how a mail came back.
async fn mail_events(world: &World, number: &str) -> Vec<String> {
    let path = format!("/api/desk/contracts/{number}/events");
    let log = world.get(&world.clerk, &path).await.json();
    let items = log["items"].as_array().unwrap().iter();
    items
        .filter(|event| text(&event["event"]).starts_with("mail_"))
        .map(|event| match event["bounce"].as_str() {
            Some(bounce) => format!("{} {bounce}", text(&event["event"])),
            None => text(&event["event"]),
        })
        .collect()
}

/// What SES tells of a mail, as it stands at the desk.
fn report(world: &World, mail: &Value, what: &Value) -> Value {
    let sent = world.cloud.mails().unwrap();
    let of_it = sent.iter().rev().find(|sent| {
        let id = text(&mail["id"]);
        sent.tags.as_ref().is_some_and(|tags| tags.contains(&id))
    });
    let mut detail = json!({
        "mail": {
            "timestamp": "2026-04-14T01:00:00.000Z",
            "messageId": of_it.map(|sent| sent.message_id.clone()),
            "destination": [mail["to"]],
            "tags": {
                "ses:configuration-set": ["denshi-hosho-mailconfiguration"],
                "contract": [mail["contract_number"]],
                "mail": [mail["id"]],
            },
        },
    });
    for (name, value) in what.as_object().unwrap() {
        detail[name] = value.clone();
    }
    let detail_type = match detail["eventType"].as_str() {
        Some("Bounce") => "Email Bounced",
        _ => "Email Complaint Received",
    };
    json!({ "source": "aws.ses", "detail-type": detail_type, "detail": detail })
}

fn bounce(kind: &str) -> Value {
    let bounce = json!({ "bounceType": kind, "bounceSubType": "General", "timestamp": "2026-04-14T01:00:09.000Z" });
    json!({ "eventType": "Bounce", "bounce": bounce })
}

fn complaint() -> Value {
    json!({ "eventType": "Complaint", "complaint": { "timestamp": "2026-04-14T02:00:00.000Z" } })
}

/// From the bounce to the mail that replaces it: work at the desk, and then no more.
#[tokio::test]
async fn a_mail_that_came_back_is_work_until_it_is_sent_again() {
    let world = World::new().await;
    let number = mailed_to(&world, "bounce@simulator.amazonses.com").await;
    let bounced = mails(&world, &number).await.remove(0);
    assert_eq!(
        (&bounced["status"], &bounced["bounce"]),
        (&json!("bounced"), &json!("permanent"))
    );
    assert!(bounced["sent_at"].is_string() && bounced["reported_at"].is_string());
    assert_eq!(
        listed(&world, "bounced").await,
        std::slice::from_ref(&bounced)
    );
    assert!(listed(&world, "sent").await.is_empty());
    assert_eq!(
        mail_events(&world, &number).await,
        ["mail_sent", "mail_bounced permanent"]
    );

    let path = format!(
        "/api/desk/contracts/{number}/mails/{}/resend",
        text(&bounced["id"])
    );
    let corrected = json!({ "to": "keiri@example.jp" });
    let again = world.post(&world.clerk, &path, &corrected).await.json();
    world.cloud.drained().await;
    assert!(listed(&world, "bounced").await.is_empty(), "it is done");
    let both = mails(&world, &number).await;
    assert_eq!(both[0]["replaced_by"], again["id"]);
    assert_eq!(both[0]["status"], "bounced", "what happened stays said");
    assert_eq!(
        (&both[1]["status"], &both[1]["instead_of"]),
        (&json!("sent"), &bounced["id"])
    );
    let path = format!("/api/desk/contracts/{number}/events");
    let log = world.get(&world.clerk, &path).await;
    let items = log.json()["items"].as_array().unwrap().clone();
    let resent = items.iter().find(|event| event["event"] == "mail_resent");
    let resent = resent.unwrap();
    assert_eq!(resent["instead_of"], bounced["id"]);
    assert_eq!(resent["address_corrected"], true);
    for address in ["bounce@simulator.amazonses.com", "keiri@example.jp"] {
        assert!(!log.text().contains(address), "the log names no address");
    }
    world.ends_well().await;
}

#[tokio::test]
async fn a_complaint_is_shown_as_one() {
    let world = World::new().await;
    let number = mailed_to(&world, "complaint+1@simulator.amazonses.com").await;
    let complained = listed(&world, "complained").await;
    assert_eq!(complained[0]["contract_number"], number);
    assert_eq!(complained[0].get("bounce"), None);
    assert_eq!(
        mail_events(&world, &number).await,
        ["mail_sent", "mail_complained"]
    );
    world.ends_well().await;
}

/// Reports come in any order and more than once: the worst one stands, and each says its piece once.
#[tokio::test]
async fn the_order_and_the_repetition_of_reports_do_not_matter() {
    let world = World::new().await;
    let (transient, permanent) = (bounce("Transient"), bounce("Permanent"));
    let complaint = complaint();
    for (reports, status, events) in [
        (
            vec![&transient, &transient, &permanent],
            "bounced",
            vec!["mail_bounced transient", "mail_bounced permanent"],
        ),
        (
            vec![&permanent, &transient, &permanent],
            "bounced",
            vec!["mail_bounced permanent"],
        ),
        (
            vec![&complaint, &permanent, &complaint, &transient],
            "complained",
            vec!["mail_complained"],
        ),
        (
            vec![&transient, &complaint],
            "complained",
            vec!["mail_bounced transient", "mail_complained"],
        ),
    ] {
        let number = mailed_to(&world, "keiri@example.jp").await;
        let mail = mails(&world, &number).await.remove(0);
        for what in reports {
            world.cloud.publish(&report(&world, &mail, what));
            world.cloud.drained().await;
        }
        assert_eq!(mails(&world, &number).await[0]["status"], status);
        let told = mail_events(&world, &number).await;
        assert_eq!(told[0], "mail_sent");
        assert_eq!(told[1..], events);
    }
    assert!(world.cloud.dead_letters().unwrap().is_empty());
    world.ends_well().await;
}

/// A crash can make two copies of a mail; what becomes of the copy that is not on record marks nothing.
#[tokio::test]
async fn a_report_about_another_message_marks_nothing() {
    let world = World::new().await;
    let number = mailed_to(&world, "keiri@example.jp").await;
    let mail = mails(&world, &number).await.remove(0);
    let mut other = report(&world, &mail, &bounce("Permanent"));
    other["detail"]["mail"]["messageId"] = json!("0106-another-000000");
    world.cloud.publish(&other);
    // Mails of other stacks in the same account are nobody's business here.
    let mut elsewhere = report(&world, &mail, &bounce("Permanent"));
    elsewhere["detail"]["mail"]["tags"]["ses:configuration-set"] = json!(["another"]);
    world.cloud.publish(&elsewhere);
    world.cloud.drained().await;
    assert_eq!(mails(&world, &number).await[0]["status"], "sent");
    assert!(world.cloud.dead_letters().unwrap().is_empty());
    world.ends_well().await;
}

/// A mail that the desk sent again before it came back is no work when it does.
#[tokio::test]
async fn a_report_about_a_mail_that_was_sent_again_is_no_new_work() {
    let world = World::new().await;
    let number = mailed_to(&world, "keiri@example.jp").await;
    let mail = mails(&world, &number).await.remove(0);
    let path = format!(
        "/api/desk/contracts/{number}/mails/{}/resend",
        text(&mail["id"])
    );
    world.post(&world.clerk, &path, &json!({})).await;
    world.cloud.drained().await;
    world
        .cloud
        .publish(&report(&world, &mail, &bounce("Permanent")));
    world.cloud.drained().await;
    assert_eq!(mails(&world, &number).await[0]["status"], "bounced");
    assert!(listed(&world, "bounced").await.is_empty());
    world.ends_well().await;
}

/// The block of the runbook that is marked so.
fn runbook(mark: &str) -> String {
    let runbook = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/RUNBOOK-MAIL.md");
    let runbook = std::fs::read_to_string(runbook).unwrap();
    let (_, block) = runbook
        .split_once(&format!("<!-- {mark} -->\n```sh\n"))
        .unwrap();
    block.split("```").next().unwrap().to_owned()
}

/// Does what the runbook says under a mark, as an operator with the ordinary AWS CLI.
async fn operate(world: &World, queue: &str, mark: &str) -> String {
    let local = world.cloud.local();
    let names = runbook("one machine").replace("-mailreportdeadletters", queue);
    let commands = format!("set -euo pipefail\n{names}\n{}", runbook(mark));
    let mut bash = Command::new("bash");
    bash.args(["-c", &commands])
        .env("here", local.to_string())
        .env("AWS_DEFAULT_REGION", text(&local["aws"]["region"]))
        .env("AWS_ACCESS_KEY_ID", text(&local["aws"]["access_key_id"]))
        .env(
            "AWS_SECRET_ACCESS_KEY",
            text(&local["aws"]["secret_access_key"]),
        );
    let done = tokio::task::spawn_blocking(move || bash.output().unwrap());
    let done = done.await.unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    let complained = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}{complained}");
    said
}

/// The table cannot be written for a while: reports end in their queue, and the runbook's commands mark
/// the mails when the trouble is over.
#[tokio::test]
async fn a_report_that_could_not_be_marked_is_handed_over_again_by_the_runbook() {
    let world = World::new().await;
    let number = mailed_to(&world, "keiri@example.jp").await;
    let mail = mails(&world, &number).await.remove(0);
    // Three calls of the function, each of three attempts.
    for nth in 1..=9 {
        world.cloud.strike(Fault {
            function: Some("Notify".into()),
            operation: "TransactWriteItems".into(),
            nth,
            when: When::Before,
            kind: FaultKind::InternalError,
        });
    }
    world
        .cloud
        .publish(&report(&world, &mail, &bounce("Permanent")));
    world.cloud.drained().await;
    assert_eq!(world.cloud.pending_faults(), 0, "the faults have struck");
    assert_eq!(mails(&world, &number).await[0]["status"], "sent");
    assert_eq!(world.cloud.dead_letters().unwrap().len(), 1);
    operate(&world, "-mailreportdeadletters", "hand over").await;
    assert!(world.cloud.dead_letters().unwrap().is_empty());
    assert_eq!(mails(&world, &number).await[0]["status"], "bounced");
    world.ends_well().await;
}

/// A mail that can never be sent, in one batch with others: they go out, it stays owed and shows at the
/// desk, its dead letter waits for somebody; when the cause is gone, the runbook's commands send it.
#[tokio::test]
async fn a_poison_mail_holds_up_nobody() {
    let world = World::new().await;
    let mut body = advance_payment();
    body["emails"] = json!(["keiri@example.jp", "poison@example.jp", "soumu@example.jp"]);
    world.cloud.poison("poison@example.jp");
    let number = world.issued(&body).await;
    let other = world.issued(&advance_payment()).await;
    world.cloud.drained().await;
    let sent_to = |world: &World| {
        let mails = world.cloud.mails().unwrap().into_iter();
        let mut to: Vec<_> = mails.flat_map(|mail| mail.to).collect();
        to.sort();
        to
    };
    let healthy = ["keiri@example.jp", "keiri@example.jp", "soumu@example.jp"];
    assert_eq!(sent_to(&world), healthy, "each once");
    assert_eq!(mails(&world, &other).await[0]["status"], "sent");
    let owed = listed(&world, "owed").await;
    assert_eq!(owed.len(), 1);
    assert_eq!(owed[0]["to"], "poison@example.jp");
    let letters = world.cloud.dead_letters().unwrap();
    let given_up = &letters[0]["message"]["requestContext"]["condition"];
    assert_eq!(given_up, "RetryAttemptsExhausted");
    assert!(
        !letters[0].to_string().contains("poison"),
        "pointers, no mail"
    );

    // While the cause is there a round says so, and does nothing else.
    let said = operate(&world, "-maildeadletters", "round").await;
    assert!(said.contains("\"still_owed\": 1"), "{said}");
    assert_eq!(sent_to(&world), healthy);

    world.cloud.cure("poison@example.jp");
    operate(&world, "-maildeadletters", "hand over").await;
    assert!(world.cloud.dead_letters().unwrap().is_empty());
    assert_eq!(sent_to(&world).len(), 4);
    for mail in mails(&world, &number).await {
        assert_eq!(mail["status"], "sent");
    }
    world.ends_well().await;
}
