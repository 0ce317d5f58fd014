//! How much may be guaranteed: the limits of the standard clauses, and an orderer's own where it has them.

use serde::{Deserialize, Serialize};

use crate::kind::{Category, Kind};
use crate::money::{Ppm, Yen};

/// 前払金 for 建設工事: at most 40 % of the price (公共工事標準請負契約約款; 上尾市, 真岡市).
const ADVANCE_CONSTRUCTION: Ppm = Ppm(400_000);
/// 前払金 for 建設コンサルタント等業務委託: at most 30 % (上尾市, 真岡市, 高浜町).
const ADVANCE_CONSULTING: Ppm = Ppm(300_000);
/// 中間前払金: at most 20 % (高浜町, 鋸南町).
const INTERIM: Ppm = Ppm(200_000);
/// 前払金 and 中間前払金 together: at most 60 % (高浜町, 鋸南町).
const ADVANCE_TOTAL: Ppm = Ppm(600_000);
/// 契約保証: at least 10 % (公共工事標準請負契約約款 第4条).
const PERFORMANCE: Ppm = Ppm(100_000);

/// Limits that an orderer sets itself; what is absent follows the standard clauses.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OwnLimits {
    /// 前払金, 建設工事: at most this share of the price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advance_construction: Option<Ppm>,
    /// 前払金, 建設コンサルタント等業務委託: at most this share of the price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advance_consulting: Option<Ppm>,
    /// 中間前払金: at most this share of the price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interim: Option<Ppm>,
    /// 前払金 and 中間前払金 together: at most this share of the price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advance_total: Option<Ppm>,
    /// 契約保証: at least this share of the price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub performance: Option<Ppm>,
    /// An advance is a whole multiple of this (上尾市, 真岡市: 100,000 yen); absent: to the yen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advance_unit: Option<Yen>,
}

impl OwnLimits {
    /// Whether everything follows the standard clauses.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A bound on the guaranteed amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Bound {
    /// Whether the amount may not be above or not be below.
    pub side: Side,
    /// The bound in yen.
    pub amount: Yen,
    /// The share of the price that the bound comes from, in parts per million.
    pub share: Ppm,
    /// The rule, in Japanese, for the person who asks why.
    pub rule: String,
    /// Whether the orderer itself set the share; otherwise it is the usual one of the standard clauses.
    pub set_by_orderer: bool,
}

/// Which side of the guaranteed amount a bound limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Side {
    /// The amount is at most this.
    AtMost,
    /// The amount is at least this.
    AtLeast,
}

impl Bound {
    /// Whether an amount keeps this bound.
    #[must_use]
    pub fn admits(&self, amount: Yen) -> bool {
        match self.side {
            Side::AtMost => amount <= self.amount,
            Side::AtLeast => amount >= self.amount,
        }
    }
}

