//! What happened to an application and its guarantee contract: who did what and when, never altered.

use serde::{Deserialize, Serialize};

use crate::calendar::{Date, Instant};
use crate::number::ContractNumber;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Event {
    /// When.
    pub at: Instant,
    /// Who.
    pub by: Actor,
    /// What.
    #[serde(flatten)]
    pub what: Happening,
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Actor {
    /// A contractor, by customer ID.
    Contractor {
        /// The customer ID.
        customer: String,
    },
    /// A clerk of the guarantor, by user name.
    Guarantor {
        /// The user name.
        clerk: String,
    },
    /// The product itself, which sends the mail.
    Notify,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Happening {
    /// 保証申込.
    Submitted,
    /// 取下げ.
    Withdrawn,
    /// 謝絶.
    Declined {
        /// Why.
        reason: String,
    },
    /// The guarantee contract was concluded and its certificate issued.
    Issued {
        /// The number of the guarantee contract.
        contract_number: ContractNumber,
        /// 変更回次.
        change_number: u16,
        /// The day of the guarantee contract.
        concluded_on: Date,
        /// The day on which the fee was received.
        fee_paid_on: Date,
        /// The papers with their SHA-256.
        papers: Vec<PaperIssued>,
    },
    /// A mail was handed to the mail service, which accepted it; that is not yet delivery.
    MailSent {
        /// The mail.
        mail: String,
    },
    /// The mail service refused a mail.
    MailRefused {
        /// The mail.
        mail: String,
    },
    /// The mail service reported that a mail came back.
    MailBounced {
        /// The mail.
        mail: String,
        /// How it came back.
        bounce: Bounce,
    },
    /// The mail service reported that the recipient called a mail unwanted (迷惑メール申告).
    MailComplained {
        /// The mail.
        mail: String,
    },
    /// A mail was owed again, at the wish of the desk.
    MailResent {
        /// The new mail.
        mail: String,
        /// The mail that it stands in for.
        instead_of: String,
        /// Whether the address was corrected.
        address_corrected: bool,
    },
    /// 「認証キー」の表示 was pressed for the first time.
    KeyIssued {
        /// The SHA-256 of the key notice.
        notice_sha256: String,
    },
    /// A new key was made and the one before is dead.
    KeyReissued {
        /// The SHA-256 of the new key notice.
        notice_sha256: String,
    },
}

/// How a mail came back, the graver the later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Bounce {
    /// 原因不明: the other side's answer could not be understood.
    Undetermined,
    /// 一時的な不達: tried in vain for hours; an automatic reply of somebody who is away looks the same.
    Transient,
    /// 宛先不明など: the other side refuses this address for good.
    Permanent,
}

/// A paper and the SHA-256 of its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PaperIssued {
    /// Which paper.
    pub paper: Paper,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

/// The papers that are made at issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Paper {
    /// 保証証書.
    Certificate,
    /// お客様控え.
    CustomerCopy,
    /// 保証料計算書.
    FeeStatement,
}

impl Paper {
    /// Every paper that is made at issue.
    pub const ALL: [Self; 3] = [Self::Certificate, Self::CustomerCopy, Self::FeeStatement];

    /// The paper that addresses and data call by this name: `certificate`, `customer-copy`, `fee-statement`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "certificate" => Some(Self::Certificate),
            "customer-copy" => Some(Self::CustomerCopy),
            "fee-statement" => Some(Self::FeeStatement),
            _ => None,
        }
    }

    /// Its name: 保証証書, お客様控え, 保証料計算書.
    #[must_use]
    pub const fn japanese(self) -> &'static str {
        match self {
            Self::Certificate => "保証証書",
            Self::CustomerCopy => "お客様控え",
            Self::FeeStatement => "保証料計算書",
        }
    }
}
