//! The orderer's check: whether the time of a no tells which kind of no it is.
//!
//! Rounds ask every kind once, in an order that is drawn anew. If time told nothing, a kind's answer would take
//! any place in its round equally often, whatever the times are distributed like and whatever else the machine
//! does; how far its places lie from that is what is judged.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use ::tests::{World, advance_payment, on_paper, text};
use guarantee::calendar::Date;
use guarantee::key::AuthKey;
use guarantee::number::ContractNumber;
use rand::seq::SliceRandom;
use reqwest::Client;
use serde_json::json;

use crate::numbers::Spread;
use crate::report::{self, Table};

/// Rounds that count.
const ROUNDS: usize = 400;
/// Rounds before them, until everything is warm.
const WARMING: usize = 50;
/// Rounds from one source: with five kinds below the 100 wrong answers after which a source is slowed down.
const ROUNDS_OF_A_SOURCE: usize = 16;
/// Between two rounds, so that their questions stay below the hundred a second of the route's throttle.
const PAUSE: Duration = Duration::from_millis(60);
/// 仮: how far the share of slower answers may lie from a half. Five times what chance makes of 400 rounds
/// (0.018: a place among five has the variance 2, in shares of the four others 1/8).
const BOUND: f64 = 0.1;

/// A way to be refused.
struct No {
    kind: &'static str,
    number: String,
    key: String,
    milliseconds: Vec<f64>,
    /// How many milliseconds later than the median of the others of its round.
    later: Vec<f64>,
    /// Of all others of its rounds, how many were faster.
    faster: usize,
}

impl No {
    fn new(kind: &'static str, number: String, key: String) -> Self {
        Self {
            kind,
            number,
            key,
            milliseconds: Vec::new(),
            later: Vec::new(),
            faster: 0,
        }
    }

    /// The share of the others of its rounds that were faster, less the half that chance gives.
    fn effect(&self, others: usize) -> f64 {
        self.faster as f64 / (self.milliseconds.len() * others) as f64 - 0.5
    }
}

/// Measures, writes, and says whether every kind is within the bound.
pub(crate) async fn measure() -> bool {
    let world = World::new().await;
    let mut kinds = kinds(&world).await;
    world.cloud.drained().await;

    let mut order: Vec<usize> = (0..kinds.len()).collect();
    let mut person = person(0);
    for round in 0..WARMING + ROUNDS {
        if round % ROUNDS_OF_A_SOURCE == 0 {
            person = self::person(round / ROUNDS_OF_A_SOURCE);
            // The way to the gateway is open before the first answer is timed.
            person.get(world.cloud.api()).send().await.unwrap();
        }
        tokio::time::sleep(PAUSE).await;
        order.shuffle(&mut rand::rng());
        let mut times = vec![0.0; kinds.len()];
        for &kind in &order {
            times[kind] = refused(&world, &person, &kinds[kind]).await;
        }
        if round >= WARMING {
            for (no, &time) in kinds.iter_mut().zip(&times) {
                no.milliseconds.push(time);
                let others = times
                    .iter()
                    .copied()
                    .filter(|other| other.total_cmp(&time).is_ne());
                no.later.push(time - Spread::of(others).median());
                no.faster += times.iter().filter(|other| **other < time).count();
            }
        }
    }
    world.ends_well().await;
    write(&kinds)
}

/// Every kind of no on a contract of its own, so that all have been asked for as often.
async fn kinds(world: &World) -> [No; 5] {
    let nobody = ContractNumber::with_serial(Date::parse("2025-04-10").unwrap(), 1).to_string();
    let (keyed, _) = with_key(world).await;
    let (anothers, _) = with_key(world).await;
    let (_, key_of_another) = with_key(world).await;
    let (reissued, dead) = with_key(world).await;
    let path = format!("/api/certificates/{reissued}/authentication-key/reissue");
    let answer = world.post(&world.contractor, &path, &json!({})).await;
    assert_ne!(text(&answer.json()["authentication_key"]), dead);
    let paper = world.issued(&on_paper(advance_payment())).await;
    [
        No::new("a number that nobody has", nobody, drawn()),
        No::new("a key that nobody has", keyed, drawn()),
        No::new("another contract's key", anothers, key_of_another),
        No::new("a key that was reissued", reissued, dead),
        No::new("a contract on paper", paper, drawn()),
    ]
}

/// A contract whose key was shown, and the key.
async fn with_key(world: &World) -> (String, String) {
    let number = world.issued(&advance_payment()).await;
    let key = text(&world.show_key(&number).await["authentication_key"]);
    (number, key)
}

/// A well-formed key that opens nothing.
fn drawn() -> String {
    AuthKey::draw(|below| rand::random_range(0..below)).reveal()
}

/// Somebody at an address of their own; on Linux all of 127.0.0.0/8 is this machine.
fn person(nth: usize) -> Client {
    let address = Ipv4Addr::new(127, 0, 1, u8::try_from(nth + 1).unwrap());
    let client = Client::builder().local_address(IpAddr::V4(address));
    client.build().unwrap()
}

/// Milliseconds until a no is there.
async fn refused(world: &World, person: &Client, no: &No) -> f64 {
    let url = format!("{}/api/verifications", world.cloud.api());
    let body = json!({ "contract_number": no.number, "authentication_key": no.key });
    let question = person.post(url).json(&body);
    let begin = Instant::now();
    let answer = question.send().await.unwrap();
    let status = answer.status();
    let body = answer.bytes().await.unwrap();
    let time = begin.elapsed().as_secs_f64() * 1e3;
    assert_eq!(
        status,
        404,
        "{}: {}",
        no.kind,
        String::from_utf8_lossy(&body)
    );
    time
}

/// Writes the table, and says whether every kind is within the bound.
fn write(kinds: &[No]) -> bool {
    let mut table = Table::new([
        "No because of",
        "ms",
        "later than the others, ms",
        "effect",
        "verdict",
    ]);
    let mut all_within = true;
    for no in kinds {
        let effect = no.effect(kinds.len() - 1);
        let within = effect.abs() <= BOUND;
        all_within &= within;
        table.row([
            no.kind.to_owned(),
            Spread::of(no.milliseconds.iter().copied()).to_string(),
            format!("{:+.2}", Spread::of(no.later.iter().copied()).median()),
            format!("{effect:+.3}"),
            if within { "within" } else { "**beyond**" }.to_owned(),
        ]);
    }
    let said = format!(
        "{table}\n\n{ROUNDS} rounds after {WARMING} that do not count; the bound of the effect is {BOUND} (仮). {}",
        crate::circumstances()
    );
    report::write("BENCHMARKS.md", "check", &said);
    all_within
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effect_is_how_far_the_places_lie_from_chance() {
        let no = |faster| No {
            milliseconds: vec![1.0; 10],
            faster,
            ..No::new("any", String::new(), String::new())
        };
        assert_eq!(no(20).effect(4), 0.0);
        assert_eq!(no(40).effect(4), 0.5);
        assert_eq!(no(0).effect(4), -0.5);
    }
}
