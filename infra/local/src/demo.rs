//! Demo data: what a fresh cloud knows before anybody has done anything.

use aws_types::SdkConfig;
use guarantee::orderer::Orderer;
use ledger::{CommitError, Expected, Ledger};

/// Orderers whose rules were read on public pages, each with its source; fixtures, not live data.
const ORDERERS: &str = include_str!("../demo/orderers.json");

/// Writes the demo data; `aws` carries the operator's keys. It runs at every start that is not
/// `--empty`, so what is there already stays as it is.
///
/// # Errors
/// Why it could not be written, in one line.
pub(crate) async fn seed(aws: &SdkConfig, table: &str) -> Result<(), String> {
    let orderers: Vec<Orderer> =
        serde_json::from_str(ORDERERS).map_err(|error| error.to_string())?;
    let ledger = Ledger::new(aws, table);
    for orderer in orderers {
        match ledger.put_orderer(orderer, Expected::None).await {
            // It is there already, perhaps edited at the desk since.
            Ok(_) | Err(CommitError::Moved) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(())
}
