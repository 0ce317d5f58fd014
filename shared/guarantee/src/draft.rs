//! What a contractor's client sends, and its examination: either terms that can be issued as they
//! stand, or every fault at once.

use crate::application::{Beneficiary, Contractor, PriorAdvance, Terms, WorksContract};
use crate::calendar::Date;
use crate::email::EmailAddress;
use crate::kind::{Category, Delivery, Kind, RequestedKind};
use crate::limits::{self, Bound};
use crate::money::Yen;
use crate::orderer::Orderer;
use crate::text;
use crate::violation::Violation;

/// The most addresses that one application names.
pub const EMAILS: usize = 5;

/// An application as it was sent; what is absent or could not be read is `None`.
#[derive(Clone, Default)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(as = ApplicationBody))]
#[cfg_attr(feature = "schema", serde(deny_unknown_fields))]
pub struct Draft {
    /// The kind of guarantee. 契約保証予約 is refused by name.
    #[cfg_attr(feature = "schema", schema(required, nullable = false))]
    pub kind: Option<RequestedKind>,
    /// 保証証書の受取方法.
    #[cfg_attr(feature = "schema", schema(required, nullable = false))]
    pub delivery: Option<Delivery>,
    /// The code of the orderer.
    #[cfg_attr(
        feature = "schema",
        schema(required, nullable = false, pattern = "^[0-9]{6}$", examples("442143"))
    )]
    pub orderer_code: Option<String>,
    /// The contractor.
    #[cfg_attr(feature = "schema", schema(required))]
    pub contractor: ContractorDraft,
    /// The contract to be guaranteed.
    #[cfg_attr(feature = "schema", schema(required))]
    pub contract: WorksContractDraft,
    /// The guaranteed amount in yen.
    #[cfg_attr(feature = "schema", schema(required, nullable = false))]
    pub guaranteed_amount: Option<Yen>,
    /// For `interim_payment`: the first advance.
    pub prior_advance: Option<PriorAdvanceDraft>,
    /// For `interim_payment`: the day on which the orderer certified that half the term has passed and
    /// half the work is done.
    pub progress_certified_on: Option<Date>,
    /// Whether the original contract uses the general conditions that the orderer names; required to be
    /// true for electronic delivery where it names any.
    pub general_conditions_confirmed: Option<bool>,
    /// One to five mail addresses for electronic delivery.
    #[cfg_attr(feature = "schema", schema(value_type = Vec<EmailAddress>, required, max_items = 5))]
    pub emails: Option<Vec<Option<String>>>,
}

/// The contractor as it was sent.
#[derive(Clone, Default)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(as = ContractorBody))]
#[cfg_attr(feature = "schema", serde(deny_unknown_fields))]
pub struct ContractorDraft {
    /// 商号又は名称.
    #[cfg_attr(
        feature = "schema",
        schema(required, nullable = false, min_length = 1, max_length = 200)
    )]
    pub name: Option<String>,
    /// 代表者.
    #[cfg_attr(
        feature = "schema",
        schema(required, nullable = false, min_length = 1, max_length = 100)
    )]
    pub representative: Option<String>,
    /// 住所.
    #[cfg_attr(
        feature = "schema",
        schema(required, nullable = false, min_length = 1, max_length = 200)
    )]
    pub address: Option<String>,
}

/// The contract as it was sent.
#[derive(Clone, Default)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(as = WorksContractBody))]
#[cfg_attr(feature = "schema", serde(deny_unknown_fields))]
pub struct WorksContractDraft {
    /// 工事名・業務名.
    #[cfg_attr(
        feature = "schema",
        schema(required, nullable = false, min_length = 1, max_length = 200)
    )]
    pub title: Option<String>,
    /// 工事番号, where there is one.
    #[cfg_attr(feature = "schema", schema(max_length = 50))]
    pub reference: Option<String>,
    /// 工事場所・履行場所.
    #[cfg_attr(
        feature = "schema",
        schema(required, nullable = false, min_length = 1, max_length = 200)
    )]
    pub place: Option<String>,
    /// What the contract is for.
    #[cfg_attr(feature = "schema", schema(required, nullable = false))]
    pub category: Option<Category>,
    /// The day of the original contract, never that of an amendment.
    #[cfg_attr(feature = "schema", schema(required, nullable = false))]
    pub original_contract_date: Option<Date>,
    /// 請負代金額 in yen, tax included.
    #[cfg_attr(feature = "schema", schema(required, nullable = false))]
    pub price: Option<Yen>,
    /// The first day of the term.
    #[cfg_attr(feature = "schema", schema(required, nullable = false))]
    pub starts_on: Option<Date>,
    /// The last day of the term.
    #[cfg_attr(feature = "schema", schema(required, nullable = false))]
    pub completes_on: Option<Date>,
}

