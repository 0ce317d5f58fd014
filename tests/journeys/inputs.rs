//! Input that is meant to do harm: letters that would add a header to a mail, paths that would leave their
//! folder, bodies that are too large, too deep or too slow.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tests::{World, advance_payment, text};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The headers of a raw mail, by name.
fn header_names(raw: &str) -> Vec<String> {
    let head = raw.split("\r\n\r\n").next().unwrap();
    let lines = head
        .split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']));
    lines
        .map(|line| line.split(':').next().unwrap().to_ascii_lowercase())
        .collect()
}

/// What looks like the start of a header is refused where papers cannot print it, and stands in the text
/// of a mail where they can; the headers are always the same.
#[tokio::test]
async fn no_field_adds_a_header_to_a_mail() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::kept_in(folder.path()).await;
    let fields = [
        "/contractor/name",
        "/contractor/representative",
        "/contractor/address",
        "/contract/title",
        "/contract/reference",
        "/contract/place",
        "/emails/0",
    ];
    for trick in [
        "a\r\nBcc: x@example.jp",
        "a\nBcc: x@example.jp",
        "a\rBcc: x@example.jp",
        "a\u{2028}Bcc: x@example.jp",
        "a\u{85}Bcc: x@example.jp",
        "a\u{0}b",
    ] {
        for field in fields {
            let mut body = advance_payment();
            *body.pointer_mut(field).unwrap() = json!(trick);
            let answer = world
                .post(&world.contractor, "/api/applications", &body)
                .await;
            let faults = answer.problem(422, "invalid_fields");
            assert!(
                faults.iter().any(|fault| fault.starts_with(field)),
                "{field} {trick:?}: {faults:?}"
            );
        }
    }
    for address in [
        "a@example.jp, b@example.jp",
        "A <a@example.jp>",
        "a@example.jp>",
        "\"a b\"@example.jp",
        "a@example.jp\u{3000}b",
        "a@[127.0.0.1]",
        "a%0d%0aBcc:x@example.jp\n",
    ] {
        let mut body = advance_payment();
        body["emails"] = json!([address]);
        let answer = world
            .post(&world.contractor, "/api/applications", &body)
            .await;
        assert_eq!(
            answer.problem(422, "invalid_fields"),
            ["/emails/0 not_an_email_address"],
            "{address}"
        );
    }
    let mut body = advance_payment();
    body["contractor"]["name"] = json!("Bcc: x@example.jp");
    body["contract"]["title"] = json!("工事 Subject: 別件 =?utf-8?B?QmNj?=");
    body["emails"] = json!(["o'neil+bcc=x@example.jp"]);
    world.issued(&body).await;
    world.cloud.drained().await;
    let mails: Vec<_> = std::fs::read_dir(folder.path().join("mail"))
        .unwrap()
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    let [raw] = mails.as_slice() else {
        panic!("{} mails", mails.len())
    };
    let mut names = header_names(raw);
    // What the capture of the mail service adds.
    names.retain(|name| !name.starts_with("x-"));
    names.sort();
    let expected = [
        "auto-submitted",
        "content-transfer-encoding",
        "content-type",
        "date",
        "from",
        "message-id",
        "mime-version",
        "subject",
        "to",
    ];
    assert_eq!(names, expected, "{raw}");
    assert_eq!(
        world.cloud.mails().unwrap()[0].to,
        ["o'neil+bcc=x@example.jp"]
    );
    world.ends_well().await;
}

/// Asks with a path that is sent letter by letter, as no client library would.
async fn raw_get(world: &World, path: &str, token: &str) -> (u16, String) {
    let address = world.cloud.api().trim_start_matches("http://").to_owned();
    let mut socket = TcpStream::connect(&address).await.unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer)
}

/// Whether an answer gives nothing away: an error, or, where reading an address puts its letters right (it
/// drops a blank or a zero at the end), the address of a certificate.
fn is_harmless((status, answer): &(u16, String)) -> bool {
    match status {
        200 => answer.contains("/certificates/") && !answer.contains("key-notices"),
        _ => [400, 404, 405, 414].contains(status),
    }
}

