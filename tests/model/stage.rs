//! Where a story is played: commands become requests, their answers are held against the model, and
//! after each step everybody looks at what there is.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use guarantee::calendar::Date;
use guarantee::key::AuthKey;
use guarantee::number::ContractNumber;
use local::{Fault, FaultKind, When};
use serde_json::Value;
use tempfile::TempDir;
use tests::{Answer, KUNISAKI, Trouble, World, new_key, sha256, text};

use crate::request::{Asks, By, Request};
use crate::rules::Model;
use crate::sight::Sight;
use crate::story::{
    Address, Ago, Command, Contractor, IdempotencyKey, KeyAtHand, Seen, Step, Story, Who,
};

/// How often somebody asks again who gets no answer, or who hears that another one was first.
const PATIENCE: usize = 6;

/// A world with the model of it.
pub(crate) struct Stage<'a> {
    world: World,
    folder: TempDir,
    model: Model,
    /// The orderer of all applications, as it takes electronic guarantees.
    orderer: Value,
    /// Every request so far, the latest last.
    asked: Vec<Request>,
    /// How many mails may have come once more: the mail service's yes was lost on the way.
    lost_yeses: usize,
    /// What was asked and answered, for whoever reads of a failure.
    transcript: &'a mut Vec<String>,
}

/// A request with its last answer.
struct Exchange {
    request: Request,
    answer: Answer,
    /// Earlier answers may have been lost.
    trouble: bool,
}

/// Nothing, or what is not as it should be.
type Outcome = Result<(), String>;

/// Plays a story in a world of its own.
pub(crate) async fn play(story: &Story, transcript: &mut Vec<String>) -> Outcome {
    let mut stage = Stage::new(transcript).await;
    for step in story {
        stage = stage.step(step).await?;
    }
    stage.end().await
}

impl<'a> Stage<'a> {
    /// A fresh world, of which the model knows everything.
    async fn new(transcript: &'a mut Vec<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = World::kept_in(folder.path()).await;
        let path = format!("/api/orderers/{KUNISAKI}");
        let orderer = world.get(&world.anyone, &path).await.json();
        Self {
            world,
            folder,
            model: Model::default(),
            orderer,
            asked: Vec::new(),
            lost_yeses: 0,
            transcript,
        }
    }

    async fn step(mut self, step: &Step) -> Result<Self, String> {
        match step {
            Step::Alone(command) => self.at_once(std::slice::from_ref(command)).await?,
            Step::AtOnce(commands) => self.at_once(commands).await?,
            Step::InTrouble(command, trouble) => self.in_trouble(command, *trouble).await?,
            Step::BeforeARestart(command) => {
                self.call_off_faults();
                let request = self.request(command);
                let exchanges = [self.ask(request, false).await];
                // The address of a paper is that of the process that gave it.
                self.open_papers(&exchanges).await?;
                self = self.restarted().await;
                self.settle(&exchanges).await?;
            }
            Step::ARefusalAhead => self.refuse_the_next_mail(),
            Step::Schedules => {
                self.note("the schedules call their functions");
                self.world.cloud.fire_schedules().await?;
                self.settle(&[]).await?;
            }
        }
        Ok(self)
    }

    async fn at_once(&mut self, commands: &[Command]) -> Outcome {
        let requests: Vec<_> = commands
            .iter()
            .map(|command| self.request(command))
            .collect();
        if requests.len() > 1 {
            self.note("at once");
        }
        let answers = join_all(requests.iter().map(|request| request.send(&self.world))).await;
        let mut exchanges = Vec::new();
        for (request, answer) in requests.into_iter().zip(answers) {
            self.note_answer(&request, &answer);
            let trouble = false;
            exchanges.push(Exchange {
                request,
                answer,
                trouble,
            });
        }
        self.open_papers(&exchanges).await?;
        self.settle(&exchanges).await
    }

    async fn in_trouble(&mut self, command: &Command, trouble: Trouble) -> Outcome {
        let request = self.request(command);
        let function = request.function(trouble.operation);
        self.note(&format!("in {function}: {trouble:?}"));
        trouble.set(&self.world, function);
        if trouble.operation == "SendRawEmail" && trouble.when == When::After {
            self.lost_yeses += usize::try_from(trouble.calls).unwrap();
        }
        let exchange = self.ask(request, true).await;
        self.world.cloud.drained().await;
        // The faults of the people who look would be no part of the story.
        self.world.cloud.call_off_faults();
        let exchanges = [exchange];
        self.open_papers(&exchanges).await?;
        let settled = self.settle(&exchanges).await;
        self.model.refusals_ahead = 0;
        settled
    }

