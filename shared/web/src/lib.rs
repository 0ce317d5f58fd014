//! The HTTP edge that every function shares: how it is configured, who is asking, what a body, an
//! answer and an error look like.

pub mod answers;
mod body;
mod conditional;
mod download;
mod edge;
mod environment;
mod guarantor;
mod headers;
mod idempotency;
#[cfg(feature = "lambda")]
pub mod lambda;
mod meter;
mod ownership;
mod paging;
mod principal;
mod problem;
#[cfg(feature = "lambda")]
mod trust;

pub use body::{BODY_LIMIT, Fields, JsonBody};
pub use conditional::{IfMatch, Precondition, etag};
pub use download::Download;
pub use edge::{below, now, read_ulid, ulid};
pub use environment::{Environment, MissingSetting};
pub use guarantor::guarantor;
pub use headers::finish;
pub use idempotency::{IdempotencyHeader, REPLAYED};
pub use meter::{Meter, Metric, Output};
pub use ownership::own_certificate;
pub use paging::{Listed, Paging, Parameters};
pub use principal::{Clerk, Customer, source_address};
pub use problem::{Problem, chain};
