//! Calendar dates as people in Japan write them, and the instants at which things happen.
//!
//! A term of a contract is a date, not an instant: it has no hour and no zone. What happened has an
//! instant in UTC, and its date is the one in Japan (UTC+9, no summer time).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::format_description::well_known::Rfc3339;
use time::macros::{date, format_description};
use time::{Duration, OffsetDateTime, UtcOffset};

/// A date of the calendar in Japan, written `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(value_type = String, format = Date, examples("2025-04-10")))]
pub struct Date(time::Date);

/// The text is no date of the form `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq, PartialOrd, Ord)]
#[error("a date is written YYYY-MM-DD and exists in the calendar")]
pub struct NotADate;

/// The eras since 1868 with their first days, newest first (元号法 and the decrees before it).
const ERAS: [(&str, time::Date); 5] = [
    ("令和", date!(2019 - 05 - 01)),
    ("平成", date!(1989 - 01 - 08)),
    ("昭和", date!(1926 - 12 - 25)),
    ("大正", date!(1912 - 07 - 30)),
    ("明治", date!(1868 - 10 - 23)),
];

impl Date {
    /// Reads `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`NotADate`] for any other form and for days that do not exist.
    pub fn parse(text: &str) -> Result<Self, NotADate> {
        let form =
            format_description!("[year repr:full padding:zero sign:automatic]-[month]-[day]");
        if text.len() != "2025-04-10".len() {
            return Err(NotADate);
        }
        time::Date::parse(text, form)
            .map(Self)
            .map_err(|_| NotADate)
    }

    /// The date of this year, month and day.
    ///
    /// # Errors
    /// [`NotADate`] when the calendar has no such day.
    pub fn new(year: i32, month: u8, day: u8) -> Result<Self, NotADate> {
        let month = time::Month::try_from(month).map_err(|_| NotADate)?;
        time::Date::from_calendar_date(year, month, day)
            .map(Self)
            .map_err(|_| NotADate)
    }

    /// The date this many days later, or the last date there is.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        let seconds = days.saturating_mul(Duration::DAY.whole_seconds());
        Self(self.0.saturating_add(Duration::seconds(seconds)))
    }

    /// How many days `later` lies after this date; negative when it lies before.
    #[must_use]
    pub fn days_until(self, later: Self) -> i64 {
        (later.0 - self.0).whole_days()
    }

    /// Whether something of a guarantee may have this day: from 平成 on and not beyond the century.
    /// Anything else is a slip.
    #[must_use]
    pub fn is_of_our_time(self) -> bool {
        (Self::new(1989, 1, 8)..=Self::new(2100, 12, 31)).contains(&Ok(self))
    }

    /// The date in the Japanese calendar with the western year in brackets: 令和7年(2025年)4月10日.
    /// A date before 明治 keeps the western year alone.
    #[must_use]
    pub fn wareki(self) -> String {
        let (month, day) = (u8::from(self.0.month()), self.0.day());
        match self.era() {
            Some((era, year)) => format!("{era}{year}年({}年){month}月{day}日", self.0.year()),
            None => format!("{}年{month}月{day}日", self.0.year()),
        }
    }

    /// The date in the Japanese calendar alone: 令和7年4月10日.
    #[must_use]
    pub fn wareki_short(self) -> String {
        let (month, day) = (u8::from(self.0.month()), self.0.day());
        match self.era() {
            Some((era, year)) => format!("{era}{year}年{month}月{day}日"),
            None => format!("{}年{month}月{day}日", self.0.year()),
        }
    }

    /// The fiscal year (April to March) counted in 令和, as two digits of a contract number hold it.
    #[must_use]
    pub fn reiwa_fiscal_year(self) -> u8 {
        let year = self.0.year() - i32::from(u8::from(self.0.month()) < 4);
        u8::try_from((year - 2018).rem_euclid(100)).unwrap_or(0)
    }

    fn era(self) -> Option<(&'static str, String)> {
        let (era, first) = ERAS.iter().find(|(_, first)| self.0 >= *first)?;
        let year = self.0.year() - first.year() + 1;
        Some((
            era,
            if year == 1 {
                "元".to_owned()
            } else {
                year.to_string()
            },
        ))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:04}-{:02}-{:02}",
            self.0.year(),
            u8::from(self.0.month()),
            self.0.day()
        )
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// A moment in UTC, to the millisecond, written as RFC 3339 with `Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(value_type = String, format = DateTime, examples("2025-04-10T01:30:00.000Z")))]
pub struct Instant(OffsetDateTime);

/// The text is no RFC 3339 date and time.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("an instant is written as RFC 3339")]
pub struct NotAnInstant;

impl Instant {
    /// The moment that a clock read, cut to the millisecond.
    #[must_use]
    pub fn at(moment: OffsetDateTime) -> Self {
        let utc = moment.to_offset(UtcOffset::UTC);
        Self(utc.replace_millisecond(utc.millisecond()).unwrap_or(utc))
    }