    /// Asks; in trouble again and again, as a client with a little patience does.
    async fn ask(&mut self, request: Request, trouble: bool) -> Exchange {
        let mut tries = 1;
        loop {
            let answer = request.send(&self.world).await;
            self.note_answer(&request, &answer);
            // Not now; or somebody seems to have been first, which a second look may deny.
            let again = trouble && matches!(answer.status.as_u16(), 412 | 500 | 503);
            if !again || tries == PATIENCE {
                return Exchange {
                    request,
                    answer,
                    trouble,
                };
            }
            tries += 1;
        }
    }

    /// The process ends, and another one goes on from what it left.
    async fn restarted(self) -> Self {
        self.transcript
            .push("  the process starts again".to_owned());
        self.world.cloud.shutdown().await;
        Self {
            world: World::kept_in(self.folder.path()).await,
            ..self
        }
    }

    fn refuse_the_next_mail(&mut self) {
        self.note("the mail service will refuse the next mail");
        self.world.cloud.strike(Fault {
            function: Some("Notify".to_owned()),
            operation: "SendRawEmail".to_owned(),
            nth: 1,
            when: When::Before,
            kind: FaultKind::MailRefused,
        });
        self.model.refusals_ahead += 1;
    }

    fn call_off_faults(&mut self) {
        self.world.cloud.call_off_faults();
        self.model.refusals_ahead = 0;
    }

    /// Lets all that is under way come to its end, and finds an order in which the requests, one after
    /// the other, lead to their answers and to what everybody sees now.
    async fn settle(&mut self, exchanges: &[Exchange]) -> Outcome {
        self.world.cloud.drained().await;
        let seen = Sight::of(&self.world, &self.keys_at_hand(exchanges)).await;
        let mut objections = Vec::new();
        let pending: Vec<_> = exchanges.iter().collect();
        let found = in_some_order(&self.model, &pending, &seen, &mut objections);
        self.model = found.ok_or_else(|| objections.join("\nor "))?;
        Ok(())
    }

    /// The keys that may be live now, by the number of their contract.
    fn keys_at_hand(&self, exchanges: &[Exchange]) -> BTreeMap<String, Vec<String>> {
        let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for contract in &self.model.contracts {
            let live = contract.live_key().cloned().into_iter().collect();
            keys.insert(contract.number.clone(), live);
        }
        for exchange in exchanges {
            if let Asks::ShowKey { number } | Asks::ReissueKey { number } = &exchange.request.asks
                && let Some(key) = exchange.answer.json()["authentication_key"].as_str()
            {
                let keys = keys.entry(number.clone()).or_default();
                if !keys.iter().any(|known| known == key) {
                    keys.push(key.to_owned());
                }
            }
        }
        keys
    }

    /// What stands behind the address of a paper is a PDF with the hash that came with it.
    async fn open_papers(&self, exchanges: &[Exchange]) -> Outcome {
        for exchange in exchanges {
            let is_paper = matches!(exchange.request.asks, Asks::OpenPaper { .. });
            if is_paper && exchange.answer.status == 200 {
                let download = exchange.answer.json();
                let paper = self.world.fetch(&text(&download["url"])).await.bytes;
                if download["sha256"] != sha256(&paper) || !paper.starts_with(b"%PDF") {
                    return Err("the paper is not the one that its hash names".to_owned());
                }
            }
        }
        Ok(())
    }

    /// The end: no dead key opens anything, the mails have come as they were owed, and the examination
    /// finds nothing.
    async fn end(self) -> Outcome {
        for contract in &self.model.contracts {
            for key in contract.keys.iter().rev().skip(1) {
                if self.world.check(&contract.number, key).await.status != 404 {
                    return Err(format!("a dead key of {} opens it", contract.number));
                }
            }
        }
        let mails = self.world.cloud.mails().unwrap();
        let mut came: BTreeMap<String, usize> = BTreeMap::new();
        for mail in &mails {
            *came
                .entry(mail.tags.clone().unwrap_or_default())
                .or_default() += 1;
        }
        let mut owed = 0;
        for contract in &self.model.contracts {
            for (id, mail) in &contract.mails {
                let came = came.remove(&format!("contract={}, mail={id}", contract.number));
                let times = came.unwrap_or_default();
                let is_sent = mail.status == "sent";
                if (times > 0) != is_sent {
                    return Err(format!(
                        "mail {id} is {} and came {times} times",
                        mail.status
                    ));
                }
                owed += usize::from(is_sent);
            }
        }
        if !came.is_empty() || mails.len() > owed + self.lost_yeses {
            return Err(format!(
                "{owed} mails were owed, and these came: {mails:#?}"
            ));
        }
        self.world.ends_well().await;
        Ok(())
    }

