//! A function can do what its policy in `template.yaml` says, and nothing else.

use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use tests::{World, advance_payment, text};

#[tokio::test]
async fn a_function_is_refused_what_its_policy_does_not_allow() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    world.show_key(&number).await;
    let s = |text: &str| AttributeValue::S(text.to_owned());

    // The orderer's check writes counts and records of checks, never a contract.
    let verify = aws_sdk_dynamodb::Client::new(&world.cloud.function("Verify").unwrap());
    let put = verify
        .put_item()
        .table_name(world.cloud.table())
        .item("pk", s(&format!("CONTRACT#{number}")))
        .item("sk", s("CONTRACT"));
    let refused = put.send().await.unwrap_err();
    assert_eq!(refused.code(), Some("AccessDeniedException"));
    assert!(refused.message().unwrap().contains("dynamodb:PutItem"));
    let put = verify
        .put_item()
        .table_name(world.cloud.table())
        .item("pk", s("CHECK#x"))
        .item("sk", s("x"));
    put.send().await.unwrap();

    // The view reads; it does not write, and it never sees a key notice.
    let view = aws_sdk_dynamodb::Client::new(&world.cloud.function("View").unwrap());
    let refused = view
        .put_item()
        .table_name(world.cloud.table())
        .item("pk", s("x"))
        .item("sk", s("x"))
        .send()
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("AccessDeniedException"));
    let operator = aws_sdk_s3::Client::new(&world.cloud.operator());
    let notices = operator
        .list_objects_v2()
        .bucket(world.cloud.bucket())
        .prefix("key-notices/")
        .send()
        .await
        .unwrap();
    assert_eq!(
        notices.contents().len(),
        2,
        "the notice and the data it was drawn from"
    );
    for name in ["View", "Issue", "Verify"] {
        let archive = aws_sdk_s3::Client::new(&world.cloud.function(name).unwrap());
        for notice in notices.contents() {
            let get = archive
                .get_object()
                .bucket(world.cloud.bucket())
                .key(notice.key().unwrap());
            assert_eq!(
                get.send().await.unwrap_err().code(),
                Some("AccessDenied"),
                "{name}"
            );
        }
    }

    // Nobody deletes.
    for name in ["Apply", "Issue", "Notify", "View", "GenerateKey", "Verify"] {
        let client = aws_sdk_dynamodb::Client::new(&world.cloud.function(name).unwrap());
        let delete = client
            .delete_item()
            .table_name(world.cloud.table())
            .key("pk", s("x"))
            .key("sk", s("x"));
        assert_eq!(
            delete.send().await.unwrap_err().code(),
            Some("AccessDeniedException"),
            "{name}"
        );
    }
    world.ends_well().await;
}

/// A presigned address is good for its one object, and not after somebody altered it.
#[tokio::test]
async fn a_presigned_address_opens_one_object() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    let address = world
        .get(
            &world.contractor,
            &format!("/api/certificates/{number}/documents/certificate"),
        )
        .await
        .json();
    let url = text(&address["url"]);
    assert!(url.contains("X-Amz-Expires=60"));
    let paper = world.fetch(&url).await;
    assert_eq!(
        (paper.status.as_u16(), paper.header("content-type")),
        (200, "application/pdf")
    );
    let name = format!(
        "filename=\"certificate_{number}.pdf\"; filename*=UTF-8''%E4%BF%9D%E8%A8%BC%E8%A8%BC%E6%9B%B8_{number}.pdf"
    );
    assert!(
        paper.header("content-disposition").contains(&name),
        "{}",
        paper.header("content-disposition")
    );
    let altered = url.replace("/certificates/", "/customer-copies/");
    assert_eq!(world.fetch(&altered).await.status, 403);
    assert_eq!(json!(tests::sha256(&paper.bytes)), address["sha256"]);
    world.ends_well().await;
}

