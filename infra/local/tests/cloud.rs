//! The cloud over the wire: the gateway's own answers, tokens, rights, faults, and what a restart keeps.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say so")]

use aws_sdk_dynamodb::{
    Client as DynamoDb,
    error::{ProvideErrorMetadata, SdkError},
    types::{AttributeValue, ConditionCheck, Put, TransactWriteItem, Update},
};
use aws_sdk_s3::{Client as S3, presigning::PresigningConfig, primitives::ByteStream};
use aws_sdk_ses::{
    Client as Ses,
    primitives::Blob,
    types::{MessageTag, RawMessage},
};
use local::{Cloud, Fault, FaultKind, Options, StartError, TokenRequest, When};
use serde_json::{Value, json};
use std::{path::Path, time::Duration};

async fn fresh() -> Cloud {
    Cloud::start(Options {
        empty: true,
        ..Options::default()
    })
    .await
    .unwrap()
}

async fn on(folder: &Path) -> Cloud {
    Cloud::start(Options {
        data: Some(folder.to_owned()),
        empty: true,
        ..Options::default()
    })
    .await
    .unwrap()
}

fn dynamodb(cloud: &Cloud, function: &str) -> DynamoDb {
    DynamoDb::new(&cloud.function(function).unwrap())
}

fn s3(cloud: &Cloud, function: &str) -> S3 {
    S3::new(&cloud.function(function).unwrap())
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> &str {
    error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code)
        .unwrap_or("no answer")
}

fn message<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    error
        .as_service_error()
        .and_then(ProvideErrorMetadata::message)
        .unwrap_or_default()
        .to_owned()
}

/// Puts an item as the operator.
async fn put(cloud: &Cloud, pk: &str, attributes: &[(&str, &str)]) {
    let mut put = DynamoDb::new(&cloud.operator())
        .put_item()
        .table_name(cloud.table())
        .item("pk", text(pk))
        .item("sk", text("1"));
    for (name, value) in attributes {
        put = put.item(*name, text(value));
    }
    put.send().await.unwrap();
}

async fn get(url: String) -> reqwest::Response {
    reqwest::get(url).await.unwrap()
}

// ---------------------------------------------------------------- the gateway

#[tokio::test]
async fn the_gateway_says_its_own_errors_as_the_service_does() {
    let cloud = fresh().await;
    let client = reqwest::Client::new();
    let nobodys = client
        .post(format!("{}/nobodys", cloud.api()))
        .send()
        .await
        .unwrap();
    assert_eq!(nobodys.status(), 404);
    assert_eq!(
        nobodys.json::<Value>().await.unwrap(),
        json!({ "message": "Not Found" })
    );

    let without = client
        .get(format!("{}/api/applications", cloud.api()))
        .send()
        .await
        .unwrap();
    assert_eq!(without.status(), 401);
    assert_eq!(without.headers()["www-authenticate"], "Bearer");
    assert_eq!(
        without.json::<Value>().await.unwrap(),
        json!({ "message": "Unauthorized" })
    );

    let heavy = client
        .post(format!("{}/api/verifications", cloud.api()))
        .header("content-type", "application/json")
        .body(vec![b' '; 10 * 1024 * 1024 + 1])
        .send()
        .await
        .unwrap();
    assert_eq!(heavy.status(), 413);
    assert_eq!(
        heavy.json::<Value>().await.unwrap(),
        json!({ "message": "Request Entity Too Large" })
    );
    cloud.shutdown().await;
}

#[tokio::test]
async fn only_a_token_of_the_pool_opens_a_route() {
    let cloud = fresh().await;
    let client = reqwest::Client::new();
    let good = TokenRequest::access("C-100001", "contractor");
    let status = async |token: &str| {
        let request = client
            .get(format!("{}/api/applications", cloud.api()))
            .header("authorization", token);
        request.send().await.unwrap().status().as_u16()
    };
    assert_ne!(status(&format!("Bearer {}", cloud.token(&good))).await, 401);
    assert_ne!(
        status(&cloud.token(&good)).await,
        401,
        "the scheme may be absent, as at API Gateway"
    );

    let expired = cloud.token(&TokenRequest {
        expires_in: -1,
        ..good.clone()
    });
    let elsewhere = cloud.token(&TokenRequest {
        client_id: Some("somebody-else".to_owned()),
        ..good.clone()
    });
    let mut tampered = cloud.token(&good);
    tampered.truncate(tampered.len() - 4);
    tampered.push_str("AAAA");
    let unsigned = "eyJhbGciOiJub25lIn0.eyJ1c2VybmFtZSI6IkMtMTAwMDAxIn0.";
    for token in [
        expired.as_str(),
        &elsewhere,
        &tampered,
        unsigned,
        "",
        "nothing",
    ] {
        assert_eq!(status(&format!("Bearer {token}")).await, 401, "{token}");
    }
    cloud.shutdown().await;
}

