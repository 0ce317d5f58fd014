//! Cold starts: every function as it is deployed, beside the floor and beside the same read in Node and
//! in Python, in turns, so that whatever else the machine does falls on all of them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use aws_credential_types::provider::ProvideCredentials as _;
use flate2::{Compression, write::DeflateEncoder};
use local::template::{Locally, REGION, Template};
use rand::seq::SliceRandom;
use serde_json::{Value, json};
use tests::life::{Life, Step};
use tests::{KUNISAKI, World, advance_payment, new_key};

use crate::chart::{Bar, Chart};
use crate::numbers::Spread;
use crate::report::{self, Table, project};
use crate::runtime_api::{ColdStart, cold_start};

/// How often each of them has its turn.
const TURNS: usize = 41;
/// How the floor is named in the table.
const FLOOR: &str = "floor";
/// What carries the typeface, and may be larger for it.
const WITH_TYPEFACE: [&str; 2] = ["issue", "generate-key"];

/// Something that is started cold.
struct Subject {
    name: String,
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: BTreeMap<String, String>,
    /// What it is asked, one after the other.
    events: Vec<Value>,
    /// Whether it is a function of this workspace, deployed as one file.
    is_ours: bool,
    /// Whether it draws papers at its first answer: what nobody else in the table does.
    draws: bool,
    starts: Vec<ColdStart>,
}

impl Subject {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(&self.environment);
        command
    }

    fn spread(&self, what: impl Fn(&ColdStart) -> f64) -> Spread {
        Spread::of(self.starts.iter().map(what))
    }

    fn ready(&self) -> Spread {
        self.spread(|start| start.ready.as_secs_f64() * 1e3)
    }

    fn answered(&self) -> Spread {
        self.spread(|start| start.answered.as_secs_f64() * 1e3)
    }

    /// The peak of its memory.
    fn megabytes(&self) -> f64 {
        self.spread(|start| start.peak_kilobytes as f64 / 1e3)
            .median()
    }

    /// The size of its zip in megabytes.
    fn zip(&self) -> Option<f64> {
        self.is_ours.then(|| zipped(&self.program) as f64 / 1e6)
    }
}

/// Measures and writes.
pub(crate) async fn measure(only: &[String], bootstraps: Option<&Path>) {
    let world = World::new().await;
    let mut subjects = functions(&world, only, bootstraps).await;
    subjects.insert(0, floor());
    subjects.extend(others(&world).await);
    let mut order: Vec<usize> = (0..subjects.len()).collect();
    for turn in 0..TURNS {
        // Whoever came before leaves its traces in the caches, so it is another one in every turn.
        order.shuffle(&mut rand::rng());
        for &place in &order {
            let subject = &mut subjects[place];
            let event = &subject.events[turn % subject.events.len()];
            let start = cold_start(subject.command(), event).await;
            // An issue is 201; the schedule's call finds no mail owed.
            let status = &start.answer["statusCode"];
            let is_right = *status == 200 || *status == 201 || start.answer["sent"] == 0;
            assert!(is_right, "{}: {}", subject.name, start.answer);
            // The first turn also reads the program from the disk.
            if turn > 0 {
                subject.starts.push(start);
            }
        }
    }
    world.cloud.shutdown().await;
    write(&subjects);
}

/// Builds a package of this workspace as it is deployed, and says where it is.
fn built(package: &str) -> PathBuf {
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--package", package])
        .current_dir(project())
        .status();
    assert!(status.unwrap().success(), "{package} does not build");
    project().join("target/release").join(package)
}

fn floor() -> Subject {
    Subject {
        name: FLOOR.to_owned(),
        program: built("floor"),
        arguments: Vec::new(),
        environment: platform("floor", &[]),
        events: vec![request("GET /", "/", None, None)],
        is_ours: true,
        draws: false,
        starts: Vec::new(),
    }
}

