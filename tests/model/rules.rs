//! The rules of the product, as a model that is small enough to be seen to be right.
//!
//! The model takes one request after the other with the answer that the product gave. It says whether
//! that answer was the right one, learns from it what only the product can decide (an id, a number, a
//! key), and moves on. What it then holds is what everybody must see.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tests::{Answer, text};

use crate::request::{Asks, By, Request};
use crate::story::{Contractor, Day, Kind, Slip, Wanted};

/// What the product holds, as far as anybody can see it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    pub(crate) applications: BTreeMap<String, Application>,
    /// The contracts, the latest last.
    pub(crate) contracts: Vec<Contract>,
    pub(crate) orderer: Orderer,
    /// What was done under an Idempotency-Key, by principal, route and key.
    done: BTreeMap<(By, String, String), Done>,
    /// How many of the next mails the mail service will refuse.
    pub(crate) refusals_ahead: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Application {
    pub(crate) by: Contractor,
    pub(crate) status: &'static str,
    wanted: Wanted,
}

#[derive(Debug, Clone)]
pub(crate) struct Contract {
    pub(crate) number: String,
    pub(crate) by: Contractor,
    pub(crate) electronic: bool,
    pub(crate) mails: BTreeMap<String, Mail>,
    /// Every key that it ever had; the last one is live.
    pub(crate) keys: Vec<String>,
    /// What happened since its application, without order: mails go out when they do.
    pub(crate) events: Vec<&'static str>,
    /// The papers that were opened, with their hash.
    papers: BTreeMap<&'static str, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mail {
    pub(crate) to: String,
    pub(crate) status: &'static str,
}

#[derive(Debug, Clone)]
pub(crate) struct Orderer {
    pub(crate) version: u64,
    pub(crate) takes_electronic: bool,
}

#[derive(Debug, Clone)]
struct Done {
    body: Value,
    made: String,
}

/// Nothing, or what the product should have said.
type Verdict = Result<(), String>;

impl Default for Orderer {
    fn default() -> Self {
        Self {
            version: 1,
            takes_electronic: true,
        }
    }
}

impl Application {
    /// A decision is the second and last event of an application.
    pub(crate) fn version(&self) -> u64 {
        if self.status == "submitted" { 1 } else { 2 }
    }
}

impl Contract {
    /// A version counts events.
    pub(crate) fn version(&self) -> u64 {
        self.events.len() as u64
    }

    pub(crate) fn live_key(&self) -> Option<&String> {
        self.keys.last()
    }
}

/// What an answer must be.
trait Due {
    fn is(&self, status: u16) -> Verdict;
    fn has_version(&self, version: u64) -> Verdict;
    fn refuses(&self, status: u16, code: &str) -> Verdict;
    fn names(&self, faults: &BTreeSet<&str>) -> Verdict;
    fn text_of(&self, field: &str) -> String;
}

impl Due for Answer {
    fn is(&self, status: u16) -> Verdict {
        hold(self.status.as_u16() == status, || {
            format!("it should have been {status}")
        })
    }

    fn has_version(&self, version: u64) -> Verdict {
        hold(self.header("etag") == format!("\"{version}\""), || {
            format!("it should have had version {version}")
        })
    }

    fn refuses(&self, status: u16, code: &str) -> Verdict {
        let is_so = self.status.as_u16() == status && self.text_of("code") == code;
        hold(is_so, || format!("it should have been {status} {code}"))
    }

    fn names(&self, faults: &BTreeSet<&str>) -> Verdict {
        let reservation = faults
            .iter()
            .any(|fault| fault.ends_with("reservation_not_offered"));
        let code = if reservation {
            "reservation_not_offered"
        } else {
            "invalid_fields"
        };
        self.refuses(422, code)?;
        let named: BTreeSet<_> = self.problem(422, code).into_iter().collect();
        let is_so = named.iter().map(String::as_str).eq(faults.iter().copied());
        hold(is_so, || {
            format!("it should have named {faults:?}, not {named:?}")
        })
    }