/// The first advance as it was sent.
#[derive(Clone, Default)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(as = PriorAdvanceBody))]
#[cfg_attr(feature = "schema", serde(deny_unknown_fields))]
pub struct PriorAdvanceDraft {
    /// 既受領前払金額 in yen.
    #[cfg_attr(feature = "schema", schema(required, nullable = false))]
    pub amount: Option<Yen>,
    /// 受領日.
    #[cfg_attr(feature = "schema", schema(required, nullable = false))]
    pub received_on: Option<Date>,
}

impl Draft {
    /// The kind that is applied for, when it is offered.
    #[must_use]
    pub fn offered_kind(&self) -> Option<Kind> {
        self.kind.and_then(RequestedKind::offered)
    }

    /// The bounds on the guaranteed amount, as far as the draft says what they depend on.
    #[must_use]
    pub fn bounds(&self, orderer: Option<&Orderer>) -> Vec<Bound> {
        let (Some(kind), Some(category), Some(price), Some(orderer)) = (
            self.offered_kind(),
            self.contract.category,
            self.contract.price,
            orderer,
        ) else {
            return Vec::new();
        };
        let prior = self
            .prior_advance
            .as_ref()
            .and_then(|prior| prior.amount)
            .unwrap_or_default();
        limits::bounds(kind, category, price, prior, &orderer.limits)
    }

    /// What speaks against electronic delivery as such, as far as the draft says: it follows the original
    /// contract and the orderer's rule (leaflet; 長門市 for amendments).
    #[must_use]
    pub fn ineligible(&self, orderer: &Orderer) -> Vec<Violation> {
        let name = &orderer.name;
        let Some(rule) = &orderer.electronic else {
            let message =
                format!("{name}は電子保証に対応していません。「書面」を選択してください。");
            return vec![Violation::new(
                "/delivery",
                "orderer_takes_paper_only",
                message,
            )];
        };
        let contract = &self.contract;
        let mut reasons = Vec::new();
        if contract
            .original_contract_date
            .is_some_and(|date| date < rule.original_contracts_from)
        {
            let message = format!(
                "{name}の電子保証は、当初契約日が{}以降の契約が対象です。変更契約の日ではなく当初契約の日で判断します。",
                rule.original_contracts_from.wareki_short()
            );
            reasons.push(Violation::new(
                "/contract/original_contract_date",
                "before_start_of_electronic_guarantees",
                message,
            ));
        }
        if contract
            .category
            .is_some_and(|category| !rule.categories.contains(&category))
        {
            let eligible: Vec<_> = rule
                .categories
                .iter()
                .map(|category| format!("「{}」", category.japanese()))
                .collect();
            let message = format!("{name}の電子保証の対象は{}です。", eligible.join("と"));
            reasons.push(Violation::new(
                "/contract/category",
                "category_not_eligible",
                message,
            ));
        }
        reasons
    }

    /// Examines the draft against the rules of its kind and its orderer.
    ///
    /// `orderer` is the one with the draft's code, if there is one; `prints` tells which characters the
    /// papers can carry; `unread` are the faults of fields that could not even be read, so that such a
    /// field is not called missing as well.
    ///
    /// # Errors
    /// Every fault, in the order of the form.
    pub fn examine(
        &self,
        orderer: Option<&Orderer>,
        today: Date,
        prints: impl Fn(char, Option<char>) -> bool,
        unread: Vec<Violation>,
    ) -> Result<Terms, Vec<Violation>> {
        let mut examination = Examination {
            faults: unread,
            prints,
        };
        let terms = examination.terms(self, orderer, today);
        match terms {
            Some(terms) if examination.faults.is_empty() => Ok(terms),
            _ => Err(examination.faults),
        }
    }
}

/// The faults found so far.
struct Examination<P> {
    faults: Vec<Violation>,
    prints: P,
}

