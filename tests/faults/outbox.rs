//! The mail, which no client asks for: the stream and the schedule try until it is sent, and what the
//! mail service reports of it is marked, whatever breaks on the way.

use std::time::{Duration, Instant};

use local::{Fault, FaultKind, When};
use serde_json::{Value, json};
use tests::{World, advance_payment, text};

use crate::{OPERATIONS, Trouble, a_moment};

/// Longer than a lease (45 s), after which the schedule takes up what a sender left.
const PATIENCE: Duration = Duration::from_secs(90);

/// Issues under a trouble of the function that sends, and waits until the mail to this address is in
/// its last state; says whether the trouble was met.
async fn meets(world: &World, trouble: Trouble, to: &str, last: &str) -> bool {
    trouble.set(world, "Notify");
    let before = world.cloud.mails().unwrap().len();
    let mut body = advance_payment();
    body["emails"] = json!([to]);
    let number = world.issued(&body).await;
    let begin = Instant::now();
    loop {
        world.cloud.drained().await;
        let contract = world
            .get(&world.clerk, &format!("/api/desk/contracts/{number}"))
            .await
            .json();
        if contract["mails"][0]["status"] == last {
            break;
        }
        assert!(
            begin.elapsed() < PATIENCE,
            "{trouble:?}: the mail is not {last}: {contract:#}"
        );
        let _ = world.cloud.fire_schedules().await;
        a_moment().await;
    }
    // Once, or again where the yes of the mail service or the mark of it was lost on the way.
    let sent = world.cloud.mails().unwrap().len() - before;
    let calls = usize::try_from(trouble.calls).unwrap();
    assert!((1..=calls + 1).contains(&sent), "{trouble:?}: {sent} mails");
    world.cloud.call_off_faults() < calls
}

/// Meets every trouble of these operations with a mail to this address; says how many were met.
async fn all_meet(operations: &[&'static str], to: &'static str, last: &'static str) -> usize {
    let mut met = 0;
    for operation in operations {
        for nth in 1..=6 {
            // All troubles of a call at once, each in a world of its own: some wait for a lease to end.
            let troubles = Trouble::with(operation, nth);
            let tasks: Vec<_> = troubles
                .into_iter()
                .map(|trouble| {
                    tokio::spawn(async move {
                        let world = World::new().await;
                        let struck = meets(&world, trouble, to, last).await;
                        world.ends_well().await;
                        struck
                    })
                })
                .collect();
            let mut struck = 0;
            for task in tasks {
                struck += usize::from(task.await.unwrap());
            }
            met += struck;
            if struck == 0 {
                break;
            }
        }
    }
    met
}

#[tokio::test]
async fn every_mail_is_sent_in_the_end() {
    let met = all_meet(&OPERATIONS, "keiri@example.jp", "sent").await;
    assert!(met > 10, "{met} troubles were met");
}

/// The report comes at once, often before the mail is marked as sent, and sometimes it is the only
/// witness that it was: no bounce is lost.
#[tokio::test]
async fn every_bounce_is_marked_in_the_end() {
    let operations = ["SendRawEmail", "TransactWriteItems"];
    let met = all_meet(&operations, "bounce@simulator.amazonses.com", "bounced").await;
    assert!(met > 10, "{met} troubles were met");
}

/// A contract with mails to these addresses, delivered as far as it goes.
async fn mailed_to(world: &World, addresses: &[&str]) -> String {
    let mut body = advance_payment();
    body["emails"] = json!(addresses);
    let number = world.issued(&body).await;
    world.cloud.drained().await;
    number
}

async fn mails(world: &World, number: &str) -> Vec<Value> {
    let path = format!("/api/desk/contracts/{number}");
    let contract = world.get(&world.clerk, &path).await.json();
    contract["mails"].as_array().unwrap().clone()
}

/// Whom mails went to, in order.
fn sent_to(world: &World) -> Vec<String> {
    let mails = world.cloud.mails().unwrap().into_iter();
    let mut to: Vec<_> = mails.flat_map(|mail| mail.to).collect();
    to.sort();
    to
}

/// A fault in front of every call that marking a bounce makes: in the end it is marked, and logged once.
#[tokio::test]
async fn a_report_marks_its_mail_once() {
    let world = World::new().await;
    let mut met = 0;
    for operation in OPERATIONS {
        'calls: for nth in 1.. {
            for trouble in Trouble::with(operation, nth) {
                let number = mailed_to(&world, &["keiri@example.jp"]).await;
                let mail = mails(&world, &number).await.remove(0);
                let message = world.cloud.mails().unwrap().pop().unwrap();
                trouble.set(&world, "Notify");
                world.cloud.publish(&json!({
                    "source": "aws.ses",
                    "detail-type": "Email Bounced",
                    "detail": {
                        "eventType": "Bounce",
                        "bounce": { "bounceType": "Permanent", "timestamp": "2026-04-14T01:00:09.000Z" },
                        "mail": {
                            "timestamp": "2026-04-14T01:00:00.000Z",
                            "messageId": message.message_id,
                            "tags": {
                                "ses:configuration-set": ["denshi-hosho-mailconfiguration"],
                                "contract": [number],
                                "mail": [mail["id"]],
                            },
                        },
                    },
                }));
                world.cloud.drained().await;
                let is_struck =
                    world.cloud.call_off_faults() < usize::try_from(trouble.calls).unwrap();
                assert_eq!(
                    mails(&world, &number).await[0]["status"],
                    "bounced",
                    "{trouble:?}"
                );
                let path = format!("/api/desk/contracts/{number}/events");
                let log = world.get(&world.clerk, &path).await.json();
                let events = log["items"].as_array().unwrap().iter();
                let marked = events.filter(|event| event["event"] == "mail_bounced");
                assert_eq!(marked.count(), 1, "{trouble:?}");
                if !is_struck {
                    break 'calls;
                }
                met += 1;
            }
        }
    }
    assert!(world.cloud.dead_letters().unwrap().is_empty());
    world.ends_well().await;
    assert!(met > 10, "{met} troubles were met");
}

