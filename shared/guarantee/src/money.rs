//! Money in whole yen and rates in parts per million; arithmetic on them is exact.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

/// An amount in whole yen, tax included where the field has a tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(value_type = u64, maximum = 999_999_999_999u64, examples(12_000_000)))]
pub struct Yen(u64);

/// The amount is larger than papers and JSON numbers carry.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("an amount is at most 999,999,999,999 yen")]
pub struct TooMuch;

impl Yen {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount: one yen under a trillion (九千九百九十九億…), which the papers have room for.
    pub const MAX: Self = Self(999_999_999_999);

    /// This many yen.
    ///
    /// # Errors
    /// [`TooMuch`] above [`Yen::MAX`].
    pub const fn new(yen: u64) -> Result<Self, TooMuch> {
        if yen > Self::MAX.0 {
            Err(TooMuch)
        } else {
            Ok(Self(yen))
        }
    }

    /// The amount as a number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Cut down to a whole multiple of `unit`.
    #[must_use]
    pub fn rounded_down_to(self, unit: Self) -> Self {
        self.0
            .checked_rem(unit.0)
            .map_or(self, |rest| Self(self.0 - rest))
    }

    /// The amount with thousands set apart: 12,000,000.
    #[must_use]
    pub fn grouped(self) -> String {
        let digits = self.0.to_string();
        let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        grouped
    }

    /// The amount in the numerals that cannot be altered by a stroke (大字): 金壱千弐百万円也.
    #[must_use]
    pub fn daiji(self) -> String {
        const DIGITS: [char; 10] = ['零', '壱', '弐', '参', '四', '五', '六', '七', '八', '九'];
        const PLACES: [&str; 4] = ["千", "百", "拾", ""];
        const GROUPS: [(&str, u64); 3] = [("億", 100_000_000), ("万", 10_000), ("", 1)];
        let mut written = String::from("金");
        if self.0 == 0 {
            written.push('零');
        }
        for (group_name, group_unit) in GROUPS {
            let group = self.0 / group_unit % 10_000;
            if group == 0 {
                continue;
            }
            for (place, unit) in PLACES.iter().zip([1000, 100, 10, 1]) {
                let digit = group / unit % 10;
                if digit > 0 {
                    written.extend(
                        usize::try_from(digit)
                            .ok()
                            .and_then(|digit| DIGITS.get(digit)),
                    );
                    written.push_str(place);
                }
            }
            written.push_str(group_name);
        }
        written.push_str("円也");
        written
    }
}

/// The sum, at most [`Yen::MAX`] (two amounts of a contract never come near it).
impl std::ops::Add for Yen {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0).min(Self::MAX.0))
    }
}

/// The difference, at least nothing.
impl std::ops::Sub for Yen {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// As papers write it: ￥12,000,000.
impl fmt::Display for Yen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "￥{}", self.grouped())
    }
}

