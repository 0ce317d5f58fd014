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

/// The id that is written here, in the one form that this program writes: what only decodes to the same
/// bits (small letters, a first letter that overflows) is no second name of a thing.
#[must_use]
pub fn read_ulid(text: &str) -> Option<Ulid> {
    let id = Ulid::from_string(text).ok()?;
    (id.to_string() == text).then_some(id)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// `8…` overflows 128 bits and would decode to the same id as `0…`.
    #[test]
    fn an_id_has_one_form() {
        let id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
        assert_eq!(read_ulid(id).map(|id| id.to_string()).as_deref(), Some(id));
        for other in [
            "81ARZ3NDEKTSV4RRFFQ69G5FAV",
            "01arz3ndektsv4rrffq69g5fav",
            "01ARZ3NDEKTSV4RRFFQ69G5FA",
            "",
        ] {
            assert_eq!(read_ulid(other), None, "{other}");
        }
    }
}
