//! The reader of the template: what it sees is what aws-sam-translator makes of it, and what it does
//! not understand it refuses with the line.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say so"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

use local::{
    TEMPLATE,
    template::{Condition, Locally, Template},
};
use serde_json::{Value, json};

fn locally() -> Locally {
    Locally {
        parameters: BTreeMap::from([
            ("PublicUrl".to_owned(), "http://127.0.0.1:8787".to_owned()),
            ("PasswordSignIn".to_owned(), "true".to_owned()),
        ]),
        issuer: "http://127.0.0.1:8787/issuer".to_owned(),
    }
}

fn template() -> Template {
    Template::read(TEMPLATE, &locally()).unwrap()
}

/// What aws-sam-translator makes of the template. It has to be installed: a second opinion that is
/// skipped is none.
fn sam_view() -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = Command::new("python3")
        .arg(root.join("tests/sam-view.py"))
        .arg(root.join("template.yaml"))
        .args(["PublicUrl=http://127.0.0.1:8787", "PasswordSignIn=true"])
        .output()
        .expect("python3 runs");
    assert!(
        output.status.success(),
        "tests/sam-view.py needs aws-sam-translator (pip install aws-sam-translator): {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The names that the local cloud gives to what the template refers to.
fn resolved(text: &str) -> String {
    [
        ("${Table.Arn}", "arn:aws:dynamodb:ap-northeast-1:123456789012:table/denshi-hosho-table"),
        (
            "${Table.StreamArn}",
            "arn:aws:dynamodb:ap-northeast-1:123456789012:table/denshi-hosho-table/stream/2025-04-01T00:00:00.000",
        ),
        ("${Archive.Arn}", "arn:aws:s3:::denshi-hosho-archive"),
        ("${MailDeadLetters.Arn}", "arn:aws:sqs:ap-northeast-1:123456789012:denshi-hosho-maildeadletters"),
        ("${MailReportDeadLetters.Arn}", "arn:aws:sqs:ap-northeast-1:123456789012:denshi-hosho-mailreportdeadletters"),
        ("${AWS::Partition}", "aws"),
        ("${AWS::Region}", "ap-northeast-1"),
        ("${AWS::AccountId}", "123456789012"),
        ("${MailDomain}", "hosho.example"),
        ("${MailConfiguration}", "denshi-hosho-mailconfiguration"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(entries) => entries
            .iter()
            .map(|entry| resolved(entry.as_str().unwrap()))
            .collect(),
        single => vec![resolved(single.as_str().unwrap())],
    }
}

/// A route lost by the reader would be a route nobody tests; one invented would work here and nowhere else.
#[test]
fn routes_and_their_authorizers_are_those_of_the_translator() {
    let seen: BTreeSet<_> = template()
        .functions
        .iter()
        .flat_map(|function| {
            function
                .routes
                .iter()
                .map(|route| (route.key(), function.name.clone(), route.authorizer.clone()))
        })
        .collect();
    let translated: BTreeSet<_> = sam_view()["routes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|route| {
            let text = |name: &str| route[name].as_str().map(str::to_owned);
            (
                text("key").unwrap(),
                text("function").unwrap(),
                text("authorizer"),
            )
        })
        .collect();
    assert_eq!(seen, translated);
    assert!(seen.len() > 20);
}

#[test]
fn the_authorizer_asks_for_the_same_tokens() {
    let view = sam_view();
    let translated = &view["authorizers"]["Customer"]["x-amazon-apigateway-authorizer"];
    assert_eq!(
        translated["identitySource"],
        "$request.header.Authorization"
    );
    assert_eq!(
        translated["jwtConfiguration"]["issuer"],
        "${UserPool.ProviderURL}"
    );
    let audience = &translated["jwtConfiguration"]["audience"];
    assert_eq!(
        *audience,
        json!(["${PortalClient}", { "Fn::If": ["PasswordsAllowed", "${ScriptsClient}", "${AWS::NoValue}"] }])
    );
    let seen = &template().api.authorizers["Customer"];
    assert_eq!(seen.issuer, "http://127.0.0.1:8787/issuer");
    assert_eq!(seen.audience, ["portalclient", "scriptsclient"]);
}

/// SAM takes a computed `AllowOrigins` for the whole configuration, and forgets methods and headers.
#[test]
fn pages_of_other_origins_are_answered_as_the_translator_says() {
    let view = sam_view();
    let [condition, others, own] = view["cors"]["Fn::If"].as_array().unwrap().as_slice() else {
        panic!("one configuration or the other: {}", view["cors"]);
    };
    assert_eq!(condition, "OtherOrigins");
    assert_eq!(own["allowOrigins"], json!(["http://127.0.0.1:8787"]));
    assert_eq!(others["allowOrigins"], json!({ "Fn::Split": [",", ""] }));
    for name in ["allowMethods", "allowHeaders", "exposeHeaders", "maxAge"] {
        assert_eq!(others[name], own[name], "{name}");
    }
    let seen = template().api.cors.unwrap();
    assert_eq!(json!(seen.methods), own["allowMethods"]);
    assert_eq!(json!(seen.headers), own["allowHeaders"]);
    assert_eq!(json!(seen.exposed), own["exposeHeaders"]);
    assert_eq!(json!(seen.max_age.map(|age| age.as_secs())), own["maxAge"]);
}

#[test]
fn policies_are_those_of_the_translator() {
    let view = sam_view();
    for function in &template().functions {
        let translated = &view["policies"][&function.name];
        let mut expected = translated["statements"].as_array().unwrap().clone();
        // What the translator adds for dead-letter queues is the service's own right.
        let queues: Vec<_> = function
            .mappings
            .iter()
            .map(|mapping| mapping.on_failure.clone())
            .chain([function.asynchronous.on_failure.clone()])
            .flatten()
            .collect();
        expected.retain(|statement| {
            !(statement["Action"] == "sqs:SendMessage"
                && queues.contains(&texts(&statement["Resource"])[0]))
        });
        assert_eq!(
            function.statements.len(),
            expected.len(),
            "{}",
            function.name
        );
        for (seen, expected) in function.statements.iter().zip(&expected) {
            assert_eq!(expected["Effect"], "Allow");
            assert_eq!(seen.sid.as_deref(), expected["Sid"].as_str());
            assert_eq!(seen.actions, texts(&expected["Action"]));
            assert_eq!(seen.resources, texts(&expected["Resource"]));
            let condition = match &seen.condition {
                None => Value::Null,
                Some(Condition::LeadingKeysLike(keys)) => {
                    json!({ "ForAllValues:StringLike": { "dynamodb:LeadingKeys": keys } })
                }
                Some(Condition::LeadingKeysEqual(keys)) => {
                    json!({ "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": keys } })
                }
            };
            assert_eq!(condition, expected["Condition"]);
        }
        // What SAM adds, with the reason for each: nothing else comes from outside the template.
        let managed = texts(&translated["managed"]);
        let known = [
            // Writing its own log.
            "AWSLambdaBasicExecutionRole",
            // Reading the table's stream, for notify.
            "AWSLambdaDynamoDBExecutionRole",
            // Handing over its traces.
            "AWSXrayWriteOnlyAccess",
        ];
        assert!(
            managed
                .iter()
                .all(|arn| known.iter().any(|name| arn.ends_with(name))),
            "{managed:?}"
        );
    }
}

