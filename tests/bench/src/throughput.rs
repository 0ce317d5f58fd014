//! Throughput: whole lives in a second, the cloud and its users on the same processors, and where the
//! time of a life goes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use local::{Usage, Used};
use tests::life::{Life, Step};
use tests::{World, advance_payment};

use crate::chart::{Bar, Chart};
use crate::report::{self, Table};

/// People at once.
const PEOPLE: usize = 16;
/// For so long.
const SPAN: Duration = Duration::from_secs(20);
/// Lives, one after the other, whose time is taken apart.
const ALONE: usize = 40;

/// Measures and writes.
pub(crate) async fn measure() {
    let world = Arc::new(World::without_throttles().await);
    live(&world).await;
    let (per_second, processor) = together(&world).await;
    let phases = apart(&world).await;

    let mut table = Table::new([
        "Step",
        "function",
        "DynamoDB",
        "S3",
        "SES",
        "gateway, network, client",
        "together",
    ]);
    let mut chart = Chart {
        title: "Where the time of a life goes when it is lived alone, ms",
        parts: vec![
            "function",
            "DynamoDB",
            "S3",
            "SES",
            "gateway, network, client",
        ],
        bars: Vec::new(),
    };
    let mut whole = Phases::default();
    for step in ["apply", "issue", "mail", "view", "key", "check"] {
        whole.add(&phases[step]);
        let parts = phases[step].milliseconds();
        row(&mut table, step, &parts);
        let sum: f64 = parts.iter().sum();
        chart.bars.push(Bar {
            name: step.to_owned(),
            parts: parts.to_vec(),
            label: format!("{sum:.1} ms"),
        });
    }
    row(&mut table, "a life", &whole.milliseconds());
    report::draw("throughput.svg", &chart.svg());
    let said = format!(
        "**{per_second:.1} lives a second** with {PEOPLE} people at once, {processor:.0} ms of a processor each.\n\n\
         Milliseconds of a life that is lived alone, mean of {ALONE}; the three checks are one line:\n\n{table}\n\n{}",
        crate::circumstances()
    );
    report::write("BENCHMARKS.md", "throughput", &said);
}

fn row(table: &mut Table, name: &str, parts: &[f64]) {
    let sum: f64 = parts.iter().sum();
    let cells = parts.iter().chain([&sum]).map(|part| format!("{part:.2}"));
    table.row([name.to_owned()].into_iter().chain(cells));
}

/// Lives a second, and the milliseconds that one has a processor: the second does not mind other load.
async fn together(world: &Arc<World>) -> (f64, f64) {
    let lived = Arc::new(AtomicUsize::new(0));
    let (begin, processor) = (Instant::now(), processor_milliseconds());
    let people: Vec<_> = (0..PEOPLE)
        .map(|_| {
            let (world, lived) = (world.clone(), lived.clone());
            tokio::spawn(async move {
                while begin.elapsed() < SPAN {
                    live(&world).await;
                    lived.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for person in people {
        person.await.unwrap();
    }
    world.cloud.drained().await;
    let lived = lived.load(Ordering::Relaxed) as f64;
    (
        lived / begin.elapsed().as_secs_f64(),
        (processor_milliseconds() - processor) / lived,
    )
}

/// How long this process has had a processor: user and system time in hundredths of a second
/// (`man 5 proc`, stat, the fields after the name in brackets).
fn processor_milliseconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_, after_the_name) = stat.rsplit_once(") ").unwrap();
    let fields: Vec<&str> = after_the_name.split(' ').collect();
    let hundredths = |field: usize| fields[field].parse::<f64>().unwrap();
    (hundredths(11) + hundredths(12)) * 10.0
}

/// A life whose mail goes out on its own.
async fn live(world: &World) {
    let mut life = Life::of(world, advance_payment());
    for step in Step::LIFE {
        if step != Step::Mail {
            life.live(step).await;
        }
    }
}

/// Where the time of a step goes, over all lives. A moment counts once, also where calls run side by side:
/// for the first of these that is at work in it.
#[derive(Default)]
struct Phases {
    dynamodb: Duration,
    s3: Duration,
    ses: Duration,
    function: Duration,
    around: Duration,
}

impl Phases {
    /// What is used within the time that somebody asked, which may be more than the function's: a download
    /// calls S3 without it.
    fn of(asked: Duration, used: &[Used]) -> Self {
        let (mut counted, mut covered) = (Vec::new(), Duration::ZERO);
        let mut more = |is_of: fn(&Usage) -> bool| {
            let of_this = used.iter().filter(|used| is_of(&used.what));
            counted.extend(of_this.map(|used| (used.began, used.began + used.took)));
            let before = std::mem::replace(&mut covered, union(counted.clone()));
            covered - before
        };
        let dynamodb = more(|what| matches!(what, Usage::DynamoDb { .. }));
        let s3 = more(|what| matches!(what, Usage::S3 { .. }));
        let ses = more(|what| matches!(what, Usage::Ses { .. }));
        let function = more(|what| matches!(what, Usage::Invocation));
        Self {
            dynamodb,
            s3,
            ses,
            function,
            around: asked.saturating_sub(covered),
        }
    }

    fn add(&mut self, other: &Self) {
        self.dynamodb += other.dynamodb;
        self.s3 += other.s3;
        self.ses += other.ses;
        self.function += other.function;
        self.around += other.around;
    }

    /// Of one life: function, DynamoDB, S3, SES, and what is around the function.
    fn milliseconds(&self) -> [f64; 5] {
        [self.function, self.dynamodb, self.s3, self.ses, self.around]
            .map(|time| time.as_secs_f64() * 1e3 / ALONE as f64)
    }
}

/// For how long at least one of these spans lasts.
fn union(mut spans: Vec<(Instant, Instant)>) -> Duration {
    spans.sort_unstable();
    let (mut whole, mut until) = (Duration::ZERO, None);
    for (begin, end) in spans {
        let begin = until.map_or(begin, |until: Instant| until.max(begin));
        whole += end.saturating_duration_since(begin);
        until = Some(begin.max(end));
    }
    whole
}

/// Lives one after the other, taken apart by step.
async fn apart(world: &World) -> BTreeMap<&'static str, Phases> {
    let mut phases: BTreeMap<&'static str, Phases> = BTreeMap::new();
    for _ in 0..ALONE {
        let mut life = Life::of(world, advance_payment());
        for step in Step::LIFE {
            world.cloud.start_measuring();
            let begin = Instant::now();
            life.live(step).await;
            let asked = begin.elapsed();
            if step == Step::Issue {
                // Its mail goes out at the same time; both are told apart by their functions.
                world.cloud.drained().await;
            }
            let (mail, own): (Vec<_>, Vec<_>) = world
                .cloud
                .measured()
                .into_iter()
                .partition(|used| used.function == "Notify");
            if step == Step::Issue {
                let sent = mail
                    .iter()
                    .filter(|used| used.what == Usage::Invocation)
                    .map(|used| used.took)
                    .sum();
                phases
                    .entry("mail")
                    .or_default()
                    .add(&Phases::of(sent, &mail));
            }
            if step != Step::Mail {
                phases
                    .entry(step.name())
                    .or_default()
                    .add(&Phases::of(asked, &own));
            }
        }
    }
    phases
}