#[tokio::test]
async fn cors_is_the_gateways_alone() {
    let cloud = fresh().await;
    let client = reqwest::Client::new();
    let preflight = async |origin: &str| {
        client
            .request(
                reqwest::Method::OPTIONS,
                format!("{}/api/applications", cloud.api()),
            )
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .send()
            .await
            .unwrap()
    };
    let own = preflight(cloud.api()).await;
    assert_eq!(own.status(), 204);
    assert_eq!(own.headers()["access-control-allow-origin"], cloud.api());
    assert_eq!(
        own.headers()["access-control-allow-methods"],
        "GET,POST,PUT"
    );
    assert_eq!(
        own.headers()["access-control-allow-headers"],
        "authorization,content-type,idempotency-key,if-match,if-none-match"
    );
    assert!(
        !own.headers()
            .contains_key("access-control-allow-credentials")
    );
    let foreign = preflight("https://elsewhere.example").await;
    assert_eq!(foreign.status(), 204);
    assert!(
        !foreign
            .headers()
            .contains_key("access-control-allow-origin")
    );

    let refused = client
        .get(format!("{}/api/applications", cloud.api()))
        .header("origin", cloud.api())
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 401);
    assert_eq!(
        refused.headers()["access-control-expose-headers"],
        "etag,location,retry-after,idempotency-replayed"
    );
    cloud.shutdown().await;
}

// ---------------------------------------------------------------- tokens

