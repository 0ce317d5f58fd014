//! What everybody sees: the lists, each contract, the rules of the orderer, and which keys open. The model says what it must be, the API what it is.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::Value;
use tests::{KUNISAKI, Person, World, text};

use crate::rules::Model;
use crate::story::Contractor;

/// The states of an application, each with a list at the desk.
const STATUSES: [&str; 4] = ["submitted", "issued", "declined", "withdrawn"];

/// What is seen after a step.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sight {
    /// What each list shows, by its name, in its order.
    lists: BTreeMap<String, Vec<String>>,
    contracts: BTreeMap<String, ContractSeen>,
    /// The version of the orderer, and whether it takes electronic guarantees.
    orderer: (u64, bool),
}

#[derive(Debug, PartialEq, Eq)]
struct ContractSeen {
    version: u64,
    has_key: bool,
    /// The mails by id: to whom, and where they stand.
    mails: BTreeMap<String, (String, String)>,
    /// The names of its events with its application's, sorted: mails go out when they do.
    events: Vec<String>,
    /// The keys that open it.
    open: Vec<String>,
}

impl Sight {
    /// What the model says is to be seen.
    pub(crate) fn expected(model: &Model) -> Self {
        let mut sight = Self {
            orderer: (model.orderer.version, model.orderer.takes_electronic),
            ..Self::default()
        };
        for contractor in Contractor::BOTH {
            // Newest first, and ids begin with their time.
            let own = model.applications.iter().rev();
            let own = own.filter(|(_, application)| application.by == contractor);
            let lines = own.map(|(id, application)| format!("{id} {}", application.status));
            sight
                .lists
                .insert(applications_of(contractor), lines.collect());
            let own = model.contracts.iter();
            let own = own.filter(|contract| contract.by == contractor && contract.electronic);
            let mut numbers: Vec<_> = own.map(|contract| contract.number.clone()).collect();
            numbers.sort();
            sight.lists.insert(certificates_of(contractor), numbers);
        }
        for status in STATUSES {
            let queue = model.applications.iter();
            let queue = queue.filter(|(_, application)| application.status == status);
            let lines = queue.map(|(id, _)| format!("{id} {status}")).collect();
            sight.lists.insert(at_the_desk(status), lines);
        }
        for contract in &model.contracts {
            let mails = contract.mails.iter();
            let events = contract.events.iter().chain(["submitted"].iter());
            let mut events: Vec<_> = events.map(|event| (*event).to_owned()).collect();
            events.sort();
            let seen = ContractSeen {
                version: contract.version(),
                has_key: !contract.keys.is_empty(),
                mails: mails
                    .map(|(id, mail)| (id.clone(), (mail.to.clone(), mail.status.to_owned())))
                    .collect(),
                events,
                open: contract.live_key().cloned().into_iter().collect(),
            };
            sight.contracts.insert(contract.number.clone(), seen);
        }
        sight
    }

    /// What the API shows; `keys` are those that may open a contract, by its number.
    pub(crate) async fn of(world: &World, keys: &BTreeMap<String, Vec<String>>) -> Self {
        let clerk = &world.clerk;
        let mut sight = Self::default();
        for (contractor, person) in [
            (Contractor::One, &world.contractor),
            (Contractor::Other, &world.other_contractor),
        ] {
            let applications = list(world, person, "/api/applications?limit=100").await;
            let lines = applications.iter().map(line).collect();
            sight.lists.insert(applications_of(contractor), lines);
            let certificates = list(world, person, "/api/certificates?limit=100").await;
            let numbers = certificates
                .iter()
                .map(|line| text(&line["contract_number"]));
            let mut numbers: Vec<_> = numbers.collect();
            numbers.sort();
            sight.lists.insert(certificates_of(contractor), numbers);
        }
        let mut issued = Vec::new();
        for status in STATUSES {
            let path = format!("/api/desk/applications?limit=100&status={status}");
            let queue = list(world, clerk, &path).await;
            if status == "issued" {
                issued = queue
                    .iter()
                    .map(|line| text(&line["contract_number"]))
                    .collect();
            }
            let lines = queue.iter().map(line).collect();
            sight.lists.insert(at_the_desk(status), lines);
        }
        let none = Vec::new();
        let contracts = issued.into_iter().map(async |number| {
            let keys = keys.get(&number).unwrap_or(&none);
            let seen = ContractSeen::of(world, &number, keys).await;
            (number, seen)
        });
        sight.contracts = join_all(contracts).await.into_iter().collect();
        let path = format!("/api/orderers/{KUNISAKI}");
        let orderer = world.get(&world.anyone, &path).await;
        let version = orderer.header("etag").trim_matches('"').parse().unwrap();
        sight.orderer = (version, orderer.json().get("electronic").is_some());
        sight
    }

    /// What differs, seen from one that was expected.
    pub(crate) fn difference(&self, seen: &Self) -> String {
        let expected = format!("{self:#?}");
        let seen = format!("{seen:#?}");
        let lines = expected.lines().zip(seen.lines());
        let first = lines
            .enumerate()
            .find(|(_, (expected, seen))| expected != seen);
        match first {
            Some((place, (expected, seen))) => {
                format!("line {place} of what is seen: expected {expected}, seen {seen}")
            }
            None => "one sees more than the other".to_owned(),
        }
    }
}

impl ContractSeen {
    async fn of(world: &World, number: &str, keys: &[String]) -> Self {
        let path = format!("/api/desk/contracts/{number}");
        let contract = world.get(&world.clerk, &path).await.json();
        let log = world
            .get(&world.clerk, &format!("{path}/events"))
            .await
            .json();
        let events = log["items"].as_array().unwrap();
        let mut events: Vec<_> = events.iter().map(|event| text(&event["event"])).collect();
        events.sort();
        let mut open = Vec::new();
        for key in keys {
            if world.check(number, key).await.status == 200 {
                open.push(key.clone());
            }
        }
        Self {
            version: contract["version"].as_u64().unwrap(),
            has_key: !contract["authentication_key_issued_at"].is_null(),
            mails: contract["mails"]
                .as_array()
                .unwrap()
                .iter()
                .map(|mail| {
                    (
                        text(&mail["id"]),
                        (text(&mail["to"]), text(&mail["status"])),
                    )
                })
                .collect(),
            events,
            open,
        }
    }
}

async fn list(world: &World, person: &Person, path: &str) -> Vec<Value> {
    let list = world.get(person, path).await.json();
    list["items"].as_array().unwrap().clone()
}

fn line(application: &Value) -> String {
    format!(
        "{} {}",
        text(&application["id"]),
        text(&application["status"])
    )
}

fn applications_of(contractor: Contractor) -> String {
    format!("applications of {contractor:?}")
}

fn certificates_of(contractor: Contractor) -> String {
    format!("certificates of {contractor:?}")
}

fn at_the_desk(status: &str) -> String {
    format!("{status} at the desk")
}
