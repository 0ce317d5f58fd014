//! Applications: made by a contractor, moved once by a decision.

use guarantee::application::{Status, Terms};
use guarantee::calendar::Instant;
use guarantee::history::{Actor, Event, Happening};
use guarantee::kind::{Delivery, Kind};
use guarantee::money::Yen;
use guarantee::number::ContractNumber;
use guarantee::orderer::OrdererCode;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::error::{CommitError, Error};
use crate::history::{self, Recorded};
use crate::idempotency::{IdempotencyKey, Made};
use crate::item::{EVENT, Key, application_partition};
use crate::page::{Order, Page, PageRequest};
use crate::table::{BY_CUSTOMER, BY_QUEUE, Ledger};
use crate::transaction::{Condition, Guard, Transaction};

/// The list of applications in `by_customer`.
const LIST: &str = "APPLICATION#";
/// How many of a customer's latest applications are looked through for a similar one.
pub const SIMILAR_AMONG: u8 = 20;

/// An application in its current state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Its version, which is also the number of its events.
    pub version: u64,
    /// What lists show of it.
    #[serde(flatten)]
    pub line: ApplicationLine,
    /// What is applied for.
    pub terms: Terms,
    /// The hash of its last event.
    pub head: String,
    listed: String,
    queue: String,
    queued: String,
}

/// An application as a line of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationLine {
    /// Its id.
    pub id: Ulid,
    /// The customer ID of the contractor whose it is.
    pub customer: String,
    /// Where it stands.
    #[serde(flatten)]
    pub status: Status,
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

/// An application about to be made.
#[derive(Debug, Clone)]
pub struct NewApplication {
    /// Its id, whose time is `at`.
    pub id: Ulid,
    /// The customer ID of the contractor.
    pub customer: String,
    /// The examined terms.
    pub terms: Terms,
    /// When.
    pub at: Instant,
}

impl Application {
    fn submitted(new: NewApplication) -> Self {
        let NewApplication {
            id,
            customer,
            terms,
            at,
        } = new;
        let line = ApplicationLine {
            id,
            customer,
            status: Status::Submitted,
            submitted_at: at,
            kind: terms.kind,
            delivery: terms.delivery,
            orderer_code: terms.orderer.code.clone(),
            orderer_name: terms.orderer.name.clone(),
            contractor_name: terms.contractor.name.clone(),
            title: terms.contract.title.clone(),
            guaranteed_amount: terms.guaranteed_amount,
        };
        let queue = queue(line.status.name());
        Self {
            version: 1,
            line,
            terms,
            head: String::new(),
            listed: format!("{LIST}{id}"),
            queue,
            queued: id.to_string(),
        }
    }

    /// The number of the guarantee contract, once issued.
    #[must_use]
    pub fn contract_number(&self) -> Option<ContractNumber> {
        match &self.line.status {
            Status::Issued {
                contract_number, ..
            } => Some(*contract_number),
            _ => None,
        }
    }

    /// The application after a decision, one version further.
    pub(crate) fn decided(mut self, status: Status) -> Self {
        self.version += 1;
        self.queue = queue(status.name());
        self.line.status = status;
        self
    }

    /// Adds the application in its new version to a step.
    pub(crate) fn replace(&self, step: &mut Transaction<'_>) -> Result<(), Error> {
        let condition = Condition::Version(self.version - 1);
        step.put(
            &Key::application(self.line.id),
            "application",
            self,
            &condition,
            Guard::State,
        )
    }

    /// Whether a line is another live application for the same orderer, title and kind.
    fn is_similar_to(&self, line: &ApplicationLine) -> bool {
        line.id != self.line.id
            && matches!(line.status, Status::Submitted | Status::Issued { .. })
            && (line.kind, &line.orderer_code, &line.title)
                == (self.line.kind, &self.line.orderer_code, &self.line.title)
    }
}

fn queue(status: &str) -> String {
    format!("application#{status}")
}

impl Ledger {
    /// Makes an application.
    ///
    /// # Errors
    /// [`CommitError::Repeated`] when the idempotency key was used before.
    pub async fn submit(
        &self,
        new: NewApplication,
        key: &IdempotencyKey,
    ) -> Result<Application, CommitError> {
        let by = Actor::Contractor {
            customer: new.customer.clone(),
        };
        let event = Event {
            at: new.at,
            by,
            what: Happening::Submitted,
        };
        let mut application = Application::submitted(new);
        let mut step = self.transaction();
        let partition = application_partition(application.line.id);
        let at = event.at;
        application.head = history::append(partition, application.version, "", event, &mut step)?;
        step.put(
            &Key::application(application.line.id),
            "application",
            &application,
            &Condition::New,
            Guard::State,
        )?;
        key.record(Made::Application(application.line.id), at, &mut step)?;
        step.commit().await?;
        Ok(application)
    }

    /// The application with this id.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn application(&self, id: Ulid) -> Result<Option<Application>, Error> {
        self.get(&Key::application(id)).await
    }

    /// Withdraws or declines an application.
    ///
    /// # Errors
    /// [`CommitError::Moved`] when it is no longer in the version given.
    pub async fn close(
        &self,
        application: Application,
        status: Status,
        event: Event,
        key: Option<&IdempotencyKey>,
    ) -> Result<Application, CommitError> {
        let at = event.at;
        let mut application = application.decided(status);
        let mut step = self.transaction();
        let partition = application_partition(application.line.id);
        application.head = history::append(
            partition,
            application.version,
            &application.head,
            event,
            &mut step,
        )?;
        application.replace(&mut step)?;
        if let Some(key) = key {
            key.record(Made::Application(application.line.id), at, &mut step)?;
        }
        step.commit().await?;
        Ok(application)
    }

    /// A customer's applications, newest first.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn applications_of(
        &self,
        customer: &str,
        page: &PageRequest,
    ) -> Result<Page<ApplicationLine>, Error> {
        self.list(&BY_CUSTOMER, customer, LIST, Order::NewestFirst, page)
            .await
    }

    /// The applications in a state, oldest first; `status` is one of [`Status::name`].
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn applications_in(
        &self,
        status: &str,
        page: &PageRequest,
    ) -> Result<Page<ApplicationLine>, Error> {
        self.list(&BY_QUEUE, &queue(status), "", Order::OldestFirst, page)
            .await
    }

    /// Other live applications among the customer's latest for the same orderer, title and kind: a
    /// warning for who decides, from an index, never a decision. Once it is decided there are none.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn similar_to(
        &self,
        application: &Application,
    ) -> Result<Vec<ApplicationLine>, Error> {
        if application.line.status != Status::Submitted {
            return Ok(Vec::new());
        }
        let latest = PageRequest {
            limit: i32::from(SIMILAR_AMONG),
            after: None,
        };
        let page = self
            .applications_of(&application.line.customer, &latest)
            .await?;
        Ok(page
            .items
            .into_iter()
            .filter(|line| application.is_similar_to(line))
            .collect())
    }

    /// The events of an application, oldest first.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn events_of_application(&self, id: Ulid) -> Result<Vec<Recorded>, Error> {
        self.partition(&application_partition(id), EVENT).await
    }
}
