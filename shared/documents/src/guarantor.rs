//! How the guarantor signs a paper (保証人).

use guarantee::certificate::Guarantor;

use crate::paper::{BODY, LARGE, Paper, SMALL};

/// What the seal says as long as a guarantor has none of its own to draw.
const SAMPLE_SEAL: &str = "見本";

/// The guarantor's address, name, representative and contact, with a seal.
pub(crate) fn sign(paper: &mut Paper, guarantor: &Guarantor) {
    paper.signature(
        "保証人",
        [
            (&guarantor.address, BODY),
            (&guarantor.name, LARGE),
            (&guarantor.representative, BODY),
            (&guarantor.contact, SMALL),
        ],
        guarantor.seal.as_deref().unwrap_or(SAMPLE_SEAL),
    );
}