/// The functions of the template, each with one question that it answers from the table; those that draw
/// papers once more, with a question that asks for some.
async fn functions(world: &World, only: &[String], bootstraps: Option<&Path>) -> Vec<Subject> {
    let mut life = Life::of(world, advance_payment());
    for step in Step::LIFE {
        life.live(step).await;
    }
    let (number, key) = (life.number().to_owned(), life.key().to_owned());
    let waiting = world.apply(&advance_payment()).await;
    let application = tests::text(&waiting["id"]);

    let parameters = BTreeMap::from([("PublicUrl".to_owned(), world.cloud.api().to_owned())]);
    let issuer = format!("{}/issuer", world.cloud.api());
    let template = Template::read(local::TEMPLATE, &Locally { parameters, issuer }).unwrap();
    let mut subjects = Vec::new();
    for function in template.functions {
        if !only.is_empty() && !only.contains(&function.step) {
            continue;
        }
        let event = match function.step.as_str() {
            "apply" => request(
                "GET /api/orderers/{code}",
                &format!("/api/orderers/{KUNISAKI}"),
                None,
                None,
            ),
            "issue" => request(
                "GET /api/desk/applications/{id}",
                &format!("/api/desk/applications/{application}"),
                Some(("G-000001", "guarantor")),
                None,
            ),
            "notify" => json!({}),
            "view" => request(
                "GET /api/certificates/{number}",
                &format!("/api/certificates/{number}"),
                Some(("C-100001", "contractor")),
                None,
            ),
            "generate-key" => request(
                "POST /api/certificates/{number}/authentication-key",
                &format!("/api/certificates/{number}/authentication-key"),
                Some(("C-100001", "contractor")),
                None,
            ),
            "verify" => request(
                "POST /api/verifications",
                "/api/verifications",
                None,
                Some(json!({ "contract_number": number, "authentication_key": key })),
            ),
            "portal" => request("GET /", "/", None, None),
            other => panic!("what should functions/{other} be asked?"),
        };
        let aws = world.cloud.function(&function.name).unwrap();
        let keys = aws
            .credentials_provider()
            .unwrap()
            .provide_credentials()
            .await
            .unwrap();
        let mut environment = platform(
            &function.name,
            &[
                ("AWS_ENDPOINT_URL", world.cloud.aws()),
                ("AWS_ACCESS_KEY_ID", keys.access_key_id()),
                ("AWS_SECRET_ACCESS_KEY", keys.secret_access_key()),
            ],
        );
        environment.extend(function.environment);
        let program = match bootstraps {
            Some(folder) => folder.join(&function.step).join("bootstrap"),
            None => built(&function.step),
        };
        let drawing = match function.step.as_str() {
            "issue" => Some(("issue, drawing", issues(world).await)),
            "generate-key" => Some(("generate-key, drawing", reissues(world).await)),
            _ => None,
        };
        let asked = [(function.step.as_str(), vec![event])];
        for (name, events) in asked.into_iter().chain(drawing) {
            subjects.push(Subject {
                program: program.clone(),
                name: name.to_owned(),
                arguments: Vec::new(),
                environment: environment.clone(),
                events,
                is_ours: true,
                draws: name != function.step,
                starts: Vec::new(),
            });
        }
    }
    subjects
}

/// For every turn an application to issue: three papers.
async fn issues(world: &World) -> Vec<Value> {
    let mut events = Vec::new();
    for _ in 0..TURNS {
        let application = world.apply(&advance_payment()).await;
        let mut event = request(
            "POST /api/desk/applications/{id}/issue",
            &format!(
                "/api/desk/applications/{}/issue",
                tests::text(&application["id"])
            ),
            Some(("G-000001", "guarantor")),
            Some(json!({})),
        );
        event["headers"]["if-match"] = json!(format!("\"{}\"", application["version"]));
        event["headers"]["idempotency-key"] = json!(new_key());
        events.push(event);
    }
    events
}

/// For every turn a new key for a contract: one paper.
async fn reissues(world: &World) -> Vec<Value> {
    let number = world.issued(&advance_payment()).await;
    world.show_key(&number).await;
    let reissue = |_| {
        let mut event = request(
            "POST /api/certificates/{number}/authentication-key/reissue",
            &format!("/api/certificates/{number}/authentication-key/reissue"),
            Some(("C-100001", "contractor")),
            None,
        );
        event["headers"]["idempotency-key"] = json!(new_key());
        event
    };
    (0..TURNS).map(reissue).collect()
}

