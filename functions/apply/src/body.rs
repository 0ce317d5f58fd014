//! The body of an application: read field by field into a draft, and the draft examined.

use guarantee::application::Terms;
use guarantee::calendar::Date;
use guarantee::draft::{ContractorDraft, Draft, PriorAdvanceDraft, WorksContractDraft};
use guarantee::orderer::{Orderer, OrdererCode};
use guarantee::violation::Violation;
use ledger::Ledger;
use web::{Fields, JsonBody, Problem};

const TEXT: &str = "文字列で入力してください。";
const DATE: &str = "実在する日付を YYYY-MM-DD の形で入力してください(例 2025-04-10)。";
const YEN: &str = "0から999,999,999,999までの整数(円)で入力してください。";
const FLAG: &str = "true か false で入力してください。";
const KIND: &str = "advance_payment(前払金保証)、interim_payment(中間前払金保証)、contract_performance(契約保証)のいずれかにしてください。";
const DELIVERY: &str = "electronic(電子交付)か paper(書面)にしてください。";
const CATEGORY: &str =
    "construction(建設工事)か consulting(建設コンサルタント等業務委託)にしてください。";

/// A draft as it was sent, with the orderer that it names.
pub(crate) struct Sent {
    pub(crate) draft: Draft,
    pub(crate) orderer: Option<Orderer>,
    unread: Vec<Violation>,
}

impl Sent {
    /// Reads the body, and the orderer from the ledger.
    pub(crate) async fn read(body: JsonBody, ledger: &Ledger) -> Result<Self, Problem> {
        let mut unread = Vec::new();
        let mut fields = Fields::of(body.object, &mut unread);
        let draft = draft(&mut fields);
        fields.finish();
        let code = draft
            .orderer_code
            .as_deref()
            .and_then(|code| OrdererCode::parse(code.trim()).ok());
        let orderer = match code {
            Some(code) => ledger.rules_of(&code).await?,
            None => None,
        };
        Ok(Self {
            draft,
            orderer,
            unread,
        })
    }

    /// The terms that can be issued as they stand, or every fault.
    pub(crate) fn examine(&self, today: Date) -> Result<Terms, Vec<Violation>> {
        self.draft.examine(
            self.orderer.as_ref(),
            today,
            typeface::prints,
            self.unread.clone(),
        )
    }
}

fn draft(fields: &mut Fields<'_>) -> Draft {
    Draft {
        kind: fields.take("kind", KIND),
        delivery: fields.take("delivery", DELIVERY),
        orderer_code: fields.take("orderer_code", TEXT),
        contractor: fields
            .take_object("contractor", contractor)
            .unwrap_or_default(),
        contract: fields.take_object("contract", contract).unwrap_or_default(),
        guaranteed_amount: fields.take("guaranteed_amount", YEN),
        prior_advance: fields.take_object("prior_advance", |prior| PriorAdvanceDraft {
            amount: prior.take("amount", YEN),
            received_on: prior.take("received_on", DATE),
        }),
        progress_certified_on: fields.take("progress_certified_on", DATE),
        general_conditions_confirmed: fields.take("general_conditions_confirmed", FLAG),
        emails: fields.take_list("emails", TEXT),
    }
}

fn contractor(fields: &mut Fields<'_>) -> ContractorDraft {
    ContractorDraft {
        name: fields.take("name", TEXT),
        representative: fields.take("representative", TEXT),
        address: fields.take("address", TEXT),
    }
}

fn contract(fields: &mut Fields<'_>) -> WorksContractDraft {
    WorksContractDraft {
        title: fields.take("title", TEXT),
        reference: fields.take("reference", TEXT),
        place: fields.take("place", TEXT),
        category: fields.take("category", CATEGORY),
        original_contract_date: fields.take("original_contract_date", DATE),
        price: fields.take("price", YEN),
        starts_on: fields.take("starts_on", DATE),
        completes_on: fields.take("completes_on", DATE),
    }
}
