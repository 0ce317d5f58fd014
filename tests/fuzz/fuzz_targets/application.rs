//! The body of an application, from its bytes to its estimate: whatever is sent, the answer is an estimate
//! or names what is wrong with the body.
#![no_main]

use std::sync::LazyLock;

use aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use lambda_http::request::RequestContext;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, from_slice, from_value, json};
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// The table's answer for any orderer.
const ORDERER: &str = r#"{"Item":{"version":{"N":"1"},"orderer":{"M":{
    "code":{"S":"442143"},"name":{"S":"国東市"},"recipient":{"S":"国東市長"},"source":{"S":"案内"},
    "electronic":{"M":{"original_contracts_from":{"S":"2025-04-01"},"categories":{"L":[{"S":"construction"}]}}},
    "limits":{"M":{}},
    "general_conditions":{"L":[{"M":{"category":{"S":"construction"},"title":{"S":"約款"}}}]}
}}}}"#;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(fuzz::runtime);
static APPLY: LazyLock<Router> =
    LazyLock::new(|| apply::router(&fuzz::environment(), &fuzz::aws(200, ORDERER)).unwrap());
static CONTRACTOR: LazyLock<ApiGatewayV2httpRequestContext> = LazyLock::new(|| {
    from_value(json!({
        "http": { "method": "POST" },
        "timeEpoch": 0,
        "authorizer": { "jwt": {
            "claims": { "token_use": "access", "username": "C-1", "cognito:groups": "[contractor]" },
            "scopes": null,
        } },
    }))
    .unwrap()
});

fuzz_target!(|body: &[u8]| {
    let request = Request::post("/api/applications/estimate")
        .header("content-type", "application/json")
        .extension(RequestContext::ApiGatewayV2(CONTRACTOR.clone()))
        .body(Body::from(body.to_vec()))
        .unwrap();
    let (status, answer) = RUNTIME.block_on(async {
        let answer = APPLY.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, from_slice::<Value>(&body).unwrap())
    });
    match status {
        StatusCode::OK => {
            let faults = answer["violations"].as_array().unwrap();
            assert_eq!(answer["acceptable"], faults.is_empty());
            assert_eq!(answer["period"].is_null(), !faults.is_empty());
            named(faults);
        }
        StatusCode::UNPROCESSABLE_ENTITY => named(answer["errors"].as_array().unwrap()),
        StatusCode::BAD_REQUEST => assert_eq!(answer["code"], "malformed_json"),
        StatusCode::PAYLOAD_TOO_LARGE => assert!(body.len() > web::BODY_LIMIT),
        other => panic!("{other}: {answer}"),
    }
});

/// Every fault says where it is and what is wrong.
fn named(faults: &[Value]) {
    for fault in faults {
        let text = |name: &str| fault[name].as_str().unwrap();
        assert!(text("pointer").starts_with('/'), "{fault}");
        assert!(
            !text("code").is_empty() && !text("message").is_empty(),
            "{fault}"
        );
    }
}
