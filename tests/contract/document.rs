//! The document of the API is made from the code, and what the portal serves is exactly that.

use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, Parameter, PathItem};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, ComponentsBuilder, Content, HeaderBuilder, InfoBuilder, OpenApiBuilder, Ref, RefOr,
    Required, Response, Schema,
};

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
    complete(&mut whole);
    whole.to_pretty_json().unwrap() + "\n"
}

/// Says in one place what holds for every operation: the forms of what stands in paths and headers, the
/// content type of problems, and the answers of API Gateway itself.
fn complete(whole: &mut utoipa::openapi::OpenApi) {
    let components = whole.components.get_or_insert_default();
    let message = ObjectBuilder::new()
        .description(Some("What API Gateway itself answers."))
        .property("message", ObjectBuilder::new().schema_type(Type::String))
        .required("message");
    components
        .schemas
        .insert("GatewayAnswer".to_owned(), message.into());
    let components = components.clone();
    for operation in whole.paths.paths.values_mut().flat_map(operations) {
        for parameter in operation.parameters.iter_mut().flatten() {
            if let RefOr::T(parameter) = parameter {
                give_form(parameter);
            }
        }
        if let Some(RefOr::T(body)) = &mut operation.request_body {
            let schema = body.content.get("application/json").cloned();
            let all_optional = schema.is_some_and(|content| is_all_optional(&content, &components));
            if all_optional {
                body.required = Some(Required::False);
            }
        }
        answer_fully(operation);
    }
}

fn operations(path: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut path.get, &mut path.put, &mut path.post]
        .into_iter()
        .flatten()
}

/// A body all of whose fields are optional may be absent.
fn is_all_optional(content: &RefOr<Content>, components: &Components) -> bool {
    let RefOr::T(Content {
        schema: Some(RefOr::Ref(named)),
        ..
    }) = content
    else {
        return false;
    };
    let name = named.ref_location.rsplit('/').next().unwrap();
    matches!(components.schemas.get(name), Some(RefOr::T(Schema::Object(object))) if object.required.is_empty())
}

/// What has one form wherever it stands. A path that breaks it is 404 like any other that leads nowhere.
fn give_form(parameter: &mut Parameter) {
    let pattern = match parameter.name.as_str() {
        "id" | "cursor" => "^[0-7][0-9A-HJKMNP-TV-Z]{25}$",
        "number" => "^[0-9]{4}-[0-9]{4}-[0-9]{4}$",
        "code" => "^[0-9]{6}$",
        "Idempotency-Key" => "^[!-~]{1,255}$",
        // Several tags may stand there, as RFC 9110 has it.
        "If-Match" => r#"^"[0-9]+"( *, *"[0-9]+")*$"#,
        "If-None-Match" => r"^\*$",
        _ => return,
    };
    let object = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(pattern));
    parameter.schema = Some(object.into());
}

/// Problems have their own content type, and API Gateway answers by itself: 401 to a token that it does not
/// take, 413 above what it carries, 429 to too many at once, 500 where a function broke, 503 where it took too long.
fn answer_fully(operation: &mut Operation) {
    let responses = &mut operation.responses.responses;
    for (status, description) in [
        (
            "405",
            "The path takes other methods, or its letters make it another path",
        ),
        ("429", "Too many requests at once"),
        ("500", "The function failed"),
    ] {
        let missing = || Response::new(description).into();
        responses.entry(status.to_owned()).or_insert_with(missing);
    }
    if let Some(RefOr::T(response)) = responses.get_mut("405") {
        let problem = Content::new(Some(Ref::from_schema_name("Problem")));
        response
            .content
            .insert("application/problem+json".to_owned(), problem.into());
        let text = ObjectBuilder::new().schema_type(Type::String);
        let allow = HeaderBuilder::new().schema(Some(text)).build();
        response.headers.insert("Allow".to_owned(), allow.into());
    }
    for (status, response) in responses {
        let RefOr::T(response) = response else {
            continue;
        };
        if response.description.is_empty() {
            let status = axum::http::StatusCode::from_bytes(status.as_bytes()).unwrap();
            response.description = status.canonical_reason().unwrap().to_owned();
        }
        let content = &mut response.content;
        let is_problem = |content: &RefOr<Content>| {
            matches!(content, RefOr::T(Content { schema: Some(RefOr::Ref(named)), .. })
                if named.ref_location.ends_with("/Problem"))
        };
        if content.get("application/json").is_some_and(is_problem) {
            let problem = content.swap_remove("application/json").unwrap();
            content.insert("application/problem+json".to_owned(), problem);
        }
        let name = match status.as_str() {
            "401" => "WWW-Authenticate",
            "429" | "503" => "Retry-After",
            "413" | "500" => "",
            _ => continue,
        };
        let named = |name| Content::new(Some(Ref::from_schema_name(name)));
        content.insert("application/json".to_owned(), named("GatewayAnswer").into());
        if status == "401" {
            // An ID token passes the authorizer and is no access token.
            content.insert(
                "application/problem+json".to_owned(),
                named("Problem").into(),
            );
        }
        if !name.is_empty() {
            let kind = if name == "Retry-After" {
                Type::Integer
            } else {
                Type::String
            };
            let header = HeaderBuilder::new().schema(Some(ObjectBuilder::new().schema_type(kind)));
            response
                .headers
                .insert(name.to_owned(), header.build().into());
        }
    }
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
