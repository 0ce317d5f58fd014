//! A command with everything in it that it takes to ask for it over HTTP.

use std::fmt;

use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    Answer, KUNISAKI, Person, World, advance_payment, contract_performance, interim_payment,
    on_paper,
};

use crate::story::{Contractor, Day, Kind, Slip, Wanted};

/// A request as it goes out; the same request is the same to the last byte.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) by: By,
    pub(crate) asks: Asks,
    /// The Idempotency-Key, where the route takes one.
    pub(crate) key: Option<String>,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum By {
    Contractor(Contractor),
    Clerk,
    Anyone,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) enum Asks {
    Apply {
        wanted: Wanted,
    },
    Withdraw {
        id: String,
        seen: u64,
    },
    Issue {
        id: String,
        seen: u64,
        day: Day,
    },
    Decline {
        id: String,
        seen: u64,
        reason: bool,
    },
    Resend {
        number: String,
        mail: String,
        to: Option<&'static str>,
    },
    ShowKey {
        number: String,
    },
    ReissueKey {
        number: String,
    },
    OpenPaper {
        number: String,
        paper: &'static str,
    },
    Check {
        number: String,
        key: String,
    },
    EditOrderer {
        seen: u64,
        /// The orderer as it is to be.
        orderer: Value,
    },
}

impl Request {
    /// Asks, and gives the answer.
    pub(crate) async fn send(&self, world: &World) -> Answer {
        let mut question = world.ask(self.by.person(world), self.method(), &self.path());
        if let Some(key) = &self.key {
            question = question.idempotency_key(key);
        }
        if let Some(seen) = self.seen() {
            question = question.header("if-match", &format!("\"{seen}\""));
        }
        if self.method() != Method::GET {
            question = question.json(&self.body());
        }
        question.send().await
    }

    /// The function behind the request, and the operation of the one behind that, by which a mail goes out.
    pub(crate) fn function(&self, operation: &str) -> &'static str {
        if operation == "SendRawEmail" {
            return "Notify";
        }
        match (&self.asks, self.by) {
            (Asks::Apply { .. } | Asks::Withdraw { .. }, _) => "Apply",
            (Asks::ShowKey { .. } | Asks::ReissueKey { .. }, _) => "GenerateKey",
            (Asks::Check { .. }, _) => "Verify",
            (Asks::OpenPaper { .. }, By::Contractor(_)) => "View",
            _ => "Issue",
        }
    }

    fn method(&self) -> Method {
        match self.asks {
            Asks::OpenPaper { .. } => Method::GET,
            Asks::EditOrderer { .. } => Method::PUT,
            _ => Method::POST,
        }
    }

    /// The path, which is also the route that an Idempotency-Key belongs to.
    pub(crate) fn path(&self) -> String {
        match &self.asks {
            Asks::Apply { .. } => "/api/applications".to_owned(),
            Asks::Withdraw { id, .. } => format!("/api/applications/{id}/withdraw"),
            Asks::Issue { id, .. } => format!("/api/desk/applications/{id}/issue"),
            Asks::Decline { id, .. } => format!("/api/desk/applications/{id}/decline"),
            Asks::Resend { number, mail, .. } => {
                format!("/api/desk/contracts/{number}/mails/{mail}/resend")
            }
            Asks::ShowKey { number } => format!("/api/certificates/{number}/authentication-key"),
            Asks::ReissueKey { number } => {
                format!("/api/certificates/{number}/authentication-key/reissue")
            }
            Asks::OpenPaper { number, paper } if self.by == By::Clerk => {
                format!("/api/desk/contracts/{number}/documents/{paper}")
            }
            Asks::OpenPaper { number, paper } => {
                format!("/api/certificates/{number}/documents/{paper}")
            }
            Asks::Check { .. } => "/api/verifications".to_owned(),
            Asks::EditOrderer { .. } => format!("/api/desk/orderers/{KUNISAKI}"),
        }
    }

    fn seen(&self) -> Option<u64> {
        match self.asks {
            Asks::Withdraw { seen, .. }
            | Asks::Issue { seen, .. }
            | Asks::Decline { seen, .. }
            | Asks::EditOrderer { seen, .. } => Some(seen),
            _ => None,
        }
    }

    /// The body.
    pub(crate) fn body(&self) -> Value {
        match &self.asks {
            Asks::Apply { wanted } => wanted.body(),
            Asks::Issue { day, .. } => match day {
                Day::Today => json!({}),
                Day::BeforeTheWorksContract => json!({ "concluded_on": "2025-03-01" }),
                Day::Future => json!({ "concluded_on": "9999-12-31" }),
            },
            Asks::Decline { reason: true, .. } => json!({ "reason": "書類が足りません。" }),
            Asks::Resend { to: Some(to), .. } => json!({ "to": to }),
            Asks::Check { number, key } => {
                json!({ "contract_number": number, "authentication_key": key })
            }
            Asks::EditOrderer { orderer, .. } => orderer.clone(),
            _ => json!({}),
        }
    }
}

impl By {
    fn person(self, world: &World) -> &Person {
        match self {
            Self::Contractor(Contractor::One) => &world.contractor,
            Self::Contractor(Contractor::Other) => &world.other_contractor,
            Self::Clerk => &world.clerk,
            Self::Anyone => &world.anyone,
        }
    }
}

impl Wanted {
    /// The mail addresses that the application names.
    pub(crate) fn emails(&self) -> Vec<String> {
        (1..=self.addresses)
            .map(|n| format!("keiri{n}@example.jp"))
            .collect()
    }

    /// Whether this is wrong with it.
    pub(crate) fn has(&self, slip: Slip) -> bool {
        self.slips.contains(&slip)
    }

    fn body(&self) -> Value {
        let mut body = match self.kind {
            Kind::AdvancePayment => advance_payment(),
            Kind::InterimPayment => interim_payment(),
            Kind::ContractPerformance => contract_performance(),
        };
        if !self.electronic {
            body = on_paper(body);
        }
        if self.has(Slip::Reservation) {
            body["kind"] = json!("contract_performance_reservation");
        }
        if self.has(Slip::AmountOutOfBounds) {
            body["guaranteed_amount"] = match self.kind {
                Kind::AdvancePayment => json!(12_000_001),
                Kind::InterimPayment => json!(6_000_001),
                Kind::ContractPerformance => json!(2_999_999),
            };
        }
        if self.has(Slip::BeforeTheStart) {
            body["contract"]["original_contract_date"] = json!("2025-03-31");
        }
        if self.has(Slip::ConditionsNotConfirmed) {
            body["general_conditions_confirmed"] = json!(false);
        }
        body["emails"] = json!(self.emails());
        body
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.asks {
            Asks::EditOrderer { seen, orderer } => {
                let takes = orderer.get("electronic").is_some();
                write!(
                    f,
                    "{:?}: EditOrderer {{ seen: {seen}, electronic: {takes} }}",
                    self.by
                )?;
            }
            asks => write!(f, "{:?}: {asks:?}", self.by)?,
        }
        match &self.key {
            Some(key) => write!(f, " under {key}"),
            None => Ok(()),
        }
    }
}