async fn initiate_auth(cloud: &Cloud, body: Value) -> (u16, Value) {
    let answer = reqwest::Client::new()
        .post(cloud.aws())
        .header(
            "x-amz-target",
            "AWSCognitoIdentityProviderService.InitiateAuth",
        )
        .header("content-type", "application/x-amz-json-1.1")
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn a_password_gives_tokens_and_a_refresh_token_gives_new_ones() {
    let cloud = fresh().await;
    let local: Value = get(format!("{}/local.json", cloud.api()))
        .await
        .json()
        .await
        .unwrap();
    let login = &local["logins"][0];
    let password = json!({ "USERNAME": login["username"], "PASSWORD": login["password"] });
    let ask = |flow: &str, parameters: &Value| {
        initiate_auth(
            &cloud,
            json!({ "AuthFlow": flow, "ClientId": local["client_id"], "AuthParameters": parameters }),
        )
    };
    let (status, answer) = ask("USER_PASSWORD_AUTH", &password).await;
    assert_eq!(status, 200);
    let result = &answer["AuthenticationResult"];
    assert_eq!(result["TokenType"], "Bearer");
    let client = reqwest::Client::new();
    let listed = client
        .get(format!("{}/api/applications", cloud.api()))
        .bearer_auth(result["AccessToken"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    assert_ne!(listed.status(), 401);

    let (status, renewed) = ask(
        "REFRESH_TOKEN_AUTH",
        &json!({ "REFRESH_TOKEN": result["RefreshToken"] }),
    )
    .await;
    assert_eq!(status, 200);
    assert!(renewed["AuthenticationResult"]["AccessToken"].is_string());
    assert!(
        renewed["AuthenticationResult"]
            .get("RefreshToken")
            .is_none()
    );
    let refused = client
        .get(format!("{}/api/applications", cloud.api()))
        .bearer_auth(result["RefreshToken"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(
        refused.status(),
        401,
        "a refresh token opens nothing itself"
    );
    cloud.shutdown().await;
}

/// A wrong name and a wrong password get one answer, as PreventUserExistenceErrors says.
#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_look_alike() {
    let cloud = fresh().await;
    for parameters in [
        json!({ "USERNAME": "C-100001", "PASSWORD": "wrong" }),
        json!({ "USERNAME": "nobody", "PASSWORD": "wrong" }),
        json!({}),
    ] {
        let ask = json!({ "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": "scriptsclient", "AuthParameters": parameters });
        let expected = json!({ "__type": "NotAuthorizedException", "message": "Incorrect username or password." });
        assert_eq!(initiate_auth(&cloud, ask).await, (400, expected));
    }
    let portal = json!({ "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": "portalclient",
        "AuthParameters": { "USERNAME": "C-100001", "PASSWORD": "Contractor-100001" } });
    assert_eq!(
        initiate_auth(&cloud, portal).await.1["__type"],
        "InvalidParameterException"
    );
    cloud.shutdown().await;
}

#[tokio::test]
async fn the_issuers_keys_are_where_its_discovery_says() {
    let cloud = fresh().await;
    let issuer = cloud.local()["issuer"].as_str().unwrap().to_owned();
    let discovery: Value = get(format!("{issuer}/.well-known/openid-configuration"))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(discovery["issuer"], issuer);
    let keys: Value = get(discovery["jwks_uri"].as_str().unwrap().to_owned())
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(keys["keys"][0]["alg"], "RS256");
    cloud.shutdown().await;
}

/// A page of another site must not reach the operator's keys through a name that leads to this machine.
#[tokio::test]
async fn local_pages_answer_only_under_the_machines_own_name() {
    let cloud = fresh().await;
    let foreign = reqwest::Client::new()
        .get(format!("{}/local.json", cloud.api()))
        .header("host", "attacker.example")
        .send()
        .await
        .unwrap();
    assert_eq!(foreign.status(), 403);
    cloud.shutdown().await;
}

// ---------------------------------------------------------------- rights

#[tokio::test]
async fn an_unknown_key_is_refused_as_aws_refuses_it() {
    let cloud = fresh().await;
    let keys = aws_credential_types::Credentials::new("AKIANOBODY", "nothing", None, None, "test");
    let nobody = cloud
        .operator()
        .into_builder()
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(keys))
        .build();
    let error = DynamoDb::new(&nobody)
        .list_tables()
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&error), "UnrecognizedClientException");
    let error = S3::new(&nobody).list_buckets().send().await.unwrap_err();
    assert_eq!(code(&error), "InvalidAccessKeyId");
    let error = Ses::new(&nobody)
        .list_identities()
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&error), "InvalidClientTokenId");
    cloud.shutdown().await;
}

#[tokio::test]
async fn a_function_does_what_its_policy_names_and_nothing_else() {
    let cloud = fresh().await;
    put(&cloud, "APPLICATION#1", &[]).await;
    let apply = dynamodb(&cloud, "Apply");
    let read = |pk: &str| {
        apply
            .get_item()
            .table_name(cloud.table())
            .key("pk", text(pk))
            .key("sk", text("1"))
            .send()
    };
    read("APPLICATION#1").await.unwrap();
    assert_eq!(
        code(&read("CONTRACT#1").await.unwrap_err()),
        "AccessDeniedException"
    );

    let error = apply
        .delete_item()
        .table_name(cloud.table())
        .key("pk", text("APPLICATION#1"))
        .key("sk", text("1"))
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&error), "AccessDeniedException");
    assert_eq!(
        message(&error),
        format!(
            "User: arn:aws:sts::123456789012:assumed-role/denshi-hosho-ApplyRole/Apply is not authorized to perform: \
             dynamodb:DeleteItem on resource: arn:aws:dynamodb:ap-northeast-1:123456789012:table/{} \
             because no identity-based policy allows the dynamodb:DeleteItem action",
            cloud.table()
        )
    );
    let error = apply
        .scan()
        .table_name(cloud.table())
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&error), "AccessDeniedException");

    // A query on an index is a right of its own.
    let query = |index: &str| {
        apply
            .query()
            .table_name(cloud.table())
            .index_name(index)
            .key_condition_expression(if index == "by_queue" {
                "queue = :value"
            } else {
                "customer = :value"
            })
            .expression_attribute_values(":value", text("x"))
            .send()
    };
    query("by_customer").await.unwrap();
    assert_eq!(
        code(&query("by_queue").await.unwrap_err()),
        "AccessDeniedException"
    );

    let used = cloud.decisions();
    assert!(
        used.iter()
            .any(|one| one.function == "Apply" && one.action == "dynamodb:GetItem" && one.allowed)
    );
    assert!(
        used.iter()
            .any(|one| one.function == "Apply" && one.action == "dynamodb:Scan" && !one.allowed)
    );
    cloud.shutdown().await;
}

