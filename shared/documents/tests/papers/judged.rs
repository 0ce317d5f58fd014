//! The papers that the programs of others judge in `tests/papers-check`, with what each of them says.

use documents::KeyNotice;
use guarantee::certificate::Certificate;
use guarantee::kind::Kind;
use serde_json::json;

use crate::reading::{folder, stands_on_a_line};
use crate::samples::{key, longest, notice, sample};
use crate::{KINDS, fields};

/// A paper, its title, its author, and the values on it.
struct Judged {
    name: String,
    title: String,
    pdf: Vec<u8>,
    values: Vec<String>,
}

fn usual_papers(kind: Kind, name: &str) -> [Judged; 4] {
    let certificate = sample(kind);
    let mut values = fields::of_every_certificate(&certificate);
    values.extend(fields::of_its_kind(&certificate));
    let notice = notice(kind);
    [
        Judged {
            name: format!("certificate-{name}"),
            title: certificate.title(),
            pdf: documents::certificate(&certificate).unwrap(),
            values: values.clone(),
        },
        Judged {
            name: format!("copy-{name}"),
            title: format!("{} お客様控え", certificate.title()),
            pdf: documents::customer_copy(&certificate).unwrap(),
            values,
        },
        Judged {
            name: format!("fee-{name}"),
            title: "保証料計算書".to_owned(),
            pdf: documents::fee_statement(&certificate).unwrap(),
            values: fields::of_the_fee_statement(&certificate),
        },
        Judged {
            name: format!("key-{name}"),
            title: "電子証書閲覧用「認証キー」等のお知らせ".to_owned(),
            pdf: documents::key_notice(&notice, &key()).unwrap(),
            values: fields::of_the_key_notice(&notice),
        },
    ]
}

fn longest_papers() -> [Judged; 2] {
    let certificate = longest(Kind::InterimPayment);
    let notice = KeyNotice {
        certificate: certificate.clone(),
        ..notice(Kind::InterimPayment)
    };
    [
        Judged {
            name: "certificate-longest".to_owned(),
            title: certificate.title(),
            pdf: documents::certificate(&certificate).unwrap(),
            values: fields::of_every_certificate(&certificate),
        },
        Judged {
            name: "key-longest".to_owned(),
            title: "電子証書閲覧用「認証キー」等のお知らせ".to_owned(),
            pdf: documents::key_notice(&notice, &key()).unwrap(),
            values: fields::of_the_key_notice(&notice),
        },
    ]
}

/// Every character that a name can be typed with, on papers of some hundreds each.
fn repertoire_papers() -> Vec<Judged> {
    let letters = repertoire();
    let papers = letters.chunks(400).zip(1..);
    papers
        .map(|(letters, number)| {
            let mut certificate = sample(Kind::AdvancePayment);
            let values = put_in_fields(&mut certificate, letters);
            Judged {
                name: format!("repertoire-{number:02}"),
                title: certificate.title(),
                pdf: documents::certificate(&certificate).unwrap(),
                values,
            }
        })
        .collect()
}

/// The single characters, kana with their marks, and some forms.
fn repertoire() -> Vec<String> {
    let single = ('!'..=char::MAX).map(String::from);
    let marked = "かきくけこカキクケコセツトㇷ"
        .chars()
        .map(|kana| format!("{kana}\u{309A}"));
    let forms = "辻葛祇榊飴芦鯵"
        .chars()
        .map(|letter| format!("{letter}\u{E0100}"));
    single
        .chain(marked)
        .chain(forms)
        .filter(|letter| {
            guarantee::text::for_paper(letter, typeface::prints).as_ref() == Ok(letter)
        })
        .collect()
}

/// Each field is begun and ended by a letter that no rule of lines moves.
fn put_in_fields(certificate: &mut Certificate, letters: &[String]) -> Vec<String> {
    let terms = &mut certificate.terms;
    let fields = [
        &mut terms.contractor.name,
        &mut terms.contractor.address,
        &mut terms.contract.title,
        &mut terms.contract.place,
    ];
    let mut values = Vec::new();
    for (field, letters) in fields.into_iter().zip(letters.chunks(100)) {
        *field = format!("国{}東", letters.concat());
        values.push(field.clone());
    }
    values
}

#[test]
fn papers_are_left_to_be_judged() {
    let mut papers: Vec<Judged> = KINDS
        .into_iter()
        .flat_map(|(kind, name)| usual_papers(kind, name))
        .collect();
    papers.extend(longest_papers());
    papers.extend(repertoire_papers());

    let folder = folder("judged");
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::create_dir(&folder).unwrap();
    let mut said = Vec::new();
    for paper in &papers {
        let file = format!("{}.pdf", paper.name);
        std::fs::write(folder.join(&file), &paper.pdf).unwrap();
        let (on_a_line, over_lines): (Vec<&String>, Vec<&String>) = paper
            .values
            .iter()
            .partition(|value| stands_on_a_line(value));
        said.push(json!({
            "file": file,
            "title": paper.title,
            "author": sample(Kind::AdvancePayment).guarantor.name,
            "on_a_line": on_a_line,
            "over_lines": over_lines,
        }));
    }
    let said = json!({ "papers": said, "repertoire": repertoire() });
    std::fs::write(folder.join("said.json"), said.to_string()).unwrap();
    assert!(papers.len() > 20);
}
