//! The log of this process, kept to be read.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// What production logs, and every level of our own crates.
const LEVELS: &str = "info,apply=trace,issue=trace,notify=trace,view=trace,generate_key=trace,verify=trace,portal=trace,\
    web=trace,ledger=trace,archive=trace,documents=trace,typeface=trace,guarantee=trace,audit=trace,local=trace";

/// Everything that was logged.
#[derive(Clone, Default)]
pub(crate) struct Traces(Arc<Mutex<Vec<u8>>>);

impl Traces {
    /// Begins to keep the log, written as the functions write it.
    pub(crate) fn begin() -> Self {
        let traces = Self::default();
        tracing_subscriber::fmt()
            .json()
            .with_env_filter(EnvFilter::new(LEVELS))
            .with_writer(traces.clone())
            .init();
        traces
    }

    /// What was logged so far.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Traces {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Traces {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
