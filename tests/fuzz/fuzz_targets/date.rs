//! A date has one form; an instant that was read is written in a form that is read as the same instant.
#![no_main]

use guarantee::calendar::{Date, Instant};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|typed: &str| {
    if let Ok(date) = Date::parse(typed) {
        assert_eq!(date.to_string(), typed);
        let _ = (
            date.wareki(),
            date.wareki_short(),
            date.plus_days(i64::MAX),
            date.plus_days(i64::MIN),
        );
    }
    if let Ok(instant) = Instant::parse(typed) {
        assert_eq!(Instant::parse(&instant.to_string()), Ok(instant));
        let _ = (instant.date_in_japan(), instant.plus_seconds(60));
    }
});