/// A name of a paper is one of three words: nothing in a path leads to another folder or another number.
#[tokio::test]
async fn no_path_leads_out_of_its_folder() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    let others = world.issued(&advance_payment()).await;
    world.show_key(&others).await;
    let token = world
        .cloud
        .token(&local::TokenRequest::access("C-100001", "contractor"));
    let stranger = world
        .cloud
        .token(&local::TokenRequest::access("C-100002", "contractor"));
    let base = format!("/api/certificates/{number}/documents");
    assert_eq!(
        raw_get(&world, &format!("{base}/certificate"), &token)
            .await
            .0,
        200
    );
    for name in [
        "..%2F..%2Fkey-notices",
        "%2e%2e/%2e%2e/key-notices",
        "../authentication-key",
        "certificate%00",
        "certificate%2e",
        "certificate/",
        "certificate%2F",
        "CERTIFICATE",
        "certificate%20",
        "%c0%ae%c0%ae%c0%afkey-notices",
        "%e0%80%ae",
        "key-notice",
        "certificate;a=b",
        "certificate%0d%0aX-A:%20b",
        "%EF%BD%83ertificate",
        "certificate%3F",
        "./certificate",
        "certificate\\..\\key-notices",
        "..;/key-notices",
    ] {
        let answer = raw_get(&world, &format!("{base}/{name}"), &token).await;
        assert!(is_harmless(&answer), "{name}: {answer:?}");
        let answer = raw_get(&world, &format!("{base}/{name}"), &stranger).await;
        assert!([400, 404, 405].contains(&answer.0), "{name}: {answer:?}");
    }
    let long = "a".repeat(8_000);
    for path in [
        format!("/api/certificates/{number}%2F..%2F{others}/documents/certificate"),
        format!("/api/certificates/..%2F{others}/documents/certificate"),
        format!("/api/certificates/{number}%00/documents/certificate"),
        format!("/api/certificates/{long}/documents/certificate"),
        format!("/api/certificates//{number}/documents/certificate"),
        format!("/api//certificates/{number}/documents/certificate"),
    ] {
        let answer = raw_get(&world, &path, &token).await;
        assert!(is_harmless(&answer), "{path}: {answer:?}");
    }
    assert_eq!(
        raw_get(&world, &format!("{base}/certificate"), &stranger)
            .await
            .0,
        404
    );
    // No header says who is asking or what is meant.
    for (name, value) in [
        ("x-forwarded-user", "G-000001"),
        ("x-original-url", "/api/desk/mails"),
        ("x-rewrite-url", "/api/desk/mails"),
        ("x-http-method-override", "PUT"),
        (
            "x-amzn-request-context",
            "{\"authorizer\":{\"jwt\":{\"claims\":{\"username\":\"G-000001\"}}}}",
        ),
    ] {
        let question = world
            .ask(&world.anyone, Method::GET, "/api/applications")
            .header(name, value);
        assert_eq!(question.send().await.status, 401, "{name}");
    }
    world.ends_well().await;
}

#[tokio::test]
async fn a_body_may_be_neither_too_large_nor_too_deep() {
    let world = World::new().await;
    let send = |body: Vec<u8>| {
        world
            .ask(&world.anyone, Method::POST, "/api/verifications")
            .body("application/json", body)
            .send()
    };
    for depth in [100, 200, 10_000, 30_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let mut body = format!(
                "{{\"contract_number\":{}1{}}}",
                open.repeat(depth),
                close.repeat(depth)
            );
            body.truncate(64 * 1024);
            let answer = send(body.into_bytes()).await;
            assert!(
                [400, 413, 422].contains(&answer.status.as_u16()),
                "{depth}: {}",
                answer.text()
            );
        }
    }
    send(vec![b' '; 64 * 1024])
        .await
        .problem(400, "malformed_json");
    send(vec![b' '; 64 * 1024 + 1])
        .await
        .problem(413, "too_large");
    // What the gateway itself does not carry.
    let answer = send(vec![b' '; 6 * 1024 * 1024]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()),
        (413, json!({ "message": "Request Entity Too Large" }))
    );
    // Numbers, letters and names that readers of JSON take in different ways.
    for body in [
        r#"{"contract_number":"1","contract_number":"2","authentication_key":"x"}"#,
        r#"{"contract_number":1e999,"authentication_key":"x"}"#,
        r#"{"contract_number":"\ud800","authentication_key":"x"}"#,
        "{\"contract_number\":\"\u{feff}\"}",
        "\u{feff}{}",
        "NaN",
        "{'a':1}",
        "{} {}",
        "null",
    ] {
        let answer = send(body.as_bytes().to_vec()).await;
        assert!(
            [400, 422].contains(&answer.status.as_u16()),
            "{body}: {}",
            answer.text()
        );
    }
    world.ends_well().await;
}

