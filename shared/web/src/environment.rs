//! What a function is told by its environment: the names in `template.yaml`, read once at the start.

use std::collections::BTreeMap;
use std::fmt;

use crate::{Meter, Output};

/// The settings of one function, by the names of its `Environment` in `template.yaml`, and its output.
#[derive(Clone, Default)]
pub struct Environment {
    settings: BTreeMap<String, String>,
    output: Output,
}

/// On AWS the keys to the function's rights are among the settings, so they stay out of logs.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment(…)")
    }
}

/// A setting that the function needs is absent.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the environment has no {0}, which template.yaml should set")]
pub struct MissingSetting(String);

impl Environment {
    /// The variables of this process, as the platform sets them, and its output.
    #[cfg(feature = "lambda")]
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the edge at which the environment is read"
    )]
    pub fn of_process() -> Self {
        Self {
            settings: std::env::vars().collect(),
            output: Output::of_process(),
        }
    }

    /// The same settings with another output.
    #[must_use]
    pub fn with_output(self, output: Output) -> Self {
        Self { output, ..self }
    }

    pub(crate) fn output(&self) -> &Output {
        &self.output
    }

    /// Where the function counts.
    ///
    /// # Errors
    /// [`MissingSetting`] when the metrics have no namespace or the function no name.
    pub fn meter(&self) -> Result<Meter, MissingSetting> {
        Meter::of(self)
    }

    /// The setting of this name.
    ///
    /// # Errors
    /// [`MissingSetting`] when it is absent or empty.
    pub fn get(&self, name: &str) -> Result<&str, MissingSetting> {
        self.settings
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| MissingSetting(name.to_owned()))
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(settings: I) -> Self {
        Self {
            settings: settings.into_iter().collect(),
            output: Output::default(),
        }
    }
}
