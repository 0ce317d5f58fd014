//! Guarantee contracts, the versions of their certificates, and the hash of the key that opens them.

use std::collections::BTreeMap;

use guarantee::calendar::{Date, Instant};
use guarantee::certificate::Certificate;
use guarantee::history::{Actor, Event, Happening, Paper, PaperIssued};
use guarantee::key::AuthKey;
use guarantee::kind::{Delivery, Kind};
use guarantee::money::Yen;
use guarantee::number::ContractNumber;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use ulid::Ulid;

use crate::application::Application;
use crate::error::{CommitError, Error};
use crate::history::{self, Recorded};
use crate::idempotency::{IdempotencyKey, Made, hexadecimal};
use crate::item::{CERTIFICATE, EVENT, Key, contract_partition};
use crate::mail::Mail;
use crate::page::{Order, Page, PageRequest};
use crate::table::{BY_CUSTOMER, Ledger};
use crate::transaction::{Condition, Guard, Transaction};

/// The list of electronic certificates in `by_customer`.
const LIST: &str = "CERTIFICATE#";

/// A guarantee contract in its current state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// Its version, which is also the number of its events.
    pub version: u64,
    /// What lists show of it.
    #[serde(flatten)]
    pub line: CertificateLine,
    /// The customer ID of the contractor whose it is.
    pub customer: String,
    /// The application that it came from.
    pub application: Ulid,
    /// How the certificate is received. A paper contract is in no list of electronic certificates.
    pub delivery: Delivery,
    /// The current version of the certificate.
    pub change_number: u16,
    /// The authentication key, once made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyRecord>,
    /// The hash of its last event.
    pub head: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    listed: Option<String>,
}

/// An electronic certificate as a line of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateLine {
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
}

/// What the table knows of an authentication key: enough to recognise it, not enough to show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// SHA-256 over number and key, in hexadecimal.
    pub hash: String,
    /// When the key was made.
    pub issued_at: Instant,
    /// The key notice.
    pub notice: ArchivedPaper,
    /// Where the archive keeps the data that the notice was drawn from.
    pub notice_data: String,
}

/// A paper in the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchivedPaper {
    /// Its key in the archive.
    pub object: String,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// One version of a certificate with its papers; never altered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateVersion {
    /// What was issued.
    pub certificate: Certificate,
    /// The papers that say so.
    pub papers: BTreeMap<Paper, ArchivedPaper>,
}

/// A guarantee contract about to be concluded.
#[derive(Debug, Clone)]
pub struct NewContract {
    /// The application, in the version that the decision was made on.
    pub application: Application,
    /// The certificate and its papers, which are in the archive already.
    pub issued: CertificateVersion,
    /// The id under which lists show it, whose time is `at`.
    pub id: Ulid,
    /// One mail for each address, for electronic delivery.
    pub mails: Vec<Ulid>,
    /// The clerk who decided.
    pub by: Actor,
    /// When.
    pub at: Instant,
}

/// SHA-256 over number and key: what the table holds instead of the key. A plain hash is enough for a
/// secret of 112 bits and more (OWASP ASVS 5.0, 6.5.2).
#[must_use]
pub fn key_hash(number: ContractNumber, key: &AuthKey) -> String {
    let mut hash = Sha256::new();
    hash.update(number.to_string());
    hash.update([0]);
    hash.update(key.reveal());
    hexadecimal(&hash.finalize())
}

impl Contract {
    fn concluded(new: &NewContract) -> Self {
        let certificate = &new.issued.certificate;
        let terms = &certificate.terms;
        let line = CertificateLine {
            contract_number: certificate.contract_number,
            kind: terms.kind,
            orderer_name: terms.orderer.name.clone(),
            title: terms.contract.title.clone(),
            guaranteed_amount: terms.guaranteed_amount,
            issued_on: certificate.issued_on,
            until: certificate.period.until,
        };
        let is_electronic = terms.delivery == Delivery::Electronic;
        Self {
            version: 1,
            line,
            customer: new.application.line.customer.clone(),
            application: new.application.line.id,
            delivery: terms.delivery,
            change_number: certificate.change_number,
            key: None,
            head: String::new(),
            listed: is_electronic.then(|| format!("{LIST}{}", new.id)),
        }
    }

    /// Its number.
    #[must_use]
    pub fn number(&self) -> ContractNumber {
        self.line.contract_number
    }

    /// Adds the contract with its next event to a step.
    pub(crate) fn advance(
        mut self,
        event: Event,
        step: &mut Transaction<'_>,
    ) -> Result<Self, Error> {
        self.version += 1;
        self.head = history::append(
            contract_partition(self.number()),
            self.version,
            &self.head,
            event,
            step,
        )?;
        let condition = Condition::Version(self.version - 1);
        step.put(
            &Key::contract(self.number()),
            "contract",
            &self,
            &condition,
            Guard::State,
        )?;
        Ok(self)
    }
}

