//! An orderer (発注者) and its rules: since when and for what it takes electronic guarantees, its own
//! limits, the general conditions that its contracts must use, and how it wants the papers handed over.
//! All of it is data that the guarantor edits at the desk.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::calendar::Date;
use crate::kind::{Category, Kind};
use crate::limits::OwnLimits;
use crate::money::{Ppm, Yen};
use crate::text;
use crate::violation::Violation;

/// The code of a local public body (全国地方公共団体コード, 総務省): five digits and a check digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(value_type = String, pattern = "^[0-9]{6}$", examples("442143")))]
pub struct OrdererCode(String);

/// The text is no code of a local public body.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
#[error("発注者コードは検査数字を含む6桁の数字です(例 442143)。")]
pub struct NotAnOrdererCode;

impl OrdererCode {
    /// Reads six digits whose last is the check digit.
    ///
    /// # Errors
    /// [`NotAnOrdererCode`].
    pub fn parse(text: &str) -> Result<Self, NotAnOrdererCode> {
        let digits: Vec<u32> = text
            .chars()
            .filter_map(|digit| digit.to_digit(10))
            .collect();
        match digits.as_slice() {
            [body @ .., check] if text.len() == 6 && body.len() == 5 => {
                let sum: u32 = body
                    .iter()
                    .zip([6, 5, 4, 3, 2])
                    .map(|(digit, weight)| digit * weight)
                    .sum();
                let right = (11 - sum % 11) % 10;
                if *check == right {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(NotAnOrdererCode)
                }
            }
            _ => Err(NotAnOrdererCode),
        }
    }

    /// The six digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrdererCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for OrdererCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// An orderer with its rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Orderer {
    /// The code of the local public body.
    pub code: OrdererCode,
    /// Its name: 国東市.
    #[cfg_attr(feature = "schema", schema(examples("国東市")))]
    pub name: String,
    /// The office that papers are addressed to (被保証者): 国東市長.
    #[cfg_attr(feature = "schema", schema(examples("国東市長")))]
    pub recipient: String,
    /// Since when and for what it takes electronic guarantees; nothing while it takes paper only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub electronic: Option<ElectronicRule>,
    /// Its own limits where they differ from the standard ones.
    #[serde(default, skip_serializing_if = "OwnLimits::is_empty")]
    pub limits: OwnLimits,
    /// The general conditions that an original contract must use for an electronic guarantee.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub general_conditions: Vec<GeneralConditions>,
    /// How the contractor hands the papers over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hand_over: Vec<HandOver>,
    /// Where these rules were read.
    #[cfg_attr(
        feature = "schema",
        schema(examples("国東市「電子保証のご案内」(令和7年4月1日)"))
    )]
    pub source: String,
}

/// Which original contracts may have an electronic guarantee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ElectronicRule {
    /// The first day of an original contract (当初契約) that is eligible.
    pub original_contracts_from: Date,
    /// The categories that are eligible.
    pub categories: Vec<Category>,
}

/// General conditions (約款) that an original contract of one category must use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct GeneralConditions {
    /// The category of contract.
    pub category: Category,
    /// Their title: 国東市公共工事請負契約約款【R7.4.1以降】.
    pub title: String,
}

/// How the papers of some kinds of guarantee reach this orderer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct HandOver {
    /// The kinds of guarantee that this concerns.
    pub kinds: Vec<Kind>,
    /// What is handed over.
    pub papers: Vec<HandOverPaper>,
    /// How, in a sentence for the contractor.
    pub how: String,
}

/// A paper that an orderer may want.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum HandOverPaper {
    /// 『電子証書閲覧用「認証キー」等のお知らせ』.
    KeyNotice,
    /// 『保証証書(〇〇保証)』, printed.
    Certificate,
}

/// The longest texts of a rule, in characters.
const NAME: usize = 100;
const SENTENCE: usize = 500;

impl Orderer {
    /// The orderer as papers and pages can show it: its texts tidied, and everything examined.
    ///
    /// # Errors
    /// Every fault, each at its place.
    pub fn for_paper(
        mut self,
        prints: impl Fn(char, Option<char>) -> bool,
    ) -> Result<Self, Vec<Violation>> {
        let mut faults = Vec::new();
        let mut texts = vec![
            ("/name".to_owned(), &mut self.name, NAME),
            ("/recipient".to_owned(), &mut self.recipient, NAME),
            ("/source".to_owned(), &mut self.source, SENTENCE),
        ];
        for (n, named) in self.general_conditions.iter_mut().enumerate() {
            texts.push((
                format!("/general_conditions/{n}/title"),
                &mut named.title,
                NAME,
            ));
        }
        for (n, rule) in self.hand_over.iter_mut().enumerate() {
            texts.push((format!("/hand_over/{n}/how"), &mut rule.how, SENTENCE));
        }
        for (pointer, typed, most) in texts {
            match text::for_paper(typed, &prints) {
                Ok(text) if text.is_empty() => {
                    faults.push(Violation::new(pointer, "required", "入力してください。"));
                }
                Ok(text) if text.chars().count() > most => {
                    faults.push(Violation::new(
                        pointer,
                        "too_long",
                        format!("{most}文字以内で入力してください。"),
                    ));
                }
                Ok(text) => *typed = text,
                Err(unprintable) => {
                    let named: Vec<_> = unprintable.iter().map(ToString::to_string).collect();
                    faults.push(Violation::new(pointer, "unprintable", named.join(" ")));
                }
            }
        }
        faults.extend(self.faults_of_rules());
        if faults.is_empty() {
            Ok(self)
        } else {
            Err(faults)
        }
    }