/// The orderer's check may count and record, and touch nothing else of the table.
#[tokio::test]
async fn leading_keys_narrow_what_verify_may_write() {
    let cloud = fresh().await;
    let verify = dynamodb(&cloud, "Verify");
    let count = |pk: &str| {
        verify
            .update_item()
            .table_name(cloud.table())
            .key("pk", text(pk))
            .key("sk", text("1"))
            .update_expression("ADD wrong :one")
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .send()
    };
    let record = |pk: &str| {
        verify
            .put_item()
            .table_name(cloud.table())
            .item("pk", text(pk))
            .item("sk", text("1"))
            .send()
    };
    count("THROTTLE#source").await.unwrap();
    record("CHECK#0712").await.unwrap();
    for pk in ["CONTRACT#0712", "CHECK#0712", "ORDERERS"] {
        assert_eq!(
            code(&count(pk).await.unwrap_err()),
            "AccessDeniedException",
            "{pk}"
        );
    }
    for pk in ["CONTRACT#0712", "THROTTLE#source"] {
        assert_eq!(
            code(&record(pk).await.unwrap_err()),
            "AccessDeniedException",
            "{pk}"
        );
    }
    cloud.shutdown().await;
}

#[tokio::test]
async fn a_transaction_needs_the_right_of_every_part() {
    let cloud = fresh().await;
    let check = || {
        let check = ConditionCheck::builder()
            .table_name(cloud.table())
            .key("pk", text("ORDERERS"))
            .key("sk", text("1"))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .unwrap();
        TransactWriteItem::builder().condition_check(check).build()
    };
    let put = |pk: &str| {
        let put = Put::builder()
            .table_name(cloud.table())
            .item("pk", text(pk))
            .item("sk", text("1"))
            .build()
            .unwrap();
        TransactWriteItem::builder().put(put).build()
    };
    let count = || {
        let update = Update::builder()
            .table_name(cloud.table())
            .key("pk", text("THROTTLE#1"))
            .key("sk", text("1"))
            .update_expression("SET entity = :entity")
            .expression_attribute_values(":entity", text("throttle"))
            .build()
            .unwrap();
        TransactWriteItem::builder().update(update).build()
    };
    // verify may count and record, but holds no right to look at a condition beside that.
    let verify = dynamodb(&cloud, "Verify");
    verify
        .transact_write_items()
        .transact_items(put("CHECK#1"))
        .transact_items(count())
        .send()
        .await
        .unwrap();
    let error = verify
        .transact_write_items()
        .transact_items(put("CHECK#2"))
        .transact_items(check())
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&error), "AccessDeniedException");
    assert!(
        message(&error).contains("dynamodb:ConditionCheckItem"),
        "{}",
        message(&error)
    );
    cloud.shutdown().await;
}