impl<P: Fn(char, Option<char>) -> bool> Examination<P> {
    fn terms(&mut self, draft: &Draft, orderer: Option<&Orderer>, today: Date) -> Option<Terms> {
        let kind = self.kind(draft);
        let delivery = self.chosen("/delivery", "保証証書の受取方法", draft.delivery);
        let beneficiary = self.orderer(draft, orderer);
        let contractor = self.contractor(&draft.contractor);
        let contract = self.contract(&draft.contract);
        let guaranteed_amount =
            self.positive("/guaranteed_amount", "保証金額", draft.guaranteed_amount);
        let advance = self.prior_advance(draft, kind, today);
        let emails = self.emails(draft, delivery);
        if let (Some(orderer), Some(Delivery::Electronic)) = (orderer, delivery) {
            self.faults.extend(draft.ineligible(orderer));
            // Of an orderer that takes paper only, nobody has anything to confirm: the way out is paper.
            if orderer.electronic.is_some() {
                self.general_conditions(draft, orderer);
            }
        }
        self.amount(draft, orderer);
        let category = draft.contract.category;
        let general_conditions = orderer
            .zip(category)
            .and_then(|(orderer, category)| orderer.general_conditions_for(category));
        let (prior_advance, progress_certified_on) = advance?;
        Some(Terms {
            kind: kind?,
            delivery: delivery?,
            orderer: beneficiary?,
            contractor: contractor?,
            contract: contract?,
            guaranteed_amount: guaranteed_amount?,
            prior_advance,
            progress_certified_on,
            general_conditions: general_conditions
                .filter(|_| draft.general_conditions_confirmed == Some(true))
                .map(str::to_owned),
            emails: emails?,
        })
    }

    fn kind(&mut self, draft: &Draft) -> Option<Kind> {
        let requested = self.chosen("/kind", "保証の種別", draft.kind)?;
        let offered = requested.offered();
        if offered.is_none() {
            self.fault(
                "/kind",
                "reservation_not_offered",
                "契約保証予約はお取り扱いしていません。",
            );
        }
        offered
    }

    fn orderer(&mut self, draft: &Draft, orderer: Option<&Orderer>) -> Option<Beneficiary> {
        self.chosen("/orderer_code", "発注者", draft.orderer_code.as_ref())?;
        let Some(orderer) = orderer else {
            self.fault(
                "/orderer_code",
                "unknown_orderer",
                "この発注者は登録されていません。",
            );
            return None;
        };
        Some(Beneficiary {
            code: orderer.code.clone(),
            name: orderer.name.clone(),
            recipient: orderer.recipient.clone(),
        })
    }

    /// The general conditions that the orderer names must be in use, and somebody must have looked.
    fn general_conditions(&mut self, draft: &Draft, orderer: &Orderer) {
        let named = draft
            .contract
            .category
            .and_then(|category| orderer.general_conditions_for(category));
        let pointer = "/general_conditions_confirmed";
        if let (Some(title), false) = (named, draft.general_conditions_confirmed == Some(true))
            && !self.is_unread(pointer)
        {
            let message = format!("当初契約書に「{title}」を使用していることを確認してください。");
            self.fault(pointer, "general_conditions_not_confirmed", message);
        }
    }

    fn contractor(&mut self, draft: &ContractorDraft) -> Option<Contractor> {
        let name = self.text(
            "/contractor/name",
            "商号又は名称",
            draft.name.as_deref(),
            200,
        );
        let representative = self.text(
            "/contractor/representative",
            "代表者",
            draft.representative.as_deref(),
            100,
        );
        let address = self.text("/contractor/address", "住所", draft.address.as_deref(), 200);
        Some(Contractor {
            name: name?,
            representative: representative?,
            address: address?,
        })
    }

    fn contract(&mut self, draft: &WorksContractDraft) -> Option<WorksContract> {
        let title = self.text(
            "/contract/title",
            "工事名・業務名",
            draft.title.as_deref(),
            200,
        );
        let reference = match draft
            .reference
            .as_deref()
            .filter(|reference| !text::tidy(reference).is_empty())
        {
            None => Some(None),
            Some(reference) => self
                .text("/contract/reference", "工事番号", Some(reference), 50)
                .map(Some),
        };
        let place = self.text(
            "/contract/place",
            "工事場所・履行場所",
            draft.place.as_deref(),
            200,
        );
        let category = self.chosen("/contract/category", "契約の区分", draft.category);
        let original_contract_date = self.date(
            "/contract/original_contract_date",
            "当初契約日",
            draft.original_contract_date,
        );
        let price = self.positive("/contract/price", "請負代金額", draft.price);
        let starts_on = self.date("/contract/starts_on", "工期の始期", draft.starts_on);
        let completes_on = self.date("/contract/completes_on", "工期の終期", draft.completes_on);
        if starts_on
            .zip(completes_on)
            .is_some_and(|(start, end)| end < start)
        {
            self.fault(
                "/contract/completes_on",
                "ends_before_start",
                "工期の終期は始期以降の日にしてください。",
            );
        } else if original_contract_date
            .zip(completes_on)
            .is_some_and(|(signed, end)| end < signed)
        {
            self.fault(
                "/contract/completes_on",
                "ends_before_contract",
                "工期の終期は当初契約日以降の日にしてください。",
            );
        }
        Some(WorksContract {
            title: title?,
            reference: reference?,
            place: place?,
            category: category?,
            original_contract_date: original_contract_date?,
            price: price?,
            starts_on: starts_on?,
            completes_on: completes_on?,
        })
    }

