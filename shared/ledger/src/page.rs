//! Pages of a list. A cursor is the ULID of the last thing seen: what partition it continues in comes
//! from who asks, so that a cursor opens nothing and needs no secret.

use ulid::Ulid;

/// Which page of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// The most items on it.
    pub limit: i32,
    /// The last thing on the page before, if there was one.
    pub after: Option<Ulid>,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// Its items.
    pub items: Vec<T>,
    /// Where the next page goes on, if there is more.
    pub next: Option<Ulid>,
}

/// In which order a list is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    OldestFirst,
    NewestFirst,
}

impl Order {
    /// The first and last ULID of what comes after `after`, both included.
    pub(crate) fn range(self, after: Option<Ulid>) -> (Ulid, Ulid) {
        let number = after.map(|ulid| u128::from_be_bytes(ulid.to_bytes()));
        let at = |number: u128| Ulid::from_bytes(number.to_be_bytes());
        match (self, number) {
            (_, None) => (Ulid::nil(), Ulid::max()),
            (Self::OldestFirst, Some(number)) => (at(number.saturating_add(1)), Ulid::max()),
            (Self::NewestFirst, Some(number)) => (Ulid::nil(), at(number.saturating_sub(1))),
        }
    }
}
