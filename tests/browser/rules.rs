//! What the server says of the pages: who may be talked to, what may be kept, and what does not exist.

use tests::World;

/// What a browser is told to refuse around a page, whatever the page itself holds.
#[tokio::test]
async fn a_page_is_fenced_in() {
    let world = World::new().await;
    for path in ["/", "/verify", "/contractor/apply", "/desk", "/nothing"] {
        let page = world.get(&world.anyone, path).await;
        for (name, value) in [
            (
                "strict-transport-security",
                "max-age=63072000; includeSubDomains",
            ),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
            (
                "permissions-policy",
                "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            ),
        ] {
            assert_eq!(page.header(name), value, "{path} {name}");
        }
    }
}

#[tokio::test]
async fn files_may_be_kept_for_ever_and_the_page_not_at_all() {
    let world = World::new().await;
    let page = world.get(&world.anyone, "/verify").await;
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("cross-origin-opener-policy"), "same-origin");
    let policy = page.header("content-security-policy").to_owned();
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "trusted-types 'none'",
    ] {
        assert!(
            policy.split("; ").any(|part| part == rule),
            "{rule}: {policy}"
        );
    }
    let html = page.text();
    for address in html.split('"').filter(|part| part.starts_with("/assets/")) {
        let file = world.get(&world.anyone, address).await;
        assert_eq!(file.status, 200, "{address}");
        assert_eq!(
            file.header("cache-control"),
            "public, max-age=31536000, immutable"
        );
        let again = world
            .ask(&world.anyone, reqwest::Method::GET, address)
            .header("if-none-match", file.header("etag"));
        assert_eq!(again.send().await.status, 304, "{address}");
    }
    let other = world
        .get(&world.anyone, "/assets/0000000000000000/main.js")
        .await;
    assert_eq!(other.status, 404);
    assert_eq!(world.get(&world.anyone, "/nothing").await.status, 404);
}
