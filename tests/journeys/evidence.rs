//! Every event is evidence: an examination names what was altered, and a log shows where.

use audit::examine;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use tests::{World, advance_payment};

async fn findings(world: &World) -> Vec<String> {
    let aws = world.cloud.operator();
    let report = examine(&aws, world.cloud.table(), world.cloud.bucket())
        .await
        .unwrap();
    report.findings.iter().map(ToString::to_string).collect()
}

/// Sets an attribute as somebody would who can write the table past the product.
async fn tamper(world: &World, pk: &str, sk: &str, attribute: &str, value: AttributeValue) {
    let table = Client::new(&world.cloud.operator());
    let update = table
        .update_item()
        .table_name(world.cloud.table())
        .key("pk", AttributeValue::S(pk.to_owned()))
        .key("sk", AttributeValue::S(sk.to_owned()))
        .update_expression("SET #attribute = :value")
        .expression_attribute_names("#attribute", attribute)
        .expression_attribute_values(":value", value);
    update.send().await.unwrap();
}

#[tokio::test]
async fn an_altered_event_breaks_the_chain_at_its_place() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    world.cloud.drained().await;
    world.show_key(&number).await;
    let log = world
        .get(
            &world.clerk,
            &format!("/api/desk/contracts/{number}/events"),
        )
        .await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.json");
    std::fs::write(&file, &log.bytes).unwrap();
    assert_eq!(local::verify_log(&file), Ok(4));

    let mut altered = log.json();
    altered["items"][1]["concluded_on"] = json!("2025-04-01");
    std::fs::write(&file, altered.to_string()).unwrap();
    assert_eq!(
        local::verify_log(&file).unwrap_err(),
        "event 2 of the log: its hash is not that of what it says"
    );
    let mut shortened = log.json();
    shortened["items"].as_array_mut().unwrap().remove(2);
    std::fs::write(&file, shortened.to_string()).unwrap();
    assert_eq!(
        local::verify_log(&file).unwrap_err(),
        "event 3 of the log: its number is not the next one"
    );

    assert_eq!(findings(&world).await, Vec::<String>::new());
    let who =
        AttributeValue::M([("role".to_owned(), AttributeValue::S("notify".to_owned()))].into());
    tamper(
        &world,
        &format!("CONTRACT#{number}"),
        "EVENT#00000003",
        "by",
        who,
    )
    .await;
    let found = findings(&world).await;
    assert_eq!(
        found,
        [format!(
            "{number}: event 4 of the log: its hash is not that of what it says"
        )]
    );
}

#[tokio::test]
async fn a_missing_paper_and_a_second_truth_are_found() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    world.cloud.drained().await;
    world.show_key(&number).await;
    let archive = aws_sdk_s3::Client::new(&world.cloud.operator());
    for prefix in ["customer-copies/", "key-notices/"] {
        let listed = archive
            .list_objects_v2()
            .bucket(world.cloud.bucket())
            .prefix(prefix)
            .send()
            .await
            .unwrap();
        for object in listed.contents() {
            let delete = archive
                .delete_object()
                .bucket(world.cloud.bucket())
                .key(object.key().unwrap());
            delete.send().await.unwrap();
        }
    }
    let contract = format!("CONTRACT#{number}");
    tamper(
        &world,
        &contract,
        "CONTRACT",
        "version",
        AttributeValue::N("9".into()),
    )
    .await;
    let found = findings(&world).await;
    for fault in [
        "its version does not count its events",
        "a paper is not in the archive, or not what was put there",
        "the key in the archive is not the one whose hash the table holds",
    ] {
        assert!(
            found.contains(&format!("{number}: {fault}")),
            "{fault} is missing in {found:?}"
        );
    }
}

/// A mail cannot be made to look as if it had come back otherwise than the log says, nor as if it had not.
/// The log says which papers were issued; a certificate that names others, even ones that are there, is found.
#[tokio::test]
async fn a_certificate_that_the_log_does_not_know_is_found() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    world.cloud.drained().await;
    assert_eq!(findings(&world).await, Vec::<String>::new());
    let table = Client::new(&world.cloud.operator());
    let (pk, sk) = (format!("CONTRACT#{number}"), "CERTIFICATE#0000");
    let item = table
        .get_item()
        .table_name(world.cloud.table())
        .key("pk", AttributeValue::S(pk.clone()))
        .key("sk", AttributeValue::S(sk.to_owned()));
    let item = item.send().await.unwrap().item.unwrap();
    let mut papers = item["papers"].as_m().unwrap().clone();
    let other = papers["customer-copy"].clone();
    papers.insert("certificate".to_owned(), other);
    tamper(&world, &pk, sk, "papers", AttributeValue::M(papers)).await;
    assert_eq!(
        findings(&world).await,
        [format!(
            "{number}: a certificate is not what the log says was issued"
        )]
    );
}

#[tokio::test]
async fn a_mail_that_tells_another_story_than_the_log_is_found() {
    let world = World::new().await;
    let mut body = advance_payment();
    body["emails"] = json!(["bounce@simulator.amazonses.com"]);
    let number = world.issued(&body).await;
    world.cloud.drained().await;
    assert_eq!(findings(&world).await, Vec::<String>::new());
    let path = format!("/api/desk/contracts/{number}");
    let contract = world.get(&world.clerk, &path).await.json();
    let (pk, sk) = (
        format!("CONTRACT#{number}"),
        format!("MAIL#{}", tests::text(&contract["mails"][0]["id"])),
    );
    for (attribute, value) in [("reason", "transient"), ("status", "sent")] {
        tamper(&world, &pk, &sk, attribute, AttributeValue::S(value.into())).await;
        let expected = format!("{number}: a mail and the log disagree");
        assert_eq!(findings(&world).await, [expected]);
    }
}

/// `cargo run -- check` sees what the tests see, over the running product's own addresses.
#[tokio::test]
async fn the_command_examines_a_running_product() {
    let world = World::new().await;
    world.issued(&advance_payment()).await;
    world.cloud.drained().await;
    let report = local::check(world.cloud.api()).await.unwrap();
    assert_eq!(
        (report.applications, report.contracts, report.papers),
        (1, 1, 3)
    );
    assert_eq!(report.findings, []);
    let number = world.issued(&advance_payment()).await;
    world.cloud.drained().await;
    tamper(
        &world,
        &format!("CONTRACT#{number}"),
        "CONTRACT",
        "head",
        AttributeValue::S("x".to_owned()),
    )
    .await;
    let report = local::check(world.cloud.api()).await.unwrap();
    assert!(
        report
            .findings
            .iter()
            .any(|finding| finding.fault.contains("head"))
    );
}
