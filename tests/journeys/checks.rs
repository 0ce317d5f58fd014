//! The orderer's check: what opens, what does not, and that the two kinds of no cannot be told apart.

use reqwest::Method;
use serde_json::json;
use tests::{Answer, World, advance_payment, new_key, on_paper, text};

/// What can be seen of an answer from outside: everything but the instant and the request's own id.
fn visible(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let own = ["date", "apigw-requestid"];
    let headers = answer
        .headers
        .iter()
        .filter(|(name, _)| !own.contains(&name.as_str()));
    let headers = headers
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    (answer.status.as_u16(), headers, answer.text())
}

#[tokio::test]
async fn every_kind_of_no_looks_the_same() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    let other = world.issued(&advance_payment()).await;
    let unpressed = world.issued(&advance_payment()).await;
    let paper = world.issued(&on_paper(advance_payment())).await;
    let key = text(&world.show_key(&number).await["authentication_key"]);
    let others = text(&world.show_key(&other).await["authentication_key"]);
    let path = format!("/api/certificates/{number}/authentication-key/reissue");
    let reissued = world
        .post(&world.contractor, &path, &json!({}))
        .await
        .json();
    let live = text(&reissued["authentication_key"]);
    assert_ne!(live, key);

    let expected = visible(&world.check(&number, &others).await);
    assert_eq!(expected.0, 404);
    let nobody = guarantee::number::ContractNumber::with_serial(
        guarantee::calendar::Date::parse("2025-04-10").unwrap(),
        1,
    )
    .to_string();
    for (what, number, key) in [
        ("a dead key", &number, &key),
        ("an unknown number", &nobody, &live),
        ("a paper contract", &paper, &live),
        ("a contract whose key was never shown", &unpressed, &live),
    ] {
        assert_eq!(visible(&world.check(number, key).await), expected, "{what}");
    }
    assert_eq!(
        world.check(&number, &live).await.status,
        200,
        "the live key opens"
    );
    world.ends_well().await;
}

/// A slip is caught by the check characters before the table is asked.
#[tokio::test]
async fn a_slip_names_its_field() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    let key = text(&world.show_key(&number).await["authentication_key"]);
    let slip = |typed: &str| {
        let (head, tail) = typed.split_at(typed.len() - 1);
        format!("{head}{}", if tail == "0" { "1" } else { "0" })
    };
    assert_eq!(
        world
            .check(&slip(&number), &key)
            .await
            .problem(422, "invalid_fields"),
        ["/contract_number mistyped"]
    );
    assert_eq!(
        world
            .check(&number, &slip(&key))
            .await
            .problem(422, "invalid_fields"),
        ["/authentication_key mistyped"]
    );
    let body = json!({ "contract_number": 12, "authentication_key": "", "pin": 1 });
    let both = world
        .ask(&world.anyone, Method::POST, "/api/verifications")
        .json(&body)
        .send()
        .await;
    assert_eq!(
        both.problem(422, "invalid_fields"),
        [
            "/contract_number unreadable",
            "/pin unknown_field",
            "/authentication_key mistyped"
        ]
    );
    world.ends_well().await;
}

/// Wrong answers are counted per source; a right key always opens, also while its number is hammered.
#[tokio::test]
async fn a_source_of_wrong_answers_is_slowed_down_and_a_right_key_still_opens() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    let other = world.issued(&advance_payment()).await;
    let key = text(&world.show_key(&number).await["authentication_key"]);
    let mut refusals = Vec::new();
    // Twice as many, should a window end on the way.
    while refusals.len() < 202 && refusals.iter().all(|answer: &Answer| answer.status == 404) {
        refusals.push(world.check(&other, &key).await);
    }
    let slowed = refusals
        .iter()
        .find(|answer| answer.status == 429)
        .expect("the count is at most 100 a window");
    slowed.problem(429, "too_many_wrong_answers");
    assert!((1..=600).contains(&slowed.header("retry-after").parse::<i64>().unwrap()));
    assert_eq!(world.check(&number, &key).await.status, 200);
    world.ends_well().await;
}