#[test]
fn mappings_and_schedules_are_those_of_the_translator() {
    let view = sam_view();
    let template = template();
    let mappings: Vec<_> = template
        .functions
        .iter()
        .flat_map(|function| {
            function
                .mappings
                .iter()
                .map(|mapping| (function.name.clone(), mapping))
        })
        .collect();
    assert_eq!(mappings.len(), view["mappings"].as_object().unwrap().len());
    for (function, seen) in mappings {
        let expected = &view["mappings"][&seen.name];
        assert_eq!(
            expected["FunctionName"],
            format!("${{{function}Aliaslive}}")
        );
        assert_eq!(
            seen.stream,
            resolved(expected["EventSourceArn"].as_str().unwrap())
        );
        assert_eq!(
            seen.from_oldest,
            expected["StartingPosition"] == "TRIM_HORIZON"
        );
        assert_eq!(json!(seen.batch_size), expected["BatchSize"]);
        assert_eq!(json!(seen.bisects), expected["BisectBatchOnFunctionError"]);
        assert_eq!(json!(seen.retries), expected["MaximumRetryAttempts"]);
        assert_eq!(
            json!(seen.record_age.map(|age| age.as_secs())),
            expected["MaximumRecordAgeInSeconds"]
        );
        assert_eq!(
            seen.reports_item_failures,
            expected["FunctionResponseTypes"] == json!(["ReportBatchItemFailures"])
        );
        let queue = expected["DestinationConfig"]["OnFailure"]["Destination"]
            .as_str()
            .map(resolved);
        assert_eq!(seen.on_failure, queue);
        let filters: Vec<Value> = expected["FilterCriteria"]["Filters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|filter| serde_json::from_str(filter["Pattern"].as_str().unwrap()).unwrap())
            .collect();
        assert_eq!(
            seen.filters
                .iter()
                .map(|filter| filter.0.clone())
                .collect::<Vec<_>>(),
            filters
        );
    }
    let schedules: Vec<_> = template
        .functions
        .iter()
        .flat_map(|function| &function.schedules)
        .collect();
    assert_eq!(
        schedules.len(),
        view["schedules"].as_object().unwrap().len()
    );
    for seen in schedules {
        let translated = view["schedules"].as_object().unwrap();
        let named = |properties: &&Value| {
            let name = properties["Name"].as_str().unwrap();
            name.replace("${AWS::StackName}", "denshi-hosho") == seen.name
        };
        let expected = translated.values().find(named).expect(&seen.name);
        assert_eq!(
            expected["ScheduleExpression"],
            format!("rate({} minutes)", seen.every.as_secs() / 60)
        );
        assert_eq!(seen.input.as_deref(), expected["Target"]["Input"].as_str());
    }
}

#[test]
fn rules_and_retries_are_those_of_the_translator() {
    let view = sam_view();
    let template = template();
    let mut rules = 0;
    for function in &template.functions {
        for seen in &function.rules {
            rules += 1;
            let expected = &view["rules"][&seen.name];
            let written: Value =
                serde_json::from_str(&resolved(&expected["EventPattern"].to_string())).unwrap();
            assert_eq!(seen.pattern.0, written);
            assert_eq!(expected["EventBusName"], Value::Null, "the default bus");
            let target = &expected["Targets"][0];
            assert_eq!(
                target["Arn"],
                format!("${{{}Aliaslive}}", function.name),
                "the version in service"
            );
            assert_eq!(target["Input"], Value::Null, "the whole event");
            assert_eq!(
                target["RetryPolicy"],
                json!({
                    "MaximumRetryAttempts": seen.retries,
                    "MaximumEventAgeInSeconds": seen.event_age.as_secs(),
                })
            );
            let queue = target["DeadLetterConfig"]["Arn"].as_str().map(resolved);
            assert_eq!(seen.on_failure, queue);
            assert!(queue.is_some(), "an event that is lost is seen by nobody");
        }
        let expected = &view["asynchronous"][format!("${{{}}}", function.name)];
        if function.rules.is_empty() {
            assert_eq!(*expected, Value::Null);
            continue;
        }
        let seen = &function.asynchronous;
        assert_eq!(expected["Qualifier"], "live");
        assert_eq!(json!(seen.retries), expected["MaximumRetryAttempts"]);
        assert_eq!(
            json!(seen.event_age.as_secs()),
            expected["MaximumEventAgeInSeconds"]
        );
        let queue = expected["DestinationConfig"]["OnFailure"]["Destination"].as_str();
        assert_eq!(seen.on_failure, queue.map(resolved));
        assert!(queue.is_some(), "an event that is lost is seen by nobody");
    }
    assert_eq!(rules, view["rules"].as_object().unwrap().len());
    assert_eq!(rules, 1);
}

/// Nothing is ever deleted, and nobody reads everything (design: "Nothing but TTL items is ever deleted").
#[test]
fn no_function_may_delete_or_scan() {
    for function in template().functions {
        for action in function
            .statements
            .iter()
            .flat_map(|statement| &statement.actions)
        {
            assert!(
                !action.contains("Delete") && !action.ends_with("Scan"),
                "{} may {action}",
                function.name
            );
        }
    }
}

/// The resources of one type, by name.
fn of_type<'a>(view: &'a Value, kind: &str) -> Vec<(&'a String, &'a Value)> {
    let all = view["resources"].as_object().unwrap().iter();
    let found: Vec<_> = all
        .filter(|(_, resource)| resource["type"] == kind)
        .collect();
    assert!(!found.is_empty(), "{kind}");
    found
}