    /// Reads RFC 3339.
    ///
    /// # Errors
    /// [`NotAnInstant`] for anything else.
    pub fn parse(text: &str) -> Result<Self, NotAnInstant> {
        // 9999-12-31T23:59:59-01:00 lies in a year of UTC that cannot be written.
        OffsetDateTime::parse(text, &Rfc3339)
            .ok()
            .and_then(|moment| moment.checked_to_offset(UtcOffset::UTC))
            .map(Self::at)
            .ok_or(NotAnInstant)
    }

    /// The date in Japan at this moment.
    #[must_use]
    pub fn date_in_japan(self) -> Date {
        Date(self.0.saturating_add(Duration::hours(9)).date())
    }

    /// Seconds since 1970, as DynamoDB's time to live counts.
    #[must_use]
    pub fn epoch_seconds(self) -> i64 {
        self.0.unix_timestamp()
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn epoch_milliseconds(self) -> i64 {
        self.0.unix_timestamp() * 1000 + i64::from(self.0.millisecond())
    }

    /// The moment this many seconds later.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(Duration::seconds(seconds)))
    }

    /// The moment in Japan for a reader: 令和7年4月10日 10時30分.
    #[must_use]
    pub fn wareki_minute(self) -> String {
        let japan = self.0.saturating_add(Duration::hours(9));
        format!(
            "{} {}時{:02}分",
            self.date_in_japan().wareki_short(),
            japan.hour(),
            japan.minute()
        )
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, time) = (Date(self.0.date()), self.0.time());
        let (hour, minute, second) = (time.hour(), time.minute(), time.second());
        write!(
            f,
            "{date}T{hour:02}:{minute:02}:{second:02}.{:03}Z",
            time.millisecond()
        )
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    /// 元号: the first year is 元年, and an era begins on its own first day.
    #[test]
    fn eras_change_on_their_first_day() {
        assert_eq!(date("2025-04-10").wareki(), "令和7年(2025年)4月10日");
        assert_eq!(date("2019-05-01").wareki_short(), "令和元年5月1日");
        assert_eq!(date("2019-04-30").wareki_short(), "平成31年4月30日");
        assert_eq!(date("1989-01-07").wareki_short(), "昭和64年1月7日");
        assert_eq!(date("1926-12-25").wareki_short(), "昭和元年12月25日");
        assert_eq!(date("1800-01-01").wareki(), "1800年1月1日");
    }

    /// The fiscal year of public bodies begins on April 1 (地方自治法 第208条).
    #[test]
    fn fiscal_years_begin_in_april() {
        assert_eq!(date("2025-04-01").reiwa_fiscal_year(), 7);
        assert_eq!(date("2026-03-31").reiwa_fiscal_year(), 7);
        assert_eq!(date("2026-04-01").reiwa_fiscal_year(), 8);
    }

    #[test]
    fn days_that_do_not_exist_are_no_dates() {
        for text in [
            "2025-02-29",
            "2025-13-01",
            "2025-4-1",
            "25-04-01",
            "２０２５-04-01",
            "2025-04-01T",
            "",
        ] {
            assert_eq!(Date::parse(text), Err(NotADate), "{text}");
        }
        assert_eq!(date("2024-02-29").to_string(), "2024-02-29");
    }

    /// At 15:00 UTC a new day begins in Japan.
    #[test]
    fn the_day_in_japan_begins_nine_hours_earlier() {
        let before = Instant::parse("2025-03-31T14:59:59.999Z").unwrap();
        assert_eq!(before.date_in_japan(), date("2025-03-31"));
        assert_eq!(before.plus_seconds(1).date_in_japan(), date("2025-04-01"));
        assert_eq!(before.to_string(), "2025-03-31T14:59:59.999Z");
    }

    #[test]
    fn time_ends_with_the_year_9999() {
        assert_eq!(
            Instant::parse("9999-12-31T23:59:59-01:00"),
            Err(NotAnInstant)
        );
        let last = Instant::parse("9999-12-31T23:59:59.999Z").unwrap();
        assert_eq!(last.date_in_japan(), date("9999-12-31"));
        assert_eq!(date("2025-04-10").plus_days(i64::MAX), date("9999-12-31"));
        assert_eq!(
            last.plus_seconds(i64::MAX).date_in_japan(),
            date("9999-12-31")
        );
    }

    proptest! {
        #[test]
        fn a_date_reads_back_what_it_writes(days in 0i64..300_000) {
            let day = date("1868-10-23").plus_days(days);
            prop_assert_eq!(Date::parse(&day.to_string()), Ok(day));
        }

        #[test]
        fn an_instant_reads_back_what_it_writes(milliseconds in 0i64..4_000_000_000_000) {
            let at = Instant::at(OffsetDateTime::UNIX_EPOCH + Duration::milliseconds(milliseconds));
            prop_assert_eq!(Instant::parse(&at.to_string()), Ok(at));
            prop_assert_eq!(at.epoch_milliseconds(), milliseconds);
        }

        #[test]
        fn no_text_makes_the_parsers_panic(text in ".*") {
            let _ = Date::parse(&text);
            let _ = Instant::parse(&text);
        }
    }
}