/// Everything that the product does, once.
async fn everything(world: &World) {
    use reqwest::Method;
    use tests::on_paper;

    // Where they are deployed, functions reach for the table while they start.
    for name in ["Apply", "Issue", "Notify", "View", "GenerateKey", "Verify"] {
        let aws = world.cloud.function(name).unwrap();
        ledger::Ledger::new(&aws, world.cloud.table()).reach().await;
    }

    world.get(&world.anyone, "/api/orderers").await;
    let orderer = world.get(&world.anyone, "/api/orderers/442143").await;
    let edit = world.ask(&world.clerk, Method::PUT, "/api/desk/orderers/442143");
    let edit = edit
        .header("if-match", orderer.header("etag"))
        .json(&orderer.json());
    assert_eq!(edit.send().await.status, 200);

    let application = world.apply(&advance_payment()).await;
    let path = format!("/api/applications/{}", text(&application["id"]));
    world.get(&world.contractor, &path).await;
    world.get(&world.contractor, "/api/applications").await;
    world.get(&world.clerk, "/api/desk/applications").await;
    world
        .get(
            &world.clerk,
            &format!("/api/desk/applications/{}", text(&application["id"])),
        )
        .await;
    let number = text(&world.issue(&application, &json!({})).await["contract_number"]);
    world.cloud.drained().await;
    world.cloud.fire_schedules().await.unwrap();
    for paper in ["certificate", "customer-copy", "fee-statement"] {
        for (person, whose) in [
            (&world.contractor, "certificates"),
            (&world.clerk, "desk/contracts"),
        ] {
            let path = format!("/api/{whose}/{number}/documents/{paper}");
            let address = world.get(person, &path).await.json();
            assert_eq!(world.fetch(&text(&address["url"])).await.status, 200);
        }
    }
    world.get(&world.contractor, "/api/certificates").await;
    let path = format!("/api/certificates/{number}");
    assert_eq!(world.get(&world.contractor, &path).await.status, 200);
    let key = world.show_key(&number).await;
    assert_eq!(
        world.fetch(&text(&key["key_notice"]["url"])).await.status,
        200
    );
    let key = text(&key["authentication_key"]);
    assert_eq!(world.check(&number, &key).await.status, 200);
    let body = json!({ "contract_number": number, "authentication_key": key });
    let document = world
        .ask(&world.anyone, Method::POST, "/api/verifications/document")
        .json(&body)
        .send()
        .await
        .json();
    assert_eq!(world.fetch(&text(&document["url"])).await.status, 200);
    let other = world.issued(&on_paper(advance_payment())).await;
    assert_eq!(world.check(&other, &key).await.status, 404);
    // The desk shows what was checked, and how often wrongly.
    for number in [&number, &other] {
        let path = format!("/api/desk/contracts/{number}");
        assert_eq!(world.get(&world.clerk, &path).await.status, 200);
        let path = format!("{path}/events");
        assert_eq!(world.get(&world.clerk, &path).await.status, 200);
    }
    // A repeat reads what the first run left.
    let issue = format!("/api/desk/applications/{}/issue", text(&application["id"]));
    let reissue = format!("/api/certificates/{number}/authentication-key/reissue");
    for (person, path, body) in [
        (&world.contractor, "/api/applications", advance_payment()),
        (&world.contractor, reissue.as_str(), json!({})),
        (&world.clerk, issue.as_str(), json!({})),
    ] {
        let key = tests::new_key();
        for _ in 0..2 {
            let question = world.ask(person, Method::POST, path);
            let question = question.header("if-match", "\"1\"").json(&body);
            question.idempotency_key(&key).send().await;
        }
    }
}

/// The partitions that a statement is narrowed to, without the star at their end.
fn partitions(statement: &local::template::Statement) -> impl Iterator<Item = &str> {
    use local::template::Condition;
    let patterns = statement
        .condition
        .iter()
        .flat_map(|condition| match condition {
            Condition::LeadingKeysLike(patterns) | Condition::LeadingKeysEqual(patterns) => {
                patterns
            }
        });
    patterns.map(|pattern| pattern.trim_end_matches('*'))
}

/// What the journeys use is what the template grants: nothing is refused, and no right lies idle.
#[tokio::test]
async fn no_right_is_missing_and_none_is_idle() {
    let world = World::new().await;
    everything(&world).await;
    let decisions = world.cloud.decisions();
    let refused: Vec<_> = decisions
        .iter()
        .filter(|decision| !decision.allowed)
        .collect();
    assert!(refused.is_empty(), "{refused:#?}");
    let like = |pattern: &str, resource: &str| match pattern.split_once('*') {
        None => pattern == resource,
        Some((head, tail)) => resource.starts_with(head) && resource.ends_with(tail),
    };
    let parameters = [("PublicUrl".to_owned(), "https://hosho.example".to_owned())].into();
    let locally = local::template::Locally {
        parameters,
        issuer: "https://issuer.example".to_owned(),
    };
    let template = local::template::Template::read(local::TEMPLATE, &locally).unwrap();
    for function in &template.functions {
        for statement in &function.statements {
            assert!(
                !statement.actions.iter().any(|action| action.contains('*')),
                "{}",
                function.name
            );
            for (action, pattern) in statement.actions.iter().flat_map(|action| {
                statement
                    .resources
                    .iter()
                    .map(move |pattern| (action, pattern))
            }) {
                let used = decisions.iter().any(|decision| {
                    decision.function == function.name
                        && decision.action == *action
                        && like(pattern, &decision.resource)
                });
                assert!(used, "{} never uses {action} on {pattern}", function.name);
            }
            for partition in partitions(statement) {
                let used = decisions.iter().any(|decision| {
                    decision.function == function.name
                        && statement.actions.contains(&decision.action)
                        && decision.partitions.iter().any(|used| used == partition)
                });
                assert!(used, "{} never touches {partition}", function.name);
            }
        }
    }
    world.ends_well().await;
}