#[tokio::test]
async fn papers_are_reached_by_kind() {
    let cloud = fresh().await;
    let (issue, view, keys) = (
        s3(&cloud, "Issue"),
        s3(&cloud, "View"),
        s3(&cloud, "GenerateKey"),
    );
    let put = |client: &S3, key: &str| {
        client
            .put_object()
            .bucket(cloud.bucket())
            .key(key)
            .body(ByteStream::from_static(b"%PDF-1.7 a paper"))
            .send()
    };
    put(&issue, "certificates/0712/a.pdf").await.unwrap();
    put(&keys, "key-notices/0712/a.pdf").await.unwrap();
    assert_eq!(
        code(&put(&issue, "key-notices/0712/b.pdf").await.unwrap_err()),
        "AccessDenied"
    );
    assert_eq!(
        code(&put(&view, "certificates/0712/b.pdf").await.unwrap_err()),
        "AccessDenied"
    );
    let get = |client: &S3, key: &str| client.get_object().bucket(cloud.bucket()).key(key).send();
    get(&view, "certificates/0712/a.pdf").await.unwrap();
    assert_eq!(
        code(&get(&view, "key-notices/0712/a.pdf").await.unwrap_err()),
        "AccessDenied"
    );
    // Nobody may list, so nobody is told that a paper is missing.
    assert_eq!(
        code(&get(&view, "certificates/0712/none.pdf").await.unwrap_err()),
        "AccessDenied"
    );
    let operator = S3::new(&cloud.operator());
    assert_eq!(
        code(
            &get(&operator, "certificates/0712/none.pdf")
                .await
                .unwrap_err()
        ),
        "NoSuchKey"
    );
    assert_eq!(
        code(
            &view
                .list_objects_v2()
                .bucket(cloud.bucket())
                .send()
                .await
                .unwrap_err()
        ),
        "AccessDenied"
    );
    cloud.shutdown().await;
}

/// Whoever signed an address must have the right when it is used.
#[tokio::test]
async fn a_presigned_address_carries_its_signers_right() {
    let cloud = fresh().await;
    let key = "certificates/0712/a.pdf";
    s3(&cloud, "Issue")
        .put_object()
        .bucket(cloud.bucket())
        .key(key)
        .body(ByteStream::from_static(b"%PDF"))
        .send()
        .await
        .unwrap();
    let minute = || PresigningConfig::expires_in(Duration::from_secs(60)).unwrap();
    let view = s3(&cloud, "View");
    let good = view
        .get_object()
        .bucket(cloud.bucket())
        .key(key)
        .presigned(minute())
        .await
        .unwrap();
    let answer = get(good.uri().to_owned()).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text().await.unwrap(), "%PDF");
    assert_eq!(
        get(good.uri().replace("0712", "0713")).await.status(),
        403,
        "the signature covers the key"
    );
    let wide = view
        .get_object()
        .bucket(cloud.bucket())
        .key("key-notices/0712/a.pdf")
        .presigned(minute())
        .await
        .unwrap();
    assert_eq!(
        get(wide.uri().to_owned()).await.status(),
        403,
        "the signer has no right there"
    );
    assert_eq!(
        get(format!("{}/{}/{key}", cloud.aws(), cloud.bucket()))
            .await
            .status(),
        403,
        "unsigned"
    );
    cloud.shutdown().await;
}

// ---------------------------------------------------------------- mail

fn raw(from: &str) -> RawMessage {
    let message = format!(
        "From: {from}\r\nTo: contractor@example.jp\r\nSubject: =?utf-8?B?6Zu75a2Q6Ki85pu4?=\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n本文 <b>\r\n"
    );
    RawMessage::builder()
        .data(Blob::new(message))
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_mail_is_taken_and_shown() {
    let cloud = fresh().await;
    let notify = Ses::new(&cloud.function("Notify").unwrap());
    let sent = notify
        .send_raw_email()
        .raw_message(raw("denshi-hosho@hosho.example"))
        .destinations("contractor@example.jp")
        .configuration_set_name("denshi-hosho-mailconfiguration")
        .tags(
            MessageTag::builder()
                .name("contract")
                .value("071234567891")
                .build()
                .unwrap(),
        )
        .send()
        .await
        .unwrap();
    let mails = cloud.mails().unwrap();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].message_id, sent.message_id());
    assert_eq!(mails[0].subject, "電子証書");
    assert_eq!(mails[0].to, ["contractor@example.jp"]);
    assert_eq!(mails[0].text.trim(), "本文 <b>");
    assert_eq!(mails[0].tags.as_deref(), Some("contract=071234567891"));
    let page = get(format!("{}/mailbox", cloud.api()))
        .await
        .text()
        .await
        .unwrap();
    assert!(
        page.contains("電子証書") && page.contains("本文 &lt;b&gt;"),
        "{page}"
    );
    let list: Value = get(format!("{}/mailbox.json", cloud.api()))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(list[0]["subject"], "電子証書");
    cloud.shutdown().await;
}

