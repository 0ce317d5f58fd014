//! The state of every guarantee in one DynamoDB table: applications, contracts and their certificates,
//! the events that led there, the mails owed, and the records that make a repeated request harmless.
//!
//! A step is one transaction: the new state (on the condition that nobody else moved it), the next
//! event, the idempotency record and the mails owed. Either all of it is there, or none.

mod application;
mod checks;
mod contract;
mod error;
mod history;
mod idempotency;
mod item;
mod mail;
mod orderer;
mod page;
mod survey;
mod table;
mod transaction;

pub use application::{Application, ApplicationLine, NewApplication, SIMILAR_AMONG};
pub use checks::{
    CHECKS_SHOWN, Check, Checked, Checks, MANY_WRONG_CHECKS, Source, WRONG_ANSWERS,
    WRONG_ANSWERS_WINDOW_SECONDS,
};
pub use contract::{
    ArchivedPaper, CertificateLine, CertificateVersion, Contract, KeyRecord, NewContract, key_hash,
};
pub use error::{CommitError, Error};
pub use history::{BrokenLink, Recorded, chain_hash, first_broken_link};
pub use idempotency::{IdempotencyKey, Made, Record};
pub use mail::{LEASE_SECONDS, Mail, MailLine, MailStatus, Outcome, Report};
pub use orderer::{Expected, OrdererVersion};
pub use page::{Page, PageRequest};
pub use survey::{Subject, SurveyPoint};
pub use table::Ledger;
