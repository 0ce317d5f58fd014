//! What is read as a key is revealed in one form, and that form is read as the same key.
#![no_main]

use guarantee::key::AuthKey;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|typed: &str| {
    if let Ok(key) = AuthKey::parse(typed) {
        let written = key.reveal();
        let again = AuthKey::parse(&written).unwrap();
        assert_eq!(again.reveal(), written);
        assert!(!format!("{key:?}").contains(&written));
    }
});
