//! SES: takes mails as the service does, by the Query protocol, keeps them in the mailbox, and tells the
//! default bus what becomes of those to its own simulator's addresses, as the real one does.

use std::{collections::BTreeMap, sync::Arc};

use axum::body::Body;
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use mail_builder::MessageBuilder;
use mail_parser::MessageParser;
use serde_json::{Value, json};

use crate::{
    bus::Bus,
    clock,
    credentials::random,
    mailbox::{Envelope, Mailbox, addresses, escaped},
    policy::Access,
    template::{ACCOUNT, MailReports, REGION, Template},
};

/// The domain of the addresses for which SES plays what can become of a mail.
const SIMULATOR: &str = "simulator.amazonses.com";

/// The mail service behind the AWS endpoint.
pub(crate) struct Ses {
    identities: Vec<String>,
    configuration_sets: Vec<String>,
    reports: Vec<MailReports>,
    mailbox: Mailbox,
    bus: Arc<Bus>,
}

/// The fields of a request of the Query protocol.
#[derive(Debug)]
pub(crate) struct Query(BTreeMap<String, String>);

/// A mail that was asked to be sent.
struct Outgoing {
    from: String,
    envelope: Envelope,
    message: Vec<u8>,
}

impl Query {
    pub(crate) fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// The operation.
    pub(crate) fn action(&self) -> &str {
        self.get("Action").unwrap_or_default()
    }

    /// Where a raw mail goes.
    pub(crate) fn destinations(&self) -> Vec<String> {
        self.list("Destinations")
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn list(&self, name: &str) -> Vec<String> {
        (1..)
            .map_while(|n| self.get(&format!("{name}.member.{n}")))
            .map(str::to_owned)
            .collect()
    }

    fn tags(&self) -> Vec<(String, String)> {
        (1..)
            .map_while(|n| {
                Some((
                    self.get(&format!("Tags.member.{n}.Name"))?,
                    self.get(&format!("Tags.member.{n}.Value"))?,
                ))
            })
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }
}

impl Ses {
    pub(crate) fn new(template: &Template, mailbox: Mailbox, bus: Arc<Bus>) -> Self {
        Self {
            identities: template.mail_identities.clone(),
            configuration_sets: template.configuration_sets.clone(),
            reports: template.mail_reports.clone(),
            mailbox,
            bus,
        }
    }

    /// What a request would do: sending needs the right on the identity and on the configuration set.
    pub(crate) fn accesses(&self, query: &Query) -> Vec<Access> {
        let access = |resource: String| Access {
            action: format!("ses:{}", query.action()),
            resource,
            leading_keys: Vec::new(),
        };
        match outgoing(query) {
            Some(mail) => {
                let identity = self.identity_of(&mail.from).unwrap_or(&mail.from);
                let mut accesses = vec![access(format!(
                    "arn:aws:ses:{REGION}:{ACCOUNT}:identity/{identity}"
                ))];
                accesses.extend(mail.envelope.configuration_set.map(|set| {
                    access(format!(
                        "arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/{set}"
                    ))
                }));
                accesses
            }
            None => vec![access("*".to_owned())],
        }
    }

    /// Answers a request.
    pub(crate) fn answer(&self, query: &Query) -> Response<Body> {
        match query.action() {
            "SendEmail" | "SendRawEmail" => match outgoing(query) {
                Some(mail) => self.send(query.action(), &mail),
                None => error(
                    StatusCode::BAD_REQUEST,
                    "InvalidParameterValue",
                    "The message is not readable.",
                ),
            },
            "ListIdentities" => {
                let members: String = self
                    .identities
                    .iter()
                    .map(|identity| format!("<member>{}</member>", escaped(identity)))
                    .collect();
                result(
                    "ListIdentities",
                    &format!("<Identities>{members}</Identities>"),
                )
            }
            "GetSendQuota" => result(
                "GetSendQuota",
                "<Max24HourSend>50000</Max24HourSend><MaxSendRate>14</MaxSendRate><SentLast24Hours>0</SentLast24Hours>",
            ),
            other => error(
                StatusCode::BAD_REQUEST,
                "InvalidAction",
                &format!("Could not find operation {other} for version 2010-12-01"),
            ),
        }
    }

