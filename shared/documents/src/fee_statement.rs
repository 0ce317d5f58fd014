//! 保証料計算書: what the guarantee costs and how that was computed.

use guarantee::certificate::Certificate;
use guarantee::fee::{Fee, FeePart};
use guarantee::money::whole_yen;

use crate::paper::{self, About, BODY, LARGE, SMALL};
use crate::table::{Cell, Row};
use crate::{DrawError, guarantor};

const TITLE: &str = "保証料計算書";

pub(crate) fn draw(certificate: &Certificate) -> Result<Vec<u8>, DrawError> {
    let about = About {
        title: TITLE,
        author: &certificate.guarantor.name,
        day: certificate.issued_on,
        foot: &format!("保証契約番号 {}", certificate.contract_number),
    };
    paper::draw(&about, |paper| {
        paper.title(TITLE);
        paper.text_at_right(&certificate.issued_on.wareki(), BODY);
        paper.space(1.0);
        paper.text(&format!("{} 様", certificate.terms.contractor.name), LARGE);
        paper.space(3.0);
        paper.table(subject(certificate));
        paper.space(3.5);
        paper.heading("保証料の計算");
        paper.table(computation(&certificate.fee));
        paper.space(1.5);
        paper.text(
            "保証金額の区分ごとに適用料率を乗じて合計し、1円未満の端数を切り捨てます。",
            SMALL,
        );
        paper.space(3.5);
        paper.heading("お支払い");
        paper.table(payment(certificate));
        paper.space(5.0);
        guarantor::sign(paper, &certificate.guarantor);
    })
}

fn subject(certificate: &Certificate) -> Vec<Row> {
    let (terms, fee) = (&certificate.terms, &certificate.fee);
    vec![
        Row::new(
            "保証契約番号",
            Cell::text(certificate.contract_number.to_string()),
        ),
        Row::new("種別", Cell::text(terms.kind.japanese())),
        Row::new(
            "被保証者",
            Cell::text(format!(
                "{} {}",
                terms.orderer.name, terms.orderer.recipient
            )),
        ),
        Row::new(
            terms.contract.category.title_label(),
            Cell::text(&terms.contract.title),
        ),
        Row::new("保証金額", Cell::amount(fee.guaranteed_amount)),
        Row::new(
            "保証料(非課税)",
            Cell::amount(fee.amount)
                .large()
                .remark_if(fee.assumed, "【仮】この保証料は仮の料率によるものです。"),
        ),
    ]
}

fn computation(fee: &Fee) -> Vec<Row> {
    let head = Row::columns([
        (1.0, Cell::head("区分")),
        (3.0, Cell::head("保証金額")),
        (2.0, Cell::head("適用料率")),
        (3.0, Cell::head("保証料")),
    ]);
    let rates = fee.parts.iter().map(|part| part.rate.to_string());
    let most = rates.map(|rate| decimals(&rate)).max().unwrap_or(0);
    let parts = fee.parts.iter().zip(1..).map(|(part, number)| {
        let assumed = if fee.assumed { "(仮)" } else { "" };
        let rate = format!("{assumed}{}", with_decimals(&part.rate.to_string(), most));
        Row::columns([
            (1.0, Cell::head(number.to_string())),
            (3.0, Cell::figure(part.amount.to_string())),
            (2.0, Cell::figure(rate)),
            (3.0, Cell::figure(exact_fee(part))),
        ])
    });
    let sum = Row::columns([
        (1.0, Cell::head("計")),
        (3.0, Cell::figure(fee.guaranteed_amount.to_string())),
        (2.0, Cell::text("")),
        (3.0, Cell::figure(fee.amount.to_string())),
    ]);
    std::iter::once(head).chain(parts).chain([sum]).collect()
}

/// How many figures stand behind the point of a rate.
fn decimals(rate: &str) -> usize {
    let (_, fraction) = rate.split_once('.').unwrap_or_default();
    fraction.trim_end_matches('%').len()
}

/// The rate with so many figures behind its point, so that rates stand figure below figure.
fn with_decimals(rate: &str, most: usize) -> String {
    let figures = rate.trim_end_matches('%');
    let point = if decimals(rate) == 0 && most > 0 {
        "."
    } else {
        ""
    };
    let zeros = "0".repeat(most.saturating_sub(decimals(rate)));
    format!("{figures}{point}{zeros}%")
}

/// The fee on a part, to the millionth of a yen where it is no whole yen.
fn exact_fee(part: &FeePart) -> String {
    let millionths = part.rate.times(part.amount);
    let fraction = format!("{:06}", millionths % 1_000_000);
    let whole = whole_yen(millionths);
    match fraction.trim_end_matches('0') {
        "" => whole.to_string(),
        fraction => format!("{whole}.{fraction}"),
    }
}

fn payment(certificate: &Certificate) -> Vec<Row> {
    let fee = &certificate.fee;
    vec![
        Row::new("消費税", Cell::text("非課税")),
        Row::new(
            "支払方法",
            Cell::text("保証契約の締結までに一括してお支払い"),
        ),
        Row::new("保証料受領日", Cell::text(certificate.fee_paid_on.wareki())),
        Row::new(
            "保証契約締結日",
            Cell::text(certificate.concluded_on.wareki()),
        ),
        Row::new(
            "適用料率の版",
            Cell::text(format!("{}から適用", fee.edition.wareki())),
        ),
        Row::new("適用料率の根拠", Cell::text(&fee.source)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_stand_figure_below_figure() {
        for (rate, most, written) in [
            ("0.35%", 2, "0.35%"),
            ("0.3%", 2, "0.30%"),
            ("1%", 2, "1.00%"),
            ("1%", 0, "1%"),
            ("0.065%", 3, "0.065%"),
        ] {
            assert_eq!(with_decimals(rate, most), written);
        }
    }
}