/// Papers, contracts, logins and mails given up outlive the stack and a change of their resource, and so
/// does what guards them: who has which rights, and how the archive may be reached.
#[test]
fn what_holds_state_is_retained() {
    let view = sam_view();
    for kind in [
        "AWS::DynamoDB::Table",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
        "AWS::Cognito::UserPool",
        "AWS::Cognito::UserPoolGroup",
        "AWS::SQS::Queue",
    ] {
        for (name, resource) in of_type(&view, kind) {
            assert_eq!(resource["deletion"], "Retain", "{name}");
            assert_eq!(resource["update"], "Retain", "{name}");
        }
    }
    let (_, table) = of_type(&view, "AWS::DynamoDB::Table")[0];
    let table = &table["properties"];
    assert_eq!(table["DeletionProtectionEnabled"], true);
    assert_eq!(
        table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"],
        true
    );
    let (_, bucket) = of_type(&view, "AWS::S3::Bucket")[0];
    assert_eq!(bucket["properties"]["ObjectLockEnabled"], true);
    assert_eq!(
        bucket["properties"]["VersioningConfiguration"]["Status"],
        "Enabled"
    );
}

/// DynamoDB projects at most 20 attributes that are no keys into one index, and 100 into all of a table
/// (CreateTable in its API reference); neither the schema of CloudFormation nor a stand-in counts them.
#[test]
fn an_index_projects_no_more_than_dynamodb_takes() {
    let view = sam_view();
    let (_, table) = of_type(&view, "AWS::DynamoDB::Table")[0];
    let indexes = table["properties"]["GlobalSecondaryIndexes"].as_array();
    let projected = indexes.unwrap().iter().map(|index| {
        let attributes = &index["Projection"]["NonKeyAttributes"];
        (&index["IndexName"], attributes.as_array().unwrap().len())
    });
    for (index, attributes) in projected.clone() {
        assert!((1..=20).contains(&attributes), "{index}: {attributes}");
    }
    assert!(projected.map(|(_, attributes)| attributes).sum::<usize>() <= 100);
}

