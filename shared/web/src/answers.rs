//! Applications and certificates as clients read them, in one form for everybody who may.

use guarantee::application::{Period, Status, Terms};
use guarantee::calendar::{Date, Instant};
use guarantee::certificate::{Certificate, Standing};
use guarantee::fee::{Fee, fee};
use guarantee::kind::{Delivery, Kind};
use guarantee::money::Yen;
use guarantee::number::ContractNumber;
use guarantee::orderer::{HandOver, Orderer, OrdererCode};
use ledger::{Application, ApplicationLine, CertificateLine};
use serde::Serialize;
use ulid::Ulid;

/// An application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ApplicationAnswer {
    /// Its id.
    #[schema(value_type = String)]
    pub id: Ulid,
    /// Its version, which is also its ETag.
    pub version: u64,
    /// The customer ID of the contractor.
    pub customer: String,
    /// Where it stands.
    #[serde(flatten)]
    pub state: Status,
    /// When it was submitted.
    pub submitted_at: Instant,
    /// What is applied for.
    #[serde(flatten)]
    pub terms: Terms,
    /// The period of the guarantee.
    pub period: Period,
    /// The fee, were the guarantee contract concluded today.
    pub fee: Fee,
    /// Other live applications of the customer for the same orderer, title and kind: perhaps this one
    /// was sent twice.
    pub similar_applications: Vec<ApplicationSummary>,
}

impl ApplicationAnswer {
    /// The application with the others that resemble it.
    #[must_use]
    pub fn of(application: &Application, similar: Vec<ApplicationLine>, today: Date) -> Self {
        let terms = application.terms.clone();
        Self {
            id: application.line.id,
            version: application.version,
            customer: application.line.customer.clone(),
            state: application.line.status.clone(),
            submitted_at: application.line.submitted_at,
            period: terms.period(),
            fee: fee(terms.kind, terms.guaranteed_amount, today),
            terms,
            similar_applications: similar.into_iter().map(ApplicationSummary::from).collect(),
        }
    }
}

/// An application as a line of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ApplicationSummary {
    /// Its id.
    #[schema(value_type = String)]
    pub id: Ulid,
    /// The customer ID of the contractor.
    pub customer: String,
    /// Where it stands.
    #[serde(flatten)]
    pub state: Status,
    /// When it was submitted.
    pub submitted_at: Instant,
    /// The kind of guarantee.
    pub kind: Kind,
    /// How the certificate is received.
    pub delivery: Delivery,
    /// The code of the orderer.
    pub orderer_code: OrdererCode,
    /// The name of the orderer.
    pub orderer_name: String,
    /// The name of the contractor.
    pub contractor_name: String,
    /// 工事名・業務名.
    pub title: String,
    /// The guaranteed amount.
    pub guaranteed_amount: Yen,
}

impl From<ApplicationLine> for ApplicationSummary {
    fn from(line: ApplicationLine) -> Self {
        Self {
            id: line.id,
            customer: line.customer,
            state: line.status,
            submitted_at: line.submitted_at,
            kind: line.kind,
            delivery: line.delivery,
            orderer_code: line.orderer_code,
            orderer_name: line.orderer_name,
            contractor_name: line.contractor_name,
            title: line.title,
            guaranteed_amount: line.guaranteed_amount,
        }
    }
}

/// A certificate, with how it stands today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CertificateAnswer {
    /// What was issued.
    #[serde(flatten)]
    pub certificate: Certificate,
    /// Whether it holds today.
    pub standing: Standing,
    /// The same, in Japanese: 有効, 期限経過.
    pub standing_label: String,
    /// 保証文言: what the guarantor promises.
    pub wording: String,
}

impl CertificateAnswer {
    /// The certificate as it stands on this day.
    #[must_use]
    pub fn of(certificate: Certificate, today: Date) -> Self {
        let standing = certificate.standing(today);
        let standing_label = standing.japanese().to_owned();
        Self {
            wording: certificate.wording(),
            certificate,
            standing,
            standing_label,
        }
    }
}

/// An electronic certificate as a line of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CertificateSummary {
    /// 保証契約番号.
    pub contract_number: ContractNumber,
    /// The kind of guarantee.
    pub kind: Kind,
    /// The name of the orderer.
    pub orderer_name: String,
    /// 工事名・業務名.
    pub title: String,
    /// The guaranteed amount.
    pub guaranteed_amount: Yen,
    /// 発行日.
    pub issued_on: Date,
    /// 保証期限.
    pub until: Date,
    /// Whether it holds today.
    pub standing: Standing,
}

impl CertificateSummary {
    /// The line of a list as the certificate stands on this day.
    #[must_use]
    pub fn of(line: CertificateLine, today: Date) -> Self {
        Self {
            contract_number: line.contract_number,
            kind: line.kind,
            orderer_name: line.orderer_name,
            title: line.title,
            guaranteed_amount: line.guaranteed_amount,
            issued_on: line.issued_on,
            until: line.until,
            standing: Standing::on(today, line.until),
        }
    }
}

/// What to hand to the orderer, by its rule of today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HandOverAnswer {
    /// The general conditions that the original contract must use, where the orderer names them.
    pub general_conditions: Option<String>,
    /// How the papers of this kind are handed over; empty where no rule is known.
    pub rules: Vec<HandOver>,
    /// Where the rules were read.
    pub source: String,
}

impl HandOverAnswer {
    /// The rule of this orderer for a certificate.
    #[must_use]
    pub fn of(orderer: &Orderer, certificate: &Certificate) -> Self {
        let terms = &certificate.terms;
        Self {
            general_conditions: orderer
                .general_conditions_for(terms.contract.category)
                .map(str::to_owned),
            rules: orderer.hand_over_of(terms.kind).cloned().collect(),
            source: orderer.source.clone(),
        }
    }
}

/// An event of the log as the desk reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct EventAnswer {
    /// Its place among the events of its subject.
    pub n: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: guarantee::history::Event,
    /// The hash of the event before it.
    pub previous: String,
    /// The hash over the event and the one before.
    pub hash: String,
}

impl From<ledger::Recorded> for EventAnswer {
    fn from(recorded: ledger::Recorded) -> Self {
        let ledger::Recorded {
            n,
            event,
            previous,
            hash,
        } = recorded;
        Self {
            n,
            event,
            previous,
            hash,
        }
    }
}
