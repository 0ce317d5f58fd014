//! Growth: every operation on a table with a thousand contracts and on one with a hundred times as many,
//! in turns. What it consumes and how long it takes should be the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use dynoxide::types::Item;
use dynoxide::{Database, ImportOptions};
use guarantee::calendar::Date;
use guarantee::number::ContractNumber;
use serde_json::{Value, json};
use tests::life::{Life, Step, Units};
use tests::{KUNISAKI, Person, Question, World, advance_payment, new_key, text};
use ulid::Ulid;

use crate::chart::{Bar, Chart};
use crate::numbers::Spread;
use crate::report::{self, Table};

const FEW: usize = 1_000;
/// How often each operation is measured on each table.
const ROUNDS: usize = 25;
/// Contractors among whom the contracts are spread, so few that every list has more than a page on both
/// tables.
const CONTRACTORS: usize = 20;
/// How many contracts are written at once.
const AT_ONCE: usize = 500;

/// Measures and writes.
pub(crate) async fn measure(many: usize) {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let mut worlds = Vec::new();
    for (folder, contracts) in folders.iter().zip([FEW, many]) {
        let begin = Instant::now();
        grow(folder.path(), contracts).await;
        println!(
            "{contracts} contracts written in {:.0} s",
            begin.elapsed().as_secs_f64()
        );
        worlds.push(World::kept_in(folder.path()).await);
    }
    let mut found = [Found::default(), Found::default()];
    for round in 0..=ROUNDS {
        for (world, found) in worlds.iter().zip(&mut found) {
            operate(&mut Meter { world, found }).await;
            // The first round warms both up.
            if round == 0 {
                found.measured.clear();
            }
        }
    }
    for world in worlds {
        world.cloud.shutdown().await;
    }
    write(many, &found);
}

/// Fills a data folder with contracts: copies of one that was lived, each with its own number and ids.
async fn grow(folder: &Path, contracts: usize) {
    let world = World::kept_in(folder).await;
    let mut life = Life::of(&world, advance_payment());
    for step in Step::LIFE {
        life.live(step).await;
    }
    let (number, table) = (life.number().to_owned(), world.cloud.table().to_owned());
    world.cloud.shutdown().await;

    let database = Database::new(&folder.join("dynamodb.sqlite").to_string_lossy()).unwrap();
    let scan = serde_json::from_value(json!({ "TableName": table })).unwrap();
    let items = database.scan(scan).unwrap().items.unwrap();
    let original: Vec<String> = items
        .iter()
        .map(|item| serde_json::to_string(item).unwrap())
        // What every contract has of its own; records that expire are not there for long.
        .filter(|item| {
            !["\"ORDERERS\"", "\"IDEMPOTENCY", "\"THROTTLE"]
                .iter()
                .any(|other| item.contains(other))
        })
        .collect();
    let ids: BTreeSet<Ulid> = original.iter().flat_map(|item| ulids(item)).collect();
    let copy = |n: usize| {
        let day = Date::parse("2025-04-14").unwrap();
        let mut changes = vec![
            (
                number.clone(),
                ContractNumber::with_serial(day, n as u64 * 7919).to_string(),
            ),
            (
                "C-100001".to_owned(),
                format!("C-1{:05}", n % CONTRACTORS + 1),
            ),
        ];
        changes.extend(ids.iter().map(|id| {
            let earlier = Ulid::from_parts(
                id.timestamp_ms() - (n as u64 + 1) * 1000,
                id.random() ^ n as u128,
            );
            (id.to_string(), earlier.to_string())
        }));
        let original = original.clone();
        original.into_iter().map(move |item| -> Item {
            let item = changes
                .iter()
                .fold(item, |item, (from, to)| item.replace(from, to));
            serde_json::from_str(&item).unwrap()
        })
    };
    database.enable_bulk_loading().unwrap();
    for first in (0..contracts).step_by(AT_ONCE) {
        let items = (first..contracts.min(first + AT_ONCE))
            .flat_map(&copy)
            .collect();
        database
            .import_items(&table, items, ImportOptions::default())
            .unwrap();
    }
    database.disable_bulk_loading().unwrap();
}

/// Every ULID in a text.
fn ulids(text: &str) -> impl Iterator<Item = Ulid> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| word.len() == 26 && word.starts_with('0'))
        .filter_map(|word| Ulid::from_string(word).ok())
}