    /// 中間前払金 is for works only, after a first advance, once half the term has passed and half the
    /// work is done, which the orderer certifies (三木市, 高浜町).
    fn prior_advance(
        &mut self,
        draft: &Draft,
        kind: Option<Kind>,
        today: Date,
    ) -> Option<(Option<PriorAdvance>, Option<Date>)> {
        match kind? {
            Kind::InterimPayment => {}
            kind => {
                let message = format!("{}では入力しません。", kind.japanese());
                if draft.prior_advance.is_some() {
                    self.fault(
                        "/prior_advance",
                        "only_for_interim_payment",
                        message.as_str(),
                    );
                }
                if draft.progress_certified_on.is_some() {
                    self.fault(
                        "/progress_certified_on",
                        "only_for_interim_payment",
                        message,
                    );
                }
                return Some((None, None));
            }
        }
        let contract = &draft.contract;
        if contract.category == Some(Category::Consulting) {
            self.fault(
                "/contract/category",
                "interim_payment_is_for_construction",
                "中間前払金保証は「建設工事」だけが対象です。",
            );
        }
        let prior = self.received_advance(draft, today);
        let certified = self.date(
            "/progress_certified_on",
            "中間前払金の認定日",
            draft.progress_certified_on,
        );
        if let Some(certified) = certified {
            let half_passed = contract
                .starts_on
                .zip(contract.completes_on)
                .map(|(start, end)| start.plus_days(start.days_until(end) / 2));
            if certified > today {
                self.fault(
                    "/progress_certified_on",
                    "in_the_future",
                    "中間前払金の認定日は今日以前の日にしてください。",
                );
            } else if half_passed.is_some_and(|half| certified < half) {
                let message = "中間前払金は工期の2分の1を経過し、出来高が請負代金額の2分の1以上になってから認定されます。認定日をご確認ください。";
                self.fault("/progress_certified_on", "before_half_of_the_term", message);
            }
        }
        Some((Some(prior?), Some(certified?)))
    }

    fn received_advance(&mut self, draft: &Draft, today: Date) -> Option<PriorAdvance> {
        let prior = self.required(
            "/prior_advance",
            "受領済みの前払金",
            draft.prior_advance.as_ref(),
        )?;
        let amount = self.positive("/prior_advance/amount", "受領済みの前払金額", prior.amount);
        let received_on = self.date(
            "/prior_advance/received_on",
            "前払金の受領日",
            prior.received_on,
        );
        if received_on.is_some_and(|received| received > today) {
            self.fault(
                "/prior_advance/received_on",
                "in_the_future",
                "前払金の受領日は今日以前の日にしてください。",
            );
        } else if received_on
            .zip(draft.contract.original_contract_date)
            .is_some_and(|(received, signed)| received < signed)
        {
            self.fault(
                "/prior_advance/received_on",
                "before_contract",
                "前払金の受領日は当初契約日以降の日にしてください。",
            );
        }
        Some(PriorAdvance {
            amount: amount?,
            received_on: received_on?,
        })
    }

    fn amount(&mut self, draft: &Draft, orderer: Option<&Orderer>) {
        let Some(amount) = draft.guaranteed_amount.filter(|amount| *amount > Yen::ZERO) else {
            return;
        };
        for bound in draft.bounds(orderer) {
            if bound.side == limits::Side::AtMost && bound.amount == Yen::ZERO {
                let message = format!(
                    "{}限度額に達しているため、お申し込みいただけません。",
                    bound.rule
                );
                self.fault("/guaranteed_amount", "above_limit", message);
            } else if !bound.admits(amount) {
                let (code, end) = match bound.side {
                    limits::Side::AtMost => ("above_limit", "以下にしてください"),
                    limits::Side::AtLeast => ("below_limit", "以上にしてください"),
                };
                let message = format!("{}{}円{end}。", bound.rule, bound.amount.grouped());
                self.fault("/guaranteed_amount", code, message);
            }
        }
        let unit = orderer.and_then(|orderer| orderer.limits.advance_unit);
        let is_advance = matches!(
            draft.offered_kind(),
            Some(Kind::AdvancePayment | Kind::InterimPayment)
        );
        if let (true, Some(unit)) = (is_advance, unit)
            && amount.rounded_down_to(unit) != amount
        {
            let message = format!(
                "この発注者の前払金は{}円単位です(端数は切り捨てます)。",
                unit.grouped()
            );
            self.fault("/guaranteed_amount", "not_in_whole_units", message);
        }
    }

