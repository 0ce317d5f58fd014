//! An application for a guarantee (保証申込) as it is kept: its terms, and the state it is in.

use serde::{Deserialize, Serialize};

use crate::calendar::{Date, Instant};
use crate::email::EmailAddress;
use crate::kind::{Category, Delivery, Kind};
use crate::money::Yen;
use crate::number::ContractNumber;
use crate::orderer::OrdererCode;

/// What a contractor applies for; examined, so that it can be issued as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Terms {
    /// The kind of guarantee.
    pub kind: Kind,
    /// How the certificate is received.
    pub delivery: Delivery,
    /// The orderer.
    pub orderer: Beneficiary,
    /// The contractor.
    pub contractor: Contractor,
    /// The contract that is guaranteed.
    pub contract: WorksContract,
    /// The guaranteed amount (保証金額).
    pub guaranteed_amount: Yen,
    /// The first advance, for 中間前払金保証.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior_advance: Option<PriorAdvance>,
    /// The day on which the orderer certified the progress (中間前払金の認定日), for 中間前払金保証.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress_certified_on: Option<Date>,
    /// The general conditions that the orderer names for the original contract, confirmed by the contractor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub general_conditions: Option<String>,
    /// Where the mail goes: one mail to each address. An orderer is not shown them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<EmailAddress>,
}

/// The orderer as a party to the guarantee (被保証者).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Beneficiary {
    /// The code of the local public body.
    pub code: OrdererCode,
    /// Its name: 国東市.
    pub name: String,
    /// The office that the certificate names: 国東市長.
    pub recipient: String,
}

/// The contractor as a party to the guarantee (保証契約者).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Contractor {
    /// 商号又は名称.
    pub name: String,
    /// 代表者.
    pub representative: String,
    /// 住所.
    pub address: String,
}

/// Personal data stays out of logs.
impl std::fmt::Debug for Contractor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Contractor(…)")
    }
}

/// The contract between orderer and contractor (工事請負契約・業務委託契約).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct WorksContract {
    /// 工事名・業務名.
    pub title: String,
    /// 工事番号, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// 工事場所・履行場所.
    pub place: String,
    /// What the contract is for.
    pub category: Category,
    /// The day of the original contract (当初契約), which decides on eligibility.
    pub original_contract_date: Date,
    /// 請負代金額, tax included.
    pub price: Yen,
    /// The first day of the term (工期).
    pub starts_on: Date,
    /// The last day of the term (工期).
    pub completes_on: Date,
}

/// The first advance that was received before an interim one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PriorAdvance {
    /// 既受領前払金額.
    pub amount: Yen,
    /// 受領日.
    pub received_on: Date,
}

/// The period of a guarantee. That of an advance has a last day only: the clauses name no first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Period {
    /// The first day, for 契約保証.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// 保証期限, the last day.
    pub until: Date,
}

impl Terms {
    /// The period of the guarantee (clauses of the general conditions): an advance is guaranteed up to
    /// the completion of the contract, its performance from the contract's date on.
    #[must_use]
    pub fn period(&self) -> Period {
        let contract = &self.contract;
        let from =
            (self.kind == Kind::ContractPerformance).then_some(contract.original_contract_date);
        Period {
            from,
            until: contract.completes_on,
        }
    }
}

/// Where an application stands. Every state but the first is final.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Status {
    /// 受付: it waits for the guarantor's decision.
    Submitted,
    /// 発行済み: the guarantee contract is concluded and the certificate issued.
    Issued {
        /// The number of the guarantee contract.
        contract_number: ContractNumber,
        /// When.
        decided_at: Instant,
    },
    /// 謝絶: the guarantor declined.
    Declined {
        /// Why, for the contractor.
        reason: String,
        /// When.
        decided_at: Instant,
    },
    /// 取下げ: the contractor withdrew it.
    Withdrawn {
        /// When.
        decided_at: Instant,
    },
}

impl Status {
    /// The name of the state in data.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Issued { .. } => "issued",
            Self::Declined { .. } => "declined",
            Self::Withdrawn { .. } => "withdrawn",
        }
    }

    /// The name of the state for people.
    #[must_use]
    pub const fn japanese(&self) -> &'static str {
        match self {
            Self::Submitted => "受付",
            Self::Issued { .. } => "発行済み",
            Self::Declined { .. } => "謝絶",
            Self::Withdrawn { .. } => "取下げ",
        }
    }
}
