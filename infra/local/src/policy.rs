//! IAM: whether a function's policy in `template.yaml` allows a call, and the record of what was decided.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Mutex, PoisonError},
};

use crate::{
    credentials::Caller,
    template::{ACCOUNT, Condition, STACK, Statement, Template},
};

/// One thing that a call would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Access {
    /// The action by its full name.
    pub(crate) action: String,
    /// The ARN it is done to.
    pub(crate) resource: String,
    /// The partition keys that it touches, where the request names them.
    pub(crate) leading_keys: Vec<String>,
}

impl Access {
    /// The resource, without the rest of an object's name behind its kind of paper: what is kept of each
    /// call must not grow with what is kept in the archive.
    fn kind_of_resource(&self) -> &str {
        let folder = self
            .resource
            .find('/')
            .filter(|_| self.resource.starts_with("arn:aws:s3:"));
        let rest = folder.and_then(|at| {
            self.resource
                .get(at + 1..)?
                .find('/')
                .map(|more| at + 2 + more)
        });
        rest.and_then(|end| self.resource.get(..end))
            .unwrap_or(&self.resource)
    }

    /// The kinds of its partitions, such as `CONTRACT#`.
    fn partitions(&self) -> impl Iterator<Item = &str> {
        self.leading_keys
            .iter()
            .filter_map(|key| key.split_inclusive('#').next())
    }
}

/// What was decided about a function's call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decision {
    /// The function by its logical name.
    pub function: String,
    /// The action by its full name.
    pub action: String,
    /// The ARN it was asked for; of an object of the archive no more than its kind of paper.
    pub resource: String,
    /// The kinds of the partitions that it touched: their keys up to the first `#`.
    pub partitions: Vec<String>,
    /// Whether the policy allowed it.
    pub allowed: bool,
}

/// A call that no statement allows, in the words AWS uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) user: String,
    pub(crate) action: String,
    pub(crate) resource: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            user,
            action,
            resource,
        } = self;
        write!(
            formatter,
            "User: {user} is not authorized to perform: {action} on resource: {resource} \
             because no identity-based policy allows the {action} action"
        )
    }
}

/// The policies of all functions.
#[derive(Debug)]
pub(crate) struct Rights {
    functions: BTreeMap<String, Vec<Statement>>,
    decisions: Mutex<BTreeSet<Decision>>,
    overheard: Mutex<Option<Vec<String>>>,
}

impl Rights {
    /// The policies as the template writes them.
    pub(crate) fn of(template: &Template) -> Self {
        let functions = template
            .functions
            .iter()
            .map(|function| (function.name.clone(), function.statements.clone()))
            .collect();
        Self {
            functions,
            decisions: Mutex::default(),
            overheard: Mutex::default(),
        }
    }

    /// Decides every part of a call; the first one that is refused refuses it all.
    pub(crate) fn decide(&self, caller: &Caller, accesses: &[Access]) -> Result<(), Refused> {
        let Caller::Function(function) = caller else {
            return Ok(());
        };
        let mut refused = None;
        for access in accesses {
            let allowed = self.allows(caller, access);
            self.overhear_one(function, access);
            self.decisions
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(Decision {
                    function: function.clone(),
                    action: access.action.clone(),
                    resource: access.kind_of_resource().to_owned(),
                    partitions: access.partitions().map(str::to_owned).collect(),
                    allowed,
                });
            if !allowed && refused.is_none() {
                refused = Some(Refused {
                    user: format!(
                        "arn:aws:sts::{ACCOUNT}:assumed-role/{STACK}-{function}Role/{function}"
                    ),
                    action: access.action.clone(),
                    resource: access.resource.clone(),
                });
            }
        }
        refused.map_or(Ok(()), Err)
    }

    fn overhear_one(&self, function: &str, access: &Access) {
        let mut overheard = self
            .overheard
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(calls) = overheard.as_mut() {
            let partitions: Vec<_> = access
                .partitions()
                .map(|partition| partition.trim_end_matches('#'))
                .collect();
            calls.push(
                format!("{function} {} {}", access.action, partitions.join(" "))
                    .trim_end()
                    .to_owned(),
            );
        }
    }

    /// Begins to write down every call in its order, and gives those since the last time.
    pub(crate) fn overhear(&self) -> Vec<String> {
        self.overheard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replace(Vec::new())
            .unwrap_or_default()
    }

    /// Whether the caller may do this, without a record.
    pub(crate) fn allows(&self, caller: &Caller, access: &Access) -> bool {
        match caller {
            Caller::Operator => true,
            Caller::Function(function) => self.functions.get(function).is_some_and(|statements| {
                statements.iter().any(|statement| statement.allows(access))
            }),
        }
    }

    /// What was decided so far, each thing once.
    pub(crate) fn decisions(&self) -> Vec<Decision> {
        self.decisions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }
}

