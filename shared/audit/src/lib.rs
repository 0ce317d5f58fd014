//! The examination of a live table and its archive: reads everything, writes nothing, and names every
//! place where something that must hold does not.

use std::fmt;

use archive::Archive;
use aws_types::SdkConfig;
use guarantee::application::Status;
use guarantee::history::{Bounce, Happening, Paper};
use guarantee::key::AuthKey;
use guarantee::kind::Delivery;
use guarantee::number::ContractNumber;
use ledger::{
    Application, ArchivedPaper, CertificateVersion, Contract, KeyRecord, Ledger, Made, MailStatus,
    Recorded, Subject, first_broken_link, key_hash,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What an examination found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// How many applications were examined.
    pub applications: usize,
    /// How many contracts were examined.
    pub contracts: usize,
    /// How many papers were read and held against their hash.
    pub papers: usize,
    /// What does not hold.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether everything holds.
    ///
    /// # Errors
    /// How much does not, in a line.
    pub fn verdict(&self) -> Result<(), String> {
        match self.findings.len() {
            0 => Ok(()),
            faults => Err(format!("{faults} faults")),
        }
    }
}

/// What was found, a line each, and how much was examined.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        let Self {
            applications,
            contracts,
            papers,
            ..
        } = self;
        write!(
            f,
            "{applications} applications, {contracts} contracts, {papers} papers examined"
        )
    }
}

/// Something that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{subject}: {fault}")]
pub struct Finding {
    /// What it concerns: an application's id or a contract's number.
    pub subject: String,
    /// What is wrong.
    pub fault: String,
}

/// Examines a whole table with its archive.
///
/// Run it while nothing writes, or twice: what is in the middle of a step may look unfinished once.
///
/// # Errors
/// When the table cannot be read.
pub async fn examine(aws: &SdkConfig, table: &str, bucket: &str) -> Result<Report, ledger::Error> {
    let mut examiner = Examiner {
        ledger: Ledger::new(aws, table),
        archive: Archive::new(aws, bucket),
        report: Report::default(),
    };
    let mut point = None;
    loop {
        let (subjects, next) = examiner.ledger.survey(point).await?;
        for subject in subjects {
            match subject {
                Subject::Application(id) => {
                    if let Some(application) = examiner.ledger.application(id).await? {
                        examiner.application(&application).await?;
                    }
                }
                Subject::Contract(number) => {
                    if let Some(contract) = examiner.ledger.contract(number).await? {
                        examiner.contract(&contract).await?;
                    }
                }
                Subject::Request(record) => examiner.request(record.made).await?,
            }
        }
        match next {
            Some(next) => point = Some(next),
            None => return Ok(examiner.report),
        }
    }
}

struct Examiner {
    ledger: Ledger,
    archive: Archive,
    report: Report,
}

impl Examiner {
    /// An application: its chain, and that its state is the one that its events lead to.
    async fn application(&mut self, application: &Application) -> Result<(), ledger::Error> {
        self.report.applications += 1;
        let subject = application.line.id.to_string();
        let events = self
            .ledger
            .events_of_application(application.line.id)
            .await?;
        self.chain(&subject, &events);
        let happened: Vec<_> = events.iter().map(|recorded| &recorded.event.what).collect();
        let fits = match &application.line.status {
            Status::Submitted | Status::Issued { .. } => {
                matches!(happened.as_slice(), [Happening::Submitted])
            }
            Status::Declined { .. } => {
                matches!(
                    happened.as_slice(),
                    [Happening::Submitted, Happening::Declined { .. }]
                )
            }
            Status::Withdrawn { .. } => {
                matches!(
                    happened.as_slice(),
                    [Happening::Submitted, Happening::Withdrawn]
                )
            }
        };
        self.hold(fits, &subject, "its events do not lead to its state");
        self.head(&subject, &application.head, &events);
        let decided = application.line.status != Status::Submitted;
        self.hold(
            application.version == 1 + u64::from(decided),
            &subject,
            "its version does not fit its state",
        );
        if let Some(number) = application.contract_number() {
            let contract = self.ledger.contract(number).await?;
            let named =
                contract.is_some_and(|contract| contract.application == application.line.id);
            self.hold(
                named,
                &subject,
                "it is issued, but its contract is not there",
            );
        }
        Ok(())
    }