/// Twelve rounds of the schedule are an hour.
#[tokio::test]
async fn after_an_hour_without_the_mail_service_each_mail_goes_out_once() {
    let world = World::new().await;
    for nth in 1..=1000 {
        world.cloud.strike(Fault {
            function: None,
            operation: "SendRawEmail".to_owned(),
            nth,
            when: When::Before,
            kind: FaultKind::InternalError,
        });
    }
    let numbers = [
        mailed_to(&world, &["keiri@example.jp"]).await,
        mailed_to(&world, &["soumu@example.jp"]).await,
    ];
    assert!(!world.cloud.dead_letters().unwrap().is_empty());
    for _ in 0..12 {
        world.cloud.fire_schedules().await.unwrap();
    }
    for number in &numbers {
        assert_eq!(mails(&world, number).await[0]["status"], "owed");
    }
    assert_eq!(sent_to(&world), [""; 0]);
    assert!(world.cloud.call_off_faults() > 0, "it was down until now");
    for _ in 0..2 {
        world.cloud.fire_schedules().await.unwrap();
        assert_eq!(sent_to(&world), ["keiri@example.jp", "soumu@example.jp"]);
    }
    for number in &numbers {
        assert_eq!(mails(&world, number).await[0]["status"], "sent");
    }
    world.ends_well().await;
}

/// Records of the stream in any order, each more than once, by two calls at the same time, and among
/// them two that name no mail: each mail goes out once.
#[tokio::test]
async fn records_out_of_order_repeated_and_bad_send_each_mail_once() {
    let world = World::new().await;
    let addresses = ["a@example.jp", "b@example.jp", "c@example.jp"];
    for address in addresses {
        world.cloud.poison(address);
    }
    let number = mailed_to(&world, &addresses).await;
    for address in addresses {
        world.cloud.cure(address);
    }
    let record = |n: usize, id: &Value| {
        let image = json!({
            "entity": { "S": "mail" }, "contract_number": { "S": number }, "id": { "S": id },
        });
        json!({ "eventName": "INSERT", "dynamodb": { "SequenceNumber": n.to_string(), "NewImage": image } })
    };
    let owed = mails(&world, &number).await;
    let mut records: Vec<_> = owed.iter().map(|mail| record(1, &mail["id"])).collect();
    records.reverse();
    records.insert(1, record(2, &json!("01ARZ3NDEKTSV4RRFFQ69G5FAV")));
    records.insert(
        2,
        json!({ "dynamodb": { "SequenceNumber": "3", "NewImage": { "id": { "S": "?" } } } }),
    );
    records.extend(records.clone());
    let batch = json!({ "Records": records });
    let twice = tokio::join!(
        world.cloud.invoke("Notify", &batch),
        world.cloud.invoke("Notify", &batch)
    );
    for answer in [twice.0, twice.1, world.cloud.invoke("Notify", &batch).await] {
        assert_eq!(answer.unwrap(), json!({ "batchItemFailures": [] }));
    }
    assert_eq!(sent_to(&world), addresses);
    for mail in mails(&world, &number).await {
        assert_eq!(text(&mail["status"]), "sent");
    }
    world.ends_well().await;
}