    fn text_of(&self, field: &str) -> String {
        let body = self.json();
        body[field].as_str().unwrap_or_default().to_owned()
    }
}

fn hold(holds: bool, otherwise: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(otherwise()) }
}

impl Model {
    /// Takes a request with its answer. In `trouble` earlier answers to the same request may have been
    /// lost, so that it may say that it was done before.
    pub(crate) fn take(&mut self, request: &Request, answer: &Answer, trouble: bool) -> Verdict {
        let replayed = answer.header("idempotency-replayed") == "true";
        let done = identity(request).and_then(|identity| self.done.get(&identity));
        if let Some(done) = done {
            // An Idempotency-Key is good for one body.
            if done.body != request.body() {
                return answer.refuses(422, "idempotency_key_reused");
            }
            hold(replayed, || {
                "it should have said that it was done before".to_owned()
            })?;
            return self.repeat(request, &done.made, answer);
        }
        hold(trouble || !replayed, || {
            "nothing of it was done before".to_owned()
        })?;
        match (&request.asks, request.by) {
            (Asks::Apply { wanted }, By::Contractor(by)) => self.apply(by, wanted, request, answer),
            (Asks::Withdraw { id, seen }, By::Contractor(by)) => {
                self.withdraw(by, id, *seen, answer)
            }
            (Asks::Issue { id, seen, day }, _) => self.issue(id, *seen, *day, request, answer),
            (Asks::Decline { id, seen, reason }, _) => {
                self.decline(id, *seen, *reason, request, answer)
            }
            (Asks::Resend { number, mail, to }, _) => {
                self.resend(number, mail, *to, request, answer)
            }
            (Asks::ShowKey { number }, By::Contractor(by)) => self.show_key(by, number, answer),
            (Asks::ReissueKey { number }, By::Contractor(by)) => {
                self.reissue_key(by, number, request, answer)
            }
            (Asks::OpenPaper { number, paper }, by) => self.open_paper(by, number, paper, answer),
            (Asks::Check { number, key }, _) => self.check(number, key, answer),
            (Asks::EditOrderer { seen, orderer }, _) => {
                self.edit_orderer(*seen, takes_electronic(orderer), answer)
            }
            (asks, by) => Err(format!("{by:?} has no way to ask for {asks:?}")),
        }
    }

    /// A repeat answers from what the first request made, and does nothing.
    fn repeat(&self, request: &Request, made: &str, answer: &Answer) -> Verdict {
        let (status, field) = match request.asks {
            Asks::Apply { .. } | Asks::Resend { .. } => (201, "id"),
            Asks::Issue { .. } => (201, "contract_number"),
            Asks::Decline { .. } => (200, "id"),
            _ => (200, "contract_number"),
        };
        answer.is(status)?;
        hold(answer.text_of(field) == made, || format!("it made {made}"))?;
        match &request.asks {
            Asks::ReissueKey { number } => {
                let live = self.contract(number).and_then(Contract::live_key);
                hold(live == Some(&answer.text_of("authentication_key")), || {
                    "it should have shown the live key".to_owned()
                })
            }
            _ => Ok(()),
        }
    }

    /// Every fault is named at once; without one there is a new application.
    fn apply(
        &mut self,
        by: Contractor,
        wanted: &Wanted,
        request: &Request,
        answer: &Answer,
    ) -> Verdict {
        let faults = self.faults(wanted);
        if !faults.is_empty() {
            return answer.names(&faults);
        }
        answer.is(201)?;
        let id = answer.text_of("id");
        let application = Application {
            by,
            status: "submitted",
            wanted: wanted.clone(),
        };
        let before = self.applications.insert(id.clone(), application);
        hold(before.is_none(), || format!("there was {id} before"))?;
        self.remember(request, id);
        Ok(())
    }