/// The bounds on the guaranteed amount of a contract of this price; `prior_advance` is the first
/// advance already received, for 中間前払金.
#[must_use]
pub fn bounds(
    kind: Kind,
    category: Category,
    price: Yen,
    prior_advance: Yen,
    own: &OwnLimits,
) -> Vec<Bound> {
    let whole_units = |amount: Yen| {
        own.advance_unit
            .map_or(amount, |unit| amount.rounded_down_to(unit))
    };
    let at_most =
        |own_share: Option<Ppm>, standard: Ppm, taken: Yen, rule: &dyn Fn(Ppm) -> String| {
            let share = own_share.unwrap_or(standard);
            let amount = whole_units(share.of(price) - taken);
            Bound {
                side: Side::AtMost,
                amount,
                share,
                rule: rule(share),
                set_by_orderer: own_share.is_some(),
            }
        };
    match kind {
        Kind::AdvancePayment => {
            let (own_share, standard) = match category {
                Category::Construction => (own.advance_construction, ADVANCE_CONSTRUCTION),
                Category::Consulting => (own.advance_consulting, ADVANCE_CONSULTING),
            };
            let rule = |share: Ppm| {
                format!(
                    "{}の前払金は請負代金額の{share}以内です。",
                    category.japanese()
                )
            };
            vec![at_most(own_share, standard, Yen::ZERO, &rule)]
        }
        Kind::InterimPayment => vec![
            at_most(own.interim, INTERIM, Yen::ZERO, &|share| {
                format!("中間前払金は請負代金額の{share}以内です。")
            }),
            at_most(own.advance_total, ADVANCE_TOTAL, prior_advance, &|share| {
                format!("前払金と中間前払金の合計は請負代金額の{share}以内です。")
            }),
        ],
        Kind::ContractPerformance => {
            let share = own.performance.unwrap_or(PERFORMANCE);
            let least = Bound {
                side: Side::AtLeast,
                amount: share.of_rounded_up(price),
                share,
                rule: format!("契約保証の保証金額は請負代金額の{share}以上です。"),
                set_by_orderer: own.performance.is_some(),
            };
            let most = Bound {
                side: Side::AtMost,
                amount: price,
                share: Ppm(1_000_000),
                rule: "保証金額は請負代金額を超えられません。".to_owned(),
                set_by_orderer: false,
            };
            vec![least, most]
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

    fn amounts(
        kind: Kind,
        category: Category,
        price: u64,
        prior: u64,
        own: &OwnLimits,
    ) -> Vec<u64> {
        bounds(kind, category, yen(price), yen(prior), own)
            .iter()
            .map(|bound| bound.amount.get())
            .collect()
    }

    #[test]
    fn the_standard_limits_are_those_of_the_clauses() {
        let own = OwnLimits::default();
        assert_eq!(
            amounts(
                Kind::AdvancePayment,
                Category::Construction,
                30_000_000,
                0,
                &own
            ),
            [12_000_000]
        );
        assert_eq!(
            amounts(
                Kind::AdvancePayment,
                Category::Consulting,
                30_000_000,
                0,
                &own
            ),
            [9_000_000]
        );
        assert_eq!(
            amounts(
                Kind::InterimPayment,
                Category::Construction,
                50_000_000,
                20_000_000,
                &own
            ),
            [10_000_000, 10_000_000]
        );
        assert_eq!(
            amounts(
                Kind::InterimPayment,
                Category::Construction,
                50_000_000,
                25_000_000,
                &own
            ),
            [10_000_000, 5_000_000]
        );
        assert_eq!(
            amounts(
                Kind::ContractPerformance,
                Category::Construction,
                33_333_333,
                0,
                &own
            ),
            [3_333_334, 33_333_333]
        );
    }

    #[test]
    fn an_orderers_own_limit_takes_the_place_of_the_standard_one_and_says_so() {
        let own = OwnLimits {
            advance_construction: Some(Ppm(350_000)),
            advance_unit: Some(yen(100_000)),
            ..OwnLimits::default()
        };
        let bound = bounds(
            Kind::AdvancePayment,
            Category::Construction,
            yen(12_345_678),
            Yen::ZERO,
            &own,
        )
        .remove(0);
        assert_eq!((bound.amount, bound.set_by_orderer), (yen(4_300_000), true));
        assert_eq!(bound.rule, "建設工事の前払金は請負代金額の35%以内です。");
    }

    proptest! {
        /// The bound itself is admitted and the next yen is not, whatever the price.
        #[test]
        fn a_bound_is_sharp(price in 1..=Yen::MAX.get(), prior in 0u64..1_000_000_000) {
            for kind in Kind::ALL {
                for category in Category::ALL {
                    for bound in bounds(kind, category, yen(price), yen(prior), &OwnLimits::default()) {
                        prop_assert!(bound.admits(bound.amount));
                        match bound.side {
                            Side::AtMost => prop_assert!(Yen::new(bound.amount.get() + 1).map_or(true, |next| !bound.admits(next))),
                            Side::AtLeast => prop_assert!(bound.amount == Yen::ZERO || !bound.admits(bound.amount - yen(1))),
                        }
                    }
                }
            }
        }
    }
}
