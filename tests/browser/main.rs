//! The pages in a real browser, against the whole cloud in this process.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

mod browser;
mod calls;
mod certificates;
mod desk;
mod english;
mod flow;
mod form;
mod keyboard;
mod lists;
mod login;
mod orderer;
mod orderers;
mod papers;
mod rules;
