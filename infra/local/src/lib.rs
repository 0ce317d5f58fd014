//! The whole cloud in one process: everything that `template.yaml` deploys to AWS, on loopback, with
//! its rights, its retries and its faults. What `cargo run` starts, and what every test talks to.

mod bus;
mod checkpoints;
mod clock;
mod cloud;
mod credentials;
mod dead_letters;
mod demo;
mod dynamodb;
mod evidence;
mod fault;
mod folder;
mod front;
mod functions;
mod gateway;
mod issuer;
mod json;
mod login;
mod mailbox;
mod meter;
mod metrics;
mod options;
mod pages;
mod policy;
mod poller;
mod s3;
mod schedule;
mod server;
mod ses;
pub mod template;

pub use cloud::Cloud;
pub use credentials::{Caller, KeyPair};
pub use evidence::{check, verify_log};
pub use fault::{Fault, FaultKind, When};
pub use issuer::{LOGINS, Login, TokenRequest};
pub use mailbox::Mail;
pub use meter::{Usage, Used};
pub use metrics::Measured;
pub use options::{Options, StartError};
pub use policy::Decision;

/// The template that the binary carries, so that it runs from any folder.
pub const TEMPLATE: &str = include_str!("../../../template.yaml");