impl Statement {
    fn allows(&self, access: &Access) -> bool {
        self.actions.contains(&access.action)
            && self
                .resources
                .iter()
                .any(|pattern| is_like(pattern, &access.resource))
            && self
                .condition
                .as_ref()
                .is_none_or(|condition| condition.holds(&access.leading_keys))
    }
}

impl Condition {
    /// `ForAllValues` holds of no values at all, as on AWS; the reader lets it stand only on actions
    /// that always name their key.
    fn holds(&self, leading_keys: &[String]) -> bool {
        match self {
            Self::LeadingKeysLike(patterns) => leading_keys
                .iter()
                .all(|key| patterns.iter().any(|pattern| is_like(pattern, key))),
            Self::LeadingKeysEqual(values) => leading_keys.iter().all(|key| values.contains(key)),
        }
    }
}

/// Whether a text is like a pattern in which `*` stands for any letters and `?` for one.
fn is_like(pattern: &str, text: &str) -> bool {
    let mut letters = pattern.chars();
    match letters.next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = letters.as_str();
            text.char_indices()
                .map(|(place, _)| place)
                .chain([text.len()])
                .any(|place| {
                    text.get(place..)
                        .is_some_and(|remainder| is_like(rest, remainder))
                })
        }
        Some(letter) => {
            let mut remaining = text.chars();
            remaining
                .next()
                .is_some_and(|next| letter == '?' || letter == next)
                && is_like(letters.as_str(), remaining.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(actions: &[&str], resource: &str, condition: Option<Condition>) -> Statement {
        Statement {
            sid: None,
            actions: actions.iter().map(|&action| action.to_owned()).collect(),
            resources: vec![resource.to_owned()],
            condition,
        }
    }

    fn access(action: &str, resource: &str, leading_keys: &[&str]) -> Access {
        Access {
            action: action.to_owned(),
            resource: resource.to_owned(),
            leading_keys: leading_keys.iter().map(|&key| key.to_owned()).collect(),
        }
    }

    #[test]
    fn a_star_stands_for_any_letters_and_a_question_mark_for_one() {
        for (pattern, text, like) in [
            ("THROTTLE#*", "THROTTLE#abc", true),
            ("THROTTLE#*", "THROTTLE#", true),
            ("THROTTLE#*", "THROTTLE", false),
            (
                "arn:aws:s3:::papers/certificates/*",
                "arn:aws:s3:::papers/certificates/0712/a.pdf",
                true,
            ),
            (
                "arn:aws:s3:::papers/certificates/*",
                "arn:aws:s3:::papers/key-notices/a.pdf",
                false,
            ),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*", "", true),
            ("保*", "保証", true),
        ] {
            assert_eq!(is_like(pattern, text), like, "{pattern} and {text}");
        }
    }

    #[test]
    fn what_is_kept_of_a_call_does_not_grow_with_the_archive() {
        for (resource, kind) in [
            (
                "arn:aws:s3:::papers/certificates/0712/a.pdf",
                "arn:aws:s3:::papers/certificates/",
            ),
            ("arn:aws:s3:::papers", "arn:aws:s3:::papers"),
            (
                "arn:aws:dynamodb:r:1:table/t/index/by_queue",
                "arn:aws:dynamodb:r:1:table/t/index/by_queue",
            ),
        ] {
            assert_eq!(access("any", resource, &[]).kind_of_resource(), kind);
        }
    }

    #[test]
    fn a_table_is_not_its_index() {
        let on_the_table = statement(&["dynamodb:Query"], "arn:t", None);
        assert!(on_the_table.allows(&access("dynamodb:Query", "arn:t", &[])));
        assert!(!on_the_table.allows(&access("dynamodb:Query", "arn:t/index/by_queue", &[])));
        assert!(!on_the_table.allows(&access("dynamodb:Scan", "arn:t", &[])));
    }

    #[test]
    fn leading_keys_narrow_a_statement_to_all_of_them() {
        let narrow = statement(
            &["dynamodb:PutItem"],
            "arn:t",
            Some(Condition::LeadingKeysLike(vec![
                "CHECK#*".to_owned(),
                "THROTTLE#*".to_owned(),
            ])),
        );
        assert!(narrow.allows(&access("dynamodb:PutItem", "arn:t", &["CHECK#1"])));
        assert!(narrow.allows(&access(
            "dynamodb:PutItem",
            "arn:t",
            &["CHECK#1", "THROTTLE#2"]
        )));
        assert!(!narrow.allows(&access("dynamodb:PutItem", "arn:t", &["CONTRACT#1"])));
        assert!(!narrow.allows(&access(
            "dynamodb:PutItem",
            "arn:t",
            &["CHECK#1", "CONTRACT#1"]
        )));
    }
}
