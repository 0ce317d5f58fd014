//! Mail addresses that the お知らせ mail goes to.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A mail address that SES accepts: ASCII, one `@`, no quoting, a domain with a dot.
///
/// Its `Debug` is redacted: an address is personal data and must not reach a log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(value_type = String, format = Email, examples("keiri@example.co.jp")))]
pub struct EmailAddress(String);

/// The text is no mail address.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
#[error("メールアドレスの形ではありません(例 keiri@example.co.jp)。")]
pub struct NotAnEmailAddress;

/// RFC 5321, 4.5.3.1: the longest local part and the longest path.
const LOCAL_LENGTH: usize = 64;
const LENGTH: usize = 254;

impl EmailAddress {
    /// Reads an address; full-width letters typed for half-width ones are put right.
    ///
    /// # Errors
    /// [`NotAnEmailAddress`].
    pub fn parse(typed: &str) -> Result<Self, NotAnEmailAddress> {
        use unicode_normalization::UnicodeNormalization as _;
        let address: String = typed.trim().nfkc().collect();
        let (local, domain) = address.rsplit_once('@').ok_or(NotAnEmailAddress)?;
        let dotted = |text: &str| !text.is_empty() && text.split('.').all(|part| !part.is_empty());
        let in_local = |letter: char| {
            letter.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(letter)
        };
        let is_label = |label: &str| {
            !label.starts_with('-')
                && !label.ends_with('-')
                && label.len() <= 63
                && label
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
        };
        let well_formed = address.len() <= LENGTH
            && local.len() <= LOCAL_LENGTH
            && dotted(local)
            && local.chars().all(in_local)
            && domain.contains('.')
            && dotted(domain)
            && domain.split('.').all(is_label);
        if well_formed {
            Ok(Self(address))
        } else {
            Err(NotAnEmailAddress)
        }
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_addresses_are_read() {
        for address in [
            "keiri@example.co.jp",
            "a.b+c@sub.example.jp",
            " ＫＥＩＲＩ＠ｅｘａｍｐｌｅ．ｊｐ ",
        ] {
            assert!(EmailAddress::parse(address).is_ok(), "{address}");
        }
        assert_eq!(
            EmailAddress::parse("ｋ＠example.jp").unwrap().as_str(),
            "k@example.jp"
        );
    }

    /// A line break would be a header of its own in the mail.
    #[test]
    fn what_is_no_address_or_more_than_one_is_refused() {
        for text in [
            "",
            "a",
            "@b.jp",
            "a@",
            "a@b",
            "a@b..jp",
            "a@-b.jp",
            "a b@c.jp",
            "a@b.jp,c@d.jp",
            "a@b.jp\r\nBcc: x@y.jp",
            "\"a\"@b.jp",
            "<a@b.jp>",
            ".a@b.jp",
            "a@[127.0.0.1]",
            "山@b.jp",
        ] {
            assert_eq!(EmailAddress::parse(text), Err(NotAnEmailAddress), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_accepted_address_is_plain_ascii_without_spaces(text in ".*") {
            if let Ok(address) = EmailAddress::parse(&text) {
                prop_assert!(address.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
            }
        }
    }
}
