//! The clock and the randomness of the operating system, read here and handed in everywhere else.

use guarantee::calendar::Instant;
use rand::RngExt;
use rand::rngs::SysRng;
use ulid::Ulid;

/// The present moment.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the edge at which the clock is read"
)]
pub fn now() -> Instant {
    Instant::at(time::OffsetDateTime::now_utc())
}

/// A new id whose time is `at`.
#[must_use]
pub fn ulid(at: Instant) -> Ulid {
    Ulid::from_parts(
        u64::try_from(at.epoch_milliseconds()).unwrap_or_default(),
        random().random(),
    )
}

/// A random number below `end`, every one as likely.
#[must_use]
pub fn below(end: u64) -> u64 {
    random().random_range(0..end.max(1))
}

/// The randomness of the operating system, which does not fail once the machine runs.
fn random() -> impl rand::Rng {
    rand::rand_core::UnwrapErr(SysRng)
}
