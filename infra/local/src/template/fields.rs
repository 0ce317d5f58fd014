//! A mapping read field by field: what nobody asked for at the end is an error with its line, so that
//! nothing of a function, a policy or an event is deployed that the local cloud silently ignores.

use super::{
    TemplateError,
    node::{Kind, Node},
};

/// The fields of one mapping that are still unread.
pub(crate) struct Fields {
    what: String,
    line: usize,
    unread: Vec<(String, usize, Node)>,
}

impl Fields {
    /// The fields of a mapping; `what` names it in errors.
    pub(crate) fn of(what: impl Into<String>, node: Node) -> Result<Self, TemplateError> {
        let what = what.into();
        match node.kind {
            Kind::Map(unread) => Ok(Self {
                what,
                line: node.line,
                unread,
            }),
            Kind::Null => Ok(Self {
                what,
                line: node.line,
                unread: Vec::new(),
            }),
            _ => Err(TemplateError::at(
                node.line,
                format!("{what} should be a mapping"),
            )),
        }
    }

    /// A field that has to be there.
    pub(crate) fn required(&mut self, name: &str) -> Result<Node, TemplateError> {
        self.optional(name)
            .ok_or_else(|| TemplateError::at(self.line, format!("{} has no {name}", self.what)))
    }

    /// A field that may be there.
    pub(crate) fn optional(&mut self, name: &str) -> Option<Node> {
        let place = self.unread.iter().position(|(key, _, _)| key == name)?;
        Some(self.unread.remove(place).2)
    }

    /// Passes over fields that matter on AWS alone.
    pub(crate) fn pass_over(&mut self, names: &[&str]) {
        self.unread
            .retain(|(key, _, _)| !names.contains(&key.as_str()));
    }

    /// Takes what is left, for mappings whose names are the author's own.
    pub(crate) fn rest(&mut self) -> Vec<(String, usize, Node)> {
        std::mem::take(&mut self.unread)
    }

    /// The line at which the mapping begins.
    pub(crate) fn line(&self) -> usize {
        self.line
    }

    /// Refuses what was not read.
    pub(crate) fn finish(self) -> Result<(), TemplateError> {
        match self.unread.first() {
            None => Ok(()),
            Some((name, line, _)) => Err(TemplateError::at(
                *line,
                format!(
                    "{} has {name}, which the local cloud does not understand",
                    self.what
                ),
            )),
        }
    }
}
