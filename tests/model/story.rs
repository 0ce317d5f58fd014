//! What may happen: a story is drawn at random, and drawn smaller and smaller once it has failed.
//!
//! A story names things by how long ago they came to be, so that it stays a story whatever is taken
//! out of it: what there is none of is somebody else's or nobody's, and asking for it is 404.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use tests::{OPERATIONS, Trouble};

/// What happens, step by step.
pub(crate) type Story = Vec<Step>;

/// A step of a story.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Somebody does something.
    Alone(Command),
    /// Several do something at the same moment.
    AtOnce(Vec<Command>),
    /// Something fails behind a command, and whoever gave it asks again until there is an answer.
    InTrouble(Command, Trouble),
    /// The process ends as soon as a command is answered, and starts again on what it left.
    BeforeARestart(Command),
    /// The mail service will refuse the next mail.
    ARefusalAhead,
    /// The schedules call their functions.
    Schedules,
}

/// What somebody does.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    /// A contractor applies.
    Apply(Contractor, Wanted, IdempotencyKey),
    /// A contractor withdraws an application.
    Withdraw(Who, Ago, Seen),
    /// The clerk concludes the guarantee contract and issues the certificate.
    Issue(Ago, Seen, Day, IdempotencyKey),
    /// The clerk declines an application, with or without a reason.
    Decline(Ago, Seen, bool, IdempotencyKey),
    /// The clerk has a mail sent again.
    Resend(Ago, Address, IdempotencyKey),
    /// A contractor presses 「認証キー」の表示.
    ShowKey(Who, Ago),
    /// A contractor has the key reissued.
    ReissueKey(Who, Ago, IdempotencyKey),
    /// A contractor opens a paper.
    OpenPaper(Who, Ago, &'static str),
    /// The clerk opens a paper.
    OpenPaperAtTheDesk(Ago, &'static str),
    /// An orderer checks a certificate.
    Check(Ago, KeyAtHand),
    /// The clerk says whether the orderer takes electronic guarantees.
    EditOrderer(Seen, bool),
    /// Whoever gave a command gives the very same one again.
    Again(Ago),
}

/// How many of its kind came later; 0 is the latest.
pub(crate) type Ago = usize;

/// A contractor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Contractor {
    One,
    Other,
}

impl Contractor {
    pub(crate) const BOTH: [Self; 2] = [Self::One, Self::Other];

    /// The one who is not this one.
    pub(crate) fn other(self) -> Self {
        match self {
            Self::One => Self::Other,
            Self::Other => Self::One,
        }
    }
}

/// Which contractor asks for a thing.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Who {
    Owner,
    Stranger,
}

/// What a contractor applies for.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) kind: Kind,
    pub(crate) electronic: bool,
    pub(crate) addresses: usize,
    pub(crate) slips: Vec<Slip>,
}

/// The kinds of guarantee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    AdvancePayment,
    InterimPayment,
    ContractPerformance,
}

/// What is wrong with an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slip {
    /// 契約保証予約 is asked for.
    Reservation,
    /// A yen above the limit of an advance, or below that of 契約保証.
    AmountOutOfBounds,
    /// The original contract is older than the orderer's electronic guarantees.
    BeforeTheStart,
    /// Nobody confirmed the general conditions.
    ConditionsNotConfirmed,
}

/// The version that somebody saw before acting.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Seen {
    /// The current one.
    Current,
    /// One that it is not.
    Stale,
}

/// The day on which the guarantee contract is said to be concluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Day {
    Today,
    BeforeTheWorksContract,
    Future,
}

/// Where a mail is sent again.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Address {
    TheSame,
    Corrected,
    Malformed,
}

/// The key that an orderer enters.
#[derive(Debug, Clone, Copy)]
pub(crate) enum KeyAtHand {
    Live,
    Dead,
    OfAnotherContract,
    NobodysEver,
}

/// The Idempotency-Key of a command.
#[derive(Debug, Clone, Copy)]
pub(crate) enum IdempotencyKey {
    /// A new one, as it should be.
    New,
    /// That of an earlier command.
    Of(Ago),
}

/// Every story of some length.
pub(crate) fn stories() -> impl Strategy<Value = Story> {
    vec(steps(), 1..=20)
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        11 => commands().prop_map(Step::Alone),
        6 => vec(commands(), 2..=3).prop_map(Step::AtOnce),
        4 => (commands(), troubles()).prop_map(|(command, trouble)| Step::InTrouble(command, trouble)),
        1 => commands().prop_map(Step::BeforeARestart),
        1 => Just(Step::ARefusalAhead),
        1 => Just(Step::Schedules),
    ]
}

