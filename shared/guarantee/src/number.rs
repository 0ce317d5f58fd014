//! The guarantee contract number (保証契約番号): twelve digits, the last of which catches every single
//! slip and every swap of neighbours before a question is sent.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::calendar::Date;
use crate::typed;

/// A guarantee contract number: two digits of the fiscal year in 令和, nine that are random, and a
/// check digit by Damm. Written in groups of four: `0712-3456-7891`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(value_type = String, pattern = "^[0-9]{4}-[0-9]{4}-[0-9]{4}$"))]
pub struct ContractNumber(u64);

/// Why a text is no contract number.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
pub enum NotAContractNumber {
    /// Nothing was given.
    #[error("保証契約番号を入力してください。")]
    Empty,
    /// There is something else than digits.
    #[error("保証契約番号は数字だけで入力してください。")]
    NotDigits,
    /// There are more or fewer than twelve digits.
    #[error("保証契約番号は12桁です({0}桁あります)。")]
    Length(usize),
    /// The check digit does not fit: something was mistyped.
    #[error("保証契約番号に打ち間違いがあります。お知らせの番号をもう一度ご確認ください。")]
    CheckDigit,
}

/// The totally anti-symmetric quasigroup of order ten from H. Michael Damm's thesis (2004).
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

const DIGITS: usize = 12;
const SERIALS: u64 = 1_000_000_000;

impl ContractNumber {
    /// How many serials there are: draw one below this.
    pub const SERIALS: u64 = SERIALS;

    /// The number with this serial for a contract concluded on this day. Serials wrap at
    /// [`ContractNumber::SERIALS`].
    #[must_use]
    pub fn with_serial(concluded_on: Date, serial: u64) -> Self {
        let body = u64::from(concluded_on.reiwa_fiscal_year()) * SERIALS + serial % SERIALS;
        let digits = format!("{body:011}");
        Self(body * 10 + u64::from(interim_digit(digits.bytes())))
    }

    /// Reads a number as people type it: full-width, with spaces or hyphens, or without.
    ///
    /// # Errors
    /// [`NotAContractNumber`] says what to mend.
    pub fn parse(typed: &str) -> Result<Self, NotAContractNumber> {
        let digits: String = typed::letters(typed).collect();
        if digits.is_empty() {
            return Err(NotAContractNumber::Empty);
        }
        if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(NotAContractNumber::NotDigits);
        }
        if digits.len() != DIGITS {
            return Err(NotAContractNumber::Length(digits.len()));
        }
        match digits.parse() {
            Ok(number) if interim_digit(digits.bytes()) == 0 => Ok(Self(number)),
            _ => Err(NotAContractNumber::CheckDigit),
        }
    }
}

/// The running digit of Damm's scheme over ASCII digits; zero after a right check digit.
fn interim_digit(digits: impl Iterator<Item = u8>) -> u8 {
    digits.fold(0, |interim, digit| {
        let row = DAMM.get(usize::from(interim));
        row.and_then(|row| row.get(usize::from(digit.wrapping_sub(b'0'))))
            .copied()
            .unwrap_or(0)
    })
}

impl fmt::Display for ContractNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(number) = self;
        write!(
            f,
            "{:04}-{:04}-{:04}",
            number / 100_000_000,
            number / 10_000 % 10_000,
            number % 10_000
        )
    }
}

impl FromStr for ContractNumber {
    type Err = NotAContractNumber;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        Self::parse(typed)
    }
}

impl Serialize for ContractNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContractNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(serial: u64) -> ContractNumber {
        ContractNumber::with_serial(Date::parse("2025-04-10").unwrap(), serial)
    }

    /// Damm's own example: the check digit of 572 is 4.
    #[test]
    fn the_table_is_damms() {
        assert_eq!(interim_digit("572".bytes()), 4);
        assert_eq!(interim_digit("5724".bytes()), 0);
    }

    #[test]
    fn a_number_is_read_as_it_is_typed() {
        let shown = number(123_456_789).to_string();
        let digits = shown.replace('-', "");
        let wide: String = digits
            .chars()
            .map(|c| char::from_u32(c as u32 + 0xFEE0).unwrap())
            .collect();
        for typed in [
            shown.clone(),
            digits.clone(),
            wide,
            shown.replace('-', "ー"),
            format!(" {}　", shown.replace('-', " − ")),
        ] {
            assert_eq!(
                ContractNumber::parse(&typed),
                Ok(number(123_456_789)),
                "{typed}"
            );
        }
        assert!(shown.starts_with("0712-3456-789"));
    }

    #[test]
    fn each_fault_has_its_own_name() {
        use NotAContractNumber::{CheckDigit, Empty, Length, NotDigits};
        assert_eq!(ContractNumber::parse(" ー "), Err(Empty));
        assert_eq!(ContractNumber::parse("0712-3456-789O"), Err(NotDigits));
        assert_eq!(ContractNumber::parse("0712-3456-789"), Err(Length(11)));
        let wrong = format!("{:012}", (number(1).0 / 10) * 10 + (number(1).0 + 1) % 10);
        assert_eq!(ContractNumber::parse(&wrong), Err(CheckDigit));
    }

    proptest! {
        #[test]
        fn a_number_reads_back_what_it_writes(serial in 0..SERIALS) {
            prop_assert_eq!(ContractNumber::parse(&number(serial).to_string()), Ok(number(serial)));
        }

        /// What the check digit is for: one wrong digit, or two neighbours swapped.
        #[test]
        fn every_slip_and_every_swap_of_neighbours_is_caught(serial in 0..SERIALS) {
            let digits = number(serial).to_string().replace('-', "").into_bytes();
            for place in 0..DIGITS {
                for wrong in b'0'..=b'9' {
                    let mut slip = digits.clone();
                    slip[place] = wrong;
                    let caught = ContractNumber::parse(std::str::from_utf8(&slip).unwrap()).is_err();
                    prop_assert_eq!(caught, slip != digits);
                }
                if place + 1 < DIGITS {
                    let mut swap = digits.clone();
                    swap.swap(place, place + 1);
                    let caught = ContractNumber::parse(std::str::from_utf8(&swap).unwrap()).is_err();
                    prop_assert_eq!(caught, swap != digits);
                }
            }
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".*") {
            let _ = ContractNumber::parse(&text);
        }
    }
}