impl Ledger {
    /// Concludes a guarantee contract: the application is issued, the contract, its certificate and
    /// its first event are there, and the mails are owed.
    ///
    /// # Errors
    /// [`CommitError::Moved`] when the application has moved on, or the number is taken.
    pub async fn conclude(
        &self,
        new: NewContract,
        key: &IdempotencyKey,
    ) -> Result<Contract, CommitError> {
        let mut contract = Contract::concluded(&new);
        let NewContract {
            application,
            issued,
            mails,
            by,
            at,
            ..
        } = new;
        let certificate = &issued.certificate;
        let number = contract.number();
        let papers = issued.papers.iter().map(|(paper, archived)| PaperIssued {
            paper: *paper,
            sha256: archived.sha256.clone(),
        });
        let what = Happening::Issued {
            contract_number: number,
            change_number: certificate.change_number,
            concluded_on: certificate.concluded_on,
            fee_paid_on: certificate.fee_paid_on,
            papers: papers.collect(),
        };
        let mut step = self.transaction();
        let event = Event { at, by, what };
        contract.head = history::append(
            contract_partition(number),
            contract.version,
            &application.head,
            event,
            &mut step,
        )?;
        step.put(
            &Key::contract(number),
            "contract",
            &contract,
            &Condition::New,
            Guard::State,
        )?;
        let version = Key::certificate(number, certificate.change_number);
        step.put(
            &version,
            "certificate",
            &issued,
            &Condition::New,
            Guard::State,
        )?;
        for (id, to) in mails.into_iter().zip(&certificate.terms.emails) {
            Mail::owed(id, number, to.clone(), at).add(&mut step)?;
        }
        let status = guarantee::application::Status::Issued {
            contract_number: number,
            decided_at: at,
        };
        application.decided(status).replace(&mut step)?;
        key.record(Made::Contract(number), at, &mut step)?;
        step.commit().await?;
        Ok(contract)
    }

    /// The contract with this number.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn contract(&self, number: ContractNumber) -> Result<Option<Contract>, Error> {
        self.get(&Key::contract(number)).await
    }

    /// The current version of a contract's certificate.
    ///
    /// # Errors
    /// When the table cannot be read, or the contract has no certificate.
    pub async fn certificate(&self, contract: &Contract) -> Result<CertificateVersion, Error> {
        let key = Key::certificate(contract.number(), contract.change_number);
        let version = self.get_unalterable(&key).await?;
        version.ok_or_else(|| Error::unavailable("GetItem", "a contract without its certificate"))
    }

    /// Every version of a contract's certificate, oldest first.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn certificates(
        &self,
        number: ContractNumber,
    ) -> Result<Vec<CertificateVersion>, Error> {
        self.partition(&contract_partition(number), CERTIFICATE)
            .await
    }

    /// A customer's electronic certificates, newest first.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn certificates_of(
        &self,
        customer: &str,
        page: &PageRequest,
    ) -> Result<Page<CertificateLine>, Error> {
        self.list(&BY_CUSTOMER, customer, LIST, Order::NewestFirst, page)
            .await
    }

    /// Makes a key the only live one of a contract; the one before, if any, is dead from then on.
    ///
    /// # Errors
    /// [`CommitError::Moved`] when the contract is no longer in the version given.
    pub async fn set_key(
        &self,
        mut contract: Contract,
        record: KeyRecord,
        by: Actor,
        key: Option<&IdempotencyKey>,
    ) -> Result<Contract, CommitError> {
        let at = record.issued_at;
        let notice_sha256 = record.notice.sha256.clone();
        let what = match contract.key.replace(record) {
            None => Happening::KeyIssued { notice_sha256 },
            Some(_) => Happening::KeyReissued { notice_sha256 },
        };
        let mut step = self.transaction();
        let contract = contract.advance(Event { at, by, what }, &mut step)?;
        if let Some(key) = key {
            key.record(Made::Contract(contract.number()), at, &mut step)?;
        }
        step.commit().await?;
        Ok(contract)
    }

    /// The events of a contract and, before them, of its application: one log, oldest first.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn events_of_contract(&self, contract: &Contract) -> Result<Vec<Recorded>, Error> {
        let mut events = self.events_of_application(contract.application).await?;
        events.extend(self.events_since_issue(contract.number()).await?);
        Ok(events)
    }

    /// The events of a contract itself, oldest first; the first one is its issue.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn events_since_issue(&self, number: ContractNumber) -> Result<Vec<Recorded>, Error> {
        self.partition(&contract_partition(number), EVENT).await
    }
}
