//! The guarantee company that deployed the product, as its environment names it.

use guarantee::certificate::Guarantor;

use crate::environment::{Environment, MissingSetting};

/// The guarantor of this deployment; it may have a seal of its own or none.
///
/// # Errors
/// [`MissingSetting`] when the environment does not name it.
pub fn guarantor(environment: &Environment) -> Result<Guarantor, MissingSetting> {
    let setting = |name: &str| environment.get(name).map(str::to_owned);
    Ok(Guarantor {
        name: setting("GUARANTOR_NAME")?,
        representative: setting("GUARANTOR_REPRESENTATIVE")?,
        address: setting("GUARANTOR_ADDRESS")?,
        contact: setting("GUARANTOR_CONTACT")?,
        seal: setting("GUARANTOR_SEAL").ok(),
    })
}
