//! The life of a guarantee as its users live it, and what the functions use of the cloud in it.

use ledger::SIMILAR_AMONG;
use local::{Usage, Used};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{World, advance_payment, text};

/// The steps of a life, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The contractor applies.
    Apply,
    /// The guarantor concludes the contract and issues the certificate.
    Issue,
    /// The mail goes out.
    Mail,
    /// The contractor looks at the certificate and downloads its PDF.
    View,
    /// The contractor presses 「認証キー」の表示 and downloads the notice.
    Key,
    /// The orderer checks with number and key.
    Check,
}

impl Step {
    /// A life: the orderer checks at the receipt, at the payment and at the completion.
    pub const LIFE: [Self; 8] = [
        Self::Apply,
        Self::Issue,
        Self::Mail,
        Self::View,
        Self::Key,
        Self::Check,
        Self::Check,
        Self::Check,
    ];

    /// The step in a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Issue => "issue",
            Self::Mail => "mail",
            Self::View => "view",
            Self::Key => "key",
            Self::Check => "check",
        }
    }
}

/// Lets the contractor have applied as often as an application is compared with others: from then on a life
/// costs no more.
pub async fn with_history(world: &World) {
    for _ in 0..SIMILAR_AMONG {
        world.apply(&advance_payment()).await;
    }
}

/// A life in the middle of being lived.
pub struct Life<'a> {
    world: &'a World,
    terms: Value,
    application: Value,
    number: String,
    key: String,
}

impl<'a> Life<'a> {
    /// A life that begins with this application.
    #[must_use]
    pub fn of(world: &'a World, terms: Value) -> Self {
        Self {
            world,
            terms,
            application: Value::Null,
            number: String::new(),
            key: String::new(),
        }
    }

    /// The number of the contract; empty until it is issued.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The authentication key; empty until it is shown.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Lives a step; the steps before it have been lived.
    pub async fn live(&mut self, step: Step) {
        match step {
            Step::Apply => self.application = self.world.apply(&self.terms).await,
            Step::Issue => {
                let contract = self.world.issue(&self.application, &json!({})).await;
                self.number = text(&contract["contract_number"]);
            }
            Step::Mail => self.world.cloud.drained().await,
            Step::View => {
                let path = format!("/api/certificates/{}", self.number);
                self.get(&path).await;
                let paper = self.get(&format!("{path}/documents/certificate")).await;
                self.download(&paper).await;
            }
            Step::Key => {
                let key = self.world.show_key(&self.number).await;
                self.download(&key["key_notice"]).await;
                self.key = text(&key["authentication_key"]);
            }
            Step::Check => {
                let checked = self.world.check(&self.number, &self.key).await;
                assert_eq!(checked.status, StatusCode::OK, "{}", checked.text());
            }
        }
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.world.get(&self.world.contractor, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()
    }

    async fn download(&self, address: &Value) {
        let paper = self.world.fetch(&text(&address["url"])).await;
        assert_eq!(paper.status, StatusCode::OK, "{}", paper.text());
    }
}

/// The capacity that calls consumed, in request units.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Units {
    /// Read request units.
    pub read: f64,
    /// Write request units.
    pub write: f64,
}

impl Units {
    /// What these calls consumed together.
    #[must_use]
    pub fn of(used: &[Used]) -> Self {
        used.iter()
            .fold(Self::default(), |sum, used| match used.what {
                Usage::DynamoDb { read, write, .. } => Self {
                    read: sum.read + read,
                    write: sum.write + write,
                },
                _ => sum,
            })
    }
}