#[tokio::test]
async fn a_mail_from_elsewhere_is_rejected_and_so_is_an_unknown_configuration_set() {
    let cloud = fresh().await;
    let operator = Ses::new(&cloud.operator());
    let error = operator
        .send_raw_email()
        .raw_message(raw("x@elsewhere.example"))
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&error), "MessageRejected");
    let error = operator
        .send_raw_email()
        .raw_message(raw("x@hosho.example"))
        .configuration_set_name("none")
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&error), "ConfigurationSetDoesNotExist");
    // Only notify may send, and only with both: the identity and the configuration set.
    let issue = Ses::new(&cloud.function("Issue").unwrap());
    let error = issue
        .send_raw_email()
        .raw_message(raw("x@hosho.example"))
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&error), "AccessDenied");
    let notify = Ses::new(&cloud.function("Notify").unwrap());
    let error = notify
        .send_raw_email()
        .raw_message(raw("x@hosho.example"))
        .configuration_set_name("another")
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&error), "AccessDenied");
    assert!(cloud.mails().unwrap().is_empty());
    cloud.shutdown().await;
}

/// The mail service tells of a mail to its simulator's address what the real one would, the bus hands
/// it to notify, and what notify does not understand ends in the queue, from which it can be taken.
#[tokio::test]
async fn a_report_that_nobody_can_read_ends_in_the_queue() {
    let cloud = fresh().await;
    let notify = Ses::new(&cloud.function("Notify").unwrap());
    let send = |to: &str, set: Option<&str>| {
        let sending = notify
            .send_raw_email()
            .raw_message(raw("denshi-hosho@hosho.example"))
            .destinations(to)
            .configuration_set_name(set.unwrap_or("denshi-hosho-mailconfiguration"));
        async move { sending.send().await.unwrap().message_id().to_owned() }
    };
    send("success@simulator.amazonses.com", None).await;
    send("bounce@elsewhere.example", None).await;
    cloud.drained().await;
    assert!(cloud.dead_letters().unwrap().is_empty());
    // Without tags nobody knows whose mail it is.
    let bounced = send("bounce+1@simulator.amazonses.com", None).await;
    let complained = send("complaint@simulator.amazonses.com", None).await;
    cloud.drained().await;
    let letters = cloud.dead_letters().unwrap();
    let told: Vec<_> = letters
        .iter()
        .map(|letter| {
            let message = &letter["message"];
            assert_eq!(message["requestContext"]["approximateInvokeCount"], 3);
            let event = &message["requestPayload"];
            assert_eq!(event["source"], "aws.ses");
            (
                event["detail-type"].as_str().unwrap(),
                event["detail"]["eventType"].as_str().unwrap(),
                event["detail"]["mail"]["messageId"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("Email Bounced", "Bounce", bounced.as_str()),
            ("Email Complaint Received", "Complaint", complained.as_str()),
        ]
    );
    cloud.shutdown().await;
}

/// An event that was taken is handled after the next start, if not before.
#[tokio::test]
async fn an_event_outlives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    on(folder.path()).await.shutdown().await;
    let event = json!({ "source": "aws.ses", "detail": {} });
    let call = json!({ "function": "Notify", "event": event }).to_string();
    std::fs::write(folder.path().join("events/1.json"), call).unwrap();
    let cloud = on(folder.path()).await;
    cloud.drained().await;
    assert_eq!(cloud.dead_letters().unwrap().len(), 1);
    assert!(!folder.path().join("events/1.json").exists());
    cloud.shutdown().await;
}

// ---------------------------------------------------------------- faults

fn fault(operation: &str, when: When, kind: FaultKind) -> Fault {
    Fault {
        function: None,
        operation: operation.to_owned(),
        nth: 1,
        when,
        kind,
    }
}

#[tokio::test]
async fn a_fault_before_does_nothing_and_a_fault_after_has_done_it() {
    let cloud = fresh().await;
    // No retries, so that the fault is seen.
    let config = aws_sdk_dynamodb::config::Builder::from(&cloud.operator())
        .retry_config(aws_sdk_dynamodb::config::retry::RetryConfig::disabled())
        .build();
    let client = DynamoDb::from_conf(config);
    let put = |pk: &str| {
        client
            .put_item()
            .table_name(cloud.table())
            .item("pk", text(pk))
            .item("sk", text("1"))
            .send()
    };
    let is_there = async |pk: &str| {
        let get = client
            .get_item()
            .table_name(cloud.table())
            .key("pk", text(pk))
            .key("sk", text("1"));
        get.send().await.unwrap().item.is_some()
    };
    for (number, (when, kind, expected)) in [
        (When::Before, FaultKind::Throttling, "ThrottlingException"),
        (
            When::Before,
            FaultKind::ConditionFailed,
            "ConditionalCheckFailedException",
        ),
        (
            When::Before,
            FaultKind::TransactionConflict,
            "TransactionConflictException",
        ),
        (When::After, FaultKind::InternalError, "InternalServerError"),
        (When::After, FaultKind::ConnectionReset, "no answer"),
        (
            When::After,
            FaultKind::Hang(Duration::from_millis(20)),
            "InternalServerError",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let pk = format!("FAULT#{number}");
        cloud.strike(fault("PutItem", when, kind));
        let error = put(&pk).await.unwrap_err();
        assert_eq!(code(&error), expected, "{kind:?}");
        assert_eq!(is_there(&pk).await, when == When::After, "{kind:?}");
    }
    assert_eq!(cloud.pending_faults(), 0);

    cloud.strike(fault(
        "TransactWriteItems",
        When::Before,
        FaultKind::TransactionConflict,
    ));
    let part = Put::builder()
        .table_name(cloud.table())
        .item("pk", text("T"))
        .item("sk", text("1"))
        .build()
        .unwrap();
    let transaction = client
        .transact_write_items()
        .transact_items(TransactWriteItem::builder().put(part).build());
    let error = transaction.send().await.unwrap_err();
    let reasons = match error.into_service_error() {
        aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(cancelled) => {
            cancelled.cancellation_reasons.unwrap()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(reasons[0].code(), Some("TransactionConflict"));
    cloud.shutdown().await;
}

#[tokio::test]
async fn a_torn_put_leaves_no_object() {
    let cloud = fresh().await;
    let config = aws_sdk_s3::config::Builder::from(&cloud.operator())
        .retry_config(aws_sdk_s3::config::retry::RetryConfig::disabled())
        .build();
    let client = S3::from_conf(config);
    cloud.strike(fault("PutObject", When::Before, FaultKind::TornPut));
    let put = || {
        client
            .put_object()
            .bucket(cloud.bucket())
            .key("certificates/a")
            .body(ByteStream::from(vec![7; 100_000]))
            .send()
    };
    put().await.unwrap_err();
    let listed = client
        .list_objects_v2()
        .bucket(cloud.bucket())
        .send()
        .await
        .unwrap();
    assert_eq!(listed.contents().len(), 0);
    put().await.unwrap();
    cloud.strike(fault("SendRawEmail", When::Before, FaultKind::MailRefused));
    let error = Ses::new(&cloud.operator())
        .send_raw_email()
        .raw_message(raw("x@hosho.example"))
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&error), "MessageRejected");
    cloud.shutdown().await;
}

// ---------------------------------------------------------------- state

#[tokio::test]
async fn the_database_has_the_index_that_keeps_its_stream_fast() {
    let cloud = fresh().await;
    assert!(cloud.has_stream_index());
    cloud.shutdown().await;
}

#[tokio::test]
async fn what_has_expired_is_swept() {
    let cloud = fresh().await;
    let client = DynamoDb::new(&cloud.operator());
    for (pk, expires) in [("GONE", "1"), ("STAYS", "99999999999")] {
        client
            .put_item()
            .table_name(cloud.table())
            .item("pk", text(pk))
            .item("sk", text("1"))
            .item("expires_at", AttributeValue::N(expires.to_owned()))
            .send()
            .await
            .unwrap();
    }
    cloud.sweep();
    let left = client
        .scan()
        .table_name(cloud.table())
        .send()
        .await
        .unwrap();
    assert_eq!(
        left.items()
            .iter()
            .map(|item| &item["pk"])
            .collect::<Vec<_>>(),
        [&text("STAYS")]
    );
    cloud.shutdown().await;
}

#[tokio::test]
async fn a_restart_goes_on_from_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let first = on(folder.path()).await;
    put(&first, "CONTRACT#1", &[]).await;
    put(&first, "MAIL#1", &[("entity", "mail")]).await;
    let operator = first.operator();
    S3::new(&operator)
        .put_object()
        .bucket(first.bucket())
        .key("certificates/a.pdf")
        .body(ByteStream::from_static(b"%PDF"))
        .send()
        .await
        .unwrap();
    Ses::new(&operator)
        .send_raw_email()
        .raw_message(raw("x@hosho.example"))
        .send()
        .await
        .unwrap();
    first.drained().await;
    let keys = first.local()["aws"].clone();
    first.shutdown().await;

    let second = on(folder.path()).await;
    assert_eq!(second.local()["aws"], keys, "the keys stay");
    let client = DynamoDb::new(&second.operator());
    let kept = client
        .get_item()
        .table_name(second.table())
        .key("pk", text("CONTRACT#1"))
        .key("sk", text("1"))
        .send()
        .await;
    assert!(kept.unwrap().item.is_some());
    let paper = S3::new(&second.operator())
        .get_object()
        .bucket(second.bucket())
        .key("certificates/a.pdf")
        .send()
        .await;
    assert_eq!(
        paper.unwrap().body.collect().await.unwrap().into_bytes(),
        "%PDF"
    );
    assert_eq!(second.mails().unwrap().len(), 1);
    second.drained().await;
    second.shutdown().await;
}

#[tokio::test]
async fn two_clouds_cannot_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let first = on(folder.path()).await;
    let second = Cloud::start(Options {
        data: Some(folder.path().to_owned()),
        ..Options::default()
    })
    .await;
    assert!(matches!(second, Err(StartError::FolderInUse(_))));
    first.shutdown().await;
    on(folder.path()).await.shutdown().await;
}

