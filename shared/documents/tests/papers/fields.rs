//! The fields that each paper says (domain.md, "Fields of each document"), as people read them.

use documents::KeyNotice;
use guarantee::certificate::Certificate;
use guarantee::kind::Kind;

use crate::samples::key;

/// What all three kinds of certificate say.
pub(crate) fn of_every_certificate(certificate: &Certificate) -> Vec<String> {
    let terms = &certificate.terms;
    let contract = &terms.contract;
    let until = certificate.period.until.wareki();
    let period = match certificate.period.from {
        Some(from) => format!("{}から {until}まで", from.wareki()),
        None => until,
    };
    let term = format!(
        "{}から {}まで",
        contract.starts_on.wareki(),
        contract.completes_on.wareki()
    );
    let conditions = format!(
        "{}({})",
        certificate.conditions.title, certificate.conditions.edition
    );
    [
        certificate.title(),
        certificate.contract_number.to_string(),
        terms.kind.japanese().to_owned(),
        "0(当初)".to_owned(),
        certificate.issued_on.wareki(),
        terms.orderer.name.clone(),
        terms.orderer.recipient.clone(),
        terms.contractor.address.clone(),
        terms.contractor.name.clone(),
        terms.contractor.representative.clone(),
        contract.category.japanese().to_owned(),
        contract.title.clone(),
        contract.place.clone(),
        contract.original_contract_date.wareki(),
        term,
        contract.price.daiji(),
        contract.price.to_string(),
        terms.guaranteed_amount.daiji(),
        terms.guaranteed_amount.to_string(),
        period,
        certificate.period.until.wareki(),
        certificate.wording(),
        conditions,
        "【仮】この約款の名称及び版は仮のものです。".to_owned(),
        certificate.guarantor.name.clone(),
        certificate.guarantor.representative.clone(),
        certificate.guarantor.address.clone(),
        certificate.guarantor.contact.clone(),
        format!("保証契約番号 {}", certificate.contract_number),
    ]
    .into_iter()
    .chain(contract.reference.clone())
    .chain(terms.general_conditions.clone())
    .collect()
}

/// The labels that the certificate of one kind has beyond the others.
pub(crate) fn labels_of_its_kind(kind: Kind) -> Vec<String> {
    let labels: &[&str] = match kind {
        Kind::AdvancePayment => &["前払金額"],
        Kind::InterimPayment => &["中間前払金額", "既受領前払金額", "累計"],
        Kind::ContractPerformance => &["保証割合", "保証期間"],
    };
    labels.iter().map(|label| (*label).to_owned()).collect()
}

/// The values that the certificate of one kind has beyond the others.
pub(crate) fn of_its_kind(certificate: &Certificate) -> Vec<String> {
    let terms = &certificate.terms;
    match terms.kind {
        Kind::AdvancePayment => Vec::new(),
        Kind::InterimPayment => {
            let prior = terms.prior_advance.as_ref().unwrap();
            let together = certificate.advances_together().unwrap();
            vec![
                prior.amount.daiji(),
                prior.amount.to_string(),
                format!("受領日 {}", prior.received_on.wareki()),
                together.daiji(),
                together.to_string(),
                terms.progress_certified_on.unwrap().wareki(),
            ]
        }
        Kind::ContractPerformance => vec!["請負代金額の10%".to_owned()],
    }
}

/// What the fee statement says.
pub(crate) fn of_the_fee_statement(certificate: &Certificate) -> Vec<String> {
    let fee = &certificate.fee;
    let mut fields: Vec<String> = [
        "保証料計算書",
        "非課税",
        "保証契約の締結までに一括してお支払い",
        &fee.source,
        &certificate.terms.contract.title,
        &certificate.terms.orderer.name,
        &certificate.guarantor.name,
        certificate.terms.kind.japanese(),
    ]
    .map(str::to_owned)
    .to_vec();
    fields.extend([
        certificate.contract_number.to_string(),
        format!("{} 様", certificate.terms.contractor.name),
        fee.guaranteed_amount.daiji(),
        fee.guaranteed_amount.to_string(),
        fee.amount.daiji(),
        fee.amount.to_string(),
        certificate.fee_paid_on.wareki(),
        certificate.concluded_on.wareki(),
        fee.edition.wareki(),
    ]);
    for part in &fee.parts {
        let assumed = if fee.assumed { "(仮)" } else { "" };
        // The others may have more figures behind the point, and this one zeros below them.
        let rate = part.rate.to_string();
        let rate = format!("{assumed}{}", rate.trim_end_matches('%'));
        fields.extend([part.amount.to_string(), rate]);
    }
    fields
}

/// What the key notice says.
pub(crate) fn of_the_key_notice(notice: &KeyNotice) -> Vec<String> {
    let terms = &notice.certificate.terms;
    vec![
        "電子証書閲覧用「認証キー」等のお知らせ".to_owned(),
        format!("{} 様", terms.contractor.name),
        notice.certificate.contract_number.to_string(),
        key().reveal(),
        terms.kind.japanese().to_owned(),
        terms.contract.title.clone(),
        terms.orderer.name.clone(),
        format!("発行日 {}", notice.issued_on.wareki()),
        notice.check_address.clone(),
        "発注者へご提出ください".to_owned(),
        notice.certificate.guarantor.contact.clone(),
    ]
}