/// Node and Python, reading the contract that `view` shows.
async fn others(world: &World) -> Vec<Subject> {
    let number = life_number(world).await;
    let keys = world.cloud.operator();
    let keys = keys
        .credentials_provider()
        .unwrap()
        .provide_credentials()
        .await
        .unwrap();
    let environment = |more: &[(&str, &str)]| {
        let mut environment = platform(
            "other",
            &[
                ("AWS_ENDPOINT_URL", world.cloud.aws()),
                ("AWS_ACCESS_KEY_ID", keys.access_key_id()),
                ("AWS_SECRET_ACCESS_KEY", keys.secret_access_key()),
                ("TABLE", world.cloud.table()),
                // It would say on each start how long this version of Node is supported.
                ("NODE_NO_WARNINGS", "1"),
            ],
        );
        environment.extend(
            more.iter()
                .map(|&(name, value)| (name.to_owned(), value.to_owned())),
        );
        environment
    };
    let event = json!({ "key": { "pk": format!("CONTRACT#{number}"), "sk": "CONTRACT" } });
    let subject = |name: &str, program: PathBuf, arguments: &[&Path], environment| Subject {
        name: name.to_owned(),
        program,
        arguments: arguments
            .iter()
            .map(|argument| argument.as_os_str().to_owned())
            .collect(),
        environment,
        events: vec![event.clone()],
        is_ours: false,
        draws: false,
        starts: Vec::new(),
    };
    let others = install_others();
    let (node, python) = (others.join("node"), others.join("python"));
    let in_path = |name: &str| {
        let found = Command::new("sh")
            .args(["-c", &format!("command -v {name}")])
            .output()
            .unwrap();
        PathBuf::from(String::from_utf8(found.stdout).unwrap().trim())
    };
    let function = python.to_string_lossy().into_owned();
    vec![
        subject(
            "Node",
            in_path("node"),
            &[&node.join("runtime.js")],
            environment(&[]),
        ),
        subject(
            "Node, bundled",
            in_path("node"),
            &[&node.join("bundle.mjs")],
            environment(&[]),
        ),
        subject(
            "Python",
            python.join("venv/bin/python3"),
            &[
                Path::new("-m"),
                Path::new("awslambdaric"),
                Path::new("function.handler"),
            ],
            environment(&[("PYTHONPATH", &function)]),
        ),
    ]
}

async fn life_number(world: &World) -> String {
    let list = world
        .get(&world.contractor, "/api/certificates")
        .await
        .json();
    tests::text(&list["items"][0]["contract_number"])
}

/// Installs Node's and Python's SDKs under `target/`, in the versions that stand in the files beside
/// this crate, and says where.
fn install_others() -> PathBuf {
    let (source, place) = (
        project().join("tests/bench/others"),
        project().join("target/bench-others"),
    );
    let script = r#"
        set -eu
        mkdir -p "$2"
        cp -r "$1"/. "$2"
        cd "$2/node"
        if ! cmp -s package-lock.json node_modules/installed; then
            npm ci --silent --no-audit --no-fund
            cp package-lock.json node_modules/installed
        fi
        npx --no-install esbuild runtime.js --bundle --minify --platform=node --format=esm \
            --outfile=bundle.mjs --log-level=error \
            --banner:js='import{createRequire}from"node:module";const require=createRequire(import.meta.url);'
        cd "$2/python"
        if ! cmp -s requirements.txt venv/installed; then
            python3 -m venv --clear venv
            venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
            cp requirements.txt venv/installed
        fi
    "#;
    let status = Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(source)
        .arg(&place)
        .status();
    assert!(
        status.unwrap().success(),
        "Node's and Python's packages cannot be installed"
    );
    place
}