/// The old key dies at once, the new one lives, and a repeated reissue is one reissue.
#[tokio::test]
async fn a_reissue_kills_the_old_key() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    let path = format!("/api/certificates/{number}/authentication-key/reissue");
    world
        .post(&world.contractor, &path, &json!({}))
        .await
        .problem(409, "no_key_yet");
    let old = text(&world.show_key(&number).await["authentication_key"]);
    let refused = world
        .post(&world.contractor, &path, &json!({ "reason": "FAX" }))
        .await;
    assert_eq!(
        refused.problem(422, "invalid_fields"),
        ["/reason unknown_field"]
    );
    let request = new_key();
    let reissue = || {
        world
            .ask(&world.contractor, Method::POST, &path)
            .idempotency_key(&request)
            .send()
    };
    let (one, other) = tokio::join!(reissue(), reissue());
    assert_eq!(
        one.json()["authentication_key"],
        other.json()["authentication_key"]
    );
    let new = text(&world.show_key(&number).await["authentication_key"]);
    assert_eq!(new, text(&one.json()["authentication_key"]));
    assert_eq!(world.check(&number, &old).await.status, 404);
    assert_eq!(world.check(&number, &new).await.status, 200);
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
        .filter(|event| event["event"] == "key_reissued")
        .count();
    assert_eq!(reissues, 1);
    let outcomes: Vec<_> = log["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| text(&check["outcome"]))
        .collect();
    assert_eq!(outcomes, ["wrong", "right"]);
    world.ends_well().await;
}

/// However often somebody checks a number wrongly, the desk still reads its log, and finds in it what orderers saw.
#[tokio::test]
async fn a_flood_of_wrong_checks_hides_no_right_one() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    let key = text(&world.show_key(&number).await["authentication_key"]);
    assert_eq!(world.check(&number, &key).await.status, 200);
    let table = aws_sdk_dynamodb::Client::new(&world.cloud.operator());
    let s = |text: String| aws_sdk_dynamodb::types::AttributeValue::S(text);
    let shown = usize::try_from(ledger::CHECKS_SHOWN).unwrap();
    // As the check records them, without asking a thousand times.
    for n in 0..=shown {
        let put = table
            .put_item()
            .table_name(world.cloud.table())
            .item("pk", s(format!("CHECK#{number}")))
            .item("sk", s(format!("WRONG#2999-01-01T00:00:00Z#{n:026}")))
            .item("entity", s("check".to_owned()))
            .item("at", s("2999-01-01T00:00:00Z".to_owned()))
            .item("outcome", s("wrong".to_owned()))
            .item("source", s("192.0.2.0/24".to_owned()));
        put.send().await.unwrap();
    }
    let path = format!("/api/desk/contracts/{number}/events");
    let log = world.get(&world.clerk, &path).await.json();
    let outcomes = log["checks"].as_array().unwrap().iter();
    let outcomes: Vec<_> = outcomes.map(|check| text(&check["outcome"])).collect();
    assert_eq!(outcomes.len(), shown + 1);
    assert_eq!(outcomes[0], "right");
    assert_eq!(log["has_earlier_checks"], true);
    world.ends_well().await;
}