    fn faults(&self, wanted: &Wanted) -> BTreeSet<&'static str> {
        let mut faults = BTreeSet::new();
        // 契約保証予約 is not offered, and of no kind there are no limits.
        if wanted.has(Slip::Reservation) {
            faults.insert("/kind reservation_not_offered");
        } else if wanted.has(Slip::AmountOutOfBounds) {
            faults.insert(match wanted.kind {
                Kind::ContractPerformance => "/guaranteed_amount below_limit",
                Kind::AdvancePayment | Kind::InterimPayment => "/guaranteed_amount above_limit",
            });
        }
        // The rules of the orderer and the mail are those of electronic delivery: paper is always possible.
        if wanted.electronic {
            if wanted.addresses == 0 {
                faults.insert("/emails required");
            }
            if !self.orderer.takes_electronic {
                faults.insert("/delivery orderer_takes_paper_only");
                return faults;
            }
            if wanted.has(Slip::BeforeTheStart) {
                faults.insert(
                    "/contract/original_contract_date before_start_of_electronic_guarantees",
                );
            }
            if wanted.has(Slip::ConditionsNotConfirmed) {
                faults.insert("/general_conditions_confirmed general_conditions_not_confirmed");
            }
        }
        faults
    }

    /// A contractor withdraws what is the contractor's own, was seen as it is, and is not decided.
    fn withdraw(&mut self, by: Contractor, id: &str, seen: u64, answer: &Answer) -> Verdict {
        let own = self.applications.get_mut(id);
        let Some(application) = own.filter(|application| application.by == by) else {
            return answer.refuses(404, "not_found");
        };
        if let Some(refusal) = undecided(application, seen, answer) {
            return refusal;
        }
        answer.is(200)?;
        application.status = "withdrawn";
        answer.has_version(application.version())
    }

    /// An application is declined for a reason.
    fn decline(
        &mut self,
        id: &str,
        seen: u64,
        reason: bool,
        request: &Request,
        answer: &Answer,
    ) -> Verdict {
        let Some(application) = self.applications.get_mut(id) else {
            return answer.refuses(404, "not_found");
        };
        if let Some(refusal) = undecided(application, seen, answer) {
            return refusal;
        }
        if !reason {
            return answer.names(&BTreeSet::from(["/reason required"]));
        }
        answer.is(200)?;
        application.status = "declined";
        answer.has_version(application.version())?;
        self.remember(request, id.to_owned());
        Ok(())
    }

    /// The guarantee contract is concluded today or before, 契約保証 not after the works contract; then
    /// there is a contract, and each address of an electronic one is owed a mail.
    fn issue(
        &mut self,
        id: &str,
        seen: u64,
        day: Day,
        request: &Request,
        answer: &Answer,
    ) -> Verdict {
        let Some(application) = self.applications.get_mut(id) else {
            return answer.refuses(404, "not_found");
        };
        if let Some(refusal) = undecided(application, seen, answer) {
            return refusal;
        }
        let wanted = &application.wanted;
        let mut faults = BTreeSet::new();
        if day == Day::Future {
            faults.insert("/concluded_on in_the_future");
        }
        if wanted.kind == Kind::ContractPerformance && day != Day::BeforeTheWorksContract {
            faults.insert("/concluded_on after_contract");
        }
        if !faults.is_empty() {
            return answer.names(&faults);
        }
        answer.is(201)?;
        let number = answer.text_of("contract_number");
        let (by, electronic) = (application.by, wanted.electronic);
        let emails = if electronic {
            wanted.emails()
        } else {
            Vec::new()
        };
        application.status = "issued";
        hold(self.contract(&number).is_none(), || {
            format!("there was {number} before")
        })?;
        let mut contract = Contract {
            number: number.clone(),
            by,
            electronic,
            mails: BTreeMap::new(),
            keys: Vec::new(),
            events: vec!["issued"],
            papers: BTreeMap::new(),
        };
        let mut owed = mails_of(answer);
        for to in emails {
            let Some(id) = owed.remove(&to) else {
                return Err(format!("it should have owed a mail to {to}"));
            };
            deliver(&mut self.refusals_ahead, &mut contract, &id, to);
        }
        hold(owed.is_empty(), || format!("nobody is owed {owed:?}"))?;
        self.contracts.push(contract);
        self.remember(request, number);
        Ok(())
    }

    /// A mail is sent again as a new one, to the same address or a corrected one.
    fn resend(
        &mut self,
        number: &str,
        mail: &str,
        to: Option<&str>,
        request: &Request,
        answer: &Answer,
    ) -> Verdict {
        let contract = self
            .contracts
            .iter_mut()
            .find(|contract| contract.number == number);
        let Some((contract, before)) = contract.and_then(|contract| {
            let before = contract.mails.get(mail)?.clone();
            Some((contract, before))
        }) else {
            return answer.refuses(404, "not_found");
        };
        let to = match to {
            None => before.to,
            Some(to) if to.contains('@') => to.to_owned(),
            Some(_) => return answer.names(&BTreeSet::from(["/to not_an_email_address"])),
        };
        answer.is(201)?;
        let id = answer.text_of("id");
        contract.events.push("mail_resent");
        deliver(&mut self.refusals_ahead, contract, &id, to);
        self.remember(request, id);
        Ok(())
    }

    /// The key is made at the first press, and the same at every later one.
    fn show_key(&mut self, by: Contractor, number: &str, answer: &Answer) -> Verdict {
        let Some(contract) = self.own_certificate(by, number) else {
            return answer.refuses(404, "not_found");
        };
        answer.is(200)?;
        let shown = answer.text_of("authentication_key");
        match contract.live_key().cloned() {
            Some(live) => hold(shown == live, || {
                "it should have shown the live key".to_owned()
            }),
            None => self.new_key(number, shown, "key_issued"),
        }
    }

    /// A reissue needs a key to replace; the one before is dead.
    fn reissue_key(
        &mut self,
        by: Contractor,
        number: &str,
        request: &Request,
        answer: &Answer,
    ) -> Verdict {
        let Some(contract) = self.own_certificate(by, number) else {
            return answer.refuses(404, "not_found");
        };
        if contract.keys.is_empty() {
            return answer.refuses(409, "no_key_yet");
        }
        answer.is(200)?;
        self.new_key(number, answer.text_of("authentication_key"), "key_reissued")?;
        self.remember(request, number.to_owned());
        Ok(())
    }

    fn new_key(&mut self, number: &str, key: String, event: &'static str) -> Verdict {
        let known = self
            .contracts
            .iter()
            .any(|contract| contract.keys.contains(&key));
        hold(!known && !key.is_empty(), || {
            "it should have been a new key".to_owned()
        })?;
        if let Some(contract) = self.contract_mut(number) {
            contract.keys.push(key);
            contract.events.push(event);
        }
        Ok(())
    }

    /// A contractor opens the papers of an own electronic certificate, the desk those of any contract;
    /// a paper never changes.
    fn open_paper(
        &mut self,
        by: By,
        number: &str,
        paper: &'static str,
        answer: &Answer,
    ) -> Verdict {
        let contract = match by {
            By::Contractor(by) => self.own_certificate(by, number),
            _ => self.contract_mut(number),
        };
        let Some(contract) = contract else {
            return answer.refuses(404, "not_found");
        };
        answer.is(200)?;
        let hash = answer.text_of("sha256");
        let first = contract.papers.entry(paper).or_insert_with(|| hash.clone());
        hold(*first == hash, || {
            "the paper was another one before".to_owned()
        })
    }

    /// The live key of a number opens its certificate, and nothing else opens anything.
    fn check(&self, number: &str, key: &str, answer: &Answer) -> Verdict {
        let live = self.contract(number).and_then(Contract::live_key);
        if live.is_none_or(|live| live != key) {
            return answer.refuses(404, "not_opened");
        }
        answer.is(200)?;
        hold(answer.text_of("contract_number") == number, || {
            format!("it should have opened {number}")
        })
    }

    /// The rules of an orderer are edited as they were seen.
    fn edit_orderer(&mut self, seen: u64, takes_electronic: bool, answer: &Answer) -> Verdict {
        if seen != self.orderer.version {
            return answer.refuses(412, "stale");
        }
        answer.is(200)?;
        self.orderer = Orderer {
            version: seen + 1,
            takes_electronic,
        };
        answer.has_version(self.orderer.version)
    }

    /// Does what a request asks for whose answer nobody saw. One without an Idempotency-Key is not known
    /// again when it is repeated: it then meets its own effect.
    pub(crate) fn take_unseen(&mut self, request: &Request) {
        match (&request.asks, request.by) {
            (Asks::Withdraw { id, seen }, By::Contractor(by)) => {
                let own = self.applications.get_mut(id);
                let own = own.filter(|application| application.by == by);
                let seen = own.filter(|application| application.version() == *seen);
                if let Some(application) = seen.filter(|seen| seen.status == "submitted") {
                    application.status = "withdrawn";
                }
            }
            (Asks::EditOrderer { seen, orderer }, _) if *seen == self.orderer.version => {
                self.orderer = Orderer {
                    version: seen + 1,
                    takes_electronic: takes_electronic(orderer),
                };
            }
            _ => {}
        }
    }

    /// An electronic certificate is its contractor's alone; a paper contract is none.
    fn own_certificate(&mut self, by: Contractor, number: &str) -> Option<&mut Contract> {
        self.contract_mut(number)
            .filter(|contract| contract.by == by && contract.electronic)
    }

    pub(crate) fn contract(&self, number: &str) -> Option<&Contract> {
        self.contracts
            .iter()
            .find(|contract| contract.number == number)
    }

    fn contract_mut(&mut self, number: &str) -> Option<&mut Contract> {
        self.contracts
            .iter_mut()
            .find(|contract| contract.number == number)
    }

    fn remember(&mut self, request: &Request, made: String) {
        if let Some(identity) = identity(request) {
            let body = request.body();
            self.done.insert(identity, Done { body, made });
        }
    }
}