/// Whoever sends half a request and waits holds a connection, not the product, and not for long.
#[tokio::test]
async fn a_slow_request_is_given_up_and_holds_up_nobody() {
    let world = World::new().await;
    let address = world.cloud.api().trim_start_matches("http://").to_owned();
    let mut slow = Vec::new();
    for n in 0..50 {
        let mut socket = TcpStream::connect(&address).await.unwrap();
        let head = format!("POST /api/verifications HTTP/1.1\r\nhost: {address}\r\n");
        // Half of them stop in the headers, half in the body.
        let rest = if n % 2 == 0 {
            ""
        } else {
            "content-type: application/json\r\ncontent-length: 100\r\n\r\n{"
        };
        socket.write_all((head + rest).as_bytes()).await.unwrap();
        slow.push(socket);
    }
    assert_eq!(world.get(&world.anyone, "/healthz").await.status, 200);
    assert_eq!(world.check("0000-0000-0000", "x").await.status, 422);
    for mut socket in slow {
        let mut answer = Vec::new();
        // The end of the connection, which without a limit would never come.
        let ended =
            tokio::time::timeout(Duration::from_secs(120), socket.read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "a slow request is waited for");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 408 "),
            "{answer}"
        );
    }
    world.ends_well().await;
}

/// A presigned address is refused after its minute, for another object, another method and another name.
#[tokio::test]
async fn a_presigned_address_ends_and_opens_nothing_else() {
    use aws_sdk_s3::presigning::PresigningConfig;
    use std::time::SystemTime;

    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    let other = world.issued(&advance_payment()).await;
    let path = |number: &str| format!("/api/certificates/{number}/documents/certificate");
    let answer = world.get(&world.contractor, &path(&number)).await;
    let url = text(&answer.json()["url"]);
    let answer = world.get(&world.contractor, &path(&other)).await;
    let others = text(&answer.json()["url"]);
    assert_eq!(world.fetch(&url).await.status, 200);
    let object = |url: &str| url.split('?').next().unwrap().to_owned();
    let query = |url: &str| url.split('?').nth(1).unwrap().to_owned();
    for altered in [
        format!("{}?{}", object(&others), query(&url)),
        url.replace("X-Amz-Expires=60", "X-Amz-Expires=600000"),
        url.replace("certificate_", "anything_"),
        url.replace("/certificates/", "/key-notices/"),
        object(&url),
    ] {
        assert_ne!(altered, url);
        assert_eq!(world.fetch(&altered).await.status, 403, "{altered}");
    }
    let client = reqwest::Client::new();
    assert_eq!(
        client.put(&url).body("x").send().await.unwrap().status(),
        403
    );
    assert_eq!(client.delete(&url).send().await.unwrap().status(), 403);

    // The same signer, a minute ago: the clock of the archive is the one that counts.
    let archive = aws_sdk_s3::Client::new(&world.cloud.function("View").unwrap());
    let name = object(&url);
    let key = name
        .split_once(world.cloud.bucket())
        .unwrap()
        .1
        .trim_start_matches('/')
        .to_owned();
    for (age, status) in [(30, 200), (61, 403)] {
        #[expect(
            clippy::disallowed_methods,
            reason = "the archive reads the clock itself"
        )]
        let signed = SystemTime::now() - Duration::from_secs(age);
        let config = PresigningConfig::builder()
            .start_time(signed)
            .expires_in(Duration::from_secs(60));
        let request = archive
            .get_object()
            .bucket(world.cloud.bucket())
            .key(&key)
            .presigned(config.build().unwrap());
        let answer = world.fetch(request.await.unwrap().uri()).await;
        assert_eq!(answer.status, status, "{age} s: {}", answer.text());
    }
    world.ends_well().await;
}
