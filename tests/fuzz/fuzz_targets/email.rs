//! What is read as a mail address can stand in a header: ASCII, one line, one address.
#![no_main]

use guarantee::email::EmailAddress;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|typed: &str| {
    if let Ok(address) = EmailAddress::parse(typed) {
        let written = address.as_str();
        assert!(
            written.bytes().all(|byte| byte.is_ascii_graphic()),
            "{written}"
        );
        assert!(
            !written.contains([',', ';', '<', '>', '"', '(', ')', '\\']),
            "{written}"
        );
        assert_eq!(written.matches('@').count(), 1);
        assert_eq!(EmailAddress::parse(written).unwrap().as_str(), written);
        assert!(!format!("{address:?}").contains(written));
    }
});
