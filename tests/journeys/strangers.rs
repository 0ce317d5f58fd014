//! Who may not: no token, a token of the wrong kind or group, and everything that is somebody else's.

use local::TokenRequest;
use reqwest::Method;
use serde_json::json;
use tests::{World, advance_payment, new_key, text};

#[tokio::test]
async fn without_a_token_the_gateway_answers_401() {
    let world = World::new().await;
    for path in [
        "/api/applications",
        "/api/certificates",
        "/api/desk/applications",
    ] {
        let answer = world.get(&world.anyone, path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()),
            (401, json!({ "message": "Unauthorized" }))
        );
    }
}

#[tokio::test]
async fn a_token_must_be_an_access_token_of_exactly_one_group() {
    let world = World::new().await;
    let access = || TokenRequest::access("C-100001", "contractor");
    let person = |token: TokenRequest| world.person_with(&token);
    let id_token = person(TokenRequest {
        token_use: "id".into(),
        ..access()
    });
    assert_eq!(world.get(&id_token, "/api/applications").await.status, 401);
    let expired = person(TokenRequest {
        expires_in: -60,
        ..access()
    });
    assert_eq!(world.get(&expired, "/api/applications").await.status, 401);
    let nobody = person(TokenRequest {
        groups: vec![],
        ..access()
    });
    world
        .get(&nobody, "/api/applications")
        .await
        .problem(403, "forbidden");
    let both = person(TokenRequest {
        groups: vec!["contractor".into(), "guarantor".into()],
        ..access()
    });
    world
        .get(&both, "/api/applications")
        .await
        .problem(403, "forbidden");
    world
        .get(&both, "/api/desk/applications")
        .await
        .problem(403, "forbidden");
}

#[tokio::test]
async fn each_group_has_its_own_side() {
    let world = World::new().await;
    for path in [
        "/api/applications",
        "/api/certificates",
        "/api/applications/01ARZ3NDEKTSV4RRFFQ69G5FAV",
    ] {
        world
            .get(&world.clerk, path)
            .await
            .problem(403, "forbidden");
    }
    for path in [
        "/api/desk/applications",
        "/api/desk/mails",
        "/api/desk/contracts/0712-3456-7891",
    ] {
        world
            .get(&world.contractor, path)
            .await
            .problem(403, "forbidden");
    }
    world
        .post(&world.clerk, "/api/applications", &advance_payment())
        .await
        .problem(403, "forbidden");
    let edit = world
        .ask(&world.contractor, Method::PUT, "/api/desk/orderers/442143")
        .header("if-match", "\"1\"");
    edit.json(&json!({})).send().await.problem(403, "forbidden");
}

/// What is not yours is 404, like what does not exist.
#[tokio::test]
async fn what_is_somebody_elses_does_not_exist() {
    let world = World::new().await;
    let application = world.apply(&advance_payment()).await;
    let number = text(&world.issue(&application, &json!({})).await["contract_number"]);
    world.show_key(&number).await;
    let id = text(&application["id"]);
    let other = &world.other_contractor;
    for path in [
        format!("/api/applications/{id}"),
        format!("/api/certificates/{number}"),
        format!("/api/certificates/{number}/documents/certificate"),
        "/api/applications/nothing".to_owned(),
        "/api/certificates/nothing".to_owned(),
        "/api/certificates/0000-0000-0000".to_owned(),
        format!("/api/certificates/{number}/documents/key-notice"),
    ] {
        world.get(other, &path).await.problem(404, "not_found");
    }
    for path in [
        format!("/api/certificates/{number}/authentication-key"),
        format!("/api/certificates/{number}/authentication-key/reissue"),
    ] {
        world
            .post(other, &path, &json!({}))
            .await
            .problem(404, "not_found");
    }
    let withdraw = world
        .ask(
            other,
            Method::POST,
            &format!("/api/applications/{id}/withdraw"),
        )
        .header("if-match", "\"1\"");
    withdraw.send().await.problem(404, "not_found");
    world
        .ask(
            &world.contractor,
            Method::GET,
            &format!("/api/certificates/{number}/documents/key-notice"),
        )
        .send()
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn an_address_that_does_not_exist_is_a_problem_and_a_wrong_method_names_the_right_ones() {
    let world = World::new().await;
    world
        .get(&world.anyone, "/api/nothing")
        .await
        .problem(404, "not_found");
    let answer = world
        .ask(&world.anyone, Method::DELETE, "/api/applications")
        .send()
        .await;
    answer.problem(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), "GET, POST");
    let answer = world
        .ask(&world.anyone, Method::PATCH, "/api/desk/orderers/442143")
        .send()
        .await;
    answer.problem(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), "PUT");
}

#[tokio::test]
async fn every_answer_says_that_it_must_not_be_kept_guessed_at_or_framed() {
    let world = World::new().await;
    for path in [
        "/api/orderers",
        "/healthz",
        "/api/nothing",
        "/openapi.json",
        "/",
    ] {
        let answer = world.get(&world.anyone, path).await;
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(
            answer
                .header("content-security-policy")
                .contains("frame-ancestors 'none'"),
            "{path}"
        );
    }
}

/// CORS is the gateway's, and only our own pages may call.
#[tokio::test]
async fn only_our_own_pages_may_call_from_a_browser() {
    let world = World::new().await;
    let own = world.cloud.api().to_owned();
    let preflight = |origin: &str| {
        let question = world
            .ask(&world.anyone, Method::OPTIONS, "/api/applications")
            .header("origin", origin);
        question
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "authorization,idempotency-key",
            )
            .send()
    };
    let allowed = preflight(&own).await;
    assert_eq!(allowed.header("access-control-allow-origin"), own);
    for name in [
        "authorization",
        "content-type",
        "idempotency-key",
        "if-match",
        "if-none-match",
    ] {
        assert!(
            allowed
                .header("access-control-allow-headers")
                .contains(name),
            "{name}"
        );
    }
    assert_eq!(allowed.header("access-control-allow-credentials"), "");
    assert_eq!(
        preflight("https://elsewhere.example")
            .await
            .header("access-control-allow-origin"),
        ""
    );
    let question = world
        .ask(&world.contractor, Method::POST, "/api/applications")
        .header("origin", &own);
    let applied = question
        .idempotency_key(&new_key())
        .json(&advance_payment())
        .send()
        .await;
    assert_eq!(applied.header("access-control-allow-origin"), own);
    for name in ["etag", "location", "retry-after", "idempotency-replayed"] {
        assert!(
            applied
                .header("access-control-expose-headers")
                .contains(name),
            "{name}"
        );
    }
}