/// What each operation consumed and how long it took, in milliseconds.
#[derive(Default)]
struct Found {
    order: Vec<&'static str>,
    measured: BTreeMap<&'static str, Vec<(Units, f64)>>,
}

/// Measures operations in one world.
struct Meter<'a> {
    world: &'a World,
    found: &'a mut Found,
}

impl Meter<'_> {
    fn note(&mut self, name: &'static str, units: Units, milliseconds: f64) {
        if !self.found.order.contains(&name) {
            self.found.order.push(name);
        }
        self.found
            .measured
            .entry(name)
            .or_default()
            .push((units, milliseconds));
    }

    /// Asks, and measures what was used until the answer came.
    async fn ask(&mut self, name: &'static str, question: Question<'_>) -> Value {
        self.world.cloud.start_measuring();
        let begin = Instant::now();
        let answer = question.send().await;
        let took = begin.elapsed();
        let used = self.world.cloud.measured();
        assert!(
            answer.status.is_success() || answer.status == 404,
            "{name}: {}",
            answer.text()
        );
        // A mail that is being sent at the same time is another operation.
        let own: Vec<_> = used
            .into_iter()
            .filter(|used| used.function != "Notify")
            .collect();
        self.note(name, Units::of(&own), took.as_secs_f64() * 1e3);
        answer.json()
    }

    async fn get(&mut self, name: &'static str, person: &Person, path: &str) -> Value {
        let world = self.world;
        self.ask(name, world.ask(person, "GET".parse().unwrap(), path))
            .await
    }

    async fn post(
        &mut self,
        name: &'static str,
        person: &Person,
        path: &str,
        seen: &Value,
        body: &Value,
    ) -> Value {
        let world = self.world;
        let mut question = world
            .ask(person, "POST".parse().unwrap(), path)
            .idempotency_key(&new_key())
            .json(body);
        if !seen.is_null() {
            question = question.header("if-match", &format!("\"{}\"", seen["version"]));
        }
        self.ask(name, question).await
    }

    /// Calls the function of the mails by itself.
    async fn notify(&mut self, name: &'static str, event: &Value) {
        self.world.cloud.start_measuring();
        let begin = Instant::now();
        let said = self.world.cloud.invoke("Notify", event).await;
        let took = begin.elapsed();
        assert!(said.is_ok(), "{name}: {said:?}");
        let used = self.world.cloud.measured();
        self.note(name, Units::of(&used), took.as_secs_f64() * 1e3);
    }
}