/// Every function has a log that ends some day, traces, an alarm on its errors, and its part in the alarm on
/// slowness with its own timeout.
#[test]
fn every_function_is_watched() {
    let view = sam_view();
    let alarms = of_type(&view, "AWS::CloudWatch::Alarm");
    let near_timeout = &view["resources"]["FunctionsNearTimeout"]["properties"]["Metrics"];
    for (name, function) in of_type(&view, "AWS::Lambda::Function") {
        let properties = &function["properties"];
        let log = properties["LoggingConfig"]["LogGroup"].as_str().unwrap();
        let log = &view["resources"][log.trim_matches(['$', '{', '}'])];
        assert!(!log["properties"]["RetentionInDays"].is_null(), "{name}");
        assert_eq!(properties["LoggingConfig"]["LogFormat"], "JSON", "{name}");
        assert_eq!(properties["TracingConfig"]["Mode"], "Active", "{name}");

        let itself = json!({ "Name": "FunctionName", "Value": format!("${{{name}}}") });
        let about_errors = alarms.iter().filter(|(_, alarm)| {
            let alarm = &alarm["properties"];
            alarm["MetricName"] == "Errors" && alarm["Dimensions"] == json!([itself])
        });
        assert_eq!(about_errors.count(), 1, "{name}");

        let watched = near_timeout.as_array().unwrap().iter();
        let metric = watched
            .clone()
            .find(|one| {
                one["MetricStat"]["Metric"]["Dimensions"][0]["Value"] == format!("${{{name}}}")
            })
            .expect(name);
        let expression = watched
            .clone()
            .find_map(|one| one["Expression"].as_str())
            .unwrap();
        let milliseconds = properties["Timeout"].as_u64().unwrap() * 1000;
        let part = format!(
            "FILL({}, 0) / {milliseconds}",
            metric["Id"].as_str().unwrap()
        );
        let ended = [format!("{part},"), format!("{part}]")];
        assert!(
            ended.iter().any(|part| expression.contains(part)),
            "{part}: {expression}"
        );
    }
    for (name, alarm) in alarms {
        let alarm = &alarm["properties"];
        assert_eq!(alarm["AlarmActions"], json!(["${Alarms}"]), "{name}");
        assert!(alarm["TreatMissingData"].is_string(), "{name}");
        // A zero stands for the newest period until its metric comes, a minute late.
        if alarm.to_string().contains("FILL(") {
            let periods = |member: &str| alarm[member].as_u64();
            assert!(
                periods("EvaluationPeriods") > periods("DatapointsToAlarm"),
                "{name}"
            );
            assert!(periods("DatapointsToAlarm").is_some(), "{name}");
        }
    }
}

