//! The command: what it prints, how it ends, and the one line it says when it cannot start.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say so"
)]

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

fn denshi_hosho(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_denshi-hosho"));
    command
        .args(["--empty", "--data"])
        .arg(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Starts it and waits for its greeting; gives the API's address.
fn started(folder: &Path, port: &str) -> (Child, String) {
    let mut child = denshi_hosho(folder).args(["--port", port]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let api = lines
        .by_ref()
        .map(Result::unwrap)
        .find_map(|line| {
            line.trim()
                .strip_prefix("API")
                .map(|address| address.trim().to_owned())
        })
        .expect("the greeting names the API");
    // The rest of the greeting has to go somewhere, or the process would stop at a full pipe.
    std::thread::spawn(move || lines.for_each(drop));
    (child, api)
}

fn signal(child: &Child, name: &str) {
    assert!(
        Command::new("kill")
            .arg(name)
            .arg(child.id().to_string())
            .status()
            .unwrap()
            .success()
    );
}

/// It exits with 1 and says why in one line.
fn refused(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("denshi-hosho: "), "{said}");
    said
}

#[test]
fn it_greets_answers_and_ends_cleanly() {
    for name in ["-INT", "-TERM"] {
        let folder = tempfile::tempdir().unwrap();
        let (mut child, api) = started(folder.path(), "0");
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let local: serde_json::Value = runtime.block_on(async {
            reqwest::get(format!("{api}/local.json"))
                .await
                .unwrap()
                .json()
                .await
                .unwrap()
        });
        assert_eq!(local["api"], api);
        for field in [
            "dynamodb",
            "s3",
            "ses",
            "issuer",
            "initiate_auth",
            "client_id",
            "mailbox",
            "table",
            "bucket",
        ] {
            assert!(local[field].is_string(), "{field}");
        }
        for field in ["region", "access_key_id", "secret_access_key"] {
            assert!(local["aws"][field].is_string(), "{field}");
        }
        assert_eq!(local["logins"].as_array().unwrap().len(), 3);
        signal(&child, name);
        assert!(child.wait().unwrap().success(), "{name}");
    }
}

#[test]
fn after_a_kill_the_next_start_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, api) = started(folder.path(), "0");
    drop(api);
    child.kill().unwrap();
    child.wait().unwrap();
    let (mut child, _) = started(folder.path(), "0");
    signal(&child, "-TERM");
    assert!(child.wait().unwrap().success());
}

#[test]
fn it_says_in_one_line_why_it_cannot_start() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, api) = started(folder.path(), "0");
    let port = api.rsplit(':').next().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    assert!(refused(denshi_hosho(elsewhere.path()).args(["--port", port])).contains("is taken"));
    assert!(
        refused(denshi_hosho(folder.path()).args(["--port", "0"]))
            .contains("in use by another process")
    );
    signal(&child, "-TERM");
    let end = Instant::now();
    child.wait().unwrap();
    assert!(end.elapsed() < Duration::from_secs(5));

    let file = elsewhere.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(refused(denshi_hosho(&file).args(["--port", "0"])).contains("cannot be used"));
    let template = elsewhere.path().join("template.yaml");
    std::fs::write(
        &template,
        local::TEMPLATE.replace("AWS::SNS::Topic", "AWS::EC2::Instance"),
    )
    .unwrap();
    let said = refused(
        denshi_hosho(elsewhere.path())
            .args(["--port", "0", "--template"])
            .arg(&template),
    );
    assert!(said.contains("template.yaml line "), "{said}");
}

#[test]
fn its_help_names_every_option() {
    let mut said = String::new();
    let mut child = denshi_hosho(Path::new("unused"))
        .arg("--help")
        .spawn()
        .unwrap();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert!(child.wait().unwrap().success());
    for option in ["--port", "--data", "--empty", "--template", "--help"] {
        assert!(said.contains(option), "{option}");
    }
}
