//! One function of the template: what it is told, what it may do, and what calls it.

use std::{collections::BTreeMap, time::Duration};

use super::{Fields, STACK, TemplateError, node::Node, state::plain};

/// A function as the template deploys it.
#[derive(Debug)]
pub struct Function {
    /// Its logical name, such as `GenerateKey`.
    pub name: String,
    /// The folder of its code under `functions/`, such as `generate-key`.
    pub step: String,
    /// The line at which it begins.
    pub line: usize,
    /// How long an invocation may take.
    pub timeout: Duration,
    /// Its environment variables.
    pub environment: BTreeMap<String, String>,
    /// What it may do.
    pub statements: Vec<Statement>,
    /// Its routes of the HTTP API.
    pub routes: Vec<Route>,
    /// The streams that call it.
    pub mappings: Vec<Mapping>,
    /// The schedules that call it.
    pub schedules: Vec<Schedule>,
    /// The events of the default bus that call it.
    pub rules: Vec<Rule>,
    /// What becomes of an asynchronous call that fails, such as one by an event.
    pub asynchronous: Asynchronous,
}

/// One `Allow` of a function's policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its name within the policy.
    pub sid: Option<String>,
    /// Actions by their full names; wildcards are refused by the reader.
    pub actions: Vec<String>,
    /// ARNs, with `*` and `?` as IAM reads them.
    pub resources: Vec<String>,
    /// What narrows it.
    pub condition: Option<Condition>,
}

/// A condition on a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// `ForAllValues:StringLike` of `dynamodb:LeadingKeys`: every partition key touched is like one of these.
    LeadingKeysLike(Vec<String>),
    /// `ForAllValues:StringEquals` of `dynamodb:LeadingKeys`: every partition key touched is one of these.
    LeadingKeysEqual(Vec<String>),
}

/// A route of the HTTP API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The line of its event.
    pub line: usize,
    /// `ANY` or a method in capitals.
    pub method: String,
    /// Its path with `{name}` and `{name+}`.
    pub path: String,
    /// The authorizer by name; none for a route that is open to everyone.
    pub authorizer: Option<String>,
}

/// How a table's stream calls a function.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// Its name: the function's and the event's.
    pub name: String,
    /// The stream's ARN.
    pub stream: String,
    /// Whether it begins with the oldest record kept (`TRIM_HORIZON`) rather than the next one (`LATEST`).
    pub from_oldest: bool,
    /// How many records one call carries at most.
    pub batch_size: usize,
    /// Records that match none of these are passed over; no filter lets all through.
    pub filters: Vec<Filter>,
    /// Whether the answer names the records that failed.
    pub reports_item_failures: bool,
    /// Whether a failed batch is halved before it is tried again.
    pub bisects: bool,
    /// How often a failed batch is tried again; none for as long as the stream keeps it.
    pub retries: Option<u32>,
    /// How old a record may become before it is given up.
    pub record_age: Option<Duration>,
    /// The ARN of the queue for what is given up.
    pub on_failure: Option<String>,
}

/// How an event of EventBridge's default bus calls a function.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name: the function's and the event's.
    pub name: String,
    /// Which events it takes.
    pub pattern: Filter,
    /// How often EventBridge tries again to hand an event over.
    pub retries: u32,
    /// For how long it does.
    pub event_age: Duration,
    /// The ARN of the queue for what could not be handed over.
    pub on_failure: Option<String>,
}

/// Lambda's queue of asynchronous calls before a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asynchronous {
    /// How often a failed call is tried again.
    pub retries: u32,
    /// How old a call may become before it is given up.
    pub event_age: Duration,
    /// The ARN of the queue for what is given up.
    pub on_failure: Option<String>,
}

/// A pattern of EventBridge over a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter(pub serde_json::Value);

/// How a clock calls a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Its name; where the template gives none, the function's and the event's.
    pub name: String,
    /// The time from one call to the next.
    pub every: Duration,
    /// The event it hands over, where the template writes one.
    pub input: Option<String>,
}

