//! `template.yaml` is the only list of what is deployed; the code answers exactly that.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::config::BehaviorVersion;
use aws_types::SdkConfig;
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use local::template::{Locally, Template};
use tower::ServiceExt;
use web::Environment;

use crate::document::documents;

fn template() -> Template {
    let parameters = BTreeMap::from([("PublicUrl".to_owned(), "https://hosho.example".to_owned())]);
    Template::read(
        local::TEMPLATE,
        &Locally {
            parameters,
            issuer: "https://issuer.example".to_owned(),
        },
    )
    .unwrap()
}

/// The routes of the template as `METHOD /path`, by function.
fn routes(template: &Template) -> BTreeMap<&str, BTreeSet<String>> {
    let functions = template.functions.iter();
    let of = |function: &local::template::Function| {
        function
            .routes
            .iter()
            .map(|route| format!("{} {}", route.method, route.path))
            .collect()
    };
    functions
        .map(|function| (function.name.as_str(), of(function)))
        .collect()
}

#[test]
fn the_document_and_the_template_have_the_same_routes() {
    let template = template();
    let deployed = routes(&template);
    for (function, document) in documents() {
        let json = serde_json::to_value(document).unwrap();
        let paths = json["paths"].as_object().unwrap();
        let documented: BTreeSet<_> = paths
            .iter()
            .flat_map(|(path, operations)| {
                operations
                    .as_object()
                    .unwrap()
                    .keys()
                    .map(move |method| format!("{} {path}", method.to_uppercase()))
            })
            .collect();
        assert_eq!(deployed[function], documented, "{function}");
    }
}

/// A route asks for a token exactly where its operation says so.
#[test]
fn the_document_and_the_template_agree_on_who_needs_a_token() {
    let template = template();
    for (function, document) in documents() {
        let json = serde_json::to_value(document).unwrap();
        for route in &template
            .functions
            .iter()
            .find(|deployed| deployed.name == function)
            .unwrap()
            .routes
        {
            let operation = &json["paths"][&route.path][route.method.to_lowercase()];
            assert_eq!(
                operation.get("security").is_some(),
                route.authorizer.is_some(),
                "{} {}",
                route.method,
                route.path
            );
        }
    }
}

/// Every route reaches a handler: with a method that it does not take, its path is known all the same.
#[tokio::test]
async fn every_route_of_the_template_has_its_handler() {
    let template = template();
    let aws = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .build();
    for function in template
        .functions
        .iter()
        .filter(|function| !function.routes.is_empty())
    {
        let environment: Environment = function.environment.clone().into_iter().collect();
        let router: Router = match function.name.as_str() {
            "Apply" => apply::router(&environment, &aws),
            "Issue" => Ok(issue::router(&environment, &aws).unwrap()),
            "View" => view::router(&environment, &aws),
            "GenerateKey" => generate_key::router(&environment, &aws),
            "Verify" => verify::router(&environment, &aws),
            "Portal" => portal::router(&environment),
            other => panic!("a function that this test does not know: {other}"),
        }
        .unwrap();
        for route in &function.routes {
            let path = route.path.replace(['{', '}', '+'], "");
            let request = Request::builder()
                .method(Method::TRACE)
                .uri(path)
                .body(Body::empty())
                .unwrap();
            let status = router.clone().oneshot(request).await.unwrap().status();
            let expected = if route.path == "/api/{proxy+}" {
                StatusCode::NOT_FOUND
            } else {
                StatusCode::METHOD_NOT_ALLOWED
            };
            assert_eq!(status, expected, "{} {}", route.method, route.path);
        }
    }
}

/// A seal that papers cannot carry stops the start and is named, instead of failing at every issue.
#[test]
fn the_desk_does_not_open_with_a_seal_that_papers_cannot_carry() {
    let template = template();
    let issue = template
        .functions
        .iter()
        .find(|function| function.name == "Issue")
        .unwrap();
    let aws = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .build();
    let fault = |seal: &str| {
        let mut environment = issue.environment.clone();
        environment.insert("GUARANTOR_SEAL".to_owned(), seal.to_owned());
        let environment: Environment = environment.into_iter().collect();
        let desk = issue::router(&environment, &aws);
        desk.err().map(|fault| fault.to_string())
    };
    assert_eq!(fault("西日本見本建設保証株式会社之印"), None);
    let unprintable = fault("見本😀").unwrap();
    assert!(
        unprintable.contains("/seal") && unprintable.contains("U+1F600"),
        "{unprintable}"
    );
    assert!(fault(&"印".repeat(17)).unwrap().contains("16文字以内"));
}

/// Otherwise a mail could be sent on a lease that has ended, and twice.
#[test]
fn a_lease_on_a_mail_outlives_the_function_that_sends() {
    let template = template();
    let notify = template
        .functions
        .iter()
        .find(|function| function.name == "Notify")
        .unwrap();
    assert!(i64::try_from(notify.timeout.as_secs()).unwrap() < ledger::LEASE_SECONDS);
}
