//! The guarantor's decision on an application: conclude the guarantee contract and issue, or decline.

use crate::application::Terms;
use crate::calendar::Date;
use crate::certificate::{Certificate, Conditions, Guarantor};
use crate::fee;
use crate::kind::Kind;
use crate::number::ContractNumber;
use crate::text;
use crate::violation::Violation;

/// The longest reason for declining.
const REASON: usize = 500;

/// When the guarantee contract was concluded and the fee received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conclusion {
    /// The day of the guarantee contract.
    pub concluded_on: Date,
    /// The day on which the fee was received.
    pub fee_paid_on: Date,
}

impl Conclusion {
    /// Examines the two days against each other, today and the terms.
    ///
    /// A day that is not named is today. The contract is concluded after the fee is received, and a
    /// 契約保証 at the conclusion of the works contract at the latest (公共工事標準請負契約約款 第4条).
    ///
    /// # Errors
    /// Every fault.
    pub fn examine(
        terms: &Terms,
        concluded_on: Option<Date>,
        fee_paid_on: Option<Date>,
        today: Date,
    ) -> Result<Self, Vec<Violation>> {
        let concluded = concluded_on.unwrap_or(today);
        let fee_paid = fee_paid_on.unwrap_or(concluded.min(today));
        let mut faults = Vec::new();
        for (pointer, label, day) in [
            ("/concluded_on", "保証契約の締結日", concluded_on),
            ("/fee_paid_on", "保証料の受領日", fee_paid_on),
        ] {
            // A day to come is named as such below.
            if day.is_some_and(|day| day <= today && !day.is_of_our_time()) {
                let message = format!("{label}の年をご確認ください。");
                faults.push(Violation::new(pointer, "implausible_date", message));
            }
        }
        if concluded > today {
            faults.push(Violation::new(
                "/concluded_on",
                "in_the_future",
                "保証契約の締結日は今日以前の日にしてください。",
            ));
        }
        if fee_paid > concluded {
            let message =
                "保証契約は保証料を受領してから締結します。受領日は締結日以前の日にしてください。";
            faults.push(Violation::new("/fee_paid_on", "after_conclusion", message));
        }
        let signed = terms.contract.original_contract_date;
        if terms.kind == Kind::ContractPerformance && concluded > signed {
            let message = format!(
                "契約保証は、契約の締結と同時に付すものです(公共工事標準請負契約約款 第4条)。締結日は当初契約日({})以前の日にしてください。",
                signed.wareki_short()
            );
            faults.push(Violation::new("/concluded_on", "after_contract", message));
        }
        if faults.is_empty() {
            Ok(Self {
                concluded_on: concluded,
                fee_paid_on: fee_paid,
            })
        } else {
            Err(faults)
        }
    }

    /// The certificate that results from concluding the guarantee contract on these terms.
    #[must_use]
    pub fn certificate(
        self,
        terms: &Terms,
        number: ContractNumber,
        issued_on: Date,
        guarantor: &Guarantor,
    ) -> Certificate {
        Certificate {
            contract_number: number,
            change_number: 0,
            issued_on,
            concluded_on: self.concluded_on,
            fee_paid_on: self.fee_paid_on,
            period: terms.period(),
            fee: fee::fee(terms.kind, terms.guaranteed_amount, self.concluded_on),
            conditions: Conditions::of(terms.kind),
            guarantor: guarantor.clone(),
            terms: terms.clone(),
        }
    }
}