impl Route {
    /// How API Gateway names it, such as `GET /api/orderers/{code}`.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

impl Function {
    pub(super) fn read(
        name: &str,
        properties: Node,
        globals: Option<&Node>,
    ) -> Result<Self, TemplateError> {
        let mut fields = Fields::of(name, properties)?;
        // What the processor, the package and the log are does not show on one machine, nor how one
        // version follows another.
        const AWS_ALONE: [&str; 12] = [
            "Architectures",
            "AutoPublishAlias",
            "DeploymentPreference",
            "Description",
            "Handler",
            "LoggingConfig",
            "MemorySize",
            "ReservedConcurrentExecutions",
            "Runtime",
            "Tags",
            "Tracing",
            "VersionDescription",
        ];
        let mut globals = match globals {
            Some(globals) => Some(Fields::of("Globals.Function", globals.clone())?),
            None => None,
        };
        let timeout = fields.optional("Timeout").or_else(|| {
            globals
                .as_mut()
                .and_then(|globals| globals.optional("Timeout"))
        });
        let mut environments = Vec::new();
        if let Some(mut globals) = globals {
            environments.extend(globals.optional("Environment"));
            globals.pass_over(&AWS_ALONE);
            globals.pass_over(&["Timeout"]);
            globals.finish()?;
        }
        let code = fields.required("CodeUri")?;
        let step = code
            .text("CodeUri")?
            .strip_prefix("functions/")
            .ok_or_else(|| code.error("CodeUri should be a folder of functions/"))?
            .to_owned();
        let mut function = Self {
            name: name.to_owned(),
            step,
            line: fields.line(),
            // Three seconds are Lambda's own default.
            timeout: Duration::from_secs(
                timeout.map_or(Ok(3), |timeout| timeout.number("Timeout"))?,
            ),
            // Lambda itself tells a function its name and version.
            environment: BTreeMap::from([
                (
                    "AWS_LAMBDA_FUNCTION_NAME".to_owned(),
                    format!("{STACK}-{}", name.to_lowercase()),
                ),
                (
                    "AWS_LAMBDA_FUNCTION_VERSION".to_owned(),
                    "$LATEST".to_owned(),
                ),
            ]),
            statements: Vec::new(),
            routes: Vec::new(),
            mappings: Vec::new(),
            schedules: Vec::new(),
            rules: Vec::new(),
            asynchronous: asynchronous(fields.optional("EventInvokeConfig"))?,
        };
        // The function's own variables stand over those that all have.
        environments.extend(fields.optional("Environment"));
        for environment in environments {
            let mut environment = Fields::of("Environment", environment)?;
            for (variable, _, value) in
                Fields::of("Variables", environment.required("Variables")?)?.rest()
            {
                function
                    .environment
                    .insert(variable, value.text("a variable")?.to_owned());
            }
            environment.finish()?;
        }
        if let Some(policies) = fields.optional("Policies") {
            for policy in policies.list() {
                function.statements.extend(policy_statements(policy)?);
            }
        }
        if let Some(events) = fields.optional("Events") {
            for (event, line, node) in Fields::of("Events", events)?.rest() {
                function.read_event(&event, line, node)?;
            }
        }
        fields.pass_over(&AWS_ALONE);
        fields.finish()?;
        Ok(function)
    }