    /// The mail is part of electronic delivery; paper is posted.
    fn emails(&mut self, draft: &Draft, delivery: Option<Delivery>) -> Option<Vec<EmailAddress>> {
        let typed = draft.emails.as_deref().unwrap_or_default();
        let is_enough = !typed.is_empty() || delivery == Some(Delivery::Paper);
        self.present(
            "/emails",
            || "お知らせを送るメールアドレスを入力してください。".to_owned(),
            is_enough.then_some(()),
        );
        if typed.len() > EMAILS {
            self.fault(
                "/emails",
                "too_many",
                format!("お知らせメールの送信先は{EMAILS}件までです。"),
            );
        }
        let mut emails = Vec::new();
        for (place, address) in typed.iter().enumerate() {
            let pointer = format!("/emails/{place}");
            let Some(address) = address.as_deref() else {
                continue;
            };
            match EmailAddress::parse(address) {
                Err(fault) => self.fault(&pointer, "not_an_email_address", fault.to_string()),
                Ok(address) if emails.contains(&address) => {
                    self.fault(
                        &pointer,
                        "repeated",
                        "同じメールアドレスが入力されています。",
                    );
                }
                Ok(address) => emails.push(address),
            }
        }
        Some(emails)
    }

    fn text(
        &mut self,
        pointer: &str,
        label: &str,
        typed: Option<&str>,
        most: usize,
    ) -> Option<String> {
        // What nobody sees is nothing.
        let typed = typed.filter(|text| !text::tidy(text).is_empty());
        let typed = self.required(pointer, label, typed)?;
        match text::for_paper(typed, &self.prints) {
            Ok(text) if text.chars().count() > most => {
                self.fault(
                    pointer,
                    "too_long",
                    format!("{label}は{most}文字以内で入力してください。"),
                );
                None
            }
            Ok(text) => Some(text),
            Err(faults) => {
                let named: Vec<_> = faults.iter().map(ToString::to_string).collect();
                self.fault(
                    pointer,
                    "unprintable",
                    format!("{label}: {}", named.join(" ")),
                );
                None
            }
        }
    }

    fn positive(&mut self, pointer: &str, label: &str, amount: Option<Yen>) -> Option<Yen> {
        let amount = self.required(pointer, label, amount)?;
        if amount == Yen::ZERO {
            self.fault(
                pointer,
                "not_positive",
                format!("{label}は1円以上で入力してください。"),
            );
            return None;
        }
        Some(amount)
    }

    /// A date within the range of contracts that can be guaranteed at all; anything else is a slip.
    fn date(&mut self, pointer: &str, label: &str, date: Option<Date>) -> Option<Date> {
        let date = self.required(pointer, label, date)?;
        if date.is_of_our_time() {
            return Some(date);
        }
        self.fault(
            pointer,
            "implausible_date",
            format!("{label}の年をご確認ください。"),
        );
        None
    }

    /// Something typed that must be there.
    fn required<T>(&mut self, pointer: &str, label: &str, value: Option<T>) -> Option<T> {
        self.present(pointer, || format!("{label}を入力してください。"), value)
    }

    /// One of several that must be chosen.
    fn chosen<T>(&mut self, pointer: &str, label: &str, value: Option<T>) -> Option<T> {
        self.present(pointer, || format!("{label}を選択してください。"), value)
    }

    fn present<T>(
        &mut self,
        pointer: &str,
        otherwise: impl FnOnce() -> String,
        value: Option<T>,
    ) -> Option<T> {
        if value.is_none() && !self.is_unread(pointer) {
            self.fault(pointer, "required", otherwise());
        }
        value
    }

    /// Whether a fault says already that this could not be read.
    fn is_unread(&self, pointer: &str) -> bool {
        self.faults.iter().any(|fault| {
            fault.pointer == pointer
                || pointer
                    .strip_prefix(fault.pointer.as_str())
                    .is_some_and(|rest| rest.starts_with('/'))
        })
    }