    /// What of its rules could never apply, or would allow what no rule can mean.
    fn faults_of_rules(&self) -> Vec<Violation> {
        let mut faults = Vec::new();
        let mut fault = |pointer: String, code: &str, message: &str| {
            faults.push(Violation::new(pointer, code, message));
        };
        let rule = self.electronic.as_ref();
        if rule.is_some_and(|rule| rule.categories.is_empty()) {
            fault(
                "/electronic/categories".to_owned(),
                "required",
                "電子保証の対象とする区分を1つ以上選択してください。",
            );
        }
        let limits = &self.limits;
        for (name, share) in [
            ("advance_construction", limits.advance_construction),
            ("advance_consulting", limits.advance_consulting),
            ("interim", limits.interim),
            ("advance_total", limits.advance_total),
            ("performance", limits.performance),
        ] {
            if share.is_some_and(|share| share == Ppm(0) || share > Ppm::WHOLE) {
                fault(
                    format!("/limits/{name}"),
                    "not_a_share",
                    "0%を超え100%以下の割合にしてください。",
                );
            }
        }
        if limits.advance_unit == Some(Yen::ZERO) {
            fault(
                "/limits/advance_unit".to_owned(),
                "not_positive",
                "1円以上で入力してください。",
            );
        }
        for (n, rule) in self.hand_over.iter().enumerate() {
            if rule.kinds.is_empty() {
                fault(
                    format!("/hand_over/{n}/kinds"),
                    "required",
                    "保証の種別を1つ以上選択してください。",
                );
            }
            if rule.papers.is_empty() {
                fault(
                    format!("/hand_over/{n}/papers"),
                    "required",
                    "提出するものを1つ以上選択してください。",
                );
            }
        }
        faults
    }

    /// The general conditions that an original contract of this category must use, if any are named.
    #[must_use]
    pub fn general_conditions_for(&self, category: Category) -> Option<&str> {
        self.general_conditions
            .iter()
            .find(|named| named.category == category)
            .map(|named| named.title.as_str())
    }

    /// How the papers of this kind are handed over.
    pub fn hand_over_of(&self, kind: Kind) -> impl Iterator<Item = &HandOver> {
        self.hand_over
            .iter()
            .filter(move |rule| rule.kinds.contains(&kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes published by 総務省, among them those whose check digit comes from 10 and 11.
    #[test]
    fn published_codes_are_read() {
        for code in [
            "442143", "452033", "432041", "382019", "352080", "250007", "074021",
        ] {
            assert_eq!(OrdererCode::parse(code).unwrap().as_str(), code);
        }
        for code in ["442144", "44214", "4421430", "44214x", "４４２１４３", ""] {
            assert_eq!(OrdererCode::parse(code), Err(NotAnOrdererCode), "{code}");
        }
    }

    fn orderer() -> Orderer {
        let rules = serde_json::json!({
            "code": "442143", "name": "国東市", "recipient": "国東市長", "source": "案内",
            "hand_over": [{ "kinds": ["advance_payment"], "papers": ["key_notice"], "how": "持参" }],
        });
        serde_json::from_value(rules).unwrap()
    }

    /// What is kept is what was examined: an application made with it can always be issued.
    #[test]
    fn an_orderer_is_kept_as_papers_show_it() {
        let mut typed = orderer();
        typed.name = "国東\u{AD}市\n".to_owned();
        typed.hand_over[0].how = " 持参\u{FE0F} ".to_owned();
        assert_eq!(typed.for_paper(|_, _| true), Ok(orderer()));
    }

    #[test]
    fn a_rule_that_can_never_apply_is_named() {
        let mut wrong = orderer();
        wrong.limits.advance_construction = Some(Ppm(4_000_000));
        wrong.limits.performance = Some(Ppm(0));
        wrong.limits.advance_unit = Some(Yen::ZERO);
        wrong.hand_over[0].kinds.clear();
        wrong.hand_over[0].papers.clear();
        let faults = wrong.for_paper(|_, _| true).unwrap_err();
        let named: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(
            named,
            [
                "/limits/advance_construction",
                "/limits/performance",
                "/limits/advance_unit",
                "/hand_over/0/kinds",
                "/hand_over/0/papers",
            ]
        );
    }
}
