//! The program: what it examines, what it prints, and the one line it says when it cannot.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say so")]

use std::process::{Command, Output};

use local::{Cloud, Options};
use serde_json::Value;

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

#[tokio::test(flavor = "multi_thread")]
async fn a_table_with_its_archive_is_examined_over_the_wire() {
    let cloud = Cloud::start(Options::default()).await.unwrap();
    let asked = reqwest::get(format!("{}/local.json", cloud.api())).await;
    let here: Value = asked.unwrap().json().await.unwrap();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let (table, bucket) = (text(&here["table"]), text(&here["bucket"]));
    let [id, secret, region] =
        ["access_key_id", "secret_access_key", "region"].map(|name| text(&here["aws"][name]));
    let environment = [
        ("AWS_ACCESS_KEY_ID", id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", secret.as_str()),
        ("AWS_REGION", region.as_str()),
        ("AWS_ENDPOINT_URL", cloud.aws()),
    ];
    let arguments = ["--table", table.as_str(), "--bucket", bucket.as_str()];
    let examined = audit(&arguments, &environment).await;
    assert!(examined.status.success(), "{}", said(&examined.stderr));
    assert!(
        said(&examined.stdout).ends_with(" papers examined\n"),
        "{}",
        said(&examined.stdout)
    );

    let nothing = audit(&["--table", "nothing", "--bucket", &bucket], &environment).await;
    assert_eq!(nothing.status.code(), Some(1));
    let line = said(&nothing.stderr);
    assert!(
        line.starts_with("audit: ") && line.lines().count() == 1,
        "{line}"
    );
    cloud.shutdown().await;
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