fn commands() -> impl Strategy<Value = Command> {
    let papers = select(vec!["certificate", "customer-copy", "fee-statement"]);
    prop_oneof![
        7 => (contractors(), wanted(), keys()).prop_map(|(by, wanted, key)| Command::Apply(by, wanted, key)),
        2 => (who(), ago(), seen()).prop_map(|(who, ago, seen)| Command::Withdraw(who, ago, seen)),
        8 => (ago(), seen(), days(), keys()).prop_map(|(ago, seen, day, key)| Command::Issue(ago, seen, day, key)),
        2 => (ago(), seen(), prop::bool::weighted(0.8), keys())
            .prop_map(|(ago, seen, reason, key)| Command::Decline(ago, seen, reason, key)),
        3 => (ago(), addresses(), keys()).prop_map(|(ago, address, key)| Command::Resend(ago, address, key)),
        4 => (who(), ago()).prop_map(|(who, ago)| Command::ShowKey(who, ago)),
        4 => (who(), ago(), keys()).prop_map(|(who, ago, key)| Command::ReissueKey(who, ago, key)),
        1 => (who(), ago(), papers.clone()).prop_map(|(who, ago, paper)| Command::OpenPaper(who, ago, paper)),
        1 => (ago(), papers).prop_map(|(ago, paper)| Command::OpenPaperAtTheDesk(ago, paper)),
        3 => (ago(), keys_at_hand()).prop_map(|(ago, key)| Command::Check(ago, key)),
        1 => (seen(), prop::bool::weighted(0.7)).prop_map(|(seen, takes)| Command::EditOrderer(seen, takes)),
        4 => (0..4usize).prop_map(Command::Again),
    ]
}

fn ago() -> impl Strategy<Value = Ago> {
    prop_oneof![3 => Just(0), 2 => 0..6usize]
}

fn contractors() -> impl Strategy<Value = Contractor> {
    prop_oneof![3 => Just(Contractor::One), 1 => Just(Contractor::Other)]
}

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![6 => Just(Who::Owner), 1 => Just(Who::Stranger)]
}

fn seen() -> impl Strategy<Value = Seen> {
    prop_oneof![7 => Just(Seen::Current), 1 => Just(Seen::Stale)]
}

fn days() -> impl Strategy<Value = Day> {
    prop_oneof![
        4 => Just(Day::BeforeTheWorksContract),
        3 => Just(Day::Today),
        1 => Just(Day::Future),
    ]
}

fn addresses() -> impl Strategy<Value = Address> {
    prop_oneof![
        2 => Just(Address::TheSame),
        2 => Just(Address::Corrected),
        1 => Just(Address::Malformed),
    ]
}

fn keys_at_hand() -> impl Strategy<Value = KeyAtHand> {
    prop_oneof![
        3 => Just(KeyAtHand::Live),
        2 => Just(KeyAtHand::Dead),
        1 => Just(KeyAtHand::OfAnotherContract),
        1 => Just(KeyAtHand::NobodysEver),
    ]
}

fn keys() -> impl Strategy<Value = IdempotencyKey> {
    prop_oneof![6 => Just(IdempotencyKey::New), 1 => (0..6usize).prop_map(IdempotencyKey::Of)]
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let kinds = prop_oneof![
        3 => Just(Kind::AdvancePayment),
        1 => Just(Kind::InterimPayment),
        1 => Just(Kind::ContractPerformance),
    ];
    let slips = vec![
        Slip::Reservation,
        Slip::AmountOutOfBounds,
        Slip::BeforeTheStart,
        Slip::ConditionsNotConfirmed,
    ];
    let slips = prop_oneof![6 => Just(Vec::new()), 1 => subsequence(slips, 1..=3)];
    let addresses = prop_oneof![5 => Just(1usize), 2 => Just(2usize), 1 => Just(0usize)];
    (kinds, prop::bool::weighted(0.85), addresses, slips).prop_map(
        |(kind, electronic, addresses, slips)| Wanted {
            kind,
            electronic,
            addresses,
            slips,
        },
    )
}

fn troubles() -> impl Strategy<Value = Trouble> {
    (select(OPERATIONS.to_vec()), 1..=2u32)
        .prop_flat_map(|(operation, nth)| select(Trouble::with(operation, nth)))
}
