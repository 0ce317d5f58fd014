//! The data folder: one process at a time, and files that are there whole or not at all.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::options::StartError;

/// The folder in which a cloud keeps its state, locked while it runs.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// Held for its lock alone.
    _lock: File,
    /// A folder that goes with the cloud.
    _temporary: Option<TempDir>,
}

impl Folder {
    /// Opens or makes the folder.
    pub(crate) fn open(path: &Path) -> Result<Self, StartError> {
        Self::lock(path.to_owned(), None)
    }

    /// A folder that goes with the cloud.
    pub(crate) fn temporary() -> Result<Self, StartError> {
        let temporary = tempfile::Builder::new()
            .prefix("denshi-hosho-")
            .tempdir()
            .map_err(|source| StartError::Folder {
                path: std::env::temp_dir(),
                source,
            })?;
        Self::lock(temporary.path().to_owned(), Some(temporary))
    }

    fn lock(path: PathBuf, temporary: Option<TempDir>) -> Result<Self, StartError> {
        let unusable = |path: &Path, source| StartError::Folder {
            path: path.to_owned(),
            source,
        };
        for part in ["", "s3", "mail", "dead-letters", "events"] {
            let part = path.join(part);
            fs::create_dir_all(&part).map_err(|source| unusable(&part, source))?;
        }
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join("lock"))
            .map_err(|source| unusable(&path, source))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path,
                _lock: lock,
                _temporary: temporary,
            }),
            Err(TryLockError::WouldBlock) => Err(StartError::FolderInUse(path)),
            Err(TryLockError::Error(source)) => Err(unusable(&path, source)),
        }
    }

    /// The path of a file or folder in it.
    pub(crate) fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }

    /// The content of a file, or none where it was never written.
    pub(crate) fn read(&self, name: impl AsRef<Path>) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.join(name)) {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes a file so that a crash leaves the old content or the new one.
    pub(crate) fn write(&self, name: impl AsRef<Path>, content: &[u8]) -> io::Result<()> {
        let path = self.join(name);
        let mut unfinished = path.clone().into_os_string();
        unfinished.push(".unfinished");
        // Keys and mails are nobody else's on the machine.
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&unfinished)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(unfinished, path)
    }

    /// Removes a file.
    pub(crate) fn remove(&self, name: impl AsRef<Path>) -> io::Result<()> {
        fs::remove_file(self.join(name))
    }

    /// The names of the files of a folder in it that end so, in order.
    pub(crate) fn names(&self, folder: &str, ending: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.join(folder))? {
            if let Ok(name) = entry?.file_name().into_string()
                && name.ends_with(ending)
            {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }
}