    fn send(&self, action: &str, mail: &Outgoing) -> Response<Body> {
        if self.identity_of(&mail.from).is_none() {
            return unverified(&mail.from);
        }
        if let Some(set) = mail
            .envelope
            .configuration_set
            .as_ref()
            .filter(|set| !self.configuration_sets.contains(set))
        {
            let message = format!("Configuration set <{set}> does not exist.");
            return error(
                StatusCode::BAD_REQUEST,
                "ConfigurationSetDoesNotExist",
                &message,
            );
        }
        if mail.envelope.recipients.is_empty() {
            return error(
                StatusCode::BAD_REQUEST,
                "InvalidParameterValue",
                "Missing final '@domain'",
            );
        }
        match self.mailbox.keep(&mail.envelope, &mail.message) {
            Ok(id) => {
                self.report(action, mail, &id);
                result(action, &format!("<MessageId>{id}</MessageId>"))
            }
            Err(cause) => {
                tracing::error!(error = %cause, "a mail could not be kept");
                error(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "InternalFailure",
                    "The mail could not be kept.",
                )
            }
        }
    }

    /// Tells the bus what became of a mail, as far as its configuration set asks for it.
    fn report(&self, operation: &str, mail: &Outgoing, message_id: &str) {
        let Some(set) = &mail.envelope.configuration_set else {
            return;
        };
        for recipient in &mail.envelope.recipients {
            let Some((kind, detail_type, what)) = simulated(recipient) else {
                continue;
            };
            let asked = self.reports.iter().any(|reports| {
                reports.configuration_set == *set && reports.events.iter().any(|one| one == kind)
            });
            if !asked {
                continue;
            }
            let now = clock::now();
            let mut tags: BTreeMap<&str, [&str; 1]> = BTreeMap::from([
                ("ses:configuration-set", [set.as_str()]),
                ("ses:operation", [operation]),
            ]);
            let own = mail.envelope.tags.iter();
            tags.extend(own.map(|(name, value)| (name.as_str(), [value.as_str()])));
            let mut detail = what;
            if let Some(detail) = detail.as_object_mut() {
                detail.insert(
                    "mail".to_owned(),
                    json!({
                        "timestamp": clock::rfc3339(now),
                        "source": mail.from,
                        "sendingAccountId": ACCOUNT,
                        "messageId": message_id,
                        "destination": [recipient],
                        "headersTruncated": false,
                        "headers": [],
                        "tags": tags,
                    }),
                );
            }
            self.bus.publish(&json!({
                "version": "0",
                "id": random(b"0123456789abcdef", 32),
                "detail-type": detail_type,
                "source": "aws.ses",
                "account": ACCOUNT,
                "time": clock::rfc3339(now.replace_nanosecond(0).unwrap_or(now)),
                "region": REGION,
                "resources": [format!("arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/{set}")],
                "detail": detail,
            }));
        }
    }

