//! A text that may stand on paper has no line break and nothing unseen, and tidying it again changes nothing.
#![no_main]

use guarantee::text::for_paper;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|typed: &str| {
    if let Ok(text) = for_paper(typed, |_, _| true) {
        assert!(!text.chars().any(char::is_control), "{text:?}");
        assert_eq!(for_paper(&text, |_, _| true), Ok(text));
    }
});
