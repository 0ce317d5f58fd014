//! The template as written: YAML nodes that know their line, with CloudFormation's functions as
//! nodes of their own, so that every later error can say where it is.

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::TemplateError;

/// A piece of the template and the line it begins at.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) line: usize,
    pub(crate) kind: Kind,
}

/// What a node is.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// Nothing was written.
    Null,
    /// A scalar, as its letters; CloudFormation turns them into numbers and truths where it needs them.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in the order of the file, each key with its line.
    Map(Vec<(String, usize, Node)>),
    /// A function of CloudFormation such as `!Ref` or `Fn::If`, by its name without prefix.
    Call(String, Box<Node>),
}

impl Node {
    /// Parses a whole template.
    pub(crate) fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut events = Events(Parser::new_from_str(text));
        loop {
            let (event, span) = events.next()?;
            if matches!(event, Event::StreamEnd) {
                return Err(TemplateError::at(1, "is empty"));
            }
            if !matches!(event, Event::StreamStart | Event::DocumentStart(_)) {
                return events.node(event, span);
            }
        }
    }

    /// The members of a mapping.
    pub(crate) fn map(&self, what: &str) -> Result<&[(String, usize, Node)], TemplateError> {
        match &self.kind {
            Kind::Map(members) => Ok(members),
            _ => Err(self.error(format!("{what} should be a mapping"))),
        }
    }

    /// The member of a mapping with this name.
    pub(crate) fn member(&self, name: &str) -> Option<&Node> {
        match &self.kind {
            Kind::Map(members) => members
                .iter()
                .find(|(key, _, _)| key == name)
                .map(|(_, _, value)| value),
            _ => None,
        }
    }

    /// The letters of a scalar.
    pub(crate) fn text(&self, what: &str) -> Result<&str, TemplateError> {
        match &self.kind {
            Kind::Text(text) => Ok(text),
            _ => Err(self.error(format!("{what} should be a single value"))),
        }
    }

    /// The number that a scalar says.
    pub(crate) fn number<N: std::str::FromStr>(&self, what: &str) -> Result<N, TemplateError> {
        self.text(what)?
            .parse()
            .map_err(|_| self.error(format!("{what} should be a number")))
    }

    /// Whether a scalar says `true`.
    pub(crate) fn truth(&self, what: &str) -> Result<bool, TemplateError> {
        match self.text(what)? {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(self.error(format!("{what} should be true or false"))),
        }
    }

    /// The entries of a sequence; a single value is a sequence of one.
    pub(crate) fn list(&self) -> &[Node] {
        match &self.kind {
            Kind::List(entries) => entries,
            _ => std::slice::from_ref(self),
        }
    }

    /// The letters of every entry of a sequence of scalars.
    pub(crate) fn texts(&self, what: &str) -> Result<Vec<String>, TemplateError> {
        self.list()
            .iter()
            .map(|entry| entry.text(what).map(str::to_owned))
            .collect()
    }

    /// An error at this node's line.
    pub(crate) fn error(&self, message: impl Into<String>) -> TemplateError {
        TemplateError::at(self.line, message)
    }
}

struct Events<'input>(Parser<'input, saphyr_parser::StrInput<'input>>);

impl<'input> Events<'input> {
    fn next(&mut self) -> Result<(Event<'input>, Span), TemplateError> {
        match self.0.next() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(TemplateError::at(error.marker().line(), error.info())),
            None => Err(TemplateError::at(1, "ends before its end")),
        }
    }

    fn node(&mut self, event: Event<'input>, span: Span) -> Result<Node, TemplateError> {
        let line = span.start.line();
        let (kind, tag) = match event {
            Event::Scalar(text, style, _, tag) => {
                let absent = text.is_empty() && style == ScalarStyle::Plain && tag.is_none();
                (
                    if absent {
                        Kind::Null
                    } else {
                        Kind::Text(text.into_owned())
                    },
                    tag,
                )
            }
            Event::SequenceStart(_, tag) => (self.list()?, tag),
            Event::MappingStart(_, tag) => (self.map()?, tag),
            _ => return Err(TemplateError::at(line, "YAML aliases are not understood")),
        };
        Ok(called(Node { line, kind }, tag.as_deref()))
    }

    fn list(&mut self) -> Result<Kind, TemplateError> {
        let mut entries = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Kind::List(entries)),
                (event, span) => entries.push(self.node(event, span)?),
            }
        }
    }

    fn map(&mut self) -> Result<Kind, TemplateError> {
        let mut members: Vec<(String, usize, Node)> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                return Ok(Kind::Map(members));
            }
            let line = span.start.line();
            let key = self.node(event, span)?.text("a name")?.to_owned();
            if members.iter().any(|(earlier, _, _)| *earlier == key) {
                return Err(TemplateError::at(line, format!("{key} is there twice")));
            }
            let (event, span) = self.next()?;
            let value = self.node(event, span)?;
            members.push((key, line, value));
        }
    }
}

/// Turns `!Name x`, `{Fn::Name: x}` and `{Ref: x}` into a call of `Name` with x.
fn called(node: Node, tag: Option<&Tag>) -> Node {
    let line = node.line;
    if let Some(tag) = tag.filter(|tag| tag.handle == "!") {
        return Node {
            line,
            kind: Kind::Call(tag.suffix.clone(), Box::new(node)),
        };
    }
    let name = match &node.kind {
        Kind::Map(members) => match members.as_slice() {
            [(key, _, _)] if key == "Ref" => Some(key.clone()),
            [(key, _, _)] => key.strip_prefix("Fn::").map(str::to_owned),
            _ => None,
        },
        _ => None,
    };
    match (name, node.kind) {
        (Some(name), Kind::Map(mut members)) => match members.pop() {
            Some((_, _, argument)) => Node {
                line,
                kind: Kind::Call(name, Box::new(argument)),
            },
            None => Node {
                line,
                kind: Kind::Null,
            },
        },
        (_, kind) => Node { line, kind },
    }
}
