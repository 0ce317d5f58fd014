//! Everything that an application is refused for: all faults at once, nothing stored.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{World, advance_payment, contract_performance, interim_payment, new_key, on_paper};

/// Sends an application and gives its violations; nothing may be stored.
async fn refused(world: &World, body: &Value) -> Vec<String> {
    let answer = world
        .post(&world.contractor, "/api/applications", body)
        .await;
    let code = if body["kind"] == "contract_performance_reservation" {
        "reservation_not_offered"
    } else {
        "invalid_fields"
    };
    let violations = answer.problem(422, code);
    let list = world
        .get(&world.contractor, "/api/applications")
        .await
        .json();
    assert_eq!(
        list["items"],
        json!([]),
        "a refused application is not stored"
    );
    violations
}

fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    match body.pointer_mut(pointer) {
        Some(field) => *field = value,
        None => {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            body.pointer_mut(parent).unwrap()[name] = value;
        }
    }
    body
}

#[tokio::test]
async fn an_ineligible_contract_is_refused() {
    let world = World::new().await;
    let early = with(
        advance_payment(),
        "/contract/original_contract_date",
        json!("2025-03-31"),
    );
    assert_eq!(
        refused(&world, &early).await,
        ["/contract/original_contract_date before_start_of_electronic_guarantees"]
    );
    let paper_only = with(advance_payment(), "/orderer_code", json!("999997"));
    assert_eq!(
        refused(&world, &paper_only).await,
        ["/delivery orderer_takes_paper_only"]
    );
    let unknown = with(advance_payment(), "/orderer_code", json!("131016"));
    assert_eq!(
        refused(&world, &unknown).await,
        ["/orderer_code unknown_orderer"]
    );
    let category = with(interim_payment(), "/contract/category", json!("consulting"));
    assert_eq!(
        refused(&world, &category).await,
        ["/contract/category interim_payment_is_for_construction"],
        "中間前払金 is for works only"
    );
}

/// A category that the orderer does not name is refused.
#[tokio::test]
async fn a_category_that_the_orderer_does_not_name_is_refused() {
    let world = World::new().await;
    let mut orderer = world
        .get(&world.anyone, "/api/orderers/442143")
        .await
        .json();
    orderer["electronic"]["categories"] = json!(["construction"]);
    let path = "/api/desk/orderers/442143";
    let edited = world
        .ask(&world.clerk, Method::PUT, path)
        .header("if-match", "\"1\"")
        .json(&orderer)
        .send()
        .await;
    assert_eq!(edited.status, 200, "{}", edited.text());
    let mut consulting = with(advance_payment(), "/contract/category", json!("consulting"));
    consulting["guaranteed_amount"] = json!(9_000_000);
    assert_eq!(
        refused(&world, &consulting).await,
        ["/contract/category category_not_eligible"]
    );
}

#[tokio::test]
async fn amounts_beyond_the_limits_are_refused() {
    let world = World::new().await;
    let above = with(advance_payment(), "/guaranteed_amount", json!(12_000_001));
    assert_eq!(
        refused(&world, &above).await,
        ["/guaranteed_amount above_limit"]
    );
    let consulting = with(advance_payment(), "/contract/category", json!("consulting"));
    assert_eq!(
        refused(&world, &consulting).await,
        ["/guaranteed_amount above_limit"],
        "30 % for consulting"
    );
    let below = with(
        contract_performance(),
        "/guaranteed_amount",
        json!(2_999_999),
    );
    assert_eq!(
        refused(&world, &below).await,
        ["/guaranteed_amount below_limit"]
    );
    let together = with(
        interim_payment(),
        "/prior_advance/amount",
        json!(12_000_001),
    );
    assert_eq!(
        refused(&world, &together).await,
        ["/guaranteed_amount above_limit"],
        "60 % with the first advance"
    );
    let zero = with(advance_payment(), "/guaranteed_amount", json!(0));
    assert_eq!(
        refused(&world, &zero).await,
        ["/guaranteed_amount not_positive"]
    );
}

/// 契約保証予約 is refused by name, for electronic delivery and for paper, and by the estimate too.
#[tokio::test]
async fn a_reservation_is_refused_by_name() {
    let world = World::new().await;
    let body = with(
        contract_performance(),
        "/kind",
        json!("contract_performance_reservation"),
    );
    assert_eq!(
        refused(&world, &body).await,
        ["/kind reservation_not_offered"]
    );
    assert_eq!(
        refused(&world, &on_paper(body.clone())).await,
        ["/kind reservation_not_offered"]
    );
    let estimate = world
        .ask(
            &world.contractor,
            Method::POST,
            "/api/applications/estimate",
        )
        .json(&body)
        .send()
        .await;
    estimate.problem(422, "reservation_not_offered");
}

