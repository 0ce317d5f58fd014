//! The kinds of guarantee, of contract and of delivery, with the field's own names.

use serde::{Deserialize, Serialize};

/// The three guarantees that the product handles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Kind {
    /// 前払金保証: the advance that the orderer pays is repaid should the contractor fail.
    AdvancePayment,
    /// 中間前払金保証: the same for the second advance, half way through the works.
    InterimPayment,
    /// 契約保証: the performance of the contract itself.
    ContractPerformance,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [
        Self::AdvancePayment,
        Self::InterimPayment,
        Self::ContractPerformance,
    ];

    /// The field's name: 前払金保証, 中間前払金保証, 契約保証.
    #[must_use]
    pub const fn japanese(self) -> &'static str {
        match self {
            Self::AdvancePayment => "前払金保証",
            Self::InterimPayment => "中間前払金保証",
            Self::ContractPerformance => "契約保証",
        }
    }
}

/// What an application may ask for: a [`Kind`], or the reservation that is refused by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum RequestedKind {
    /// 前払金保証.
    AdvancePayment,
    /// 中間前払金保証.
    InterimPayment,
    /// 契約保証.
    ContractPerformance,
    /// 契約保証予約, which is not offered (leaflet, Q&A).
    ContractPerformanceReservation,
}

impl RequestedKind {
    /// The kind that is offered under this name, if any.
    #[must_use]
    pub const fn offered(self) -> Option<Kind> {
        match self {
            Self::AdvancePayment => Some(Kind::AdvancePayment),
            Self::InterimPayment => Some(Kind::InterimPayment),
            Self::ContractPerformance => Some(Kind::ContractPerformance),
            Self::ContractPerformanceReservation => None,
        }
    }
}

/// What the guaranteed contract is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Category {
    /// 建設工事.
    Construction,
    /// 建設コンサルタント等業務委託.
    Consulting,
}

impl Category {
    /// Every category.
    pub const ALL: [Self; 2] = [Self::Construction, Self::Consulting];

    /// The field's name: 建設工事, 建設コンサルタント等業務委託.
    #[must_use]
    pub const fn japanese(self) -> &'static str {
        match self {
            Self::Construction => "建設工事",
            Self::Consulting => "建設コンサルタント等業務委託",
        }
    }

    /// What papers call the title of such a contract: 工事名, 業務名.
    #[must_use]
    pub const fn title_label(self) -> &'static str {
        match self {
            Self::Construction => "工事名",
            Self::Consulting => "業務名",
        }
    }
}

/// How the certificate reaches the contractor (保証証書の受取方法).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Delivery {
    /// 電子交付: mail, screen, key.
    Electronic,
    /// 書面: printed and posted by the guarantor.
    Paper,
}

impl Delivery {
    /// The field's name: 電子交付, 書面.
    #[must_use]
    pub const fn japanese(self) -> &'static str {
        match self {
            Self::Electronic => "電子交付",
            Self::Paper => "書面",
        }
    }
}
