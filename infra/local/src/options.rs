//! How a cloud is started, and why it may not start.

use std::{io, path::PathBuf};

use crate::template::TemplateError;

/// How a cloud is started.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where its state lives; none for a cloud that forgets everything at its end.
    pub data: Option<PathBuf>,
    /// The port of API and pages; AWS is at the next one. 0 takes any free two.
    pub port: u16,
    /// Whether it starts without demo data.
    pub empty: bool,
    /// The template to run instead of the one in the binary.
    pub template: Option<String>,
}

/// Why a cloud did not start, in one line.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The template is broken or goes beyond what is played here.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The template and the code do not fit together.
    #[error("template.yaml and the code differ: {0}")]
    Mismatch(String),
    /// Somebody else listens there.
    #[error("port {port} is taken; choose another one with --port (it and the next one are used)")]
    PortTaken {
        /// The port.
        port: u16,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The data folder cannot be used.
    #[error("the data folder {} cannot be used: {source}", path.display())]
    Folder {
        /// The folder or the file in it.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Another process runs on the data folder.
    #[error("the data folder {} is in use by another process", .0.display())]
    FolderInUse(PathBuf),
    /// The data folder holds something else than this program wrote.
    #[error("the data folder holds a {what} that cannot be read: {why}")]
    Damaged {
        /// Which thing.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// The table in the data folder was made by another template.
    #[error(
        "the table in the data folder was made by another template.yaml; start with another --data"
    )]
    OtherTable,
    /// The database refused to start.
    #[error("the database does not start: {0}")]
    Database(String),
    /// The demo data could not be written.
    #[error("the demo data could not be written: {0}")]
    Demo(String),
}