impl<'de> Deserialize<'de> for Yen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(u64::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// A share in parts per million: 40 % is 400,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(value_type = u32, examples(400_000)))]
pub struct Ppm(pub u32);

impl Ppm {
    /// 100 %.
    pub const WHOLE: Self = Self(1_000_000);

    /// This share of the amount, below one yen cut off.
    #[must_use]
    pub fn of(self, amount: Yen) -> Yen {
        Yen(saturate(self.times(amount) / MILLION))
    }

    /// This share of the amount, below one yen rounded up: the least whole amount that reaches it.
    #[must_use]
    pub fn of_rounded_up(self, amount: Yen) -> Yen {
        Yen(saturate(self.times(amount).div_ceil(MILLION)))
    }

    /// The share of the amount in millionths of a yen, exact.
    #[must_use]
    pub fn times(self, amount: Yen) -> u128 {
        u128::from(self.0) * u128::from(amount.0)
    }
}

/// Millionths of a yen, below one yen cut off.
#[must_use]
pub fn whole_yen(millionths: u128) -> Yen {
    Yen(saturate(millionths / MILLION))
}

const MILLION: u128 = 1_000_000;

fn saturate(yen: u128) -> u64 {
    u64::try_from(yen).unwrap_or(Yen::MAX.0).min(Yen::MAX.0)
}

/// As a percentage without trailing zeros: 40%, 0.065%.
impl fmt::Display for Ppm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fraction = format!("{:04}", self.0 % 10_000);
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{}%", self.0 / 10_000),
            fraction => write!(f, "{}.{fraction}%", self.0 / 10_000),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn yen(amount: u64) -> Yen {
        Yen::new(amount).unwrap()
    }

    #[test]
    fn amounts_are_written_in_daiji() {
        for (amount, written) in [
            (0, "金零円也"),
            (1, "金壱円也"),
            (10, "金壱拾円也"),
            (12_000_000, "金壱千弐百万円也"),
            (123_456_789, "金壱億弐千参百四拾五万六千七百八拾九円也"),
            (100_000_001, "金壱億壱円也"),
            (
                999_999_999_999,
                "金九千九百九拾九億九千九百九拾九万九千九百九拾九円也",
            ),
        ] {
            assert_eq!(yen(amount).daiji(), written);
        }
    }

    #[test]
    fn amounts_and_rates_are_written_as_papers_do() {
        assert_eq!(yen(12_000_000).to_string(), "￥12,000,000");
        assert_eq!(yen(999).to_string(), "￥999");
        assert_eq!(Ppm(400_000).to_string(), "40%");
        assert_eq!(Ppm(650).to_string(), "0.065%");
        assert_eq!(Ppm(1).to_string(), "0.0001%");
    }

    #[test]
    fn an_amount_ends_below_a_trillion() {
        assert_eq!(Yen::new(1_000_000_000_000), Err(TooMuch));
        assert!(serde_json::from_str::<Yen>("-1").is_err());
        assert!(serde_json::from_str::<Yen>("1.5").is_err());
        assert_eq!(
            serde_json::from_str::<Yen>("12000000").unwrap(),
            yen(12_000_000)
        );
    }

    /// Reads 大字 back, so that the writer is checked against something other than itself.
    fn read_daiji(written: &str) -> u64 {
        let (mut total, mut group, mut digit) = (0u64, 0u64, 0u64);
        for letter in written
            .trim_start_matches('金')
            .trim_end_matches("円也")
            .chars()
        {
            match letter {
                '億' => {
                    total += (group + digit) * 100_000_000;
                    (group, digit) = (0, 0);
                }
                '万' => {
                    total += (group + digit) * 10_000;
                    (group, digit) = (0, 0);
                }
                '千' => {
                    group += digit * 1000;
                    digit = 0;
                }
                '百' => {
                    group += digit * 100;
                    digit = 0;
                }
                '拾' => {
                    group += digit * 10;
                    digit = 0;
                }
                letter => {
                    digit = "零壱弐参四五六七八九"
                        .chars()
                        .position(|c| c == letter)
                        .unwrap() as u64;
                }
            }
        }
        total + group + digit
    }

    proptest! {
        #[test]
        fn daiji_reads_back(amount in 0..=Yen::MAX.get()) {
            prop_assert_eq!(read_daiji(&yen(amount).daiji()), amount);
        }

        #[test]
        fn grouping_keeps_every_digit(amount in 0..=Yen::MAX.get()) {
            let grouped = yen(amount).grouped();
            prop_assert_eq!(grouped.replace(',', ""), amount.to_string());
            prop_assert!(grouped.split(',').skip(1).all(|group| group.len() == 3));
        }

        /// Rounding down and up enclose the exact share, and differ by at most one yen.
        #[test]
        fn shares_are_exact(amount in 0..=Yen::MAX.get(), ppm in 0u32..=1_000_000) {
            let (exact, share) = (Ppm(ppm).times(yen(amount)), Ppm(ppm));
            let (down, up) = (share.of(yen(amount)).get(), share.of_rounded_up(yen(amount)).get());
            prop_assert!(u128::from(down) * MILLION <= exact && exact <= u128::from(up) * MILLION);
            prop_assert!(up - down <= 1);
        }
    }
}
