//! Conditional requests (RFC 9110, 13): the version that a client saw, as an ETag.

use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, HeaderName, IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;

use crate::problem::Problem;

/// The ETag of a version, as a header.
#[must_use]
pub fn etag(version: u64) -> [(HeaderName, String); 1] {
    [(ETAG, format!("\"{version}\""))]
}

/// The version that a client saw, from `If-Match`; without it the route answers 428.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(Vec<u64>);

impl IfMatch {
    /// Whether the state still is in a version that the client saw.
    ///
    /// # Errors
    /// 412 when it is not.
    pub fn check(&self, version: u64) -> Result<(), Problem> {
        if self.0.contains(&version) {
            Ok(())
        } else {
            Err(Problem::stale())
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match versions(parts) {
            Some(versions) => Ok(Self(versions)),
            None => Err(Problem::precondition_required(
                "読み込んだときの ETag を If-Match に付けてください。",
            )),
        }
    }
}

/// What a `PUT` expects to find: nothing (`If-None-Match: *`), or what the client saw (`If-Match`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// There is nothing yet.
    New,
    /// The state is in a version that the client saw.
    Seen(IfMatch),
}

impl<S: Sync> FromRequestParts<S> for Precondition {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let is_new = parts
            .headers
            .get(IF_NONE_MATCH)
            .is_some_and(|value| value == "*");
        match versions(parts) {
            Some(versions) => Ok(Self::Seen(IfMatch(versions))),
            None if is_new => Ok(Self::New),
            None => Err(Problem::precondition_required(
                "変更には読み込んだときの ETag を If-Match に、新規の登録には If-None-Match: * を付けてください。",
            )),
        }
    }
}

/// The versions in `If-Match`, if the header is there. Only our own strong tags are versions: a weak or
/// foreign tag matches nothing.
fn versions(parts: &Parts) -> Option<Vec<u64>> {
    let tags = parts.headers.get(IF_MATCH)?.to_str().unwrap_or_default();
    let version = |tag: &str| {
        tag.trim()
            .strip_prefix('"')?
            .strip_suffix('"')?
            .parse()
            .ok()
    };
    Some(tags.split(',').filter_map(version).collect())
}