    /// The verified identity that an address stands under.
    fn identity_of(&self, address: &str) -> Option<&str> {
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
        self.identities
            .iter()
            .find(|identity| identity.as_str() == address || domain.eq_ignore_ascii_case(identity))
            .map(String::as_str)
    }
}

/// What becomes of a mail to an address of the simulator, with or without a `+label`: the kind that a
/// configuration set asks for, the event's name on the bus, and the event.
fn simulated(recipient: &str) -> Option<(&'static str, &'static str, Value)> {
    let (name, domain) = recipient.rsplit_once('@')?;
    if !domain.eq_ignore_ascii_case(SIMULATOR) {
        return None;
    }
    let at = clock::rfc3339(clock::now());
    let feedback = format!("0106-{}-000000", random(b"0123456789abcdef", 12));
    let bounce = |subtype: &str, status: &str, diagnosis: &str| {
        let what = json!({
            "eventType": "Bounce",
            "bounce": {
                "feedbackId": feedback,
                "bounceType": "Permanent",
                "bounceSubType": subtype,
                "bouncedRecipients": [{
                    "emailAddress": recipient, "action": "failed", "status": status, "diagnosticCode": diagnosis,
                }],
                "timestamp": at,
            },
        });
        Some(("bounce", "Email Bounced", what))
    };
    match name.split('+').next()? {
        "bounce" => bounce("General", "5.1.1", "smtp; 550 5.1.1 user unknown"),
        "suppressionlist" => bounce(
            "Suppressed",
            "5.1.1",
            "Amazon SES has suppressed sending to this address",
        ),
        "complaint" => {
            let what = json!({
                "eventType": "Complaint",
                "complaint": {
                    "feedbackId": feedback,
                    "complaintSubType": null,
                    "complainedRecipients": [{ "emailAddress": recipient }],
                    "timestamp": at,
                    "complaintFeedbackType": "abuse",
                },
            });
            Some(("complaint", "Email Complaint Received", what))
        }
        _ => None,
    }
}

fn outgoing(query: &Query) -> Option<Outgoing> {
    match query.action() {
        "SendRawEmail" => raw(query),
        "SendEmail" => simple(query),
        _ => None,
    }
}

fn raw(query: &Query) -> Option<Outgoing> {
    let message = STANDARD.decode(query.get("RawMessage.Data")?).ok()?;
    let parsed = MessageParser::default().parse(&message)?;
    let header = |name: &'static str| parsed.header_raw(name).map(|value| value.trim().to_owned());
    let mut recipients = query.list("Destinations");
    if recipients.is_empty() {
        recipients = [parsed.to(), parsed.cc(), parsed.bcc()]
            .into_iter()
            .flat_map(addresses)
            .collect();
    }
    let from = match query.get("Source") {
        Some(source) => bare(source),
        None => addresses(parsed.from()).into_iter().next()?,
    };
    let configuration_set = query
        .get("ConfigurationSetName")
        .map(str::to_owned)
        .or_else(|| header("X-SES-CONFIGURATION-SET"));
    let envelope = Envelope {
        recipients,
        configuration_set,
        tags: query.tags(),
    };
    drop(parsed);
    Some(Outgoing {
        from,
        envelope,
        message,
    })
}

fn simple(query: &Query) -> Option<Outgoing> {
    let from = bare(query.get("Source")?);
    let mut recipients = query.list("Destination.ToAddresses");
    let mut message = MessageBuilder::new()
        .from(from.clone())
        .to(recipients.clone())
        .subject(query.get("Message.Subject.Data")?.to_owned());
    if let Some(text) = query.get("Message.Body.Text.Data") {
        message = message.text_body(text.to_owned());
    }
    if let Some(html) = query.get("Message.Body.Html.Data") {
        message = message.html_body(html.to_owned());
    }
    let message = message.write_to_vec().ok()?;
    recipients.extend(query.list("Destination.CcAddresses"));
    recipients.extend(query.list("Destination.BccAddresses"));
    let configuration_set = query.get("ConfigurationSetName").map(str::to_owned);
    Some(Outgoing {
        from,
        envelope: Envelope {
            recipients,
            configuration_set,
            tags: query.tags(),
        },
        message,
    })
}

/// The address within `Name <address>`.
fn bare(mailbox: &str) -> String {
    match mailbox.rsplit_once('<') {
        Some((_, address)) => address.trim_end_matches('>').trim().to_owned(),
        None => mailbox.trim().to_owned(),
    }
}

fn result(action: &str, content: &str) -> Response<Body> {
    xml(
        StatusCode::OK,
        format!(
            "<{action}Response xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\"><{action}Result>{content}</{action}Result>\
             <ResponseMetadata><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ResponseMetadata></{action}Response>"
        ),
    )
}

/// The error for a mail from a domain that nobody has proven.
pub(crate) fn unverified(from: &str) -> Response<Body> {
    let region = REGION.to_uppercase();
    let message = format!(
        "Email address is not verified. The following identities failed the check in region {region}: {from}"
    );
    error(StatusCode::BAD_REQUEST, "MessageRejected", &message)
}

/// An error in the Query protocol's XML.
pub(crate) fn error(status: StatusCode, code: &str, message: &str) -> Response<Body> {
    let fault = if status.is_server_error() {
        "Receiver"
    } else {
        "Sender"
    };
    xml(
        status,
        format!(
            "<ErrorResponse xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\"><Error><Type>{fault}</Type><Code>{code}</Code>\
             <Message>{}</Message></Error><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>",
            escaped(message)
        ),
    )
}

fn xml(status: StatusCode, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    response
}