/// A version that takes over step by step is watched by itself, and what it fails in brings the old one back.
/// One that takes over at once waits for no alarm: CodeDeploy would refuse it while the alarm rings that it is
/// to end.
#[test]
fn a_new_version_that_fails_is_taken_back() {
    let view = sam_view();
    let alarms = of_type(&view, "AWS::CloudWatch::Alarm");
    for (name, _) in of_type(&view, "AWS::Lambda::Function") {
        let group = &view["resources"][format!("{name}DeploymentGroup")]["properties"];
        if name == "Portal" {
            assert!(group["AlarmConfiguration"].is_null());
            continue;
        }
        let itself = json!({ "Name": "FunctionName", "Value": format!("${{{name}}}") });
        // What Lambda sees as an error, and what the function itself counts, both of this version alone.
        let (version, _) = of_type(&view, "AWS::Lambda::Version")
            .into_iter()
            .find(|(_, version)| version["properties"]["FunctionName"] == itself["Value"])
            .expect(name);
        let version =
            json!({ "Name": "ExecutedVersion", "Value": format!("${{{version}.Version}}") });
        let alias = json!({ "Name": "Resource", "Value": format!("${{{name}}}:live") });
        let looked_at = [
            json!({ "Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": [itself, alias, version] }),
            json!({ "Namespace": "${AWS::StackName}", "MetricName": "Failures", "Dimensions": [itself, version] }),
        ];
        let (new_version, _) = alarms
            .iter()
            .find(|(_, alarm)| {
                let metrics = alarm["properties"]["Metrics"].as_array();
                metrics.is_some_and(|metrics| {
                    let stated = metrics.iter().map(|one| &one["MetricStat"]["Metric"]);
                    stated.filter(|one| !one.is_null()).eq(&looked_at)
                })
            })
            .expect(name);
        let watched =
            json!({ "Enabled": true, "Alarms": [{ "Name": format!("${{{new_version}}}") }] });
        assert_eq!(
            group["AlarmConfiguration"],
            json!({ "Fn::If": ["StepByStep", watched, {}] }),
            "{name}"
        );
    }
}

