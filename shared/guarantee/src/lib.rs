//! The domain of electronic guarantees (電子保証) for public works in Japan: the kinds of guarantee,
//! who may have them electronically, how much, for what fee, and the certificate that results.
//!
//! Everything here is pure. Nothing awaits, nothing reads a clock or draws a random number: the
//! caller hands in the day and the randomness, and gets a decision.

pub mod application;
pub mod calendar;
pub mod certificate;
pub mod decision;
pub mod draft;
pub mod email;
pub mod fee;
pub mod history;
pub mod key;
pub mod kind;
pub mod limits;
pub mod money;
pub mod number;
pub mod orderer;
pub mod text;
pub mod typed;
pub mod violation;