/// What Lambda sets for every function.
fn platform(name: &str, more: &[(&str, &str)]) -> BTreeMap<String, String> {
    [
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_LAMBDA_FUNCTION_NAME", name),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "measured"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "measured"),
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ]
    .iter()
    .chain(more)
    .map(|&(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

/// A request as the HTTP API hands it over.
fn request(route: &str, path: &str, who: Option<(&str, &str)>, body: Option<Value>) -> Value {
    let (method, _) = route.split_once(' ').unwrap();
    let mut event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": "",
        "headers": { "host": "api.example", "content-type": "application/json", "x-forwarded-for": "192.0.2.1" },
        "requestContext": {
            "accountId": local::template::ACCOUNT,
            "apiId": "measured",
            "domainName": "api.example",
            "domainPrefix": "api",
            "http": {
                "method": method, "path": path, "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1", "userAgent": "bench",
            },
            "requestId": "measured",
            "routeKey": route,
            "stage": "$default",
            "time": "01/Apr/2025:00:00:00 +0000",
            "timeEpoch": 1_743_465_600_000_i64,
        },
        "isBase64Encoded": false,
    });
    if let Some((user, group)) = who {
        event["requestContext"]["authorizer"] = json!({ "jwt": { "scopes": null, "claims": {
            "sub": user, "username": user, "token_use": "access", "client_id": "measured",
            "cognito:groups": format!("[{group}]"),
        } } });
    }
    if let Some(body) = body {
        event["body"] = json!(body.to_string());
    }
    event
}

/// The size of a program in a zip, in bytes: deflated as the tools of AWS do, and the zip's own 130 bytes.
fn zipped(program: &Path) -> usize {
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::default());
    deflated
        .write_all(&std::fs::read(program).unwrap())
        .unwrap();
    deflated.finish().unwrap().len() + 130
}

fn write(subjects: &[Subject]) {
    let named = |name: &str| {
        let subject = subjects.iter().find(|subject| subject.name == name);
        subject.unwrap_or_else(|| panic!("{name} was not measured"))
    };
    let floor = named(FLOOR).ready().median();
    let mut table = Table::new([
        "Function",
        "ready, ms",
        "ready : floor",
        "first answer, ms",
        "processor, ms",
        "memory, MB",
        "zip, MB",
    ]);
    let mut chart = Chart {
        title: "Cold start, median: from the start of the process to its first answer, ms",
        parts: vec!["until it is ready", "until its first answer"],
        bars: Vec::new(),
    };
    for subject in subjects {
        let (ready, answered) = (subject.ready(), subject.answered());
        table.row([
            subject.name.clone(),
            ready.to_string(),
            format!("{:.2}", ready.median() / floor),
            answered.to_string(),
            subject
                .spread(|start| start.processor.as_secs_f64() * 1e3)
                .to_string(),
            format!("{:.1}", subject.megabytes()),
            subject
                .zip()
                .map_or("–".to_owned(), |size| format!("{size:.2}")),
        ]);
        chart.bars.push(Bar {
            name: subject.name.clone(),
            parts: vec![ready.median(), answered.median() - ready.median()],
            label: format!("{:.1} ms", answered.median()),
        });
    }
    report::draw("cold-start.svg", &chart.svg());

    let ours = |subject: &&Subject| subject.is_ours && subject.name != FLOOR;
    let ours = || subjects.iter().filter(ours);
    let most = |of: &dyn Fn(&Subject) -> f64| ours().map(of).fold(0.0, f64::max);
    // The others draw nothing either.
    let reading = ours().filter(|subject| !subject.draws);
    let slowest = reading
        .map(|subject| subject.answered().median())
        .fold(0.0, f64::max);
    let faster = |other: &str| {
        let times = named(other).answered().median() / slowest;
        (other.to_owned(), times)
    };
    let size = |with_typeface: bool| {
        ours()
            .filter(|subject| !subject.draws)
            .filter(|subject| WITH_TYPEFACE.contains(&subject.name.as_str()) == with_typeface)
            .filter_map(Subject::zip)
            .fold(0.0, f64::max)
    };
    let mut goals = Table::new(["Goal, of the function that is furthest from it", "reached"]);
    let ready = most(&|subject| subject.ready().median()) / floor;
    goals.row([
        "ready after at most 2.5 times the floor",
        &format!("{ready:.2} times"),
    ]);
    for (other, times) in [faster("Node"), faster("Node, bundled"), faster("Python")] {
        let goal = format!("first answer that draws nothing at least 5 times sooner than {other}");
        goals.row([goal, format!("{times:.1} times")]);
    }
    let memory = most(&Subject::megabytes);
    goals.row([
        "at most 40 MB of memory, issue 64 MB",
        &format!("{memory:.1} MB"),
    ]);
    goals.row([
        "at most 3 MB in the zip without the typeface",
        &format!("{:.2} MB", size(false)),
    ]);
    goals.row([
        "at most 8 MB in the zip with it",
        &format!("{:.2} MB", size(true)),
    ]);
    let said = format!("{table}\n\n{goals}\n\n{}", crate::circumstances());
    report::write("BENCHMARKS.md", "cold start", &said);
}
