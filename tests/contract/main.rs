//! The contract between the code, `template.yaml` and the document of the API.

#![expect(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected ends there"
)]

mod document;
mod template;