    /// A contract: its chain on from its application's, its papers, its mails, its key.
    async fn contract(&mut self, contract: &Contract) -> Result<(), ledger::Error> {
        self.report.contracts += 1;
        let number = contract.number();
        let subject = number.to_string();
        let application = self.ledger.application(contract.application).await?;
        let issued =
            application.is_some_and(|application| application.contract_number() == Some(number));
        self.hold(
            issued,
            &subject,
            "its application does not say that it is issued",
        );
        self.chain(&subject, &self.ledger.events_of_contract(contract).await?);
        let events = self.ledger.events_since_issue(number).await?;
        self.head(&subject, &contract.head, &events);
        self.hold(
            u64::try_from(events.len()) == Ok(contract.version),
            &subject,
            "its version does not count its events",
        );
        let issues = |what: &Happening| matches!(what, Happening::Issued { .. });
        let mut happened = events.iter().map(|recorded| &recorded.event.what);
        let first = happened.next().is_some_and(issues);
        self.hold(
            first && !happened.any(issues),
            &subject,
            "it is not issued exactly once, and first",
        );
        self.certificates(contract, &subject, &events).await?;
        self.mails(contract, &subject, &events).await?;
        self.key(contract, &subject, &events).await;
        Ok(())
    }

    async fn certificates(
        &mut self,
        contract: &Contract,
        subject: &str,
        events: &[Recorded],
    ) -> Result<(), ledger::Error> {
        let versions = self.ledger.certificates(contract.number()).await?;
        self.hold(
            versions.len() == usize::from(contract.change_number) + 1,
            subject,
            "a version of its certificate is missing",
        );
        for version in versions {
            let is_issued = events
                .iter()
                .any(|recorded| says(&recorded.event.what, &version));
            self.hold(
                is_issued,
                subject,
                "a certificate is not what the log says was issued",
            );
            for paper in Paper::ALL {
                match version.papers.get(&paper) {
                    Some(archived) => self.paper(subject, archived).await,
                    None => self.hold(false, subject, "a certificate lacks a paper"),
                }
            }
        }
        Ok(())
    }

    async fn paper(&mut self, subject: &str, archived: &ArchivedPaper) {
        self.report.papers += 1;
        let found = self.archive.get(&archived.object).await;
        let right = found.is_ok_and(|bytes| sha256(&bytes) == archived.sha256);
        self.hold(
            right,
            subject,
            "a paper is not in the archive, or not what was put there",
        );
    }

    /// Each address has its mail, and what was sent or refused is in the log.
    async fn mails(
        &mut self,
        contract: &Contract,
        subject: &str,
        events: &[Recorded],
    ) -> Result<(), ledger::Error> {
        let mails = self.ledger.mails_of(contract.number()).await?;
        let emails = match contract.delivery {
            Delivery::Electronic => self
                .ledger
                .certificate(contract)
                .await?
                .certificate
                .terms
                .emails
                .len(),
            Delivery::Paper => 0,
        };
        let first = mails
            .iter()
            .filter(|mail| mail.instead_of.is_none())
            .count();
        self.hold(
            first == emails,
            subject,
            "not every address has exactly one first mail",
        );
        for mail in &mails {
            let id = mail.line.id.to_string();
            let logged = |wanted: &Happening| {
                events
                    .iter()
                    .filter(|recorded| recorded.event.what == *wanted)
                    .count()
            };
            let sent = logged(&Happening::MailSent { mail: id.clone() });
            let refused = logged(&Happening::MailRefused { mail: id.clone() });
            let complained = logged(&Happening::MailComplained { mail: id.clone() });
            let bounces: Vec<Bounce> = events
                .iter()
                .filter_map(|recorded| match &recorded.event.what {
                    Happening::MailBounced { mail, bounce } if *mail == id => Some(*bounce),
                    _ => None,
                })
                .collect();
            let last = bounces.last().copied();
            let expected = match mail.line.status {
                MailStatus::Owed | MailStatus::Sending { .. } => (0, 0, None, 0),
                MailStatus::Sent { .. } => (1, 0, None, 0),
                MailStatus::Refused { .. } => (0, 1, None, 0),
                MailStatus::Bounced { bounce, .. } => (1, 0, Some(bounce), 0),
                // It may have come back before: an automatic reply looks like that.
                MailStatus::Complained { .. } => (1, 0, last, 1),
            };
            self.hold(
                (sent, refused, last, complained) == expected,
                subject,
                "a mail and the log disagree",
            );
            // A worse report alone changes a mail that came back.
            self.hold(
                bounces.is_sorted_by(|earlier, later| earlier < later),
                subject,
                "a mail came back twice in the same way",
            );
            let replacement = mail.replaced_by;
            let replaced = mails.iter().any(|other| Some(other.line.id) == replacement);
            self.hold(
                replaced == replacement.is_some(),
                subject,
                "a mail that was sent again lacks the one that stands in for it",
            );
        }
        Ok(())
    }

