//! What names mean in a template: parameters, conditions, and the names and ARNs that the local cloud
//! gives to the resources. CloudFormation's functions are carried out here.

use std::collections::BTreeMap;

use super::{
    Locally, TemplateError,
    node::{Kind, Node},
};

/// The region that the local cloud says it is.
pub const REGION: &str = "ap-northeast-1";
/// The account that the local cloud says it is.
pub const ACCOUNT: &str = "123456789012";
/// The stack's name; the names that CloudFormation would generate begin with it.
pub const STACK: &str = "denshi-hosho";

/// Everything a function of CloudFormation can refer to.
pub(crate) struct Scope<'template> {
    parameters: BTreeMap<String, Node>,
    conditions: Option<&'template Node>,
    resources: &'template Node,
    locally: &'template Locally,
}

impl<'template> Scope<'template> {
    /// The scope of a template with the parameters that the local cloud sets.
    pub(crate) fn of(
        template: &'template Node,
        locally: &'template Locally,
    ) -> Result<Self, TemplateError> {
        let resources = template
            .member("Resources")
            .ok_or_else(|| template.error("has no Resources"))?;
        let mut parameters = BTreeMap::new();
        if let Some(declared) = template.member("Parameters") {
            for (name, line, parameter) in declared.map("Parameters")? {
                parameters.insert(name.clone(), value_of(name, *line, parameter, locally)?);
            }
        }
        if let Some(unknown) = locally
            .parameters
            .keys()
            .find(|name| !parameters.contains_key(*name))
        {
            return Err(template.error(format!(
                "has no parameter {unknown}, which the local cloud sets"
            )));
        }
        Ok(Self {
            parameters,
            conditions: template.member("Conditions"),
            resources,
            locally,
        })
    }

    /// The node with every function carried out; `None` where it comes to `AWS::NoValue`.
    pub(crate) fn evaluate(&self, node: &Node) -> Result<Option<Node>, TemplateError> {
        let line = node.line;
        let kind = match &node.kind {
            Kind::Null => Kind::Null,
            Kind::Text(text) => Kind::Text(text.clone()),
            Kind::List(entries) => {
                let mut values = Vec::new();
                for entry in entries {
                    values.extend(self.evaluate(entry)?);
                }
                Kind::List(values)
            }
            Kind::Map(members) => {
                let mut values = Vec::new();
                for (key, line, member) in members {
                    values.extend(
                        self.evaluate(member)?
                            .map(|value| (key.clone(), *line, value)),
                    );
                }
                Kind::Map(values)
            }
            Kind::Call(name, argument) => return self.call(name, argument),
        };
        Ok(Some(Node { line, kind }))
    }

    /// The value of a node that must not come to nothing.
    pub(crate) fn value(&self, node: &Node) -> Result<Node, TemplateError> {
        self.evaluate(node)?
            .ok_or_else(|| node.error("AWS::NoValue cannot stand here"))
    }

    /// Whether a condition holds.
    pub(crate) fn condition(&self, name: &str, line: usize) -> Result<bool, TemplateError> {
        let node = self
            .conditions
            .and_then(|conditions| conditions.member(name))
            .ok_or_else(|| TemplateError::at(line, format!("there is no condition {name}")))?;
        self.holds(node)
    }

