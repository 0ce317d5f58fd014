//! 『保証証書(〇〇保証)』 and its お客様控え: the certificate as it goes to the contract desk.

use guarantee::certificate::Certificate;
use guarantee::kind::{Category, Kind};

use crate::paper::{self, About};
use crate::table::{Cell, Row};
use crate::{DrawError, guarantor};

/// Which of the two papers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Copy {
    Original,
    Customer,
}

pub(crate) fn draw(certificate: &Certificate, copy: Copy) -> Result<Vec<u8>, DrawError> {
    let title = certificate.title();
    let about = About {
        title: &match copy {
            Copy::Original => title.clone(),
            Copy::Customer => format!("{title} お客様控え"),
        },
        author: &certificate.guarantor.name,
        day: certificate.issued_on,
        foot: &format!("保証契約番号 {}", certificate.contract_number),
    };
    paper::draw(&about, |paper| {
        if copy == Copy::Customer {
            paper.corner_stamp("控", "お客様控え");
        }
        paper.title(&title);
        paper.table(identity(certificate));
        paper.space(3.0);
        paper.table(parties(certificate));
        paper.space(2.0);
        paper.heading("保証の対象となる契約");
        paper.table(contract(certificate));
        paper.space(2.0);
        paper.heading("保証の内容");
        paper.table(guarantee(certificate));
        paper.space(2.5);
        // What is promised and who promises it are never torn apart.
        paper.together(49.0);
        paper.paragraph(&certificate.wording());
        paper.space(3.0);
        guarantor::sign(paper, &certificate.guarantor);
    })
}

fn identity(certificate: &Certificate) -> Vec<Row> {
    let change = match certificate.change_number {
        0 => "0(当初)".to_owned(),
        change => change.to_string(),
    };
    vec![
        Row::pair(
            (
                "保証契約番号",
                Cell::text(certificate.contract_number.to_string()),
            ),
            ("発行日", Cell::text(certificate.issued_on.wareki())),
        ),
        Row::pair(
            ("種別", Cell::text(certificate.terms.kind.japanese())),
            ("変更回次", Cell::text(change)),
        ),
    ]
}

fn parties(certificate: &Certificate) -> Vec<Row> {
    let (orderer, contractor) = (&certificate.terms.orderer, &certificate.terms.contractor);
    vec![
        Row::new("被保証者機関名", Cell::text(&orderer.name)),
        Row::new("被保証者職名", Cell::text(&orderer.recipient)),
        Row::new("保証契約者住所", Cell::text(&contractor.address)),
        Row::new("保証契約者商号", Cell::text(&contractor.name)),
        Row::new("保証契約者代表者", Cell::text(&contractor.representative)),
    ]
}

fn contract(certificate: &Certificate) -> Vec<Row> {
    let contract = &certificate.terms.contract;
    let (reference, place, term) = match contract.category {
        Category::Construction => ("工事番号", "工事場所", "工期"),
        Category::Consulting => ("業務番号", "履行場所", "履行期間"),
    };
    let mut rows = vec![
        Row::new("契約の種類", Cell::text(contract.category.japanese())),
        Row::new(contract.category.title_label(), Cell::text(&contract.title)),
        Row::new(
            reference,
            Cell::text(contract.reference.as_deref().unwrap_or("―")),
        ),
        Row::new(place, Cell::text(&contract.place)),
        Row::new(
            "契約日",
            Cell::text(contract.original_contract_date.wareki()),
        ),
        Row::new(
            term,
            Cell::text(format!(
                "{}から {}まで",
                contract.starts_on.wareki(),
                contract.completes_on.wareki()
            )),
        ),
        Row::new("請負代金額(税込)", Cell::amount(contract.price)),
    ];
    if let Some(conditions) = &certificate.terms.general_conditions {
        rows.push(Row::new("契約約款", Cell::text(conditions)));
    }
    rows
}

fn guarantee(certificate: &Certificate) -> Vec<Row> {
    let terms = &certificate.terms;
    let mut rows = vec![Row::new(
        "保証金額",
        Cell::amount(terms.guaranteed_amount).large(),
    )];
    match terms.kind {
        Kind::AdvancePayment => {
            rows.push(Row::new("前払金額", Cell::amount(terms.guaranteed_amount)));
        }
        Kind::InterimPayment => {
            rows.push(Row::new(
                "中間前払金額",
                Cell::amount(terms.guaranteed_amount),
            ));
            if let Some(prior) = &terms.prior_advance {
                let received = format!("受領日 {}", prior.received_on.wareki());
                rows.push(Row::new(
                    "既受領前払金額",
                    Cell::amount(prior.amount).remark(received),
                ));
            }
            if let Some(together) = certificate.advances_together() {
                rows.push(Row::new("累計", Cell::amount(together)));
            }
            if let Some(certified) = terms.progress_certified_on {
                rows.push(Row::new("中間前払金認定日", Cell::text(certified.wareki())));
            }
        }
        Kind::ContractPerformance => rows.push(Row::new(
            "保証割合",
            Cell::text(format!("請負代金額の{}", certificate.guaranteed_share())),
        )),
    }
    let (period, conditions) = (certificate.period, &certificate.conditions);
    rows.extend(period.from.map(|from| {
        let days = format!("{}から {}まで", from.wareki(), period.until.wareki());
        Row::new("保証期間", Cell::text(days))
    }));
    rows.extend([
        Row::new("保証期限", Cell::text(period.until.wareki())),
        Row::new(
            "適用約款",
            Cell::text(format!("{}({})", conditions.title, conditions.edition)).remark_if(
                conditions.assumed,
                "【仮】この約款の名称及び版は仮のものです。",
            ),
        ),
    ]);
    rows
}