/// Each kind of text that papers cannot carry, by field and character.
#[tokio::test]
async fn what_cannot_be_printed_is_named_where_it_is_typed() {
    let world = World::new().await;
    for (typed, named) in [
        (r"国東\ud83d市", "U+FFFD"),
        (r"国東\ude00市", "U+FFFD"),
        (r"国東\n市", "U+000A"),
        (r"国東\u202e市", "U+202E"),
        ("国東🏗市", "U+1F3D7"),
        ("山\u{E01EF}田", "U+5C71 U+E01EF"),
        ("あ\u{309A}", "U+309A"),
        ("q\u{302}\u{323}", "U+0323"),
    ] {
        let body = advance_payment().to_string();
        let title = advance_payment()["contract"]["title"].to_string();
        let body = body.replace(&title, &format!("\"{typed}\""));
        let answer = world
            .ask(&world.contractor, Method::POST, "/api/applications")
            .idempotency_key(&tests::new_key())
            .body("application/json", body)
            .send()
            .await;
        assert!(
            answer
                .problem(422, "invalid_fields")
                .contains(&"/contract/title unprintable".to_owned()),
            "{typed}: {}",
            answer.text()
        );
        assert!(answer.text().contains(named), "{typed}: {}", answer.text());
    }
    world.ends_well().await;
}

#[tokio::test]
async fn every_fault_is_named_at_once_and_in_japanese() {
    let world = World::new().await;
    let mut body = advance_payment();
    body["kind"] = json!("前払金");
    body["contract"]["price"] = json!("三千万円");
    body["contract"]["starts_on"] = json!("2025-02-30");
    body["contract"]["colour"] = json!("red");
    body["contractor"]["name"] = json!("山田建設😀");
    body["emails"] = json!(["keiri", 5]);
    body["surprise"] = json!(true);
    let violations = refused(&world, &body).await;
    for named in [
        "/kind unreadable",
        "/contract/price unreadable",
        "/contract/starts_on unreadable",
        "/contract/colour unknown_field",
        "/contractor/name unprintable",
        "/emails/0 not_an_email_address",
        "/emails/1 unreadable",
        "/surprise unknown_field",
    ] {
        assert!(
            violations.contains(&named.to_owned()),
            "{named} is missing in {violations:?}"
        );
    }
    assert_eq!(
        violations.len(),
        8,
        "nothing is named twice: {violations:?}"
    );
    let answer = world
        .post(&world.contractor, "/api/applications", &body)
        .await
        .json();
    let name = answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .find(|error| error["pointer"] == "/contractor/name")
        .unwrap();
    assert!(
        name["message"]
            .as_str()
            .unwrap()
            .contains("「😀」(U+1F600)")
    );
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused() {
    let world = World::new().await;
    let ask = |content_type: &'static str, body: Vec<u8>| {
        let question = world
            .ask(&world.contractor, Method::POST, "/api/applications")
            .idempotency_key(&new_key());
        question.body(content_type, body).send()
    };
    ask("application/json", b"{\"kind\":".to_vec())
        .await
        .problem(400, "malformed_json");
    ask("application/json", b"[]".to_vec())
        .await
        .problem(400, "malformed_json");
    // Half a character is a fault of its field.
    ask("application/json", b"{\"kind\":\"\\ud800\"}".to_vec())
        .await
        .problem(422, "invalid_fields");
    ask(
        "application/json",
        [b"{\"a\":".repeat(500), b"1".to_vec(), b"}".repeat(500)].concat(),
    )
    .await
    .problem(400, "malformed_json");
    ask("text/plain", advance_payment().to_string().into_bytes())
        .await
        .problem(415, "unsupported_media_type");
    let large = with(
        advance_payment(),
        "/contract/title",
        json!("長".repeat(30_000)),
    );
    ask("application/json", large.to_string().into_bytes())
        .await
        .problem(413, "too_large");
    ask(
        "application/json; charset=utf-8",
        advance_payment().to_string().into_bytes(),
    )
    .await
    .json();
}

#[tokio::test]
async fn an_estimate_says_as_much_as_the_body_allows() {
    let world = World::new().await;
    let estimate = |body: Value| {
        let question = world.ask(
            &world.contractor,
            Method::POST,
            "/api/applications/estimate",
        );
        async move { question.json(&body).send().await.json() }
    };
    let empty = estimate(json!({})).await;
    assert_eq!(
        (&empty["acceptable"], &empty["fee"], &empty["limits"]),
        (&json!(false), &Value::Null, &json!([]))
    );
    let part = estimate(json!({
        "kind": "advance_payment", "orderer_code": "442143", "guaranteed_amount": 12_000_000,
        "contract": { "category": "construction", "price": 30_000_000 },
    }))
    .await;
    assert_eq!(part["limits"][0]["amount"], 12_000_000);
    assert_eq!(part["limits"][0]["set_by_orderer"], false);
    assert_eq!(part["fee"]["amount"], 41_000);
    assert_eq!(
        part["general_conditions"],
        "国東市公共工事請負契約約款【R7.4.1以降】"
    );
    // Before any delivery is chosen, and for paper too.
    for delivery in [Value::Null, json!("paper")] {
        let body = json!({
            "orderer_code": "442143", "delivery": delivery,
            "contract": { "original_contract_date": "2025-03-31" },
        });
        let early = estimate(body).await;
        assert_eq!(early["eligibility"]["electronic"], false, "{delivery}");
    }
    let early = estimate(with(
        advance_payment(),
        "/contract/original_contract_date",
        json!("2025-03-31"),
    ))
    .await;
    assert_eq!(early["eligibility"]["electronic"], false);
    assert_eq!(
        early["eligibility"]["reasons"][0]["code"],
        "before_start_of_electronic_guarantees"
    );
}
