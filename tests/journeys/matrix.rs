//! Every route against every kind of person, generated from the document of the API, so that a new
//! route cannot be forgotten.

use std::collections::BTreeMap;

use local::TokenRequest;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Person, World, advance_payment, new_key, text};

const DOCUMENT: &str = include_str!("../../docs/openapi.json");

/// An operation of the document.
struct Operation {
    method: Method,
    path: String,
    tag: String,
    needs_token: bool,
}

fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    let operation = |path: &str, method: &str, operation: &Value| Operation {
        method: method.to_uppercase().parse().unwrap(),
        path: path.to_owned(),
        tag: text(&operation["tags"][0]),
        needs_token: operation.get("security").is_some(),
    };
    paths
        .flat_map(|(path, methods)| {
            methods
                .as_object()
                .unwrap()
                .iter()
                .map(move |(method, it)| operation(path, method, it))
        })
        .collect()
}

/// Things of the first contractor, to put into the paths.
async fn things(world: &World) -> BTreeMap<&'static str, String> {
    let application = world.apply(&advance_payment()).await;
    let number = world.issued(&advance_payment()).await;
    world.show_key(&number).await;
    let contract = world
        .get(&world.clerk, &format!("/api/desk/contracts/{number}"))
        .await
        .json();
    BTreeMap::from([
        ("{id}", text(&application["id"])),
        ("{number}", number),
        ("{document}", "certificate".to_owned()),
        ("{code}", "442143".to_owned()),
        ("{mail}", text(&contract["mails"][0]["id"])),
    ])
}

async fn status(
    world: &World,
    person: &Person,
    operation: &Operation,
    things: &BTreeMap<&str, String>,
) -> u16 {
    let mut path = operation.path.replace("mails/{id}", "mails/{mail}");
    for (name, value) in things {
        path = path.replace(name, value);
    }
    assert!(
        !path.contains('{'),
        "a parameter that this test does not know: {path}"
    );
    let question = world
        .ask(person, operation.method.clone(), &path)
        .idempotency_key(&new_key());
    let question = question.header("if-match", "\"1\"");
    let question = if operation.method == Method::GET {
        question
    } else {
        question.json(&json!({}))
    };
    question.send().await.status.as_u16()
}

#[tokio::test]
async fn every_route_knows_who_may_use_it() {
    let world = World::new().await;
    let things = things(&world).await;
    let token = |groups: &[&str]| TokenRequest {
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        ..TokenRequest::access("C-100001", "contractor")
    };
    let both = world.person_with(&token(&["contractor", "guarantor"]));
    let neither = world.person_with(&token(&[]));
    let forged = world.person_with(&token(&["contractor guarantor", "[guarantor]"]));
    let operations = operations();
    assert!(operations.len() >= 23, "the document has lost routes");
    for operation in &operations {
        let (method, path) = (&operation.method, &operation.path);
        let ask = |person| status(&world, person, operation, &things);
        let own_path = operation.path.contains("{id}") || operation.path.contains("{number}");
        match operation.tag.as_str() {
            "contractor" | "guarantor" => {
                assert!(operation.needs_token, "{method} {path}");
                let wrong = if operation.tag == "contractor" {
                    &world.clerk
                } else {
                    &world.contractor
                };
                assert_eq!(
                    ask(&world.anyone).await,
                    401,
                    "{method} {path} without a token"
                );
                assert_eq!(
                    ask(wrong).await,
                    403,
                    "{method} {path} with the other group"
                );
                assert_eq!(ask(&both).await, 403, "{method} {path} with both groups");
                assert_eq!(ask(&neither).await, 403, "{method} {path} with no group");
                assert_eq!(
                    ask(&forged).await,
                    403,
                    "{method} {path} with forged groups"
                );
                if operation.tag == "contractor" && own_path {
                    assert_eq!(
                        ask(&world.other_contractor).await,
                        404,
                        "{method} {path} of somebody else"
                    );
                }
            }
            "anyone" | "orderer" => {
                assert!(!operation.needs_token, "{method} {path}");
                assert!(
                    ![401, 403].contains(&ask(&world.anyone).await),
                    "{method} {path}"
                );
            }
            tag => panic!("a tag that this test does not know: {tag}"),
        }
    }
    world.ends_well().await;
}
