//! Tokens that somebody made: whatever is wrong with one, the gateway answers 401.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use local::TokenRequest;
use serde_json::{Value, json};
use tests::{Person, World};

/// A part of a token as JSON.
fn part(token: &str, place: usize) -> Value {
    serde_json::from_slice(&BASE64.decode(token.split('.').nth(place).unwrap()).unwrap()).unwrap()
}

fn encoded(value: &Value) -> String {
    BASE64.encode(value.to_string())
}

async fn status(world: &World, token: &str) -> u16 {
    world
        .get(&Person::with_token(token), "/api/applications")
        .await
        .status
        .as_u16()
}

#[tokio::test]
async fn a_token_that_somebody_made_is_refused() {
    let world = World::new().await;
    let token = world
        .cloud
        .token(&TokenRequest::access("C-100001", "contractor"));
    assert_eq!(status(&world, &token).await, 200);
    let (header, claims) = (part(&token, 0), part(&token, 1));
    let signature = token.rsplit('.').next().unwrap();
    let with = |mut value: Value, name: &str, other: Value| {
        value[name] = other;
        encoded(&value)
    };

    // Claims that were altered after they were signed.
    for (claim, value) in [
        ("cognito:groups", json!(["guarantor"])),
        ("username", json!("C-100002")),
        ("exp", json!(4_000_000_000_u64)),
        ("iss", json!("https://elsewhere.example")),
        ("client_id", json!("another")),
    ] {
        let altered = format!(
            "{}.{}.{signature}",
            encoded(&header),
            with(claims.clone(), claim, value)
        );
        assert_eq!(status(&world, &altered).await, 401, "{claim}");
    }

    // Headers that would have another key or none check the signature.
    let same = encoded(&claims);
    for (name, value) in [
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("alg", json!("RS512")),
        ("kid", json!("unknown")),
    ] {
        let forged = format!(
            "{}.{same}.{signature}",
            with(header.clone(), name, value.clone())
        );
        assert_eq!(status(&world, &forged).await, 401, "{name} {value}");
    }
    let unsigned = format!("{}.{same}.", with(header.clone(), "alg", json!("none")));
    assert_eq!(status(&world, &unsigned).await, 401, "no signature");
    let stripped = token.trim_end_matches(signature);
    assert_eq!(status(&world, stripped).await, 401, "a stripped signature");

    // HS256 with the public key as its secret: the oldest trick.
    let keys = world
        .get(&world.anyone, "/issuer/.well-known/jwks.json")
        .await
        .json();
    let modulus = BASE64
        .decode(keys["keys"][0]["n"].as_str().unwrap())
        .unwrap();
    let hmac = jsonwebtoken::EncodingKey::from_secret(&modulus);
    let mut symmetric = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    symmetric.kid = header["kid"].as_str().map(str::to_owned);
    let forged = jsonwebtoken::encode(&symmetric, &claims, &hmac).unwrap();
    assert_eq!(
        status(&world, &forged).await,
        401,
        "HS256 with the public key"
    );

    // Signed by the issuer, but not for us or not for now.
    let made = |request: TokenRequest| world.cloud.token(&request);
    let access = || TokenRequest::access("C-100001", "contractor");
    for (what, token) in [
        (
            "expired",
            made(TokenRequest {
                expires_in: -1,
                ..access()
            }),
        ),
        (
            "another client",
            made(TokenRequest {
                client_id: Some("another".to_owned()),
                ..access()
            }),
        ),
        (
            "an ID token",
            made(TokenRequest {
                token_use: "id".to_owned(),
                ..access()
            }),
        ),
    ] {
        assert_eq!(status(&world, &token).await, 401, "{what}");
    }
    for nonsense in ["", "a", "a.b", "a.b.c", "....", "Bearer"] {
        assert_eq!(status(&world, nonsense).await, 401, "{nonsense}");
    }
}
