//! What calls STEP 2: a batch of the stream, a report of the mail service, the schedule. The table is out of
//! reach, so no mail can be delivered: whichever the event names must come back as undone, and no error may
//! quote the event, which can name people.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use notify::Notify;
use serde_json::{Value, from_slice};
use tokio::runtime::Runtime;

const REFUSED: &str = r#"{"__type":"AccessDeniedException"}"#;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(fuzz::runtime);
static NOTIFY: LazyLock<Notify> =
    LazyLock::new(|| Notify::new(&fuzz::environment(), &fuzz::aws(400, REFUSED)).unwrap());

fuzz_target!(|event: &[u8]| {
    let Ok(event) = from_slice::<Value>(event) else {
        return;
    };
    match RUNTIME.block_on(NOTIFY.handle(event.clone())) {
        Ok(answer) => {
            let records = event["Records"].as_array().unwrap();
            let mut sequence = records.iter().map(|it| &it["dynamodb"]["SequenceNumber"]);
            for failure in answer["batchItemFailures"].as_array().unwrap() {
                let undone = &failure["itemIdentifier"];
                assert!(sequence.any(|number| number == undone), "{answer}");
            }
        }
        Err(error) => assert!(!format!("{error:?}").contains('@'), "{error:?}"),
    }
});
