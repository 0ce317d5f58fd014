//! The authentication key (認証キー) with which an orderer opens a certificate.
//!
//! 24 random letters carry 112.6 bits, so that a plain hash may stand for the key (OWASP ASVS 5.0,
//! 6.5.2); the 25th catches a slip before anything is sent. A key never shows itself by accident:
//! it has no `Display`, no `Serialize`, and its `Debug` says nothing.

use std::fmt;

use crate::typed;

/// The letters of a key in the order of their values: none of the pairs that FAX and eyes confuse.
const LETTERS: &[u8; 26] = b"0123456789ACEFHJKMNPRTUWXY";
const RANDOM: usize = 24;
const LENGTH: usize = RANDOM + 1;
const GROUP: usize = 5;
/// The check sum is kept modulo this prime; 2 has order 28 in it, so no two of 25 places weigh the same.
const MODULUS: u32 = 29;

/// An authentication key.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthKey([u8; LENGTH]);

/// Why a text is no authentication key.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
pub enum NotAnAuthKey {
    /// Nothing was given.
    #[error("認証キーを入力してください。")]
    Empty,
    /// There is a letter that keys do not use.
    #[error("認証キーに使われない文字があります。お知らせのキーをもう一度ご確認ください。")]
    Letter,
    /// There are more or fewer than 25 letters.
    #[error("認証キーは25文字です({0}文字あります)。")]
    Length(usize),
    /// The check letter does not fit: something was mistyped.
    #[error("認証キーに打ち間違いがあります。お知らせのキーをもう一度ご確認ください。")]
    CheckLetter,
}

impl AuthKey {
    /// How many letters there are to draw from.
    pub const ALPHABET: u8 = 26;

    /// Draws a key; `below(n)` gives a random number from 0 to n − 1, every one as likely.
    #[must_use]
    pub fn draw(mut below: impl FnMut(u8) -> u8) -> Self {
        loop {
            let mut values = [0; LENGTH];
            for value in values.iter_mut().take(RANDOM) {
                *value = below(Self::ALPHABET) % Self::ALPHABET;
            }
            if let Some(key) = Self::complete(values) {
                return key;
            }
        }
    }

    /// The key with its check letter, unless the check value is no letter (26, 27 and 28 are none).
    fn complete(mut values: [u8; LENGTH]) -> Option<Self> {
        let check = (0..Self::ALPHABET).find(|check| {
            if let Some(last) = values.last_mut() {
                *last = *check;
            }
            checksum(&values) == 0
        })?;
        if let Some(last) = values.last_mut() {
            *last = check;
        }
        Some(Self(values))
    }

    /// Reads a key as people type it from a FAX: full-width, lower case, with spaces or hyphens, and
    /// with the letters that keys do not use in place of those they look like (B for 8, O for 0, …).
    ///
    /// # Errors
    /// [`NotAnAuthKey`] says what to mend.
    pub fn parse(typed: &str) -> Result<Self, NotAnAuthKey> {
        let mut values = [0; LENGTH];
        let mut count = 0;
        for letter in typed::letters(typed) {
            let value = value_of(letter).ok_or(NotAnAuthKey::Letter)?;
            if let Some(place) = values.get_mut(count) {
                *place = value;
            }
            count += 1;
        }
        match count {
            0 => Err(NotAnAuthKey::Empty),
            LENGTH if checksum(&values) == 0 => Ok(Self(values)),
            LENGTH => Err(NotAnAuthKey::CheckLetter),
            _ => Err(NotAnAuthKey::Length(count)),
        }
    }

    /// The key in five groups of five, for the notice, the contractor's answer, and nothing else.
    #[must_use]
    pub fn reveal(&self) -> String {
        let mut shown = String::with_capacity(LENGTH + 4);
        for (place, value) in self.0.iter().enumerate() {
            if place > 0 && place.is_multiple_of(GROUP) {
                shown.push('-');
            }
            shown.extend(
                LETTERS
                    .get(usize::from(*value))
                    .map(|letter| char::from(*letter)),
            );
        }
        shown
    }
}