    /// The request that a command comes to as things stand.
    fn request(&mut self, command: &Command) -> Request {
        let clerk = By::Clerk;
        let (by, asks, key) = match command {
            Command::Apply(by, wanted, key) => {
                let wanted = wanted.clone();
                (By::Contractor(*by), Asks::Apply { wanted }, Some(*key))
            }
            Command::Withdraw(who, ago, seen) => {
                let (id, owner, version) = self.application(*ago);
                let seen = seen.of(version);
                (who.of(owner), Asks::Withdraw { id, seen }, None)
            }
            Command::Issue(ago, seen, day, key) => {
                let (id, _, version) = self.application(*ago);
                let (seen, day) = (seen.of(version), *day);
                (clerk, Asks::Issue { id, seen, day }, Some(*key))
            }
            Command::Decline(ago, seen, reason, key) => {
                let (id, _, version) = self.application(*ago);
                let (seen, reason) = (seen.of(version), *reason);
                (clerk, Asks::Decline { id, seen, reason }, Some(*key))
            }
            Command::Resend(ago, address, key) => {
                let (number, mail) = self.mail(*ago);
                let to = address.typed();
                (clerk, Asks::Resend { number, mail, to }, Some(*key))
            }
            Command::ShowKey(who, ago) => {
                let (number, owner) = self.contract(*ago);
                (who.of(owner), Asks::ShowKey { number }, None)
            }
            Command::ReissueKey(who, ago, key) => {
                let (number, owner) = self.contract(*ago);
                (who.of(owner), Asks::ReissueKey { number }, Some(*key))
            }
            Command::OpenPaper(who, ago, paper) => {
                let (number, owner) = self.contract(*ago);
                (who.of(owner), Asks::OpenPaper { number, paper }, None)
            }
            Command::OpenPaperAtTheDesk(ago, paper) => {
                let (number, _) = self.contract(*ago);
                (clerk, Asks::OpenPaper { number, paper }, None)
            }
            Command::Check(ago, key) => {
                let (number, _) = self.contract(*ago);
                let key = self.key_at_hand(&number, *key);
                (By::Anyone, Asks::Check { number, key }, None)
            }
            Command::EditOrderer(seen, takes_electronic) => {
                let seen = seen.of(self.model.orderer.version);
                let mut orderer = self.orderer.clone();
                if !takes_electronic {
                    orderer.as_object_mut().unwrap().remove("electronic");
                }
                (clerk, Asks::EditOrderer { seen, orderer }, None)
            }
            Command::Again(ago) => match latest(&self.asked, *ago) {
                Some(request) => {
                    let request = request.clone();
                    self.asked.push(request.clone());
                    return request;
                }
                None => {
                    let (number, key) = (nobodys_number(), nobodys_key());
                    (By::Anyone, Asks::Check { number, key }, None)
                }
            },
        };
        let key = key.map(|key| self.idempotency_key(key));
        let request = Request { by, asks, key };
        self.asked.push(request.clone());
        request
    }

    fn idempotency_key(&self, key: IdempotencyKey) -> String {
        let used: Vec<_> = self
            .asked
            .iter()
            .filter_map(|request| request.key.as_ref())
            .collect();
        match key {
            IdempotencyKey::Of(ago) => {
                latest(&used, ago).map_or_else(new_key, |key| (*key).clone())
            }
            IdempotencyKey::New => new_key(),
        }
    }

    /// The id of an application, whose it is and its version.
    fn application(&self, ago: Ago) -> (String, Contractor, u64) {
        let all: Vec<_> = self.model.applications.iter().collect();
        match latest(&all, ago) {
            Some((id, application)) => ((*id).clone(), application.by, application.version()),
            None => ("01ARZ3NDEKTSV4RRFFQ69G5FAV".to_owned(), Contractor::One, 1),
        }
    }

    /// The number of a contract and whose it is.
    fn contract(&self, ago: Ago) -> (String, Contractor) {
        match latest(&self.model.contracts, ago) {
            Some(contract) => (contract.number.clone(), contract.by),
            None => (nobodys_number(), Contractor::One),
        }
    }

