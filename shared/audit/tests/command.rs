//! The program: what it examines, what it prints, and the one line it says when it cannot.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say so")]

use std::process::{Command, Output};

use tests::{World, advance_payment, text};

async fn audit(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_audit"));
    command
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied());
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

fn said(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_table_with_its_archive_is_examined_over_the_wire() {
    let world = World::new().await;
    world.issued(&advance_payment()).await;
    world.cloud.drained().await;
    let here = world.get(&world.anyone, "/local.json").await.json();
    let keys = ["access_key_id", "secret_access_key", "region"];
    let [id, secret, region] = keys.map(|name| text(&here["aws"][name]));
    let environment = [
        ("AWS_ACCESS_KEY_ID", id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", &secret),
        ("AWS_REGION", &region),
        ("AWS_ENDPOINT_URL", world.cloud.aws()),
    ];
    let (table, bucket) = (world.cloud.table(), world.cloud.bucket());
    let examined = audit(&["--table", table, "--bucket", bucket], &environment).await;
    assert!(examined.status.success(), "{}", said(&examined.stderr));
    assert_eq!(
        said(&examined.stdout),
        "1 applications, 1 contracts, 3 papers examined\n"
    );

    let elsewhere = audit(&["--table", "none", "--bucket", bucket], &environment).await;
    assert_eq!(elsewhere.status.code(), Some(1));
    let line = said(&elsewhere.stderr);
    assert!(line.starts_with("audit: "), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
}

#[tokio::test]
async fn without_keys_it_says_where_they_come_from() {
    let refused = audit(&["--table", "table", "--bucket", "bucket"], &[]).await;
    assert_eq!(refused.status.code(), Some(1));
    let line = said(&refused.stderr);
    assert!(
        line.contains("AWS_REGION") && line.lines().count() == 1,
        "{line}"
    );
}
