//! Whose a certificate is: what is not the contractor's own is 404, and so is what is on paper.

use guarantee::kind::Delivery;
use guarantee::number::ContractNumber;
use ledger::{Contract, Ledger};

use crate::problem::Problem;

/// The contract with this number, if it is the customer's own and electronic.
///
/// # Errors
/// 404 when it is not, whatever the reason.
pub async fn own_certificate(
    ledger: &Ledger,
    customer: &str,
    number: &str,
) -> Result<Contract, Problem> {
    let number = ContractNumber::parse(number).map_err(|_| Problem::not_found())?;
    let contract = ledger.contract(number).await?;
    contract
        .filter(|contract| {
            contract.customer == customer && contract.delivery == Delivery::Electronic
        })
        .ok_or_else(Problem::not_found)
}
