//! The reader of `template.yaml`: what SAM and CloudFormation would make of it, as far as one machine
//! needs to know. It understands a written subset; anything else on a function, a policy or an event
//! is an error with its line, because a thing deployed but not emulated would never be tested.

mod api;
mod fields;
mod function;
mod node;
mod scope;
mod state;

use std::{collections::BTreeMap, fmt};

pub use api::{Api, Authorizer, Cors, Throttle};
pub use function::{
    Asynchronous, Condition, Filter, Function, Mapping, Route, Rule, Schedule, Statement,
};
pub use scope::{ACCOUNT, REGION, STACK};
pub use state::{Client, MailReports, Table};

use fields::Fields;
use node::Node;
use scope::Scope;

/// What only the machine that runs the template knows.
#[derive(Debug, Clone, Default)]
pub struct Locally {
    /// Values of the template's parameters, over their defaults.
    pub parameters: BTreeMap<String, String>,
    /// The issuer of tokens, in place of Cognito's address of the user pool.
    pub issuer: String,
}

/// What the template deploys.
#[derive(Debug)]
pub struct Template {
    /// The functions in the order of the file.
    pub functions: Vec<Function>,
    /// The HTTP API before them.
    pub api: Api,
    /// The ledger's table.
    pub table: Table,
    /// The archive's bucket, by name.
    pub bucket: String,
    /// The clients of the user pool.
    pub clients: Vec<Client>,
    /// The groups of the user pool.
    pub groups: Vec<String>,
    /// The domains or addresses that mails may come from.
    pub mail_identities: Vec<String>,
    /// The configuration sets that mails may name.
    pub configuration_sets: Vec<String>,
    /// The addresses of the queues.
    pub queues: Vec<String>,
    /// What becomes of mails and is told to the default bus.
    pub mail_reports: Vec<MailReports>,
}

/// The template is not one that can be run here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// The line, counted from 1.
    pub line: usize,
    message: String,
}

impl TemplateError {
    pub(crate) fn at(line: usize, message: impl Into<String>) -> Self {
        Self {
            line,
            message: message.into(),
        }
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "template.yaml line {}: {}",
            self.line, self.message
        )
    }
}

impl std::error::Error for TemplateError {}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// [`TemplateError`] with the line of what is broken or not understood.
    pub fn read(text: &str, locally: &Locally) -> Result<Self, TemplateError> {
        let template = Node::parse(text)?;
        let scope = Scope::of(&template, locally)?;
        let globals = match template
            .member("Globals")
            .and_then(|globals| globals.member("Function"))
        {
            Some(globals) => Some(scope.value(globals)?),
            None => None,
        };
        let mut found = Found::default();
        let resources = template
            .member("Resources")
            .ok_or_else(|| template.error("has no Resources"))?;
        for (name, line, resource) in resources.map("Resources")? {
            let kind = resource
                .member("Type")
                .ok_or_else(|| resource.error(format!("{name} has no Type")))?;
            if let Some(condition) = resource.member("Condition")
                && !scope.condition(condition.text("Condition")?, condition.line)?
            {
                continue;
            }
            let properties = || match resource.member("Properties") {
                Some(properties) => scope.value(properties),
                None => Ok(Node {
                    line: *line,
                    kind: node::Kind::Null,
                }),
            };
            let reference = || scope.value(&reference(name, *line));
            match kind.text("Type")? {
                "AWS::Serverless::Function" => {
                    check_attributes(name, resource)?;
                    found
                        .functions
                        .push(Function::read(name, properties()?, globals.as_ref())?);
                }
                "AWS::Serverless::HttpApi" => found.apis.push(Api::read(name, properties()?)?),
                "AWS::DynamoDB::Table" => {
                    let table = reference()?;
                    found
                        .tables
                        .push(Table::read(table.text(name)?, properties()?)?);
                }
                "AWS::S3::Bucket" => found.buckets.push(reference()?.text(name)?.to_owned()),
                "AWS::Cognito::UserPoolClient" => {
                    let client = reference()?;
                    found
                        .clients
                        .push(Client::read(client.text(name)?, properties()?)?);
                }
                "AWS::Cognito::UserPoolGroup" => {
                    found.groups.push(
                        Fields::of(name, properties()?)?
                            .required("GroupName")?
                            .text("GroupName")?
                            .to_owned(),
                    );
                }
                "AWS::SES::EmailIdentity" => found
                    .mail_identities
                    .push(reference()?.text(name)?.to_owned()),
                "AWS::SES::ConfigurationSet" => found
                    .configuration_sets
                    .push(reference()?.text(name)?.to_owned()),
                "AWS::SQS::Queue" => found.queues.push(reference()?.text(name)?.to_owned()),
                "AWS::SES::ConfigurationSetEventDestination" => found
                    .mail_reports
                    .extend(MailReports::read(name, properties()?)?),
                // Their names are all that functions know of them, and those come from the scope.
                "AWS::ApiGatewayV2::ApiMapping"
                | "AWS::ApiGatewayV2::DomainName"
                | "AWS::CloudFront::Distribution"
                | "AWS::Cognito::ManagedLoginBranding"
                | "AWS::Cognito::UserPool"
                | "AWS::Cognito::UserPoolDomain"
                | "AWS::CloudWatch::Alarm"
                | "AWS::CloudWatch::Dashboard"
                | "AWS::Logs::LogGroup"
                | "AWS::Logs::MetricFilter"
                | "AWS::Route53::RecordSet"
                | "AWS::S3::BucketPolicy"
                | "AWS::SNS::Subscription"
                | "AWS::SNS::Topic"
                | "AWS::SQS::QueuePolicy" => {}
                other => {
                    return Err(kind.error(format!(
                        "{name}: resources of type {other} are not understood"
                    )));
                }
            }
        }
        found.template(&template)
    }

    /// The function whose code lies in this folder, such as `generate-key`.
    #[must_use]
    pub fn function(&self, step: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.step == step)
    }
}

