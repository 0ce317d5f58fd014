//! Key pairs of AWS: one for each function and one for the operator, made at the first start.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{folder::Folder, options::StartError};

/// Who calls AWS.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    /// The person at the machine, who may do all.
    Operator,
    /// A function, by its logical name.
    Function(String),
}

/// An access key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeyPair {
    /// The public half.
    pub access_key_id: String,
    /// The secret half.
    pub secret_access_key: String,
}

/// All key pairs of a cloud.
#[derive(Debug)]
pub(crate) struct Credentials {
    operator: KeyPair,
    functions: BTreeMap<String, KeyPair>,
}

impl Credentials {
    const FILE: &'static str = "credentials.json";
    const OPERATOR: &'static str = "operator";

    /// The key pairs of the folder, with new ones for functions that have none yet.
    pub(crate) fn load<'a>(
        folder: &Folder,
        functions: impl Iterator<Item = &'a str>,
    ) -> Result<Self, StartError> {
        let damaged = |why: String| StartError::Damaged {
            what: "file of credentials",
            why,
        };
        let kept = folder
            .read(Self::FILE)
            .map_err(|error| damaged(error.to_string()))?;
        let mut kept: BTreeMap<String, KeyPair> = match kept {
            Some(kept) => {
                serde_json::from_slice(&kept).map_err(|error| damaged(error.to_string()))?
            }
            None => BTreeMap::new(),
        };
        let mut known = BTreeMap::new();
        let operator = kept.remove(Self::OPERATOR).unwrap_or_else(KeyPair::new);
        known.insert(Self::OPERATOR.to_owned(), operator.clone());
        let functions: BTreeMap<_, _> = functions
            .map(|name| {
                (
                    name.to_owned(),
                    kept.remove(name).unwrap_or_else(KeyPair::new),
                )
            })
            .collect();
        known.extend(functions.clone());
        let written =
            serde_json::to_vec_pretty(&known).map_err(|error| damaged(error.to_string()))?;
        folder
            .write(Self::FILE, &written)
            .map_err(|source| StartError::Folder {
                path: folder.join(Self::FILE),
                source,
            })?;
        Ok(Self {
            operator,
            functions,
        })
    }

    /// The operator's key pair.
    pub(crate) fn operator(&self) -> &KeyPair {
        &self.operator
    }

    /// A function's key pair.
    pub(crate) fn function(&self, name: &str) -> Option<&KeyPair> {
        self.functions.get(name)
    }

    /// Whose access key this is, and its secret half.
    pub(crate) fn holder(&self, access_key_id: &str) -> Option<(Caller, &KeyPair)> {
        if self.operator.access_key_id == access_key_id {
            return Some((Caller::Operator, &self.operator));
        }
        self.functions
            .iter()
            .find(|(_, pair)| pair.access_key_id == access_key_id)
            .map(|(name, pair)| (Caller::Function(name.clone()), pair))
    }
}

impl KeyPair {
    fn new() -> Self {
        Self {
            access_key_id: format!("AKIA{}", random(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)),
            secret_access_key: random(
                b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
                40,
            ),
        }
    }
}

/// So many random letters of an alphabet.
pub(crate) fn random(alphabet: &[u8], length: usize) -> String {
    use rand::seq::IndexedRandom;

    let mut randomness = rand::rng();
    (0..length)
        .filter_map(|_| alphabet.choose(&mut randomness))
        .map(|letter| char::from(*letter))
        .collect()
}
