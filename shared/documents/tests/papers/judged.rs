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

/// Every letter that a name can be typed with, on papers of some hundreds each.
fn repertoire_papers() -> Vec<Judged> {
    let letters: Vec<String> = repertoire().into_iter().map(among_others).collect();
    let papers = letters.chunks(800).zip(1..);
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

/// The single characters, kana and phonetic letters with their marks, tones, and forms.
fn repertoire() -> Vec<String> {
    let single = ('!'..=char::MAX).map(String::from);
    let kana = "かきくけこカキクケコセツトㇷ".chars();
    let kana = kana.map(|kana| format!("{kana}\u{309A}"));
    let accented = "æɔʌəɚ".chars();
    let accented =
        accented.flat_map(|vowel| [format!("{vowel}\u{300}"), format!("{vowel}\u{301}")]);
    let tones = ["˩˥", "˥˩"].map(str::to_owned);
    let forms = ('\u{3400}'..='\u{323AF}').flat_map(|letter| {
        ['\u{FE00}', '\u{FE01}', '\u{E0100}'].map(|selector| format!("{letter}{selector}"))
    });
    single
        .chain(kana)
        .chain(accented)
        .chain(tones)
        .chain(forms)
        .filter(|letter| {
            guarantee::text::for_paper(letter, typeface::prints).as_ref() == Ok(letter)
        })
        .collect()
}

/// An accent by itself would stand on the letter before it: it gets one of its own, which Unicode has with
/// no accent as one character.
fn among_others(letter: String) -> String {
    match letter.chars().next() {
        Some('\u{300}'..='\u{36F}') => format!("q{letter}"),
        _ => letter,
    }
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
    for (field, letters) in fields.into_iter().zip(letters.chunks(200)) {
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