/// A mail that is owed is sent, or refused by the mail service; either is an event.
fn deliver(refusals_ahead: &mut usize, contract: &mut Contract, id: &str, to: String) {
    let (status, event) = match refusals_ahead.checked_sub(1) {
        Some(ahead) => {
            *refusals_ahead = ahead;
            ("refused", "mail_refused")
        }
        None => ("sent", "mail_sent"),
    };
    contract.events.push(event);
    contract.mails.insert(id.to_owned(), Mail { to, status });
}

/// Why an application cannot be decided on, if it cannot: it is not as it was seen, or it is decided.
fn undecided(application: &Application, seen: u64, answer: &Answer) -> Option<Verdict> {
    if seen != application.version() {
        Some(answer.refuses(412, "stale"))
    } else if application.status != "submitted" {
        Some(answer.refuses(409, "already_decided"))
    } else {
        None
    }
}

/// An Idempotency-Key belongs to who uses it and to the route.
fn identity(request: &Request) -> Option<(By, String, String)> {
    let key = request.key.clone()?;
    Some((request.by, request.path(), key))
}

/// The ids of the mails of a contract that was just issued, by address.
fn mails_of(answer: &Answer) -> BTreeMap<String, String> {
    let body = answer.json();
    let mails = body["mails"].as_array().cloned().unwrap_or_default();
    let mails = mails
        .iter()
        .map(|mail| (text(&mail["to"]), text(&mail["id"])));
    mails.collect()
}

fn takes_electronic(orderer: &Value) -> bool {
    orderer.get("electronic").is_some()
}
