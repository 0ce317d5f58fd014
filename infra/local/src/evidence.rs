//! What an operator can show: that everything in a live table holds, and that a log was not altered.

use std::path::Path;

use audit::Report;
use ledger::{Recorded, first_broken_link};
use serde::Deserialize;

use crate::credentials::KeyPair;
use crate::functions::sdk_config;

/// What `/local.json` says of where to look.
#[derive(Deserialize)]
struct Whereabouts {
    dynamodb: String,
    table: String,
    bucket: String,
    aws: KeyPair,
}

/// A log as the desk gives it.
#[derive(Deserialize)]
struct Log {
    items: Vec<Recorded>,
}

/// Examines the table and the archive of a running product; reads only.
///
/// # Errors
/// Why it could not, in one line.
pub async fn check(api: &str) -> Result<Report, String> {
    let asked = reqwest::get(format!("{api}/local.json")).await;
    let answer =
        asked.map_err(|_| format!("nothing answers at {api}; start it with `cargo run`"))?;
    let here: Whereabouts = answer.json().await.map_err(|error| error.to_string())?;
    let aws = sdk_config(&here.aws, &here.dynamodb);
    audit::examine(&aws, &here.table, &here.bucket)
        .await
        .map_err(|error| web::chain(&error))
}

/// Computes the chain of a log again, as `GET /api/desk/contracts/{number}/events` gave it; says how
/// many events it holds.
///
/// # Errors
/// The first broken link, or why the file could not be read.
pub fn verify_log(file: &Path) -> Result<usize, String> {
    let text =
        std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let log: Log = serde_json::from_str(&text)
        .map_err(|error| format!("{} is no log of a contract: {error}", file.display()))?;
    first_broken_link(&log.items).map_err(|broken| broken.to_string())?;
    Ok(log.items.len())
}
