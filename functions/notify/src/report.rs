//! What SES reports of a mail that it accepted: it came back, or the recipient called it unwanted.
//!
//! The form is that of SES's events on EventBridge. Only what finds and marks the mail is read: the
//! rest names people.

use std::collections::BTreeMap;

use guarantee::calendar::Instant;
use guarantee::history::Bounce;
use guarantee::number::ContractNumber;
use ledger::{Outcome, Report};
use serde::Deserialize;
use serde_json::Value;
use ulid::Ulid;

use crate::Error;

/// The source of SES's events.
pub(crate) const SOURCE: &str = "aws.ses";

#[derive(Deserialize)]
struct Published {
    detail: Detail,
}

#[derive(Deserialize)]
struct Detail {
    mail: Accepted,
    #[serde(flatten)]
    what: What,
}

/// The message as SES accepted it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Accepted {
    message_id: String,
    timestamp: Instant,
    tags: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(tag = "eventType")]
enum What {
    Bounce { bounce: BounceDetail },
    Complaint { complaint: ComplaintDetail },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BounceDetail {
    bounce_type: BounceType,
    timestamp: Instant,
}

#[derive(Deserialize)]
enum BounceType {
    Permanent,
    Transient,
    Undetermined,
}

#[derive(Deserialize)]
struct ComplaintDetail {
    timestamp: Instant,
}

/// Reads an event.
pub(crate) fn read(event: Value) -> Result<Report, Error> {
    // The parser's words could quote what it stumbled on, which may be an address.
    let Published { detail } =
        serde_json::from_value(event).map_err(|_| Error::UnreadableReport)?;
    let Detail { mail, what } = detail;
    let tag = |name: &str| {
        let values = mail.tags.get(name).map(Vec::as_slice);
        match values {
            Some([value]) => Ok(value.as_str()),
            _ => Err(Error::UnreadableReport),
        }
    };
    let contract_number =
        ContractNumber::parse(tag("contract")?).map_err(|_| Error::UnreadableReport)?;
    let id = Ulid::from_string(tag("mail")?).map_err(|_| Error::UnreadableReport)?;
    let (reported_at, outcome) = match what {
        What::Bounce { bounce } => {
            let kind = match bounce.bounce_type {
                BounceType::Permanent => Bounce::Permanent,
                BounceType::Transient => Bounce::Transient,
                BounceType::Undetermined => Bounce::Undetermined,
            };
            (bounce.timestamp, Outcome::Bounced(kind))
        }
        What::Complaint { complaint } => (complaint.timestamp, Outcome::Complained),
    };
    Ok(Report {
        contract_number,
        mail: id,
        message_id: mail.message_id,
        sent_at: mail.timestamp,
        reported_at,
        outcome,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn number() -> ContractNumber {
        let day = guarantee::calendar::Date::parse("2025-04-14").unwrap();
        ContractNumber::with_serial(day, 1)
    }

    fn event(what: &Value) -> Value {
        let mut detail = json!({
            "mail": {
                "timestamp": "2025-04-14T01:00:00.123Z",
                "source": "denshi-hosho@hosho.example",
                "messageId": "0106-a-000000",
                "destination": ["keiri@example.jp"],
                "headersTruncated": false,
                "headers": [{ "name": "To", "value": "keiri@example.jp" }],
                "tags": {
                    "ses:configuration-set": ["mail"],
                    "contract": [number()],
                    "mail": ["01ARZ3NDEKTSV4RRFFQ69G5FAV"],
                },
            },
        });
        for (name, value) in what.as_object().unwrap() {
            detail[name] = value.clone();
        }
        json!({ "version": "0", "source": SOURCE, "detail-type": "any", "detail": detail })
    }

    fn bounce(kind: &str) -> Value {
        event(&json!({
            "eventType": "Bounce",
            "bounce": {
                "feedbackId": "0106-b-000000",
                "bounceType": kind,
                "bounceSubType": "General",
                "bouncedRecipients": [{
                    "emailAddress": "keiri@example.jp", "action": "failed", "status": "5.1.1",
                    "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                }],
                "timestamp": "2025-04-14T01:00:02.000Z",
                "reportingMTA": "dns; mx.example.jp",
            },
        }))
    }

    #[test]
    fn a_bounce_and_a_complaint_name_their_mail() {
        for (kind, expected) in [
            ("Permanent", Bounce::Permanent),
            ("Transient", Bounce::Transient),
            ("Undetermined", Bounce::Undetermined),
        ] {
            let report = read(bounce(kind)).unwrap();
            assert_eq!(report.outcome, Outcome::Bounced(expected));
            assert_eq!(report.contract_number, number());
            assert_eq!(report.mail.to_string(), "01ARZ3NDEKTSV4RRFFQ69G5FAV");
            assert_eq!(report.message_id, "0106-a-000000");
            assert!(report.sent_at < report.reported_at);
        }
        // SES leaves out of a complaint what the provider did not say.
        let complaint = event(&json!({
            "eventType": "Complaint",
            "complaint": {
                "feedbackId": "0106-c-000000", "complaintSubType": null,
                "complainedRecipients": [{ "emailAddress": "keiri@example.jp" }],
                "timestamp": "2025-04-14T02:00:00.000Z",
            },
        }));
        assert_eq!(read(complaint).unwrap().outcome, Outcome::Complained);
    }

    #[test]
    fn what_cannot_be_read_is_an_error_that_quotes_nothing() {
        let without_tags = {
            let mut event = bounce("Permanent");
            event["detail"]["mail"]["tags"] = json!({});
            event
        };
        let of_two_mails = {
            let mut event = bounce("Permanent");
            event["detail"]["mail"]["tags"]["mail"] = json!(["a", "b"]);
            event
        };
        let delivered = event(&json!({ "eventType": "Delivery", "delivery": {} }));
        for unreadable in [
            without_tags,
            of_two_mails,
            delivered,
            bounce("keiri@example.jp"),
            json!({}),
        ] {
            let error = read(unreadable).unwrap_err();
            assert_eq!(
                error.to_string(),
                "a report of the mail service cannot be read"
            );
        }
    }
}