    /// At most one key lives, its notice is in the archive, and only an electronic certificate has one.
    async fn key(&mut self, contract: &Contract, subject: &str, events: &[Recorded]) {
        let made: Vec<_> = events
            .iter()
            .filter_map(|recorded| match &recorded.event.what {
                Happening::KeyIssued { notice_sha256 } => Some((true, notice_sha256)),
                Happening::KeyReissued { notice_sha256 } => Some((false, notice_sha256)),
                _ => None,
            })
            .collect();
        let first_once = made
            .iter()
            .enumerate()
            .all(|(place, (first, _))| *first == (place == 0));
        self.hold(
            first_once,
            subject,
            "a first key was made twice, or after another",
        );
        let live = contract.key.as_ref();
        let notice = made.last().map(|(_, sha256)| sha256.as_str());
        self.hold(
            notice == live.map(|record| record.notice.sha256.as_str()),
            subject,
            "the live key is not the last one of the log",
        );
        let Some(record) = live else { return };
        self.hold(
            contract.delivery == Delivery::Electronic,
            subject,
            "a paper contract has a key",
        );
        self.paper(subject, &record.notice).await;
        let opens = self.opens(contract.number(), record).await;
        self.hold(
            opens,
            subject,
            "the key in the archive is not the one whose hash the table holds",
        );
    }

    /// Whether the archived key is the one that the table would recognise.
    async fn opens(&self, number: ContractNumber, record: &KeyRecord) -> bool {
        let Ok(data) = self.archive.get(&record.notice_data).await else {
            return false;
        };
        let data: Option<Value> = serde_json::from_slice(&data).ok();
        let key = data
            .as_ref()
            .and_then(|data| data.get("authentication_key"))
            .and_then(Value::as_str);
        let key = key.and_then(|key| AuthKey::parse(key).ok());
        key.is_some_and(|key| key_hash(number, &key) == record.hash)
    }

    async fn request(&mut self, made: Made) -> Result<(), ledger::Error> {
        let (subject, there) = match made {
            Made::Application(id) => (id.to_string(), self.ledger.application(id).await?.is_some()),
            Made::Contract(number) => (
                number.to_string(),
                self.ledger.contract(number).await?.is_some(),
            ),
            Made::Mail(number, id) => (
                number.to_string(),
                self.ledger.mail(number, id).await?.is_some(),
            ),
        };
        self.hold(
            there,
            &subject,
            "the record of a request names it, but it is not there",
        );
        Ok(())
    }

    fn chain(&mut self, subject: &str, events: &[Recorded]) {
        if let Err(broken) = first_broken_link(events) {
            self.hold(false, subject, &broken.to_string());
        }
    }

    fn head(&mut self, subject: &str, head: &str, events: &[Recorded]) {
        let last = events.last().map(|recorded| recorded.hash.as_str());
        self.hold(
            last == Some(head),
            subject,
            "its head is not the hash of its last event",
        );
    }

    fn hold(&mut self, holds: bool, subject: &str, fault: &str) {
        if !holds {
            let finding = Finding {
                subject: subject.to_owned(),
                fault: fault.to_owned(),
            };
            self.report.findings.push(finding);
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Whether this happening is the issue of this certificate with these papers.
fn says(what: &Happening, version: &CertificateVersion) -> bool {
    let Happening::Issued {
        contract_number,
        change_number,
        concluded_on,
        fee_paid_on,
        papers,
    } = what
    else {
        return false;
    };
    let certificate = &version.certificate;
    let same_papers = papers.len() == version.papers.len()
        && papers.iter().all(|issued| {
            let archived = version.papers.get(&issued.paper);
            archived.is_some_and(|archived| archived.sha256 == issued.sha256)
        });
    (contract_number, change_number, concluded_on, fee_paid_on)
        == (
            &certificate.contract_number,
            &certificate.change_number,
            &certificate.concluded_on,
            &certificate.fee_paid_on,
        )
        && same_papers
}