    fn read_event(&mut self, event: &str, line: usize, node: Node) -> Result<(), TemplateError> {
        let mut fields = Fields::of(event, node)?;
        let kind = fields.required("Type")?;
        let properties = Fields::of(event, fields.required("Properties")?)?;
        fields.finish()?;
        let name = format!("{}{event}", self.name);
        match kind.text("Type")? {
            "HttpApi" => self.routes.push(route(line, properties)?),
            "DynamoDB" => self.mappings.push(mapping(name, properties)?),
            "ScheduleV2" => self.schedules.push(schedule(name, properties)?),
            "EventBridgeRule" => self.rules.push(rule(name, properties)?),
            other => return Err(kind.error(format!("events of type {other} are not understood"))),
        }
        Ok(())
    }
}

fn policy_statements(policy: &Node) -> Result<Vec<Statement>, TemplateError> {
    if policy.map("a policy").is_err() {
        return Err(policy.error(
            "a policy should be written out: names of managed policies are not understood",
        ));
    }
    let mut fields = Fields::of("the policy", policy.clone())?;
    fields.pass_over(&["Version"]);
    let statements = fields.required("Statement")?;
    fields.finish()?;
    statements.list().iter().map(statement).collect()
}

fn statement(node: &Node) -> Result<Statement, TemplateError> {
    let mut fields = Fields::of("the statement", node.clone())?;
    let sid = fields
        .optional("Sid")
        .map(|sid| sid.text("Sid").map(str::to_owned))
        .transpose()?;
    let effect = fields.required("Effect")?;
    if effect.text("Effect")? != "Allow" {
        return Err(effect.error("only Effect: Allow is understood"));
    }
    let action = fields.required("Action")?;
    let actions = action.texts("Action")?;
    if let Some(wide) = actions
        .iter()
        .find(|action| action.contains('*') || !action.contains(':'))
    {
        return Err(action.error(format!("{wide} should be one action by its full name")));
    }
    let resources = fields.required("Resource")?.texts("Resource")?;
    let condition = match fields.optional("Condition") {
        Some(node) => Some(leading_keys(&node, &actions)?),
        None => None,
    };
    fields.finish()?;
    Ok(Statement {
        sid,
        actions,
        resources,
        condition,
    })
}

fn leading_keys(node: &Node, actions: &[String]) -> Result<Condition, TemplateError> {
    /// Those whose partition key can be read out of the request.
    const WITH_A_KEY: [&str; 6] = [
        "dynamodb:ConditionCheckItem",
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
    ];
    if let Some(other) = actions
        .iter()
        .find(|action| !WITH_A_KEY.contains(&action.as_str()))
    {
        return Err(node.error(format!("a condition on {other} is not understood")));
    }
    let mut operators = Fields::of("Condition", node.clone())?;
    let like = operators.optional("ForAllValues:StringLike");
    let equal = operators.optional("ForAllValues:StringEquals");
    operators.finish()?;
    let keys = |operand: Node| {
        let mut keys = Fields::of("Condition", operand)?;
        let values = keys
            .required("dynamodb:LeadingKeys")?
            .texts("dynamodb:LeadingKeys")?;
        keys.finish()?;
        Ok(values)
    };
    match (like, equal) {
        (Some(like), None) => Ok(Condition::LeadingKeysLike(keys(like)?)),
        (None, Some(equal)) => Ok(Condition::LeadingKeysEqual(keys(equal)?)),
        _ => Err(node.error("a condition should have exactly one operator")),
    }
}

/// The methods that a route of an HTTP API may have.
const METHODS: [&str; 8] = [
    "ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT",
];

fn route(line: usize, mut fields: Fields) -> Result<Route, TemplateError> {
    fields.required("ApiId")?;
    let named = fields.required("Method")?;
    let method = named.text("Method")?.to_uppercase();
    if !METHODS.contains(&method.as_str()) {
        return Err(named.error(format!("{method} is no method of an HTTP API")));
    }
    let path = fields.required("Path")?.text("Path")?.to_owned();
    let mut auth = Fields::of("Auth", fields.required("Auth")?)?;
    let authorizer = auth.required("Authorizer")?.text("Authorizer")?.to_owned();
    auth.finish()?;
    fields.finish()?;
    Ok(Route {
        line,
        method,
        path,
        authorizer: (authorizer != "NONE").then_some(authorizer),
    })
}

fn mapping(name: String, mut fields: Fields) -> Result<Mapping, TemplateError> {
    let stream = fields.required("Stream")?.text("Stream")?.to_owned();
    let start = fields.required("StartingPosition")?;
    let from_oldest = match start.text("StartingPosition")? {
        "TRIM_HORIZON" => true,
        "LATEST" => false,
        _ => return Err(start.error("StartingPosition should be TRIM_HORIZON or LATEST")),
    };
    let batch_size = fields
        .optional("BatchSize")
        .map_or(Ok(100), |size| size.number("BatchSize"))?;
    let mut filters = Vec::new();
    if let Some(criteria) = fields.optional("FilterCriteria") {
        let mut criteria = Fields::of("FilterCriteria", criteria)?;
        for filter in criteria.required("Filters")?.list() {
            let mut filter = Fields::of("the filter", filter.clone())?;
            let pattern = filter.required("Pattern")?;
            filter.finish()?;
            filters.push(Filter::read(&pattern)?);
        }
        criteria.finish()?;
    }
    let mut reports_item_failures = false;
    if let Some(types) = fields.optional("FunctionResponseTypes") {
        match types.texts("FunctionResponseTypes")?.as_slice() {
            [only] if only == "ReportBatchItemFailures" => reports_item_failures = true,
            _ => return Err(types.error("FunctionResponseTypes should be ReportBatchItemFailures")),
        }
    }
    let bisects = fields
        .optional("BisectBatchOnFunctionError")
        .map_or(Ok(false), |node| node.truth("BisectBatchOnFunctionError"))?;
    // −1, the default of both, is "for as long as the stream keeps it".
    let retries = fields
        .optional("MaximumRetryAttempts")
        .map(|node| node.number::<i64>("MaximumRetryAttempts"))
        .transpose()?;
    let age = fields
        .optional("MaximumRecordAgeInSeconds")
        .map(|node| node.number::<i64>("MaximumRecordAgeInSeconds"))
        .transpose()?;
    let on_failure = on_failure(&mut fields)?;
    fields.finish()?;
    Ok(Mapping {
        name,
        stream,
        from_oldest,
        batch_size,
        filters,
        reports_item_failures,
        bisects,
        retries: retries.and_then(|retries| u32::try_from(retries).ok()),
        record_age: age
            .and_then(|age| u64::try_from(age).ok())
            .map(Duration::from_secs),
        on_failure,
    })
}

/// The queue for what is given up, where there is one.
fn on_failure(fields: &mut Fields) -> Result<Option<String>, TemplateError> {
    let Some(destination) = fields.optional("DestinationConfig") else {
        return Ok(None);
    };
    let mut destination = Fields::of("DestinationConfig", destination)?;
    let mut failure = Fields::of("OnFailure", destination.required("OnFailure")?)?;
    destination.finish()?;
    let kind = failure.required("Type")?;
    if kind.text("Type")? != "SQS" {
        return Err(kind.error("only a queue (Type: SQS) is understood"));
    }
    let queue = failure.required("Destination")?;
    failure.finish()?;
    Ok(Some(queue.text("Destination")?.to_owned()))
}

/// Two retries within six hours are Lambda's own default.
fn asynchronous(node: Option<Node>) -> Result<Asynchronous, TemplateError> {
    let mut asynchronous = Asynchronous {
        retries: 2,
        event_age: Duration::from_secs(21600),
        on_failure: None,
    };
    if let Some(node) = node {
        let mut fields = Fields::of("EventInvokeConfig", node)?;
        (asynchronous.retries, asynchronous.event_age) =
            retry(&mut fields, (asynchronous.retries, asynchronous.event_age))?;
        asynchronous.on_failure = on_failure(&mut fields)?;
        fields.finish()?;
    }
    Ok(asynchronous)
}

/// How often, and for how long, something is tried again.
fn retry(
    fields: &mut Fields,
    (mut retries, mut age): (u32, Duration),
) -> Result<(u32, Duration), TemplateError> {
    if let Some(node) = fields.optional("MaximumRetryAttempts") {
        retries = node.number("MaximumRetryAttempts")?;
    }
    if let Some(node) = fields.optional("MaximumEventAgeInSeconds") {
        age = Duration::from_secs(node.number("MaximumEventAgeInSeconds")?);
    }
    Ok((retries, age))
}

fn rule(name: String, mut fields: Fields) -> Result<Rule, TemplateError> {
    let node = fields.required("Pattern")?;
    let pattern = Filter::of(plain(&node), &node)?;
    // 185 retries within a day are EventBridge's own default.
    let mut policy = (185, Duration::from_secs(86400));
    if let Some(node) = fields.optional("RetryPolicy") {
        let mut read = Fields::of("RetryPolicy", node)?;
        policy = retry(&mut read, policy)?;
        read.finish()?;
    }
    let mut on_failure = None;
    if let Some(node) = fields.optional("DeadLetterConfig") {
        let mut config = Fields::of("DeadLetterConfig", node)?;
        on_failure = Some(config.required("Arn")?.text("Arn")?.to_owned());
        config.finish()?;
    }
    fields.finish()?;
    let (retries, event_age) = policy;
    Ok(Rule {
        name,
        pattern,
        retries,
        event_age,
        on_failure,
    })
}

fn schedule(name: String, mut fields: Fields) -> Result<Schedule, TemplateError> {
    let expression = fields.required("ScheduleExpression")?;
    let every = rate(expression.text("ScheduleExpression")?)
        .ok_or_else(|| expression.error("a schedule should be rate(number minutes|hours|days)"))?;
    let input = fields
        .optional("Input")
        .map(|input| input.text("Input").map(str::to_owned))
        .transpose()?;
    let name = fields
        .optional("Name")
        .map_or(Ok(name), |name| name.text("Name").map(str::to_owned))?;
    // The policy is about handing over an event, which does not fail on one machine; what becomes of one
    // that was handed over, EventInvokeConfig says.
    fields.pass_over(&["Description", "RetryPolicy"]);
    fields.finish()?;
    Ok(Schedule { name, every, input })
}

fn rate(expression: &str) -> Option<Duration> {
    let (number, unit) = expression
        .strip_prefix("rate(")?
        .strip_suffix(')')?
        .split_once(' ')?;
    let seconds = match unit {
        "minute" | "minutes" => 60,
        "hour" | "hours" => 3600,
        "day" | "days" => 86400,
        _ => return None,
    };
    Some(Duration::from_secs(
        number
            .parse::<u64>()
            .ok()
            .filter(|number| *number > 0)?
            .checked_mul(seconds)?,
    ))
}

impl Filter {
    fn read(pattern: &Node) -> Result<Self, TemplateError> {
        let value: serde_json::Value = serde_json::from_str(pattern.text("Pattern")?)
            .map_err(|error| pattern.error(format!("the filter's pattern is no JSON: {error}")))?;
        Self::of(value, pattern)
    }