/// Σ 2^i·vᵢ mod 29, i from 0 at the first letter.
fn checksum(values: &[u8; LENGTH]) -> u32 {
    let (sum, _) = values.iter().fold((0, 1), |(sum, weight), value| {
        (
            (sum + weight * u32::from(*value)) % MODULUS,
            weight * 2 % MODULUS,
        )
    });
    sum
}

/// The value of a typed letter; letters that keys do not use are read as what they look like.
fn value_of(typed: char) -> Option<u8> {
    let meant = match typed {
        'B' => '8',
        'S' => '5',
        'Z' => '2',
        'D' | 'O' | 'Q' => '0',
        'I' | 'L' => '1',
        'G' => '6',
        'V' => 'U',
        letter => letter,
    };
    LETTERS
        .iter()
        .position(|letter| char::from(*letter) == meant)
        .and_then(|value| u8::try_from(value).ok())
}

impl fmt::Debug for AuthKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys() -> impl Strategy<Value = AuthKey> {
        proptest::array::uniform24(0u8..26).prop_filter_map(
            "the check value is a letter",
            |random| {
                let mut values = [0; LENGTH];
                values[..RANDOM].copy_from_slice(&random);
                AuthKey::complete(values)
            },
        )
    }

    fn sample() -> AuthKey {
        let mut next = 0u32;
        AuthKey::draw(|n| {
            next = (next * 7 + 3) % 251;
            u8::try_from(next % u32::from(n)).unwrap()
        })
    }

    #[test]
    fn a_key_has_five_groups_of_five() {
        let shown = sample().reveal();
        assert_eq!(shown.len(), 29);
        assert!(shown.split('-').all(|group| group.len() == 5));
    }

    #[test]
    fn a_key_never_shows_itself_by_accident() {
        assert_eq!(format!("{:?}", sample()), "AuthKey(…)");
    }

    /// Exactly the substitutions that domain.md lists, and no letter is refused that a FAX may make.
    #[test]
    fn look_alikes_are_read_as_what_they_look_like() {
        for (seen, meant) in "BSZDOQILGV"
            .chars()
            .zip("8520001".chars().chain("16U".chars()))
        {
            assert_eq!(value_of(seen), value_of(meant), "{seen}");
            assert!(!LETTERS.contains(&(seen as u8)));
        }
        assert_eq!(AuthKey::parse("あ"), Err(NotAnAuthKey::Letter));
    }

    #[test]
    fn each_fault_has_its_own_name() {
        let shown = sample().reveal();
        assert_eq!(AuthKey::parse("  "), Err(NotAnAuthKey::Empty));
        assert_eq!(AuthKey::parse(&shown[..28]), Err(NotAnAuthKey::Length(24)));
        assert_eq!(
            AuthKey::parse(&format!("{shown}0")),
            Err(NotAnAuthKey::Length(26))
        );
        assert_eq!(
            AuthKey::parse(&format!("{}?", &shown[..28])),
            Err(NotAnAuthKey::Letter)
        );
    }

    proptest! {
        #[test]
        fn a_key_is_read_as_it_is_typed(key in keys()) {
            let shown = key.reveal();
            let wide: String = shown.chars().map(|c| if c == '-' { 'ー' } else { char::from_u32(c as u32 + 0xFEE0).unwrap() }).collect();
            for typed in [shown.clone(), shown.to_lowercase(), shown.replace('-', " "), shown.replace('-', "\r\n"), wide] {
                prop_assert_eq!(AuthKey::parse(&typed), Ok(key.clone()));
            }
        }

        /// Every single slip and every swap of any two places is caught, neighbours or not.
        #[test]
        fn every_slip_and_every_swap_is_caught(key in keys()) {
            for place in 0..LENGTH {
                for value in 0..26 {
                    let mut slip = key.0;
                    slip[place] = value;
                    prop_assert_eq!(checksum(&slip) == 0, slip == key.0);
                }
                for other in 0..place {
                    let mut swap = key.0;
                    swap.swap(place, other);
                    prop_assert_eq!(checksum(&swap) == 0, swap == key.0);
                }
            }
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".*") {
            let _ = AuthKey::parse(&text);
        }
    }
}
