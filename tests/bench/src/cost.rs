//! The cost of a life: what the functions use of the cloud in each step, and what AWS takes for it.

use std::collections::BTreeMap;

use local::{Usage, Used};
use tests::life::{Life, Step, Units, with_history};
use tests::{World, advance_payment};

use crate::chart::{Bar, Chart};
use crate::report::{self, Table};

/// What AWS takes in `ap-northeast-1`, in USD. 仮: the sources are named in docs/COST.md.
struct Price {
    what: &'static str,
    /// For so many.
    each: f64,
    usd: f64,
}

impl std::fmt::Display for Price {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let each = match self.each {
            1e6 => " for a million",
            1e3 => " for a thousand",
            _ => "",
        };
        write!(formatter, "{}{each}", self.usd)
    }
}

const WRITE_UNITS: Price = Price {
    what: "DynamoDB, write units",
    each: 1e6,
    usd: 0.715,
};
const READ_UNITS: Price = Price {
    what: "DynamoDB, read units",
    each: 1e6,
    usd: 0.1425,
};
const PUTS: Price = Price {
    what: "S3, PUT",
    each: 1e3,
    usd: 0.0047,
};
const GETS: Price = Price {
    what: "S3, GET",
    each: 1e3,
    usd: 0.00037,
};
const INVOCATIONS: Price = Price {
    what: "Lambda, invocations",
    each: 1e6,
    usd: 0.20,
};
const GIGABYTE_SECONDS: Price = Price {
    what: "Lambda, GB-seconds (x86)",
    each: 1.0,
    usd: 0.000_016_666_7,
};
const REQUESTS: Price = Price {
    what: "HTTP API, requests",
    each: 1e6,
    usd: 1.29,
};
const LOGS: Price = Price {
    what: "CloudWatch Logs, GB",
    each: 1.0,
    usd: 0.76,
};
const MAILS: Price = Price {
    what: "SES, mails",
    each: 1e3,
    usd: 0.10,
};

/// What a function waits for on AWS and not here: milliseconds of a warm call within a region. 仮.
const DYNAMODB_MILLISECONDS: f64 = 6.0;
const S3_MILLISECONDS: f64 = 30.0;
const SES_MILLISECONDS: f64 = 80.0;
/// The share of invocations that begin with a cold start, and the init that is billed for it. 仮.
const COLD_SHARE: f64 = 0.1;
const COLD_MILLISECONDS: f64 = 100.0;
/// The log of one invocation in bytes: the platform's lines, the access log, a line of ours. 仮.
const LOG_BYTES: f64 = 1200.0;

/// The memory of the functions in `template.yaml`, in MB.
fn memory(template: &str) -> BTreeMap<String, f64> {
    let mut memory = BTreeMap::new();
    let mut resource = String::new();
    for line in template.lines() {
        if let Some(name) = line
            .strip_prefix("  ")
            .filter(|name| !name.starts_with([' ', '#', '-']))
        {
            resource = name.trim_end_matches(':').to_owned();
        }
        if let Some(size) = line.trim().strip_prefix("MemorySize:") {
            memory.insert(resource.clone(), size.trim().parse().unwrap());
        }
    }
    memory
}

/// What was used, summed up.
#[derive(Debug, Clone, Copy, Default)]
struct Bill {
    units: Units,
    puts: f64,
    gets: f64,
    mails: f64,
    invocations: f64,
    requests: f64,
    gigabyte_seconds: f64,
}

impl Bill {
    fn of(used: &[Used], memory: &BTreeMap<String, f64>) -> Self {
        let mut bill = Self {
            units: Units::of(used),
            ..Self::default()
        };
        for Used {
            function,
            what,
            took,
            ..
        } in used
        {
            // One call after the other, also where they run at the same time: rather too much.
            let milliseconds = match what {
                Usage::Invocation => took.as_secs_f64() * 1e3 + COLD_SHARE * COLD_MILLISECONDS,
                Usage::DynamoDb { .. } => DYNAMODB_MILLISECONDS,
                Usage::S3 { operation } if operation == "PutObject" => S3_MILLISECONDS,
                // Nearly all are downloads by people.
                Usage::S3 { .. } => 0.0,
                Usage::Ses { .. } => SES_MILLISECONDS,
            };
            bill.gigabyte_seconds += memory[function] / 1024.0 * milliseconds / 1e3;
            match what {
                Usage::Invocation => {
                    bill.invocations += 1.0;
                    bill.requests += f64::from(function != "Notify");
                }
                Usage::DynamoDb { .. } => {}
                Usage::S3 { operation } if operation == "PutObject" => bill.puts += 1.0,
                Usage::S3 { .. } => bill.gets += 1.0,
                Usage::Ses { .. } => bill.mails += 1.0,
            }
        }
        bill
    }

