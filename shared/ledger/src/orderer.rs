//! Orderers and their rules, as the desk edits them.

use guarantee::orderer::{Orderer, OrdererCode};
use serde::{Deserialize, Serialize};

use crate::error::{CommitError, Error};
use crate::item::{Key, ORDERERS};
use crate::table::Ledger;
use crate::transaction::{Condition, Guard};

/// An orderer in a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrdererVersion {
    /// The version, which counts the edits.
    pub version: u64,
    /// The orderer.
    pub orderer: Orderer,
}

/// What an edit expects to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// No orderer with this code yet.
    None,
    /// The orderer in this version.
    Version(u64),
}

impl Ledger {
    /// The orderer with this code as it is now, for whoever edits it.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn orderer(&self, code: &OrdererCode) -> Result<Option<OrdererVersion>, Error> {
        self.get(&Key::orderer(code)).await
    }

    /// The rules of the orderer with this code, for whoever goes by them: an edit reaches them within a
    /// second or so. Rules change a few times a year, and such a read costs half.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn rules_of(&self, code: &OrdererCode) -> Result<Option<Orderer>, Error> {
        let found: Option<OrdererVersion> = self.get_lately(&Key::orderer(code)).await?;
        Ok(found.map(|version| version.orderer))
    }

    /// Every orderer, by code.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn orderers(&self) -> Result<Vec<OrdererVersion>, Error> {
        self.partition(ORDERERS, "ORDERER#").await
    }

    /// Writes an orderer over the version that the edit was made on.
    ///
    /// # Errors
    /// [`CommitError::Moved`] when the table holds something else than expected.
    pub async fn put_orderer(
        &self,
        orderer: Orderer,
        expected: Expected,
    ) -> Result<OrdererVersion, CommitError> {
        let version = match expected {
            Expected::None => 1,
            Expected::Version(version) => version + 1,
        };
        let key = Key::orderer(&orderer.code);
        let edited = OrdererVersion { version, orderer };
        let condition = match expected {
            Expected::None => Condition::New,
            Expected::Version(version) => Condition::Version(version),
        };
        // A transaction of one: what the SDK repeats after a lost answer acts once.
        let mut step = self.transaction();
        step.put(&key, "orderer", &edited, &condition, Guard::State)?;
        step.commit().await?;
        Ok(edited)
    }
}