    fn holds(&self, node: &Node) -> Result<bool, TemplateError> {
        let Kind::Call(name, argument) = &node.kind else {
            return Err(node.error("a condition should be !Equals, !Not, !And or !Condition"));
        };
        match (name.as_str(), argument.list()) {
            ("Equals", [left, right]) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                Ok(left.text("a side of !Equals")? == right.text("a side of !Equals")?)
            }
            ("Not", [inner]) => Ok(!self.holds(inner)?),
            ("And", parts) => parts
                .iter()
                .try_fold(true, |all, part| Ok(self.holds(part)? && all)),
            ("Condition", [inner]) => self.condition(inner.text("!Condition")?, inner.line),
            _ => Err(node.error(format!("!{name} is not understood in a condition"))),
        }
    }

    fn call(&self, name: &str, argument: &Node) -> Result<Option<Node>, TemplateError> {
        let line = argument.line;
        let text = |text: String| {
            Ok(Some(Node {
                line,
                kind: Kind::Text(text),
            }))
        };
        match (name, argument.list()) {
            ("Ref", [target]) => match target.text("!Ref")? {
                "AWS::NoValue" => Ok(None),
                target => match self.parameters.get(target) {
                    Some(value) => Ok(Some(Node {
                        line,
                        kind: value.kind.clone(),
                    })),
                    None => text(self.named(target, None, line)?),
                },
            },
            ("GetAtt", [path]) => {
                let path = path.text("!GetAtt")?;
                let (resource, attribute) = path
                    .split_once('.')
                    .ok_or_else(|| argument.error("!GetAtt needs a resource and an attribute"))?;
                text(self.named(resource, Some(attribute), line)?)
            }
            ("GetAtt", [resource, attribute]) => text(self.named(
                resource.text("!GetAtt")?,
                Some(attribute.text("!GetAtt")?),
                line,
            )?),
            ("Sub", [pattern]) => text(self.substituted(pattern.text("!Sub")?, line)?),
            ("Join", [separator, parts]) => {
                let parts = self.value(parts)?;
                text(
                    parts
                        .texts("a part of !Join")?
                        .join(separator.text("the separator of !Join")?),
                )
            }
            ("Split", [separator, whole]) => {
                let separator = separator.text("the separator of !Split")?;
                let whole = self.value(whole)?;
                let parts = whole.text("what !Split takes apart")?.split(separator);
                let part = |part: &str| Node {
                    line,
                    kind: Kind::Text(part.to_owned()),
                };
                Ok(Some(Node {
                    line,
                    kind: Kind::List(parts.map(part).collect()),
                }))
            }
            ("If", [condition, then, otherwise]) => {
                let holds = self.condition(condition.text("the condition of !If")?, line)?;
                self.evaluate(if holds { then } else { otherwise })
            }
            _ => Err(argument.error(format!("!{name} is not understood in this form"))),
        }
    }

    fn substituted(&self, pattern: &str, line: usize) -> Result<String, TemplateError> {
        let mut text = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| TemplateError::at(line, "!Sub has a ${ without its }"))?;
            text.push_str(before);
            if let Some(literal) = name.strip_prefix('!') {
                text.push_str(&format!("${{{literal}}}"));
            } else if let Some(value) = self.parameters.get(name) {
                text.push_str(value.text("a parameter in !Sub")?);
            } else {
                let (resource, attribute) = match name.split_once('.') {
                    Some((resource, attribute)) => (resource, Some(attribute)),
                    None => (name, None),
                };
                text.push_str(&self.named(resource, attribute, line)?);
            }
            rest = after;
        }
        text.push_str(rest);
        Ok(text)
    }

    /// What `!Ref` (no attribute) or `!GetAtt` gives for a pseudo parameter or a resource.
    fn named(
        &self,
        name: &str,
        attribute: Option<&str>,
        line: usize,
    ) -> Result<String, TemplateError> {
        let pseudo = match name {
            "AWS::Region" => Some(REGION),
            "AWS::AccountId" => Some(ACCOUNT),
            "AWS::Partition" => Some("aws"),
            "AWS::StackName" => Some(STACK),
            "AWS::URLSuffix" => Some("amazonaws.com"),
            _ => None,
        };
        if let Some(value) = pseudo {
            return Ok(value.to_owned());
        }
        let resource = self.resources.member(name).ok_or_else(|| {
            TemplateError::at(line, format!("there is no parameter or resource {name}"))
        })?;
        let kind = resource
            .member("Type")
            .map_or(Ok(""), |kind| kind.text("Type"))?;
        let generated = format!("{STACK}-{}", name.to_lowercase());
        Ok(match (kind, attribute) {
            (
                "AWS::DynamoDB::Table"
                | "AWS::S3::Bucket"
                | "AWS::SES::ConfigurationSet"
                | "AWS::CloudWatch::Alarm"
                | "AWS::Logs::LogGroup",
                None,
            )
            | ("AWS::Serverless::Function", None)
            | ("AWS::SQS::Queue", Some("QueueName")) => generated,
            ("AWS::DynamoDB::Table", Some("Arn")) => {
                format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{generated}")
            }
            ("AWS::DynamoDB::Table", Some("StreamArn")) => {
                format!(
                    "arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{generated}/stream/2025-04-01T00:00:00.000"
                )
            }
            ("AWS::S3::Bucket", Some("Arn")) => format!("arn:aws:s3:::{generated}"),
            ("AWS::SQS::Queue", None) => {
                format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{generated}")
            }
            ("AWS::SQS::Queue", Some("Arn")) => {
                format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{generated}")
            }
            ("AWS::Logs::LogGroup", Some("Arn")) => {
                format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{generated}:*")
            }
            ("AWS::Serverless::Function", Some("Arn")) => {
                format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{generated}")
            }
            ("AWS::Cognito::UserPool", None) => format!("{REGION}_local"),
            ("AWS::Cognito::UserPool", Some("Arn")) => {
                format!("arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{REGION}_local")
            }
            ("AWS::Cognito::UserPool", Some("ProviderURL")) => self.locally.issuer.clone(),
            ("AWS::Cognito::UserPoolClient", None) => name.to_lowercase(),
            ("AWS::Serverless::HttpApi", None) => "local".to_owned(),
            ("AWS::SES::EmailIdentity", None) => {
                let identity = resource
                    .member("Properties")
                    .and_then(|properties| properties.member("EmailIdentity"))
                    .ok_or_else(|| resource.error(format!("{name} has no EmailIdentity")))?;
                self.value(identity)?.text("EmailIdentity")?.to_owned()
            }
            _ => {
                let asked = attribute.map_or_else(
                    || format!("!Ref {name}"),
                    |attribute| format!("!GetAtt {name}.{attribute}"),
                );
                return Err(TemplateError::at(
                    line,
                    format!("{asked} is not understood"),
                ));
            }
        })
    }
}

/// The value of a parameter: what the local cloud sets, else its default.
fn value_of(
    name: &str,
    line: usize,
    parameter: &Node,
    locally: &Locally,
) -> Result<Node, TemplateError> {
    let (value, line) = match (locally.parameters.get(name), parameter.member("Default")) {
        (Some(value), _) => (value.clone(), line),
        (None, Some(default)) => (default.text(name)?.to_owned(), default.line),
        (None, None) => {
            return Err(TemplateError::at(
                line,
                format!("parameter {name} has no default and no value"),
            ));
        }
    };
    if let Some(allowed) = parameter.member("AllowedValues")
        && !allowed.texts("AllowedValues")?.contains(&value)
    {
        return Err(TemplateError::at(
            line,
            format!("parameter {name} may not be {value}"),
        ));
    }
    let kind = match parameter
        .member("Type")
        .map_or(Ok("String"), |kind| kind.text("Type"))?
    {
        "String" | "Number" => Kind::Text(value),
        "CommaDelimitedList" => Kind::List(
            value
                .split(',')
                .map(|entry| Node {
                    line,
                    kind: Kind::Text(entry.trim().to_owned()),
                })
                .collect(),
        ),
        other => {
            return Err(TemplateError::at(
                line,
                format!("parameters of type {other} are not understood"),
            ));
        }
    };
    Ok(Node { line, kind })
}
