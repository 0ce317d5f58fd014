//! The rules of an orderer as the desk sends them: examined without a panic and only once, and written as they were read.
#![no_main]

use guarantee::orderer::Orderer;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    if let Ok(orderer) = serde_json::from_slice::<Orderer>(body) {
        if let Ok(kept) = orderer.clone().for_paper(|letter, _| !letter.is_control()) {
            assert_eq!(kept.clone().for_paper(|letter, _| !letter.is_control()), Ok(kept));
        }
        let written = serde_json::to_vec(&orderer).unwrap();
        assert_eq!(
            serde_json::from_slice::<Orderer>(&written).unwrap(),
            orderer
        );
    }
});