#[tokio::test]
async fn a_taken_port_and_a_broken_template_are_said_in_one_line() {
    let cloud = fresh().await;
    let port = cloud.api().rsplit(':').next().unwrap().parse().unwrap();
    let error = Cloud::start(Options {
        port,
        ..Options::default()
    })
    .await
    .err()
    .unwrap();
    assert_eq!(
        error.to_string(),
        format!(
            "port {port} is taken; choose another one with --port (it and the next one are used)"
        )
    );
    let api = "    Type: AWS::Serverless::HttpApi\n    Properties:\n";
    assert!(local::TEMPLATE.contains(api));
    let broken = local::TEMPLATE.replace(api, &format!("{api}      StageName: x\n"));
    let error = Cloud::start(Options {
        template: Some(broken),
        ..Options::default()
    })
    .await
    .err()
    .unwrap();
    assert!(
        error.to_string().starts_with("template.yaml line "),
        "{error}"
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = Cloud::start(Options {
        data: Some(file.path().join("sub")),
        ..Options::default()
    })
    .await
    .err()
    .unwrap();
    assert!(matches!(error, StartError::Folder { .. }), "{error}");
    assert_eq!(error.to_string().lines().count(), 1);
    cloud.shutdown().await;
}

/// A round that fell into the time in which the cloud was not running is made up for.
#[tokio::test]
async fn a_missed_round_of_the_schedule_is_made_up_for() {
    let folder = tempfile::tempdir().unwrap();
    on(folder.path()).await.shutdown().await;
    let file = folder.path().join("checkpoints.json");
    let mut kept: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let last = &mut kept["denshi-hosho-redrive"];
    assert!(last.is_string(), "the schedule by its name");
    *last = json!("0");
    std::fs::write(&file, kept.to_string()).unwrap();
    let cloud = on(folder.path()).await;
    let measured = || {
        let metrics = cloud.metrics();
        metrics
            .into_iter()
            .any(|one| one.metric == "OldestUnsentMailSeconds")
    };
    let round = async {
        while !measured() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), round).await;
    assert!(waited.is_ok(), "no round was made up for");
    cloud.shutdown().await;
    let kept: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_ne!(kept["denshi-hosho-redrive"], "0");
}

#[tokio::test]
async fn a_schedule_can_be_fired() {
    let cloud = fresh().await;
    cloud.fire_schedules().await.unwrap();
    cloud.shutdown().await;
}