    fn of(value: serde_json::Value, written: &Node) -> Result<Self, TemplateError> {
        understood(&value)
            .map_err(|what| written.error(format!("the filter's {what} is not understood")))?;
        Ok(Self(value))
    }

    /// Whether a record matches: every leaf of the pattern lists the values it may have, and where the
    /// record has a list one of its entries has to be among them.
    #[must_use]
    pub fn matches(&self, record: &serde_json::Value) -> bool {
        matches(&self.0, record)
    }
}

fn understood(pattern: &serde_json::Value) -> Result<(), String> {
    match pattern {
        serde_json::Value::Object(members) => members.values().try_for_each(understood),
        serde_json::Value::Array(values) => match values
            .iter()
            .find(|value| value.is_object() || value.is_array())
        {
            Some(operator) => Err(operator.to_string()),
            None => Ok(()),
        },
        other => Err(other.to_string()),
    }
}

fn matches(pattern: &serde_json::Value, record: &serde_json::Value) -> bool {
    match pattern {
        serde_json::Value::Object(members) => members
            .iter()
            .all(|(name, inner)| record.get(name).is_some_and(|value| matches(inner, value))),
        serde_json::Value::Array(values) => match record {
            serde_json::Value::Array(entries) => entries.iter().any(|entry| values.contains(entry)),
            single => values.contains(single),
        },
        _ => false,
    }
}