/// Examines the reason for declining (謝絶), which the contractor reads.
///
/// # Errors
/// The fault of `/reason`.
pub fn reason_to_decline(typed: Option<&str>) -> Result<String, Violation> {
    let reason = text::tidy(typed.unwrap_or_default());
    if reason.is_empty() {
        return Err(Violation::new(
            "/reason",
            "required",
            "謝絶の理由を入力してください。",
        ));
    }
    if reason.chars().count() > REASON {
        return Err(Violation::new(
            "/reason",
            "too_long",
            format!("謝絶の理由は{REASON}文字以内で入力してください。"),
        ));
    }
    text::for_paper(&reason, |_, _| true).map_err(|faults| {
        let named: Vec<_> = faults.iter().map(ToString::to_string).collect();
        Violation::new("/reason", "unprintable", named.join(" "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::{Beneficiary, Contractor, WorksContract};
    use crate::kind::{Category, Delivery};
    use crate::money::Yen;
    use crate::orderer::OrdererCode;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn terms(kind: Kind) -> Terms {
        Terms {
            kind,
            delivery: Delivery::Electronic,
            orderer: Beneficiary {
                code: OrdererCode::parse("442143").unwrap(),
                name: "国東市".into(),
                recipient: "国東市長".into(),
            },
            contractor: Contractor {
                name: "甲".into(),
                representative: "乙".into(),
                address: "丙".into(),
            },
            contract: WorksContract {
                title: "市道改良工事".into(),
                reference: None,
                place: "国東市".into(),
                category: Category::Construction,
                original_contract_date: date("2025-04-10"),
                price: Yen::new(30_000_000).unwrap(),
                starts_on: date("2025-04-11"),
                completes_on: date("2026-03-20"),
            },
            guaranteed_amount: Yen::new(3_000_000).unwrap(),
            prior_advance: None,
            progress_certified_on: None,
            general_conditions: None,
            emails: Vec::new(),
        }
    }

    fn codes(kind: Kind, concluded: Option<&str>, paid: Option<&str>, today: &str) -> Vec<String> {
        let examined = Conclusion::examine(
            &terms(kind),
            concluded.map(date),
            paid.map(date),
            date(today),
        );
        examined
            .err()
            .unwrap_or_default()
            .into_iter()
            .map(|fault| fault.code)
            .collect()
    }

    /// An issue is final, so a slip in the year must not pass.
    #[test]
    fn a_day_of_another_age_is_a_slip() {
        let kind = Kind::AdvancePayment;
        assert_eq!(
            codes(kind, Some("0202-04-14"), None, "2025-04-20"),
            ["implausible_date"]
        );
        assert_eq!(
            codes(kind, Some("2025-04-14"), Some("0202-04-14"), "2025-04-20"),
            ["implausible_date"]
        );
    }

    #[test]
    fn days_that_are_not_named_are_today() {
        let today = date("2025-04-20");
        let conclusion =
            Conclusion::examine(&terms(Kind::AdvancePayment), None, None, today).unwrap();
        assert_eq!(
            conclusion,
            Conclusion {
                concluded_on: today,
                fee_paid_on: today
            }
        );
    }

    /// The fee comes first, then the contract, and neither lies in the future.
    #[test]
    fn the_fee_is_received_before_the_contract_is_concluded() {
        let kind = Kind::AdvancePayment;
        assert_eq!(
            codes(kind, Some("2025-04-18"), Some("2025-04-19"), "2025-04-20"),
            ["after_conclusion"]
        );
        assert_eq!(
            codes(kind, Some("2025-04-21"), None, "2025-04-20"),
            ["in_the_future"]
        );
        assert!(codes(kind, Some("2025-04-18"), None, "2025-04-20").is_empty());
    }

    /// 公共工事標準請負契約約款 第4条: a 契約保証 is given at the conclusion of the contract at the latest.
    #[test]
    fn a_contract_guarantee_comes_no_later_than_its_contract() {
        let kind = Kind::ContractPerformance;
        assert!(codes(kind, Some("2025-04-10"), None, "2025-04-20").is_empty());
        assert_eq!(codes(kind, None, None, "2025-04-11"), ["after_contract"]);
    }

    /// Clauses: an advance is guaranteed up to completion, a contract from its date on.
    #[test]
    fn periods_follow_the_kind() {
        let period = |kind| terms(kind).period();
        assert_eq!(period(Kind::AdvancePayment).from, None);
        assert_eq!(
            period(Kind::ContractPerformance).from,
            Some(date("2025-04-10"))
        );
        assert_eq!(period(Kind::InterimPayment).until, date("2026-03-20"));
    }

    #[test]
    fn declining_needs_a_reason() {
        assert_eq!(reason_to_decline(None).unwrap_err().code, "required");
        assert_eq!(reason_to_decline(Some(" ")).unwrap_err().code, "required");
        assert_eq!(
            reason_to_decline(Some(&"長".repeat(501))).unwrap_err().code,
            "too_long"
        );
        assert_eq!(
            reason_to_decline(Some("書類不足\n再提出"))
                .unwrap_err()
                .code,
            "unprintable"
        );
        assert_eq!(
            reason_to_decline(Some(" 書類不足 ")).as_deref(),
            Ok("書類不足")
        );
    }
}