/// API Gateway answers a browser's preflight only where no route takes it.
#[test]
fn no_route_takes_a_preflight() {
    let template = template();
    assert!(template.api.cors.is_some());
    for function in &template.functions {
        for route in &function.routes {
            assert!(
                !["ANY", "OPTIONS"].contains(&route.method.as_str()),
                "{}",
                route.path
            );
        }
    }
}

/// The names in a text or a tree of texts that stand in `${…}`.
fn named(value: &Value) -> BTreeSet<String> {
    let text = value.to_string();
    let names = text.split("${").skip(1);
    names
        .filter_map(|name| name.split_once('}'))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// SAM makes a version of new code only, and what calls a function calls a version. So every parameter that
/// an environment holds stands in the version's description, and none besides: a description that changes
/// alone would ask Lambda for a second version of the same, which it refuses.
#[test]
fn a_parameter_that_changed_makes_a_new_version() {
    let view = sam_view();
    let is_parameter = |name: &String| view["parameters"].get(name).is_some();
    for (name, function) in of_type(&view, "AWS::Lambda::Function") {
        let held = named(&function["properties"]["Environment"]);
        let held: BTreeSet<_> = held.into_iter().filter(is_parameter).collect();
        let (_, version) = of_type(&view, "AWS::Lambda::Version")
            .into_iter()
            .find(|(_, version)| version["properties"]["FunctionName"] == format!("${{{name}}}"))
            .expect(name);
        let description = &version["properties"]["Description"];
        assert_eq!(named(description), held, "{name}");
        // Lambda takes 256 characters.
        let longest = held.iter().fold(
            description.as_str().unwrap_or_default().to_owned(),
            |text, parameter| {
                let most = view["parameters"][parameter]["MaxLength"].as_u64();
                let most = most.unwrap_or_else(|| panic!("{parameter} has no MaxLength"));
                let most = usize::try_from(most).unwrap();
                text.replace(&format!("${{{parameter}}}"), &"あ".repeat(most))
            },
        );
        assert!(longest.chars().count() <= 256, "{name}");
    }
}

/// A page names its files by their hash, so page and files come from one version at any moment.
#[test]
fn the_pages_change_at_once() {
    let view = sam_view();
    let change = |function: &str| {
        let group = &view["resources"][format!("{function}DeploymentGroup")]["properties"];
        group["DeploymentConfigName"].to_string()
    };
    assert!(
        change("Portal").contains("AllAtOnce"),
        "{}",
        change("Portal")
    );
    assert!(
        change("Verify").contains("Canary10Percent5Minutes"),
        "{}",
        change("Verify")
    );
}

/// What a filter makes of a log is counted where its alarm looks, and the words are those that are logged.
#[test]
fn an_alarm_on_words_of_a_log_can_ring() {
    let view = sam_view();
    for (name, filter) in of_type(&view, "AWS::Logs::MetricFilter") {
        let filter = &filter["properties"];
        let metric = &filter["MetricTransformations"][0];
        // Two deployments in one account do not ring each other's.
        assert_eq!(metric["MetricNamespace"], "${AWS::StackName}", "{name}");
        let alarms = of_type(&view, "AWS::CloudWatch::Alarm");
        let rings = alarms.iter().any(|(_, alarm)| {
            alarm["properties"]["Namespace"] == metric["MetricNamespace"]
                && alarm["properties"]["MetricName"] == metric["MetricName"]
        });
        assert!(rings, "{name}");
        let pattern = filter["FilterPattern"].as_str().unwrap();
        let words = pattern
            .strip_prefix("{ $.message = \"")
            .and_then(|rest| rest.strip_suffix("\" }"))
            .expect("a line has its words under `message`, see web::lambda");
        let verify = include_str!("../../../functions/verify/src/check.rs");
        assert!(verify.contains(&format!("\"{words}\"")), "{words}");
    }
}

/// What calls without waiting leaves a letter when it gives up.
#[test]
fn a_stream_that_gives_up_leaves_a_letter() {
    for (name, mapping) in of_type(&sam_view(), "AWS::Lambda::EventSourceMapping") {
        let queue = &mapping["properties"]["DestinationConfig"]["OnFailure"]["Destination"];
        assert!(queue.is_string(), "{name}");
    }
}

/// The names of a schedule and of a dashboard are their own only within an account and a region; the
/// translator gives a schedule one that is the same for every stack.
#[test]
fn two_stacks_stand_beside_each_other() {
    let view = sam_view();
    for (kind, member) in [
        ("AWS::Scheduler::Schedule", "Name"),
        ("AWS::CloudWatch::Dashboard", "DashboardName"),
        ("AWS::Cognito::UserPoolDomain", "Domain"),
    ] {
        let named = of_type(&view, kind);
        assert!(!named.is_empty(), "{kind}");
        for (logical, resource) in named {
            let name = resource["properties"][member].to_string();
            assert!(name.contains("${AWS::StackName}"), "{logical}: {name}");
        }
    }
}

/// The public check stays usable for a city that checks many at once (design: at least 50 a second).
#[test]
fn the_public_check_is_throttled_for_cost_alone() {
    let api = template().api;
    for route in [
        "POST /api/verifications",
        "POST /api/verifications/document",
    ] {
        let (_, _, throttle) = api
            .route_throttles
            .iter()
            .find(|(key, _, _)| key == route)
            .expect(route);
        assert!(throttle.rate >= 50.0 && throttle.burst >= 50.0, "{route}");
    }
    assert!(api.throttle.is_some(), "every other route has a limit, too");
}

/// Whatever the policies of the template name, they name in full.
#[test]
fn no_right_is_for_every_resource() {
    for function in template().functions {
        for statement in &function.statements {
            for resource in &statement.resources {
                assert!(
                    resource.starts_with("arn:") && !resource.ends_with(":*") && resource != "*",
                    "{}: {resource}",
                    function.name
                );
            }
        }
    }
}

#[test]
fn settings_come_from_parameters_and_resources() {
    let template = template();
    let notify = template.function("notify").unwrap();
    assert_eq!(
        notify.environment["MAIL_FROM"],
        "denshi-hosho@hosho.example"
    );
    assert_eq!(notify.environment["PUBLIC_URL"], "http://127.0.0.1:8787");
    assert_eq!(notify.environment["TABLE"], template.table.name);
    assert_eq!(template.function("portal").unwrap().timeout.as_secs(), 5);
    assert_eq!(
        template.function("apply").unwrap().timeout.as_secs(),
        25,
        "from Globals"
    );
    let cors = template.api.cors.unwrap();
    assert_eq!(
        cors.origins,
        ["http://127.0.0.1:8787"],
        "PublicUrl alone where no other origin is named"
    );
}

#[test]
fn a_parameter_overrides_what_it_is_meant_to() {
    let mut locally = locally();
    locally.parameters.insert(
        "AllowedOrigins".to_owned(),
        "https://a.example,https://b.example".to_owned(),
    );
    locally
        .parameters
        .insert("PasswordSignIn".to_owned(), "false".to_owned());
    let template = Template::read(TEMPLATE, &locally).unwrap();
    assert_eq!(
        template.api.cors.unwrap().origins,
        ["https://a.example", "https://b.example"]
    );
    assert_eq!(
        template.api.authorizers["Customer"].audience,
        ["portalclient"]
    );
    assert!(template.clients.iter().all(|client| !client.passwords));
}

/// One line of the template replaced by another; the reader's error has to name that line.
#[test]
fn what_is_not_understood_is_refused_with_its_line() {
    for (written, instead, expected) in [
        (
            "      MemorySize: 512",
            "      VpcConfig: { SubnetIds: [] }",
            "VpcConfig",
        ),
        (
            "      DisableExecuteApiEndpoint: !If [DomainAtTheApi, true, false]",
            "      StageVariables: {}",
            "StageVariables",
        ),
        (
            "            BatchSize: 10",
            "            ParallelizationFactor: 2",
            "ParallelizationFactor",
        ),
        (
            "              Effect: Allow",
            "              Effect: Deny",
            "Effect",
        ),
        (
            "              Action: dynamodb:Query",
            "              Action: dynamodb:*",
            "dynamodb:*",
        ),
        (
            "            ScheduleExpression: rate(5 minutes)",
            "            ScheduleExpression: cron(0 0 * * ? *)",
            "rate",
        ),
        ("          Type: ScheduleV2", "          Type: SQS", "SQS"),
        (
            "              source: [aws.ses]",
            "              source: [{ prefix: aws }]",
            "prefix",
        ),
        (
            "            DeadLetterConfig: {",
            "            InputPath: {",
            "InputPath",
        ),
        (
            "        Name: reports",
            "        SnsDestination: {}",
            "SnsDestination",
        ),
        (
            "          TABLE: !Ref Table",
            "          TABLE: !Ref Tabel",
            "Tabel",
        ),
        (
            "          TABLE: !Ref Table",
            "          TABLE: !Select [0, [a]]",
            "Select",
        ),
        (
            "    Type: AWS::SNS::Topic",
            "    Type: AWS::EC2::Instance",
            "AWS::EC2::Instance",
        ),
        (
            "              Condition: { ForAllValues:StringLike: { dynamodb:LeadingKeys: [\"CHECK#*\"] } }",
            "              Condition: { IpAddress: { aws:SourceIp: 10.0.0.0/8 } }",
            "IpAddress",
        ),
        (
            "              Condition: { ForAllValues:StringLike: { dynamodb:LeadingKeys: [\"CHECK#*\"] } }",
            "              Condition: { ForAllValues:StringLike: { aws:PrincipalTag: [x] } }",
            "dynamodb:LeadingKeys",
        ),
        (
            "        ListOrderers: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: GET",
            "        ListOrderers: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: FETCH",
            "FETCH",
        ),
        ("    Default: x86_64", "    Default: riscv", "riscv"),
        (
            "        POST /api/verifications: {",
            "        POST /api/elsewhere: {",
            "POST /api/elsewhere",
        ),
    ] {
        let place = TEMPLATE
            .find(&format!("\n{written}"))
            .unwrap_or_else(|| panic!("{written} stands in the template"))
            + 1;
        let line = TEMPLATE[..place].lines().count() + 1;
        let broken = format!(
            "{}{instead}{}",
            &TEMPLATE[..place],
            &TEMPLATE[place + written.len()..]
        );
        let error = Template::read(&broken, &locally()).expect_err(instead);
        assert!(error.to_string().contains(expected), "{instead}: {error}");
        assert_eq!(error.line, line, "{instead}: {error}");
    }
}

#[test]
fn broken_yaml_is_refused_with_its_line() {
    for (text, line) in [
        ("Resources:\n  A: [1,\n", 3),
        ("Resources:\n  A: 1\n  A: 2\n", 3),
        (
            "Resources:\n  A:\n    Type: AWS::SNS::Topic\n    <<: *x\n",
            4,
        ),
        ("", 1),
        ("a: b\n", 1),
    ] {
        let error = Template::read(text, &Locally::default()).unwrap_err();
        assert_eq!(error.line, line, "{text:?}: {error}");
    }
}
