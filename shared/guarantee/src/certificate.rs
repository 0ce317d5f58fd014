//! The electronic certificate (電子証書): everything that its papers say, as it was when it was issued.
//!
//! The papers are drawn from this alone, so that any of them can be made again from the ledger.

use serde::{Deserialize, Serialize};

use crate::application::{Period, Terms};
use crate::calendar::Date;
use crate::fee::Fee;
use crate::kind::Kind;
use crate::money::{Ppm, Yen};
use crate::number::ContractNumber;
use crate::text;
use crate::violation::Violation;

/// One version of an electronic certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Certificate {
    /// 保証契約番号.
    pub contract_number: ContractNumber,
    /// 変更回次: 0 for the first version.
    pub change_number: u16,
    /// 発行日.
    pub issued_on: Date,
    /// The day on which the guarantee contract was concluded.
    pub concluded_on: Date,
    /// The day on which the fee was received.
    pub fee_paid_on: Date,
    /// What was applied for.
    #[serde(flatten)]
    pub terms: Terms,
    /// 保証期間; its last day is the 保証期限.
    pub period: Period,
    /// 保証料.
    pub fee: Fee,
    /// 適用約款 of the guarantor.
    pub conditions: Conditions,
    /// 保証人.
    pub guarantor: Guarantor,
}

/// The guarantor's own general conditions, by title and edition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Conditions {
    /// 前払金保証約款, ….
    pub title: String,
    /// The edition.
    pub edition: String,
    /// Whether title and edition are assumed (仮): a guarantor puts its own in their place.
    pub assumed: bool,
}

impl Conditions {
    /// The general conditions for a kind of guarantee.
    ///
    /// The titles are the usual ones of the field; the edition is assumed until a guarantor sets its own.
    #[must_use]
    pub fn of(kind: Kind) -> Self {
        Self {
            title: format!("{}約款", kind.japanese()),
            edition: "令和7年4月1日版".to_owned(),
            assumed: true,
        }
    }
}

/// The guarantee company (保証事業会社).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Guarantor {
    /// 商号.
    pub name: String,
    /// 代表者, with the office: 代表取締役社長 見本 一郎.
    pub representative: String,
    /// 所在地.
    pub address: String,
    /// Where people ask: a telephone number or the like.
    pub contact: String,
    /// The letters of its square seal; without one papers carry a seal that says 見本 (sample).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
}

impl Guarantor {
    /// The most letters that a seal has: four columns of four can still be read.
    pub const LETTERS_OF_SEAL: usize = 16;

    /// The guarantor as it stands on paper; `prints` as in [`text::for_paper`].
    ///
    /// # Errors
    /// Everything that papers cannot carry.
    pub fn for_paper(
        self,
        prints: impl Fn(char, Option<char>) -> bool,
    ) -> Result<Self, Vec<Violation>> {
        let mut faults = Vec::new();
        let mut on_paper = |pointer: &str, typed: &str| {
            text::for_paper(typed, &prints).unwrap_or_else(|unprintable| {
                let named: Vec<_> = unprintable.iter().map(ToString::to_string).collect();
                faults.push(Violation::new(pointer, "unprintable", named.join(" ")));
                String::new()
            })
        };
        let guarantor = Self {
            name: on_paper("/name", &self.name),
            representative: on_paper("/representative", &self.representative),
            address: on_paper("/address", &self.address),
            contact: on_paper("/contact", &self.contact),
            seal: self.seal.map(|seal| on_paper("/seal", &seal)),
        };
        let letters = guarantor
            .seal
            .as_ref()
            .map_or(0, |seal| seal.chars().count());
        if letters > Self::LETTERS_OF_SEAL {
            let most = Self::LETTERS_OF_SEAL;
            let message = format!("印影の文字は{most}文字以内にしてください。");
            faults.push(Violation::new("/seal", "too_long", message));
        }
        if faults.is_empty() {
            Ok(guarantor)
        } else {
            Err(faults)
        }
    }
}

/// Whether a certificate holds on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Standing {
    /// 有効.
    Valid,
    /// 期限経過: the 保証期限 has passed. Claims may still be made for a time, so it stays openable.
    Expired,
}

impl Standing {
    /// How a certificate up to `until` stands on this day; the 保証期限 is its last.
    #[must_use]
    pub fn on(today: Date, until: Date) -> Self {
        if today <= until {
            Self::Valid
        } else {
            Self::Expired
        }
    }

    /// The word for people: 有効, 期限経過.
    #[must_use]
    pub const fn japanese(self) -> &'static str {
        match self {
            Self::Valid => "有効",
            Self::Expired => "期限経過",
        }
    }
}

impl Certificate {
    /// Whether the certificate holds on this day.
    #[must_use]
    pub fn standing(&self, today: Date) -> Standing {
        Standing::on(today, self.period.until)
    }

    /// The title of the certificate on paper: 保証証書(前払金保証).
    #[must_use]
    pub fn title(&self) -> String {
        format!("保証証書({})", self.terms.kind.japanese())
    }

    /// What the guarantor promises (保証文言), in one paragraph.
    ///
    /// The amount follows the formula of 前払金保証約款 第1条: the advance paid (with payments for
    /// completed parts) less the value of the work completed, at most the advance.
    #[must_use]
    pub fn wording(&self) -> String {
        let title = &self.conditions.title;
        match self.terms.kind {
            Kind::AdvancePayment | Kind::InterimPayment => {
                let advance = if self.terms.kind == Kind::AdvancePayment {
                    "前払金"
                } else {
                    "中間前払金"
                };
                format!(
                    "当社は、保証契約者が上記契約の債務を履行しないために発注者がその契約を解除した場合、\
                     支払われた{advance}の額(出来形払の額を含みます。)から既に済んだ工事等の代価に相当する額を差し引いた額を、\
                     保証金額を限度として、{title}の定めにより被保証者に支払うことを保証します。"
                )
            }
            Kind::ContractPerformance => format!(
                "当社は、保証契約者が上記契約の債務を履行しないことにより被保証者に損害が生じた場合、\
                 保証金額を限度として、{title}の定めによりその損害金を被保証者に支払うことを保証します。"
            ),
        }
    }

    /// 前払金額 and 中間前払金額 together (累計), for 中間前払金保証.
    #[must_use]
    pub fn advances_together(&self) -> Option<Yen> {
        self.terms
            .prior_advance
            .as_ref()
            .map(|prior| prior.amount + self.terms.guaranteed_amount)
    }

    /// 保証割合: the share of the price that is guaranteed, below one part per million cut off.
    #[must_use]
    pub fn guaranteed_share(&self) -> Ppm {
        let (amount, price) = (
            u128::from(self.terms.guaranteed_amount.get()),
            u128::from(self.terms.contract.price.get()),
        );
        let share = (amount * 1_000_000).checked_div(price).unwrap_or(0);
        Ppm(u32::try_from(share).unwrap_or(u32::MAX))
    }
}