#[derive(Default)]
struct Found {
    functions: Vec<Function>,
    apis: Vec<Api>,
    tables: Vec<Table>,
    buckets: Vec<String>,
    clients: Vec<Client>,
    groups: Vec<String>,
    mail_identities: Vec<String>,
    configuration_sets: Vec<String>,
    queues: Vec<String>,
    mail_reports: Vec<MailReports>,
}

impl Found {
    fn template(self, whole: &Node) -> Result<Template, TemplateError> {
        let template = Template {
            api: one("AWS::Serverless::HttpApi", self.apis, whole)?,
            table: one("AWS::DynamoDB::Table", self.tables, whole)?,
            bucket: one("AWS::S3::Bucket", self.buckets, whole)?,
            functions: self.functions,
            clients: self.clients,
            groups: self.groups,
            mail_identities: self.mail_identities,
            configuration_sets: self.configuration_sets,
            queues: self.queues,
            mail_reports: self.mail_reports,
        };
        for route in template
            .functions
            .iter()
            .flat_map(|function| &function.routes)
        {
            if let Some(name) = &route.authorizer
                && !template.api.authorizers.contains_key(name)
            {
                return Err(TemplateError::at(
                    route.line,
                    format!("there is no authorizer {name}"),
                ));
            }
        }
        for (key, line, _) in &template.api.route_throttles {
            if !template
                .functions
                .iter()
                .flat_map(|function| &function.routes)
                .any(|route| route.key() == *key)
            {
                return Err(TemplateError::at(*line, format!("there is no route {key}")));
            }
        }
        Ok(template)
    }
}

fn one<T>(kind: &str, mut found: Vec<T>, whole: &Node) -> Result<T, TemplateError> {
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => Ok(only),
        _ => Err(whole.error(format!("should have exactly one {kind}"))),
    }
}

fn reference(name: &str, line: usize) -> Node {
    let name = Node {
        line,
        kind: node::Kind::Text(name.to_owned()),
    };
    Node {
        line,
        kind: node::Kind::Call("Ref".to_owned(), Box::new(name)),
    }
}

/// Refuses attributes of a function's resource beside its properties that would change what it does.
fn check_attributes(name: &str, resource: &Node) -> Result<(), TemplateError> {
    let mut attributes = Fields::of(name, resource.clone())?;
    attributes.pass_over(&["Type", "Condition", "Metadata", "Properties"]);
    attributes.finish()
}
