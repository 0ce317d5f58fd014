//! What an operator asks for is counted: once for each thing that happened, and never for a repeat.

use std::collections::BTreeMap;

use local::{Fault, FaultKind, When};
use reqwest::Method;
use tests::{Trouble, World, advance_payment, new_key, text};

/// The sums by metric.
fn sums(world: &World) -> BTreeMap<String, f64> {
    let measured = world.cloud.metrics().into_iter();
    measured.map(|one| (one.metric, one.sum)).collect()
}

#[tokio::test]
async fn each_step_of_a_life_is_counted_once() {
    let world = World::new().await;
    let key = new_key();
    for _ in 0..2 {
        let question = world.ask(&world.contractor, Method::POST, "/api/applications");
        let answer = question.idempotency_key(&key).json(&advance_payment());
        assert_eq!(answer.send().await.status, 201);
    }
    let number = world.issued(&advance_payment()).await;
    world.cloud.drained().await;
    let key = text(&world.show_key(&number).await["authentication_key"]);
    assert_eq!(world.check(&number, &key).await.status, 200);
    let reissue = format!("/api/certificates/{number}/authentication-key/reissue");
    let question = world.ask(&world.contractor, Method::POST, &reissue);
    let answer = question.idempotency_key(&new_key()).send().await;
    assert_eq!(answer.status, 200);
    assert_eq!(world.check(&number, &key).await.status, 404);
    world.cloud.fire_schedules().await.unwrap();

    let expected = [
        ("Applications", 2.0),
        ("ChecksOpened", 1.0),
        ("ChecksRefused", 1.0),
        ("Issues", 1.0),
        ("MailsOwed", 1.0),
        ("MailsSent", 1.0),
        ("OldestUnsentMailSeconds", 0.0),
    ];
    assert_eq!(
        sums(&world),
        expected.map(|(name, sum)| (name.to_owned(), sum)).into()
    );
    // By the name that an alarm of the template would ask for.
    let measured = world.cloud.metrics();
    let issues = measured.iter().find(|one| one.metric == "Issues").unwrap();
    assert_eq!(issues.function, "denshi-hosho-issue");
    world.ends_well().await;
}

/// A table that does not answer is told to a client as 503, which is no error to Lambda; a mail that cannot
/// be sent is told to nobody. The alarm that takes a bad version back stands on this number.
#[tokio::test]
async fn what_a_function_cannot_do_is_counted_for_its_version() {
    let world = World::new().await;
    let failures = || {
        let measured = world.cloud.metrics().into_iter();
        let failures = measured.filter(|one| one.metric == "Failures");
        let named: BTreeMap<_, _> = failures.map(|one| (one.function, one.sum)).collect();
        named
    };
    // As often as the SDK asks.
    let trouble = |operation, kind| Trouble {
        operation,
        nth: 1,
        calls: 3,
        when: When::Before,
        kind,
    };
    let number = world.issued(&advance_payment()).await;
    world.cloud.drained().await;
    let key = text(&world.show_key(&number).await["authentication_key"]);
    assert_eq!(failures(), BTreeMap::new());
    trouble("GetItem", FaultKind::Throttling).set(&world, "Verify");
    assert_eq!(world.check(&number, &key).await.status, 503);
    let of_verify = ("denshi-hosho-verify $LATEST".to_owned(), 1.0);
    assert_eq!(failures(), BTreeMap::from([of_verify.clone()]));

    // A mail service that takes nothing for now is no fault of the version.
    trouble("SendRawEmail", FaultKind::Throttling).set(&world, "Notify");
    world.issued(&advance_payment()).await;
    world.cloud.drained().await;
    assert_eq!(world.cloud.pending_faults(), 0);
    assert_eq!(failures(), BTreeMap::from([of_verify.clone()]));

    trouble("SendRawEmail", FaultKind::InternalError).set(&world, "Notify");
    world.issued(&advance_payment()).await;
    world.cloud.drained().await;
    let of_notify = ("denshi-hosho-notify $LATEST".to_owned(), 1.0);
    assert_eq!(failures(), BTreeMap::from([of_verify, of_notify]));
    world.ends_well().await;
}

/// The alarm on late mails stands on this number.
#[tokio::test]
async fn the_age_of_a_mail_that_cannot_be_sent_grows() {
    let world = World::new().await;
    for nth in 1..=100 {
        world.cloud.strike(Fault {
            function: None,
            operation: "SendRawEmail".into(),
            nth,
            when: When::Before,
            kind: FaultKind::Throttling,
        });
    }
    world.issued(&advance_payment()).await;
    tokio::time::sleep(std::time::Duration::from_millis(2100)).await;
    world.cloud.fire_schedules().await.unwrap();
    let oldest = || {
        let measured = world.cloud.metrics().into_iter();
        let mut oldest = measured.filter(|one| one.metric == "OldestUnsentMailSeconds");
        oldest.next().unwrap()
    };
    assert_eq!(oldest().unit, "Seconds");
    assert!(oldest().last >= 2.0, "{:?}", oldest());
    world.cloud.call_off_faults();
    world.cloud.drained().await;
    world.cloud.fire_schedules().await.unwrap();
    assert_eq!(oldest().last, 0.0, "nothing is owed any more");
    world.ends_well().await;
}