    fn fault(&mut self, pointer: &str, code: &str, message: impl Into<String>) {
        self.faults.push(Violation::new(pointer, code, message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Ppm;
    use crate::orderer::{ElectronicRule, GeneralConditions, OrdererCode};
    use proptest::prelude::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn yen(amount: u64) -> Yen {
        Yen::new(amount).unwrap()
    }

    fn kunisaki() -> Orderer {
        Orderer {
            code: OrdererCode::parse("442143").unwrap(),
            name: "国東市".into(),
            recipient: "国東市長".into(),
            electronic: Some(ElectronicRule {
                original_contracts_from: date("2025-04-01"),
                categories: Category::ALL.to_vec(),
            }),
            limits: limits::OwnLimits::default(),
            general_conditions: vec![GeneralConditions {
                category: Category::Construction,
                title: "国東市公共工事請負契約約款【R7.4.1以降】".into(),
            }],
            hand_over: Vec::new(),
            source: "国東市「電子保証のご案内」".into(),
        }
    }

    /// The leaflet's case: 国東市, 建設工事, contract of 2025-04-10.
    fn advance() -> Draft {
        Draft {
            kind: Some(RequestedKind::AdvancePayment),
            delivery: Some(Delivery::Electronic),
            orderer_code: Some("442143".into()),
            contractor: ContractorDraft {
                name: Some("髙﨑建設株式会社".into()),
                representative: Some("代表取締役 髙﨑 一郎".into()),
                address: Some("大分県国東市国東町1番地".into()),
            },
            contract: WorksContractDraft {
                title: Some("市道改良工事".into()),
                reference: None,
                place: Some("国東市国東町".into()),
                category: Some(Category::Construction),
                original_contract_date: Some(date("2025-04-10")),
                price: Some(yen(30_000_000)),
                starts_on: Some(date("2025-04-11")),
                completes_on: Some(date("2026-03-20")),
            },
            guaranteed_amount: Some(yen(12_000_000)),
            general_conditions_confirmed: Some(true),
            emails: Some(vec![Some("keiri@example.jp".into())]),
            ..Draft::default()
        }
    }

    fn interim() -> Draft {
        Draft {
            kind: Some(RequestedKind::InterimPayment),
            guaranteed_amount: Some(yen(6_000_000)),
            prior_advance: Some(PriorAdvanceDraft {
                amount: Some(yen(12_000_000)),
                received_on: Some(date("2025-05-01")),
            }),
            progress_certified_on: Some(date("2025-11-01")),
            ..advance()
        }
    }

    fn faults(draft: &Draft) -> Vec<(String, String)> {
        let faults = draft
            .examine(
                Some(&kunisaki()),
                date("2026-04-01"),
                |_, _| true,
                Vec::new(),
            )
            .err()
            .unwrap_or_default();
        faults
            .into_iter()
            .map(|fault| (fault.pointer, fault.code))
            .collect()
    }

    fn fault(pointer: &str, code: &str) -> Vec<(String, String)> {
        vec![(pointer.to_owned(), code.to_owned())]
    }

    #[test]
    fn the_leaflets_case_is_accepted() {
        assert_eq!(faults(&advance()), []);
        assert_eq!(faults(&interim()), []);
        let terms = advance()
            .examine(
                Some(&kunisaki()),
                date("2026-04-01"),
                |_, _| true,
                Vec::new(),
            )
            .unwrap();
        assert_eq!(
            terms.general_conditions.as_deref(),
            Some("国東市公共工事請負契約約款【R7.4.1以降】")
        );
    }

    #[test]
    fn an_empty_draft_names_every_missing_field() {
        let named: Vec<_> = faults(&Draft::default())
            .into_iter()
            .map(|(pointer, code)| (code == "required").then_some(pointer))
            .collect();
        for pointer in [
            "/kind",
            "/delivery",
            "/orderer_code",
            "/contractor/name",
            "/contract/price",
            "/guaranteed_amount",
            "/emails",
        ] {
            assert!(named.contains(&Some(pointer.to_owned())), "{pointer}");
        }
        assert!(
            named.iter().all(Option::is_some),
            "nothing but missing fields: {named:?}"
        );
    }

    #[test]
    fn a_reservation_is_refused_by_name() {
        let draft = Draft {
            kind: Some(RequestedKind::ContractPerformanceReservation),
            ..advance()
        };
        assert_eq!(faults(&draft), fault("/kind", "reservation_not_offered"));
    }

    /// Eligibility follows the original contract; paper stays possible for contracts before the start.
    #[test]
    fn a_contract_before_the_start_is_eligible_on_paper_only() {
        let mut draft = advance();
        draft.contract.original_contract_date = Some(date("2025-03-31"));
        assert_eq!(
            faults(&draft),
            fault(
                "/contract/original_contract_date",
                "before_start_of_electronic_guarantees"
            )
        );
        draft.contract.original_contract_date = Some(date("2025-04-01"));
        assert_eq!(faults(&draft), []);
        draft.contract.original_contract_date = Some(date("2025-03-31"));
        draft.delivery = Some(Delivery::Paper);
        draft.general_conditions_confirmed = None;
        draft.emails = None;
        assert_eq!(faults(&draft), []);
    }

    #[test]
    fn an_orderer_without_electronic_guarantees_takes_paper() {
        let paper_only = Orderer {
            electronic: None,
            ..kunisaki()
        };
        let examine = |draft: &Draft| {
            draft.examine(
                Some(&paper_only),
                date("2026-04-01"),
                |_, _| true,
                Vec::new(),
            )
        };
        // The way out is paper, so the confirmation that paper does without is not asked for.
        let unconfirmed = Draft {
            general_conditions_confirmed: None,
            ..advance()
        };
        let refused = examine(&unconfirmed).unwrap_err();
        let codes: Vec<_> = refused.iter().map(|fault| fault.code.as_str()).collect();
        assert_eq!(codes, ["orderer_takes_paper_only"]);
        assert!(
            examine(&Draft {
                delivery: Some(Delivery::Paper),
                ..unconfirmed
            })
            .is_ok()
        );
    }

    #[test]
    fn general_conditions_must_be_confirmed() {
        let draft = Draft {
            general_conditions_confirmed: Some(false),
            ..advance()
        };
        assert_eq!(
            faults(&draft),
            fault(
                "/general_conditions_confirmed",
                "general_conditions_not_confirmed"
            )
        );
    }

    #[test]
    fn amounts_are_held_to_the_limits() {
        let draft = Draft {
            guaranteed_amount: Some(yen(12_000_001)),
            ..advance()
        };
        assert_eq!(faults(&draft), fault("/guaranteed_amount", "above_limit"));
        let draft = Draft {
            kind: Some(RequestedKind::ContractPerformance),
            guaranteed_amount: Some(yen(2_999_999)),
            ..advance()
        };
        assert_eq!(faults(&draft), fault("/guaranteed_amount", "below_limit"));
        let mut orderer = kunisaki();
        orderer.limits.advance_unit = Some(yen(100_000));
        orderer.limits.advance_construction = Some(Ppm(400_000));
        let draft = Draft {
            guaranteed_amount: Some(yen(11_950_000)),
            ..advance()
        };
        let refused = draft
            .examine(Some(&orderer), date("2026-04-01"), |_, _| true, Vec::new())
            .unwrap_err();
        assert_eq!(refused[0].code, "not_in_whole_units");
    }

    /// 中間前払金: works only, after a first advance, after half the term.
    #[test]
    fn an_interim_payment_needs_works_a_first_advance_and_half_the_term() {
        let mut consulting = interim();
        consulting.contract.category = Some(Category::Consulting);
        assert!(faults(&consulting).contains(&(
            "/contract/category".into(),
            "interim_payment_is_for_construction".into()
        )));
        let without = Draft {
            prior_advance: None,
            ..interim()
        };
        assert_eq!(faults(&without), fault("/prior_advance", "required"));
        let early = Draft {
            progress_certified_on: Some(date("2025-09-01")),
            ..interim()
        };
        assert_eq!(
            faults(&early),
            fault("/progress_certified_on", "before_half_of_the_term")
        );
        let future = Draft {
            progress_certified_on: Some(date("2026-04-02")),
            ..interim()
        };
        assert_eq!(
            faults(&future),
            fault("/progress_certified_on", "in_the_future")
        );
        let too_much = Draft {
            guaranteed_amount: Some(yen(6_000_001)),
            ..interim()
        };
        assert_eq!(
            faults(&too_much),
            [
                fault("/guaranteed_amount", "above_limit"),
                fault("/guaranteed_amount", "above_limit")
            ]
            .concat()
        );
    }

    #[test]
    fn fields_of_the_interim_payment_belong_to_it_alone() {
        let draft = Draft {
            kind: Some(RequestedKind::AdvancePayment),
            guaranteed_amount: Some(yen(6_000_000)),
            ..interim()
        };
        assert_eq!(faults(&draft).len(), 2);
    }

    #[test]
    fn mail_addresses_are_one_to_five_and_each_once() {
        let many: Vec<_> = (0..6).map(|n| Some(format!("a{n}@example.jp"))).collect();
        assert_eq!(
            faults(&Draft {
                emails: Some(many),
                ..advance()
            }),
            fault("/emails", "too_many")
        );
        let twice = vec![
            Some("a@example.jp".to_owned()),
            Some("ａ@example.jp".to_owned()),
        ];
        assert_eq!(
            faults(&Draft {
                emails: Some(twice),
                ..advance()
            }),
            fault("/emails/1", "repeated")
        );
        let broken = vec![Some("nobody".to_owned())];
        assert_eq!(
            faults(&Draft {
                emails: Some(broken),
                ..advance()
            }),
            fault("/emails/0", "not_an_email_address")
        );
    }

    /// A field that could not be read is not called missing as well.
    #[test]
    fn an_unreadable_field_is_named_once() {
        let unread = vec![Violation::new("/contract/price", "unreadable", "…")];
        let mut draft = advance();
        draft.contract.price = None;
        let refused = draft
            .examine(
                Some(&kunisaki()),
                date("2026-04-01"),
                |_, _| true,
                unread.clone(),
            )
            .unwrap_err();
        assert_eq!(refused, unread);

        // Nor a list, nor a tick.
        let unread = vec![
            Violation::new("/emails", "unreadable", "…"),
            Violation::new("/general_conditions_confirmed", "unreadable", "…"),
        ];
        let mut draft = advance();
        (draft.emails, draft.general_conditions_confirmed) = (None, None);
        let examined = draft.examine(
            Some(&kunisaki()),
            date("2026-04-01"),
            |_, _| true,
            unread.clone(),
        );
        assert_eq!(examined.unwrap_err(), unread);
    }

    /// What nobody sees on paper is as good as nothing.
    #[test]
    fn an_invisible_text_is_a_missing_one() {
        for typed in ["", "\u{3000} ", "\u{AD}", "\u{FE0F}\u{AD}"] {
            let mut draft = advance();
            draft.contractor.name = Some(typed.to_owned());
            assert_eq!(
                faults(&draft),
                fault("/contractor/name", "required"),
                "{typed:?}"
            );
        }
    }

    /// Where nothing more can be guaranteed, nobody is told to apply for no more than nothing.
    #[test]
    fn a_limit_that_is_used_up_says_so() {
        let mut draft = interim();
        draft.prior_advance.as_mut().unwrap().amount = Some(yen(18_000_000));
        let refused = draft
            .examine(
                Some(&kunisaki()),
                date("2026-04-01"),
                |_, _| true,
                Vec::new(),
            )
            .unwrap_err();
        let said = refused
            .iter()
            .find(|fault| fault.pointer == "/guaranteed_amount")
            .unwrap();
        assert!(
            said.message.contains("限度額に達しているため"),
            "{}",
            said.message
        );
        assert!(
            !refused
                .iter()
                .any(|fault| fault.message.contains("0円以下"))
        );
    }

    /// What could be chosen does not depend on what was.
    #[test]
    fn eligibility_does_not_wait_for_the_choice_of_delivery() {
        let mut draft = advance();
        draft.contract.original_contract_date = Some(date("2025-03-31"));
        for delivery in [None, Some(Delivery::Paper), Some(Delivery::Electronic)] {
            draft.delivery = delivery;
            let reasons = draft.ineligible(&kunisaki());
            let codes: Vec<_> = reasons.iter().map(|reason| reason.code.as_str()).collect();
            assert_eq!(codes, ["before_start_of_electronic_guarantees"]);
        }
    }

    #[test]
    fn a_character_that_cannot_be_printed_is_named_with_its_field() {
        let mut draft = advance();
        draft.contract.title = Some("市道🏗改良工事".into());
        let refused = draft
            .examine(
                Some(&kunisaki()),
                date("2026-04-01"),
                |letter, _| letter != '🏗',
                Vec::new(),
            )
            .unwrap_err();
        assert_eq!(
            (refused[0].pointer.as_str(), refused[0].code.as_str()),
            ("/contract/title", "unprintable")
        );
        assert!(refused[0].message.contains("「🏗」(U+1F3D7)"));
    }

    proptest! {
        /// Whatever is accepted keeps every bound of its kind.
        #[test]
        fn accepted_amounts_keep_their_bounds(price in 1u64..2_000_000_000, amount in 1u64..2_000_000_000) {
            for kind in [RequestedKind::AdvancePayment, RequestedKind::ContractPerformance] {
                let mut draft = Draft { kind: Some(kind), guaranteed_amount: Some(yen(amount)), ..advance() };
                draft.contract.price = Some(yen(price));
                let accepted = faults(&draft).is_empty();
                let right = match kind {
                    RequestedKind::AdvancePayment => amount * 10 <= price * 4,
                    _ => amount * 10 >= price && amount <= price,
                };
                prop_assert_eq!(accepted, right);
            }
        }
    }
}