    /// The number of a contract and a mail of it.
    fn mail(&self, ago: Ago) -> (String, String) {
        let contracts = self.model.contracts.iter();
        let all: Vec<_> = contracts
            .flat_map(|contract| contract.mails.keys().map(|id| (&contract.number, id)))
            .collect();
        match latest(&all, ago) {
            Some((number, id)) => ((*number).clone(), (*id).clone()),
            None => (self.contract(0).0, "01ARZ3NDEKTSV4RRFFQ69G5FAV".to_owned()),
        }
    }

    fn key_at_hand(&self, number: &str, key: KeyAtHand) -> String {
        let contract = self.model.contract(number);
        let keys = contract.map_or(&[][..], |contract| &contract.keys);
        let mut others = self.model.contracts.iter();
        let key = match key {
            KeyAtHand::Live => keys.last(),
            KeyAtHand::Dead => keys.iter().rev().nth(1),
            KeyAtHand::OfAnotherContract => {
                others.find_map(|other| other.live_key().filter(|_| other.number != number))
            }
            KeyAtHand::NobodysEver => None,
        };
        key.cloned().unwrap_or_else(nobodys_key)
    }

    fn note(&mut self, what: &str) {
        self.transcript.push(format!("  {what}"));
    }

    fn note_answer(&mut self, request: &Request, answer: &Answer) {
        let body: Value = serde_json::from_slice(&answer.bytes).unwrap_or_default();
        let said = ["code", "id", "contract_number", "authentication_key"];
        let said: Vec<_> = said
            .iter()
            .filter_map(|field| body[*field].as_str())
            .collect();
        let said = said.join(" ");
        let again = match answer.header("idempotency-replayed") {
            "" => "",
            _ => ", as before",
        };
        self.note(&format!(
            "{request}\n    -> {} {said}{again}",
            answer.status.as_u16()
        ));
    }
}

/// The model after all requests in an order that fits their answers and what is seen, if there is one.
fn in_some_order(
    model: &Model,
    pending: &[&Exchange],
    seen: &Sight,
    objections: &mut Vec<String>,
) -> Option<Model> {
    if pending.is_empty() {
        let expected = Sight::expected(model);
        if expected == *seen {
            return Some(model.clone());
        }
        objections.push(expected.difference(seen));
    }
    for (place, exchange) in pending.iter().enumerate() {
        let rest: Vec<_> = [&pending[..place], &pending[place + 1..]].concat();
        for model in after(model, exchange, objections) {
            if let Some(model) = in_some_order(&model, &rest, seen, objections) {
                return Some(model);
            }
        }
    }
    None
}

/// What the model may be after an exchange: one thing, or two where an answer may have been lost.
fn after(model: &Model, exchange: &Exchange, objections: &mut Vec<String>) -> Vec<Model> {
    let Exchange {
        request,
        answer,
        trouble,
    } = exchange;
    let mut before = vec![model.clone()];
    if *trouble {
        let mut done_unseen = model.clone();
        done_unseen.take_unseen(request);
        before.push(done_unseen);
    }
    let mut after = Vec::new();
    for mut model in before {
        match model.take(request, answer, *trouble) {
            Ok(()) => after.push(model),
            Err(objection) => {
                let status = answer.status.as_u16();
                objections.push(format!("{request} -> {status}: {objection}"));
            }
        }
    }
    after
}

impl Who {
    fn of(self, owner: Contractor) -> By {
        By::Contractor(match self {
            Self::Owner => owner,
            Self::Stranger => owner.other(),
        })
    }
}

impl Seen {
    fn of(self, version: u64) -> u64 {
        match self {
            Self::Current => version,
            Self::Stale => version + 1,
        }
    }
}

impl Address {
    fn typed(self) -> Option<&'static str> {
        match self {
            Self::TheSame => None,
            Self::Corrected => Some("corrected@example.jp"),
            Self::Malformed => Some("corrected.example.jp"),
        }
    }
}

/// The one with so many after it; where there are fewer, the count begins again at the end.
fn latest<T>(all: &[T], ago: Ago) -> Option<&T> {
    all.iter().rev().nth(ago.checked_rem(all.len())?)
}

/// A number that is well formed, and that no contract of the story has but by the wildest chance.
fn nobodys_number() -> String {
    let day = Date::parse("2025-04-10").unwrap();
    ContractNumber::with_serial(day, 1).to_string()
}

/// A key that is well formed.
fn nobodys_key() -> String {
    let mut next = 0;
    AuthKey::draw(|end| {
        next += 1;
        next % end
    })
    .reveal()
}
