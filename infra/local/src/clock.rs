//! The one place of the local cloud that reads the clock.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// The instant in UTC.
#[expect(
    clippy::disallowed_methods,
    reason = "the services that are played here read the clock themselves"
)]
pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Milliseconds since 1970.
pub(crate) fn now_in_milliseconds() -> i64 {
    i64::try_from(now().unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

/// An instant as RFC 3339 in UTC.
pub(crate) fn rfc3339(instant: OffsetDateTime) -> String {
    instant.format(&Rfc3339).unwrap_or_default()
}