/// No key in the table, a log of events, or a mail: only in the archive.
#[tokio::test]
async fn a_key_is_in_the_archive_and_nowhere_else() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    let key = text(&world.show_key(&number).await["authentication_key"]);
    let bare = key.replace('-', "");
    let table = aws_sdk_dynamodb::Client::new(&world.cloud.operator());
    let items = table
        .scan()
        .table_name(world.cloud.table())
        .send()
        .await
        .unwrap()
        .items
        .unwrap();
    assert!(items.len() > 5);
    let written = format!("{items:?}");
    assert!(!written.contains(&key) && !written.contains(&bare));
    let archive = aws_sdk_s3::Client::new(&world.cloud.operator());
    let objects = archive
        .list_objects_v2()
        .bucket(world.cloud.bucket())
        .send()
        .await
        .unwrap();
    for object in objects.contents() {
        assert!(!object.key().unwrap().contains(&key));
        let bytes = archive
            .get_object()
            .bucket(world.cloud.bucket())
            .key(object.key().unwrap())
            .send()
            .await
            .unwrap();
        let bytes = bytes.body.collect().await.unwrap().to_vec();
        let readable = if object.key().unwrap().ends_with(".pdf") {
            tests::pdf_text(&bytes)
        } else {
            String::from_utf8(bytes).unwrap()
        };
        assert_eq!(
            readable.contains(&key),
            object.key().unwrap().starts_with("key-notices/"),
            "{:?}",
            object.key()
        );
    }
    world.ends_well().await;
}

/// The same calls in the same order for every kind of no, so that nothing can be read off their number.
#[tokio::test]
async fn every_kind_of_no_takes_the_same_calls() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    let unpressed = world.issued(&advance_payment()).await;
    let paper = world.issued(&on_paper(advance_payment())).await;
    let dead = text(&world.show_key(&number).await["authentication_key"]);
    let path = format!("/api/certificates/{number}/authentication-key/reissue");
    let reissued = world
        .post(&world.contractor, &path, &json!({}))
        .await
        .json();
    let live = text(&reissued["authentication_key"]);
    let other = world.issued(&advance_payment()).await;
    let others = text(&world.show_key(&other).await["authentication_key"]);
    let nobody = guarantee::number::ContractNumber::with_serial(
        guarantee::calendar::Date::parse("2025-04-10").unwrap(),
        1,
    )
    .to_string();
    world.cloud.drained().await;
    let _ = world.cloud.overhear();
    for path in ["/api/verifications", "/api/verifications/document"] {
        for (what, number, key) in [
            ("another contract's key", &number, &others),
            ("a dead key", &number, &dead),
            ("an unknown number", &nobody, &live),
            ("a paper contract", &paper, &live),
            ("a contract whose key was never shown", &unpressed, &live),
        ] {
            let body = json!({ "contract_number": number, "authentication_key": key });
            let question = world.ask(&world.anyone, Method::POST, path).json(&body);
            question.send().await.problem(404, "not_opened");
            let calls = world.cloud.overhear();
            assert_eq!(
                calls,
                [
                    "Verify dynamodb:GetItem CONTRACT",
                    "Verify dynamodb:UpdateItem THROTTLE",
                    "Verify dynamodb:UpdateItem THROTTLE",
                    "Verify dynamodb:PutItem CHECK",
                ],
                "{what} {path}"
            );
        }
    }
    world.ends_well().await;
}

/// The count per number stops nobody and shows at the desk.
#[tokio::test]
async fn a_hammered_number_shows_at_the_desk_and_its_right_key_opens_all_the_while() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    let other = world.issued(&advance_payment()).await;
    let key = text(&world.show_key(&number).await["authentication_key"]);
    let wrong = text(&world.show_key(&other).await["authentication_key"]);
    let hammer = async {
        for _ in 0..60 {
            world.check(&number, &wrong).await;
        }
    };
    let orderer = async {
        for _ in 0..20 {
            assert_eq!(world.check(&number, &key).await.status, 200);
        }
    };
    tokio::join!(hammer, orderer);
    let path = |number: &str| format!("/api/desk/contracts/{number}");
    let hammered = world.get(&world.clerk, &path(&number)).await.json();
    assert_eq!(hammered["wrong_checks_today"], 60);
    let quiet = world.get(&world.clerk, &path(&other)).await.json();
    assert_eq!(quiet["wrong_checks_today"], 0);
    world.ends_well().await;
}
