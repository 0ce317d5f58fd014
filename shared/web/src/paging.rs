//! Lists in pages: `?limit=…&cursor=…`, and `next_cursor` in the answer.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use ledger::{Page, PageRequest};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::edge::read_ulid;
use crate::problem::Problem;

const DEFAULT: i32 = 20;
const MOST: i32 = 100;

/// The parameters of a query. One that stands there twice is 400 and a problem like any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(_) => Err(Problem::malformed(
                "invalid_query",
                "アドレスの ? の後の項目は1つずつにしてください。",
            )),
        }
    }
}

/// Which page of a list the client wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging(pub PageRequest);

#[derive(Deserialize)]
struct Asked {
    limit: Option<String>,
    cursor: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Parameters(asked) = Parameters::<Asked>::from_request_parts(parts, state).await?;
        let limit = match asked.limit.as_deref().map(str::parse) {
            None => DEFAULT,
            Some(Ok(limit)) if (1..=MOST).contains(&limit) => limit,
            Some(_) => {
                let detail = format!("limit は1から{MOST}までの整数にしてください。");
                return Err(Problem::malformed("invalid_limit", detail));
            }
        };
        let after = match asked.cursor.as_deref().map(read_ulid) {
            None => None,
            Some(Some(after)) => Some(after),
            Some(None) => {
                let detail = "cursor には前の応答の next_cursor をそのまま使ってください。";
                return Err(Problem::malformed("invalid_cursor", detail));
            }
        };
        Ok(Self(PageRequest { limit, after }))
    }
}

/// A page as the client reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Listed<T> {
    /// The things on this page.
    pub items: Vec<T>,
    /// Where the next page goes on; `null` on the last one.
    #[schema(value_type = Option<String>)]
    pub next_cursor: Option<Ulid>,
}

impl<T> Listed<T> {
    /// A page with each item in the form that the client reads.
    pub fn of<U>(page: Page<U>, line: impl FnMut(U) -> T) -> Self {
        Self {
            items: page.items.into_iter().map(line).collect(),
            next_cursor: page.next,
        }
    }
}
