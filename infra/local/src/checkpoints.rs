//! How far streams and schedules have come, kept in the data folder so that a restart goes on from there.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{folder::Folder, options::StartError};

/// The positions of pollers and schedules, by name.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    folder: Arc<Folder>,
    positions: Mutex<BTreeMap<String, String>>,
}

impl Checkpoints {
    const FILE: &'static str = "checkpoints.json";

    pub(crate) fn load(folder: Arc<Folder>) -> Result<Self, StartError> {
        let damaged = |why: String| StartError::Damaged {
            what: "file of checkpoints",
            why,
        };
        let positions = match folder
            .read(Self::FILE)
            .map_err(|error| damaged(error.to_string()))?
        {
            Some(kept) => {
                serde_json::from_slice(&kept).map_err(|error| damaged(error.to_string()))?
            }
            None => BTreeMap::new(),
        };
        Ok(Self {
            folder,
            positions: Mutex::new(positions),
        })
    }

    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.positions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
    }

    /// Keeps a position. Where it cannot be written, a restart does a part again.
    pub(crate) fn set(&self, name: &str, position: String) {
        let mut positions = self
            .positions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        positions.insert(name.to_owned(), position);
        let written = serde_json::to_vec_pretty(&*positions)
            .map_err(std::io::Error::from)
            .and_then(|content| self.folder.write(Self::FILE, &content));
        if let Err(error) = written {
            tracing::error!(%error, "a checkpoint could not be kept");
        }
    }
}