    /// The amounts of a life beside their prices, the mails last.
    fn priced(&self) -> [(f64, Price); 9] {
        [
            (self.units.write, WRITE_UNITS),
            (self.units.read, READ_UNITS),
            (self.puts, PUTS),
            (self.gets, GETS),
            (self.requests, REQUESTS),
            (self.invocations, INVOCATIONS),
            (self.gigabyte_seconds, GIGABYTE_SECONDS),
            (self.invocations * LOG_BYTES / 1e9, LOGS),
            (self.mails, MAILS),
        ]
    }
}

/// Measures and writes.
pub(crate) async fn measure() {
    let memory = memory(local::TEMPLATE);
    let world = World::new().await;
    with_history(&world).await;
    // The first life warms the process up.
    live(&world).await;
    let steps = live(&world).await;
    world.ends_well().await;

    let mut table = Table::new([
        "Step",
        "invocations",
        "write units",
        "read units",
        "S3 PUT",
        "S3 GET",
        "mails",
    ]);
    let mut chart = Chart {
        title: "What a life consumes of DynamoDB, in request units",
        parts: vec!["write units", "read units"],
        bars: Vec::new(),
    };
    let whole: Vec<Used> = steps.iter().flat_map(|(_, used)| used.clone()).collect();
    let named = steps.iter().map(|(step, used)| (*step, used.as_slice()));
    for (name, used) in named.chain([("a life", whole.as_slice())]) {
        let Bill {
            units,
            puts,
            gets,
            mails,
            invocations,
            ..
        } = Bill::of(used, &memory);
        let cells = [invocations, units.write, units.read, puts, gets, mails];
        table.row(
            [name.to_owned()]
                .into_iter()
                .chain(cells.map(|cell| cell.to_string())),
        );
        if name != "a life" {
            chart.bars.push(Bar {
                name: name.to_owned(),
                parts: vec![units.write, units.read],
                label: format!("{} + {}", units.write, units.read),
            });
        }
    }
    report::draw("life.svg", &chart.svg());
    report::write("BENCHMARKS.md", "cost of a life", &table.to_string());

    let mut table = Table::new(["What", "in a life", "price, USD", "USD for 1,000 lives"]);
    let (mut sum, mut mail) = (0.0, 0.0);
    for (amount, price) in Bill::of(&whole, &memory).priced() {
        let usd = amount * price.usd / price.each * 1e3;
        if price.what == MAILS.what {
            mail = usd;
        } else {
            sum += usd;
        }
        table.row([
            price.what.to_owned(),
            rounded(amount),
            price.to_string(),
            format!("{usd:.4}"),
        ]);
    }
    table.row(["**without mail**", "", "", &format!("**{sum:.3}**")]);
    table.row(["with mail", "", "", &format!("{:.3}", sum + mail)]);
    report::write("COST.md", "cost of a life", &table.to_string());
}

/// A life, and what each of its steps used; the three checks count as one step.
async fn live(world: &World) -> Vec<(&'static str, Vec<Used>)> {
    let mut life = Life::of(world, advance_payment());
    let mut steps: Vec<(&'static str, Vec<Used>)> = Vec::new();
    for step in Step::LIFE {
        // The mail goes out on its own while the issue is being answered.
        if step != Step::Mail {
            world.cloud.start_measuring();
        }
        life.live(step).await;
        match step {
            Step::Issue => continue,
            Step::Mail => {
                let (mail, issue) = world
                    .cloud
                    .measured()
                    .into_iter()
                    .partition(|used| used.function == "Notify");
                steps.extend([("issue", issue), ("mail", mail)]);
            }
            Step::Check if steps.last().is_some_and(|(name, _)| *name == CHECKS) => {
                if let Some((_, checks)) = steps.last_mut() {
                    checks.extend(world.cloud.measured());
                }
            }
            Step::Check => steps.push((CHECKS, world.cloud.measured())),
            Step::Apply | Step::View | Step::Key => {
                steps.push((step.name(), world.cloud.measured()));
            }
        }
    }
    steps
}

const CHECKS: &str = "3 checks";

/// A number with three digits that count.
fn rounded(amount: f64) -> String {
    let decimals = if amount >= 100.0 || amount.fract() == 0.0 {
        0
    } else if amount >= 1.0 {
        1
    } else if amount >= 0.001 {
        4
    } else {
        7
    };
    format!("{amount:.decimals$}")
}
