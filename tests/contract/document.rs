//! The document of the API is made from the code, and what the portal serves is exactly that.

use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApiBuilder};

/// The documents of the functions, by the logical name of each in the template.
pub(crate) fn documents() -> Vec<(&'static str, utoipa::openapi::OpenApi)> {
    vec![
        ("Apply", apply::Document::openapi()),
        ("Issue", issue::Document::openapi()),
        ("View", view::Document::openapi()),
        ("GenerateKey", generate_key::Document::openapi()),
        ("Verify", verify::Document::openapi()),
    ]
}

/// The whole document, as JSON.
fn whole() -> String {
    let info = InfoBuilder::new().title("電子保証 API").version(env!("CARGO_PKG_VERSION")).description(Some(
        "公共工事の電子保証。お金は円(整数)、日付は日本の暦日 YYYY-MM-DD、時刻は RFC 3339 (UTC) です。\n\n\
         関数が返す誤りはすべて `application/problem+json` (RFC 9457) で、`code` は変わりません。\
         API Gateway 自身の誤り(認証の 401、429、503 など)は `{\"message\": \"…\"}` です。\n\n\
         本文は 64 KiB までです。応答は保存しないでください(`Cache-Control: no-store`)。",
    ));
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .build();
    let components = ComponentsBuilder::new().security_scheme("token", SecurityScheme::Http(token));
    let mut whole = OpenApiBuilder::new()
        .info(info.build())
        .components(Some(components.build()))
        .build();
    for (_, document) in documents() {
        whole.merge(document);
    }
    whole.to_pretty_json().unwrap() + "\n"
}

#[test]
fn the_document_that_is_served_is_the_one_that_the_code_makes() {
    let served = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
    let made = whole();
    if std::fs::read_to_string(served).unwrap() != made {
        let new = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/openapi.json");
        std::fs::write(new, made).unwrap();
        panic!(
            "docs/openapi.json differs from the code; if that is meant: cp target/openapi.json docs/openapi.json"
        );
    }
}

/// Clients find every problem that an operation may answer.
#[test]
fn every_operation_names_its_tag_and_its_problems() {
    let whole: serde_json::Value = serde_json::from_str(&whole()).unwrap();
    for (path, operations) in whole["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let responses = operation["responses"].as_object().unwrap();
            assert!(operation["tags"][0].is_string(), "{method} {path}");
            assert!(responses.contains_key("503"), "{method} {path}");
            let needs_token = operation.get("security").is_some();
            assert_eq!(
                responses.contains_key("401") && responses.contains_key("403"),
                needs_token,
                "{method} {path}"
            );
            assert_eq!(
                responses.contains_key("413"),
                operation.get("requestBody").is_some() || path.ends_with("reissue"),
                "{method} {path}"
            );
        }
    }
}
