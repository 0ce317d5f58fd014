//! What is read as a contract number is written in one form, and that form is read as the same number.
#![no_main]

use guarantee::number::ContractNumber;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|typed: &str| {
    if let Ok(number) = ContractNumber::parse(typed) {
        let written = number.to_string();
        assert_eq!(written.len(), "0712-3456-7891".len());
        assert_eq!(ContractNumber::parse(&written), Ok(number));
    }
});
