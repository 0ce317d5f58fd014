//! The table, the clients of the user pool, and what SES reports.

use serde_json::{Map, Value, json};

use super::{
    Fields, TemplateError,
    node::{Kind, Node},
};

/// The ledger's table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// The request that makes it: DynamoDB's CreateTable.
    pub create: Value,
    /// The attribute that holds when an item may go.
    pub ttl: Option<String>,
    /// The name of the partition key.
    pub partition_key: String,
}

/// A client of the user pool.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its ID.
    pub id: String,
    /// Whether it may sign in with user name and password.
    pub passwords: bool,
    /// Whether it may renew a token.
    pub refreshes: bool,
    /// Where a browser may be sent with a code.
    pub callbacks: Vec<String>,
    /// Where a browser may be sent after logging out.
    pub logouts: Vec<String>,
}

/// What SES tells the default bus about the mails of a configuration set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailReports {
    /// The configuration set.
    pub configuration_set: String,
    /// The kinds of events in small letters, such as `bounce`.
    pub events: Vec<String>,
}

impl MailReports {
    /// The event destination, or none where it is switched off.
    pub(super) fn read(name: &str, properties: Node) -> Result<Option<Self>, TemplateError> {
        let mut fields = Fields::of(name, properties)?;
        let configuration_set = fields
            .required("ConfigurationSetName")?
            .text("ConfigurationSetName")?
            .to_owned();
        let mut destination = Fields::of(name, fields.required("EventDestination")?)?;
        fields.finish()?;
        let enabled = destination.required("Enabled")?.truth("Enabled")?;
        let events = destination.required("MatchingEventTypes")?;
        let events = events.texts("MatchingEventTypes")?;
        let mut bus = Fields::of(name, destination.required("EventBridgeDestination")?)?;
        let arn = bus.required("EventBusArn")?;
        bus.finish()?;
        destination.pass_over(&["Name"]);
        destination.finish()?;
        // SES sends to no other bus.
        if !arn.text("EventBusArn")?.ends_with(":event-bus/default") {
            return Err(arn.error("EventBusArn should be the default bus"));
        }
        Ok(enabled.then(|| Self {
            configuration_set,
            events: events.iter().map(|event| event.to_lowercase()).collect(),
        }))
    }
}

impl Table {
    pub(super) fn read(name: &str, properties: Node) -> Result<Self, TemplateError> {
        let mut fields = Fields::of(name, properties)?;
        let keys = fields.required("KeySchema")?;
        let partition_key = keys
            .list()
            .iter()
            .find(|key| {
                key.member("KeyType")
                    .is_some_and(|kind| kind.text("KeyType") == Ok("HASH"))
            })
            .and_then(|key| key.member("AttributeName"))
            .ok_or_else(|| keys.error("KeySchema has no HASH key"))?
            .text("AttributeName")?
            .to_owned();
        let mut create = Map::from_iter(
            [
                ("TableName", json!(name)),
                ("BillingMode", json!("PAY_PER_REQUEST")),
                ("KeySchema", plain(&keys)),
                (
                    "AttributeDefinitions",
                    plain(&fields.required("AttributeDefinitions")?),
                ),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        if let Some(indexes) = fields.optional("GlobalSecondaryIndexes") {
            create.insert("GlobalSecondaryIndexes".to_owned(), plain(&indexes));
        }
        if let Some(stream) = fields.optional("StreamSpecification") {
            let mut stream = Fields::of("StreamSpecification", stream)?;
            let view = stream.required("StreamViewType")?;
            stream.finish()?;
            let stream = json!({ "StreamEnabled": true, "StreamViewType": plain(&view) });
            create.insert("StreamSpecification".to_owned(), stream);
        }
        let mut ttl = None;
        if let Some(specification) = fields.optional("TimeToLiveSpecification") {
            let mut specification = Fields::of("TimeToLiveSpecification", specification)?;
            let attribute = specification
                .required("AttributeName")?
                .text("AttributeName")?
                .to_owned();
            if specification.required("Enabled")?.truth("Enabled")? {
                ttl = Some(attribute);
            }
            specification.finish()?;
        }
        fields.pass_over(&[
            "BillingMode",
            "DeletionProtectionEnabled",
            "PointInTimeRecoverySpecification",
            "SSESpecification",
            "Tags",
        ]);
        fields.finish()?;
        Ok(Self {
            name: name.to_owned(),
            create: Value::Object(create),
            ttl,
            partition_key,
        })
    }
}

impl Client {
    pub(super) fn read(id: &str, properties: Node) -> Result<Self, TemplateError> {
        let mut fields = Fields::of(id, properties)?;
        let flows = fields
            .optional("ExplicitAuthFlows")
            .map_or(Ok(Vec::new()), |flows| flows.texts("ExplicitAuthFlows"))?;
        let allows = |flow: &str| flows.iter().any(|allowed| allowed == flow);
        let mut addresses = |name: &str| {
            fields
                .optional(name)
                .map_or(Ok(Vec::new()), |addresses| addresses.texts(name))
        };
        let (callbacks, logouts) = (addresses("CallbackURLs")?, addresses("LogoutURLs")?);
        Ok(Self {
            id: id.to_owned(),
            passwords: allows("ALLOW_USER_PASSWORD_AUTH"),
            refreshes: allows("ALLOW_REFRESH_TOKEN_AUTH"),
            callbacks,
            logouts,
        })
    }
}

/// An evaluated node as JSON.
pub(super) fn plain(node: &Node) -> Value {
    match &node.kind {
        Kind::Text(text) => Value::String(text.clone()),
        Kind::List(entries) => entries.iter().map(plain).collect(),
        Kind::Map(members) => members
            .iter()
            .map(|(key, _, value)| (key.clone(), plain(value)))
            .collect(),
        Kind::Null | Kind::Call(..) => Value::Null,
    }
}
