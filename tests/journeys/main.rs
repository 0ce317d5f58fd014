//! Journeys over HTTP against the whole cloud in this process, a fresh one for each test.

mod checks;
mod decisions;
mod leaflet;
mod lists;
mod mails;
mod orderers;
mod paper;
mod refusals;
mod repeats;
mod restart;
mod rights;
mod strangers;
