//! Certificates to draw: the leaflet's case, and the longest ones.

use documents::KeyNotice;
use guarantee::application::{Beneficiary, Contractor, PriorAdvance, Terms, WorksContract};
use guarantee::calendar::Date;
use guarantee::certificate::{Certificate, Conditions, Guarantor};
use guarantee::fee;
use guarantee::key::AuthKey;
use guarantee::kind::{Category, Delivery, Kind};
use guarantee::money::Yen;
use guarantee::number::ContractNumber;
use guarantee::orderer::OrdererCode;

pub(crate) fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn yen(amount: u64) -> Yen {
    Yen::new(amount).unwrap()
}

/// The leaflet's case: 国東市, 建設工事, a contract of 2025-04-10.
pub(crate) fn sample(kind: Kind) -> Certificate {
    let guaranteed_amount = match kind {
        Kind::AdvancePayment => yen(12_000_000),
        Kind::InterimPayment => yen(6_000_000),
        Kind::ContractPerformance => yen(3_000_000),
    };
    let concluded_on = date("2025-04-10");
    let interim = kind == Kind::InterimPayment;
    let terms = Terms {
        kind,
        delivery: Delivery::Electronic,
        orderer: Beneficiary {
            code: OrdererCode::parse("442143").unwrap(),
            name: "国東市".to_owned(),
            recipient: "国東市長".to_owned(),
        },
        contractor: Contractor {
            name: "株式会社 髙﨑建設".to_owned(),
            representative: "代表取締役 𠮷田 德次".to_owned(),
            address: "大分県国東市国東町鶴川149番地".to_owned(),
        },
        contract: WorksContract {
            title: "市道鶴川線道路改良工事(第2工区)".to_owned(),
            reference: Some("国道改第7-12号".to_owned()),
            place: "国東市国東町鶴川地内".to_owned(),
            category: Category::Construction,
            original_contract_date: date("2025-04-10"),
            price: yen(30_000_000),
            starts_on: date("2025-04-11"),
            completes_on: date("2026-03-13"),
        },
        guaranteed_amount,
        prior_advance: interim.then(|| PriorAdvance {
            amount: yen(12_000_000),
            received_on: date("2025-05-01"),
        }),
        progress_certified_on: interim.then(|| date("2025-10-20")),
        general_conditions: Some("国東市公共工事請負契約約款【R7.4.1以降】".to_owned()),
        emails: Vec::new(),
    };
    Certificate {
        contract_number: ContractNumber::with_serial(concluded_on, 123_456_789),
        change_number: 0,
        issued_on: date("2025-04-11"),
        concluded_on,
        fee_paid_on: date("2025-04-09"),
        period: terms.period(),
        fee: fee::fee(kind, guaranteed_amount, concluded_on),
        conditions: Conditions::of(kind),
        guarantor: Guarantor {
            name: "見本建設業保証株式会社".to_owned(),
            representative: "代表取締役社長 見本 一郎".to_owned(),
            address: "東京都千代田区霞が関一丁目1番1号".to_owned(),
            contact: "電話 03-0000-0000".to_owned(),
            seal: None,
        },
        terms,
    }
}

/// The same for a contract of consulting, without a reference.
pub(crate) fn consulting(kind: Kind) -> Certificate {
    let mut certificate = sample(kind);
    let contract = &mut certificate.terms.contract;
    contract.category = Category::Consulting;
    contract.title = "国東市橋梁定期点検業務委託".to_owned();
    contract.reference = None;
    certificate.terms.general_conditions =
        Some("国東市土木設計業務等委託契約約款【R7.4.1以降】".to_owned());
    certificate
}

/// A title of 200 letters, a joint venture of five, and a price of 999,999,999,999 yen.
pub(crate) fn longest(kind: Kind) -> Certificate {
    let mut certificate = sample(kind);
    let terms = &mut certificate.terms;
    let sentence = "令和7年度(繰越)社会資本整備総合交付金事業 市道鶴川・安岐線ほか3路線 道路改良(その2)、橋梁下部工及び附帯工事「第１２工区」・";
    terms.contract.title = sentence.chars().cycle().take(200).collect();
    terms.contract.place = "大分県国東市国東町鶴川字上ノ原1番地先から安岐町塩屋字下原3999番地先まで、及び武蔵町古市地内ほか".repeat(2);
    terms.contract.price = Yen::MAX;
    terms.guaranteed_amount = Yen::MAX;
    terms.contractor.name = "髙﨑・𠮷田・濵田・Oita Kensetsu & Partners・渡邉特定建設工事共同企業体 代表者 株式会社 髙﨑建設 構成員 有限会社 𠮷田組 構成員 株式会社 濵田土木 構成員 Oita Kensetsu & Partners Co., Ltd. 構成員 合同会社 渡邉興業".to_owned();
    terms.contractor.address =
        "東京都千代田区霞が関一丁目1番1号とても長い名前の建物・北館二十三階2301号室".repeat(2);
    terms.contractor.representative = "代表取締役社長兼最高経営責任者 勅使河原 龍之介".to_owned();
    if let Some(prior) = &mut terms.prior_advance {
        prior.amount = Yen::new(888_888_888_888).unwrap();
    }
    certificate.fee = fee::fee(kind, Yen::MAX, certificate.concluded_on);
    certificate
}

/// A key like any other.
pub(crate) fn key() -> AuthKey {
    let mut next = 0u32;
    AuthKey::draw(|below| {
        next = (next * 7 + 3) % 251;
        u8::try_from(next % u32::from(below)).unwrap()
    })
}

pub(crate) fn notice(kind: Kind) -> KeyNotice {
    KeyNotice {
        certificate: sample(kind),
        issued_on: date("2025-04-14"),
        check_address: "https://hosho.example.jp/verify".to_owned(),
    }
}
