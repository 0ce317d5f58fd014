//! Decisions: by whom, on which version, and never twice.

use reqwest::Method;
use serde_json::json;
use tests::{World, advance_payment, contract_performance, new_key, text};

fn path(application: &serde_json::Value, verb: &str) -> String {
    format!("/api/desk/applications/{}/{verb}", text(&application["id"]))
}

#[tokio::test]
async fn a_decision_needs_the_version_that_was_seen() {
    let world = World::new().await;
    let application = world.apply(&advance_payment()).await;
    let path = path(&application, "issue");
    let issue = || {
        world
            .ask(&world.clerk, Method::POST, &path)
            .idempotency_key(&new_key())
            .json(&json!({}))
    };
    issue().send().await.problem(428, "precondition_required");
    issue()
        .header("if-match", "\"2\"")
        .send()
        .await
        .problem(412, "stale");
    issue()
        .header("if-match", "W/\"1\"")
        .send()
        .await
        .problem(412, "stale");
    assert_eq!(
        issue()
            .header("if-match", "\"7\", \"1\"")
            .send()
            .await
            .status,
        201
    );
    issue()
        .header("if-match", "\"2\"")
        .send()
        .await
        .problem(409, "already_decided");
    world.ends_well().await;
}

#[tokio::test]
async fn declining_names_its_reason_to_the_contractor() {
    let world = World::new().await;
    let application = world.apply(&advance_payment()).await;
    let path = path(&application, "decline");
    let key = new_key();
    let decline = |body| {
        let question = world
            .ask(&world.clerk, Method::POST, &path)
            .header("if-match", "\"1\"")
            .idempotency_key(&key);
        async move { question.json(&body).send().await }
    };
    assert_eq!(
        decline(json!({})).await.problem(422, "invalid_fields"),
        ["/reason required"]
    );
    assert_eq!(
        decline(json!({ "reason": 5, "x": 1 }))
            .await
            .problem(422, "invalid_fields"),
        ["/reason unreadable", "/x unknown_field"]
    );
    let declined = decline(json!({ "reason": "工事請負契約書の写しが添付されていません。" })).await;
    assert_eq!(
        (declined.status.as_u16(), declined.header("etag")),
        (200, "\"2\"")
    );
    let again = decline(json!({ "reason": "工事請負契約書の写しが添付されていません。" })).await;
    assert_eq!(
        (again.json(), again.header("idempotency-replayed")),
        (declined.json(), "true")
    );
    let seen = world
        .get(
            &world.contractor,
            &format!("/api/applications/{}", text(&application["id"])),
        )
        .await
        .json();
    assert_eq!(
        (seen["status"].as_str(), seen["reason"].as_str()),
        (
            Some("declined"),
            Some("工事請負契約書の写しが添付されていません。")
        )
    );
    world
        .ask_to_issue(&seen, &json!({}))
        .send()
        .await
        .problem(409, "already_decided");
    world.ends_well().await;
}

#[tokio::test]
async fn a_contractor_withdraws_what_is_not_decided() {
    let world = World::new().await;
    let application = world.apply(&advance_payment()).await;
    let path = format!("/api/applications/{}/withdraw", text(&application["id"]));
    let withdraw = |seen: &'static str| {
        world
            .ask(&world.contractor, Method::POST, &path)
            .header("if-match", seen)
            .send()
    };
    withdraw("\"9\"").await.problem(412, "stale");
    let withdrawn = withdraw("\"1\"").await;
    assert_eq!(
        (
            withdrawn.status.as_u16(),
            withdrawn.json()["status"].as_str()
        ),
        (200, Some("withdrawn"))
    );
    withdraw("\"2\"").await.problem(409, "already_decided");
    world
        .ask_to_issue(&withdrawn.json(), &json!({}))
        .send()
        .await
        .problem(409, "already_decided");
    let queue = world
        .get(&world.clerk, "/api/desk/applications")
        .await
        .json();
    assert_eq!(
        queue["items"],
        json!([]),
        "what is decided has left the queue"
    );
    world.ends_well().await;
}

/// The days of the conclusion are held to each other, to today, and to the contract (標準約款 第4条).
#[tokio::test]
async fn the_days_of_the_conclusion_are_examined() {
    let world = World::new().await;
    let application = world.apply(&contract_performance()).await;
    let refused = |body| {
        let question = world.ask_to_issue(&application, &body);
        async move { question.send().await.problem(422, "invalid_fields") }
    };
    assert_eq!(
        refused(json!({})).await,
        ["/concluded_on after_contract"],
        "by default the contract is concluded today"
    );
    assert_eq!(
        refused(json!({ "concluded_on": "2999-01-01", "fee_paid_on": "2999-01-02" })).await,
        [
            "/concluded_on in_the_future",
            "/fee_paid_on after_conclusion",
            "/concluded_on after_contract"
        ]
    );
    assert_eq!(
        refused(json!({ "concluded_on": "yesterday", "paid": 1 })).await,
        ["/concluded_on unreadable", "/paid unknown_field"]
    );
    let contract = world
        .issue(
            &application,
            &json!({ "concluded_on": "2025-04-10", "fee_paid_on": "2025-04-09" }),
        )
        .await;
    assert_eq!(
        (
            contract["concluded_on"].as_str(),
            contract["fee_paid_on"].as_str()
        ),
        (Some("2025-04-10"), Some("2025-04-09"))
    );
    world.ends_well().await;
}
