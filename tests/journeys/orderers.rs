//! Orderers and their rules: read by anyone, edited at the desk.

use reqwest::Method;
use serde_json::json;
use tests::World;

const SAMPLE: &str = "/api/desk/orderers/131016";

#[tokio::test]
async fn anyone_reads_the_rules_of_orderers() {
    let world = World::new().await;
    let list = world.get(&world.anyone, "/api/orderers").await.json();
    let codes: Vec<_> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|orderer| orderer["code"].as_str().unwrap())
        .collect();
    assert!(codes.contains(&"442143") && codes.is_sorted());
    let kunisaki = world.get(&world.anyone, "/api/orderers/442143").await;
    assert_eq!(
        kunisaki.json()["electronic"]["original_contracts_from"],
        "2025-04-01"
    );
    assert_eq!(kunisaki.header("etag"), "\"1\"");
    assert_eq!(
        kunisaki.json().get("limits"),
        None,
        "its own limits are not published, so none is shown as its own"
    );
    world
        .get(&world.anyone, "/api/orderers/131016")
        .await
        .problem(404, "not_found");
    world
        .get(&world.anyone, "/api/orderers/kunisaki")
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn an_orderer_is_registered_and_edited_on_the_version_that_was_seen() {
    let world = World::new().await;
    let body =
        json!({ "name": "見本区", "recipient": "見本区長", "source": "担当課への聞き取り(仮)" });
    let put = |header: &'static str, value: &'static str| {
        let question = world.ask(&world.clerk, Method::PUT, SAMPLE).json(&body);
        async move {
            if header.is_empty() {
                question
            } else {
                question.header(header, value)
            }
            .send()
            .await
        }
    };
    put("", "").await.problem(428, "precondition_required");
    put("if-match", "\"1\"").await.problem(404, "not_found");
    let made = put("if-none-match", "*").await;
    assert_eq!((made.status.as_u16(), made.header("etag")), (201, "\"1\""));
    put("if-none-match", "*").await.problem(412, "stale");
    put("if-match", "\"2\"").await.problem(412, "stale");
    let edited = put("if-match", "\"1\"").await;
    assert_eq!(
        (edited.status.as_u16(), edited.header("etag")),
        (200, "\"2\"")
    );
    assert_eq!(
        world
            .get(&world.anyone, "/api/orderers/131016")
            .await
            .json()["name"],
        "見本区"
    );
}

#[tokio::test]
async fn a_rule_that_cannot_be_used_is_refused() {
    let world = World::new().await;
    let put = |path: &'static str, body: serde_json::Value| {
        let question = world
            .ask(&world.clerk, Method::PUT, path)
            .header("if-none-match", "*")
            .json(&body);
        async move { question.send().await.problem(422, "invalid_fields") }
    };
    let rule = json!({ "name": "", "recipient": "長\u{1F600}", "source": "仮", "electronic": { "original_contracts_from": "2025-04-01", "categories": [] } });
    assert_eq!(
        put(SAMPLE, rule).await,
        [
            "/name required",
            "/recipient unprintable",
            "/electronic/categories required"
        ]
    );
    assert_eq!(put(SAMPLE, json!({ "name": "見本区", "recipient": "長", "source": "仮", "limits": { "interim": "20%" } })).await, ["/limits/interim unreadable"]);
    assert_eq!(
        put(SAMPLE, json!({ "code": "442143" })).await,
        ["/code differs_from_path"]
    );
    assert_eq!(
        put("/api/desk/orderers/131017", json!({})).await,
        ["/code not_an_orderer_code"]
    );
}