/// Everything that people do, once.
async fn operate(meter: &mut Meter<'_>) {
    let world = meter.world;
    let (contractor, clerk, anyone) = (&world.contractor, &world.clerk, &world.anyone);
    let (none, terms) = (Value::Null, advance_payment());

    meter
        .get("list the orderers", anyone, "/api/orderers")
        .await;
    meter
        .get(
            "show an orderer",
            anyone,
            &format!("/api/orderers/{KUNISAKI}"),
        )
        .await;
    meter
        .post(
            "estimate",
            contractor,
            "/api/applications/estimate",
            &none,
            &terms,
        )
        .await;
    let application = meter
        .post("apply", contractor, "/api/applications", &none, &terms)
        .await;
    let of_desk = format!("/api/desk/applications/{}", text(&application["id"]));
    meter
        .get("list own applications", contractor, "/api/applications")
        .await;
    meter
        .get(
            "show own application",
            contractor,
            &format!("/api/applications/{}", text(&application["id"])),
        )
        .await;
    meter
        .get(
            "desk: applications waiting",
            clerk,
            "/api/desk/applications",
        )
        .await;
    meter
        .get(
            "desk: applications issued",
            clerk,
            "/api/desk/applications?status=issued",
        )
        .await;
    meter
        .get("desk: show an application", clerk, &of_desk)
        .await;
    let contract = meter
        .post(
            "issue",
            clerk,
            &format!("{of_desk}/issue"),
            &application,
            &json!({}),
        )
        .await;
    let number = text(&contract["contract_number"]);
    world.cloud.drained().await;
    meter.notify("look for mails owed", &json!({})).await;

    let certificate = format!("/api/certificates/{number}");
    meter
        .get("list own certificates", contractor, "/api/certificates")
        .await;
    meter
        .get("show a certificate", contractor, &certificate)
        .await;
    meter
        .get(
            "address of a paper",
            contractor,
            &format!("{certificate}/documents/certificate"),
        )
        .await;
    let key = format!("{certificate}/authentication-key");
    let first = meter
        .post("make a key", contractor, &key, &none, &json!({}))
        .await;
    meter
        .post("show the key again", contractor, &key, &none, &json!({}))
        .await;
    let pair = |key: &Value| json!({ "contract_number": number, "authentication_key": key["authentication_key"] });
    let check = "/api/verifications";
    meter
        .post("check, right", anyone, check, &none, &pair(&first))
        .await;
    meter
        .post(
            "check, the PDF",
            anyone,
            &format!("{check}/document"),
            &none,
            &pair(&first),
        )
        .await;
    meter
        .post(
            "reissue the key",
            contractor,
            &format!("{key}/reissue"),
            &none,
            &json!({}),
        )
        .await;
    meter
        .post("check, wrong", anyone, check, &none, &pair(&first))
        .await;

    let of_desk = format!("/api/desk/contracts/{number}");
    let contract = meter.get("desk: show a contract", clerk, &of_desk).await;
    meter
        .get("desk: the log", clerk, &format!("{of_desk}/events"))
        .await;
    meter
        .get("desk: mails sent", clerk, "/api/desk/mails?status=sent")
        .await;
    let mail = text(&contract["mails"][0]["id"]);
    meter
        .post(
            "desk: send a mail again",
            clerk,
            &format!("{of_desk}/mails/{mail}/resend"),
            &none,
            &json!({}),
        )
        .await;
    world.cloud.drained().await;

    let application = world.apply(&terms).await;
    let path = format!(
        "/api/desk/applications/{}/decline",
        text(&application["id"])
    );
    meter
        .post(
            "decline",
            clerk,
            &path,
            &application,
            &json!({ "reason": "書類不備のため" }),
        )
        .await;
    let application = world.apply(&terms).await;
    let path = format!("/api/applications/{}/withdraw", text(&application["id"]));
    meter
        .post("withdraw", contractor, &path, &application, &json!({}))
        .await;
}

fn write(many: usize, found: &[Found; 2]) {
    let columns = [
        "Operation",
        "read",
        "read",
        "write",
        "write",
        "units :",
        "ms",
        "ms",
        "ms :",
    ];
    let sizes = [
        "",
        "1,000",
        &thousands(many),
        "1,000",
        &thousands(many),
        "",
        "1,000",
        &thousands(many),
        "",
    ];
    let mut table = Table::new(columns);
    table.row(sizes);
    let mut chart = Chart {
        title: "Request units of an operation on the large table; from the small one → to the large one",
        parts: vec!["read units", "write units"],
        bars: Vec::new(),
    };
    let mut worst: (f64, &str) = (0.0, "");
    for name in &found[0].order {
        let [few, many] = [0, 1].map(|table| {
            let measured = &found[table].measured[name];
            let median =
                |of: fn(&(Units, f64)) -> f64| Spread::of(measured.iter().map(of)).median();
            (
                median(|(units, _)| units.read),
                median(|(units, _)| units.write),
                median(|(_, took)| *took),
            )
        });
        let units = (many.0 + many.1) / (few.0 + few.1);
        if units > worst.0 {
            worst = (units, name);
        }
        table.row([
            (*name).to_owned(),
            few.0.to_string(),
            many.0.to_string(),
            few.1.to_string(),
            many.1.to_string(),
            format!("{units:.2}"),
            format!("{:.1}", few.2),
            format!("{:.1}", many.2),
            format!("{:.2}", many.2 / few.2),
        ]);
        chart.bars.push(Bar {
            name: (*name).to_owned(),
            parts: vec![many.0, many.1],
            label: format!("{} → {}", few.0 + few.1, many.0 + many.1),
        });
    }
    report::draw("growth.svg", &chart.svg());
    let (ratio, name) = worst;
    let said = format!(
        "{table}\n\nThe largest ratio of units: {ratio:.2} ({name}). {}",
        crate::circumstances()
    );
    report::write("BENCHMARKS.md", "growth", &said);
}

fn thousands(number: usize) -> String {
    if number >= 1000 {
        format!("{},{:03}", number / 1000, number % 1000)
    } else {
        number.to_string()
    }
}
