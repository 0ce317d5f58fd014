//! The papers as people and other people's programs read them: every field comes back, nothing says
//! more than it may, and the same certificate gives the same bytes.
//!
//! The PDFs of a run stay in `target/tmp/papers/` to be looked at. [`judged`] leaves others in
//! `target/tmp/judged/` with what they say, for `tests/papers-check`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop the test as the tests do"
)]

mod again;
mod approved;
mod bad_input;
mod fields;
mod judged;
mod reading;
mod samples;

use documents::{DrawError, KeyNotice};
use guarantee::certificate::{Certificate, Guarantor};
use guarantee::kind::{Category, Kind};
use guarantee::money::Yen;
use proptest::prelude::*;

use reading::{Printed, faxed};
use samples::{consulting, date, key, longest, notice, sample};

const KINDS: [(Kind, &str); 3] = [
    (Kind::AdvancePayment, "advance"),
    (Kind::InterimPayment, "interim"),
    (Kind::ContractPerformance, "performance"),
];

type Draw = fn(&Certificate) -> Result<Vec<u8>, DrawError>;

/// The papers that are drawn from the certificate alone.
const PAPERS: [(&str, Draw); 3] = [
    ("certificate", documents::certificate),
    ("copy", documents::customer_copy),
    ("fee", documents::fee_statement),
];

#[test]
fn every_field_of_every_certificate_is_read_back() {
    for (kind, name) in KINDS {
        for certificate in [sample(kind), consulting(kind)] {
            let mut fields = fields::of_every_certificate(&certificate);
            fields.extend(fields::of_its_kind(&certificate));
            fields.extend(fields::labels_of_its_kind(kind));
            let original = documents::certificate(&certificate).unwrap();
            Printed::keep(&format!("certificate-{name}"), &original).says(&fields);
            let copy = documents::customer_copy(&certificate).unwrap();
            fields.extend(["控".to_owned(), "お客様控え".to_owned()]);
            Printed::keep(&format!("copy-{name}"), &copy).says(&fields);
        }
    }
}

#[test]
fn a_certificate_is_not_marked_as_a_copy() {
    let pdf = documents::certificate(&sample(Kind::AdvancePayment)).unwrap();
    assert!(
        !Printed::keep("certificate-advance", &pdf)
            .text()
            .contains('控')
    );
}

#[test]
fn every_field_of_the_fee_statement_is_read_back() {
    for (kind, name) in KINDS {
        let certificate = sample(kind);
        let fields = fields::of_the_fee_statement(&certificate);
        let pdf = documents::fee_statement(&certificate).unwrap();
        let printed = Printed::keep(&format!("fee-{name}"), &pdf);
        printed.says(&fields);
        assert_eq!(
            printed.text().contains('仮'),
            certificate.fee.assumed,
            "{name}"
        );
    }
}

/// A fee on a part may be no whole yen; the statement shows it exactly, and cuts only the sum.
#[test]
fn the_fee_statement_shows_fractions_of_a_yen() {
    let mut certificate = sample(Kind::InterimPayment);
    let amount = Yen::new(10_000_001).unwrap();
    certificate.fee = guarantee::fee::fee(Kind::InterimPayment, amount, date("2025-04-10"));
    let pdf = documents::fee_statement(&certificate).unwrap();
    Printed::keep("fee-fraction", &pdf).says(&["￥6,500.00065", "￥6,500"].map(str::to_owned));
}

#[test]
fn every_field_of_the_key_notice_is_read_back() {
    for (kind, name) in KINDS {
        let notice = notice(kind);
        let pdf = documents::key_notice(&notice, &key()).unwrap();
        Printed::keep(&format!("key-{name}"), &pdf).says(&fields::of_the_key_notice(&notice));
    }
}

#[test]
fn the_key_stands_on_the_key_notice_alone() {
    let certificate = sample(Kind::AdvancePayment);
    let key = key().reveal();
    for (name, draw) in PAPERS {
        let pdf = draw(&certificate).unwrap();
        let text = Printed::keep(&format!("{name}-advance"), &pdf).text();
        for group in key.split('-') {
            assert!(!text.contains(group), "{name}");
        }
    }
    // Nor does it stand in what the file says of itself, which is not compressed.
    let notice = documents::key_notice(&notice(Kind::AdvancePayment), &self::key()).unwrap();
    assert!(!String::from_utf8_lossy(&notice).contains(&key));
}

#[test]
fn the_qr_code_opens_the_check_with_number_and_key() {
    let notice = notice(Kind::ContractPerformance);
    let pdf = documents::key_notice(&notice, &key()).unwrap();
    let link = format!(
        "https://hosho.example.jp/verify#number={}&key={}",
        notice.certificate.contract_number,
        key().reveal()
    );
    let printed = Printed::keep("key-performance", &pdf);
    assert_eq!(printed.qr(), link);
    assert_eq!(notice.check_link(&key()), link);
}

/// A FAX in standard quality (200 × 100 dpi, black and white) on a bad line (2 % of it noise), for a
/// short address and for the longest that AWS gives.
#[test]
fn the_qr_code_survives_a_fax() {
    for (name, address) in [
        ("short", "https://hosho.example.jp/verify"),
        (
            "long",
            "https://a1b2c3d4e5.execute-api.ap-northeast-1.amazonaws.com/verify",
        ),
    ] {
        let notice = KeyNotice {
            check_address: address.to_owned(),
            ..notice(Kind::AdvancePayment)
        };
        let pdf = documents::key_notice(&notice, &key()).unwrap();
        let printed = Printed::keep(&format!("key-{name}-address"), &pdf);
        let link = notice.check_link(&key());
        for received in faxed(&printed) {
            assert_eq!(received, link);
        }
        assert!(printed.text().contains(address));
    }
}

#[test]
fn the_longest_texts_wrap_and_stay_on_the_paper() {
    for (kind, name) in KINDS {
        let certificate = longest(kind);
        let fields = fields::of_every_certificate(&certificate);
        for (paper, draw) in PAPERS {
            let pdf = draw(&certificate).unwrap();
            let printed = Printed::keep(&format!("longest-{paper}-{name}"), &pdf);
            printed.stays_within_its_margins();
            if paper != "fee" {
                printed.says_over_several_lines(&fields);
            }
        }
        let notice = KeyNotice {
            certificate,
            ..notice(kind)
        };
        let pdf = documents::key_notice(&notice, &key()).unwrap();
        let printed = Printed::keep(&format!("longest-key-{name}"), &pdf);
        printed.stays_within_its_margins();
        printed.says_over_several_lines(&[
            notice.certificate.terms.contract.title.clone(),
            notice.certificate.terms.contractor.name.clone(),
            key().reveal(),
        ]);
    }
}

/// The usual case is one page; a longer one says how many there are and repeats its heading.
#[test]
fn pages_are_numbered_and_headed() {
    for (kind, name) in KINDS {
        for (paper, draw) in PAPERS {
            let pdf = draw(&sample(kind)).unwrap();
            let printed = Printed::keep(&format!("{paper}-{name}"), &pdf);
            assert_eq!(printed.pages(), 1, "{paper} {name}");
            printed.says(&["1/1".to_owned()]);
        }
        let pdf = documents::key_notice(&notice(kind), &key()).unwrap();
        assert_eq!(Printed::keep(&format!("key-{name}"), &pdf).pages(), 1);
    }
    let certificate = longest(Kind::InterimPayment);
    let pdf = documents::certificate(&certificate).unwrap();
    let printed = Printed::keep("longest-certificate-interim", &pdf);
    let pages = printed.pages();
    assert!(pages > 1);
    printed.says(&[
        format!("1/{pages}"),
        format!("{pages}/{pages}"),
        format!("{}(続き)", certificate.title()),
    ]);
}

#[test]
fn a_character_without_a_letter_is_refused_and_named() {
    let places: [fn(&mut Certificate, String); 8] = [
        |certificate, text| certificate.terms.orderer.name = text,
        |certificate, text| certificate.terms.orderer.recipient = text,
        |certificate, text| certificate.terms.contractor.name = text,
        |certificate, text| certificate.terms.contractor.address = text,
        |certificate, text| certificate.terms.contract.title = text,
        |certificate, text| certificate.terms.contract.place = text,
        |certificate, text| certificate.terms.contract.reference = Some(text),
        |certificate, text| certificate.guarantor.representative = text,
    ];
    for set in places {
        for missing in ['😀', '\u{E000}', '\n', '\u{202E}'] {
            let mut certificate = sample(Kind::AdvancePayment);
            set(&mut certificate, format!("国東市{missing}長"));
            assert_eq!(
                documents::certificate(&certificate).err(),
                Some(DrawError::MissingGlyph(missing))
            );
        }
    }
}

#[test]
fn forms_of_letters_are_read_back_as_they_were_chosen() {
    let names = "辻\u{E0100}葛\u{E0100}辻葛髙﨑𠮷德濵栁桒瀨增邉邊齋";
    let mut certificate = sample(Kind::AdvancePayment);
    certificate.terms.contractor.representative = names.to_owned();
    let pdf = documents::certificate(&certificate).unwrap();
    Printed::keep("forms", &pdf).says(&[names.to_owned()]);
}

/// The usual form would be another letter than was chosen.
#[test]
fn a_form_that_the_typeface_lacks_is_refused() {
    for name in ["山\u{E01EF}田", "\u{E01EF}山田", "山\u{FE00}田"] {
        let selector = name
            .chars()
            .find(|letter| *letter > '龥' || ('\u{FE00}'..='\u{FE0F}').contains(letter));
        let mut certificate = sample(Kind::AdvancePayment);
        certificate.terms.contractor.name = name.to_owned();
        assert_eq!(
            documents::certificate(&certificate).err(),
            Some(DrawError::MissingGlyph(selector.unwrap()))
        );
    }
}

#[test]
fn the_files_are_sound_small_and_say_what_they_are() {
    for (kind, name) in KINDS {
        let certificate = sample(kind);
        let mut papers: Vec<(&str, String, Vec<u8>)> = PAPERS
            .iter()
            .map(|(paper, draw)| {
                let title = match *paper {
                    "certificate" => certificate.title(),
                    "copy" => format!("{} お客様控え", certificate.title()),
                    _ => "保証料計算書".to_owned(),
                };
                (*paper, title, draw(&certificate).unwrap())
            })
            .collect();
        let title = "電子証書閲覧用「認証キー」等のお知らせ".to_owned();
        let pdf = documents::key_notice(&notice(kind), &key()).unwrap();
        papers.push(("key", title, pdf));
        for (paper, title, pdf) in papers {
            assert!(pdf.len() <= 160 * 1024, "{paper}: {} bytes", pdf.len());
            let printed = Printed::keep(&format!("{paper}-{name}"), &pdf);
            printed.is_sound();
            let about = printed.about();
            for said in [
                format!("Title:           {title}"),
                format!("Author:          {}", certificate.guarantor.name),
                "Page size:       595.276 x 841.89 pts (A4)".to_owned(),
                "PDF version:     1.4".to_owned(),
                "Custom Metadata: no".to_owned(),
                "JavaScript:      no".to_owned(),
            ] {
                assert!(about.contains(&said), "{said} in\n{about}");
            }
            let fonts = printed.fonts();
            assert!(
                fonts.contains("+NotoSerifJP-Regular") && fonts.contains("yes yes yes"),
                "embedded, cut, with Unicode:\n{fonts}"
            );
        }
    }
}

/// A title with the signs that XML and PDF strings give a meaning to.
#[test]
fn signs_of_the_file_formats_are_only_letters() {
    let mut certificate = sample(Kind::AdvancePayment);
    certificate.guarantor.name = r"A&B <保証> (株) \ ) 'x' 100%".to_owned();
    let pdf = documents::certificate(&certificate).unwrap();
    let printed = Printed::keep("signs", &pdf);
    printed.is_sound();
    printed.says(&[certificate.guarantor.name.clone()]);
    assert!(printed.about().contains(&certificate.guarantor.name));
}

/// A guarantor's own seal is drawn on every paper that it signs, in columns from the right.
#[test]
fn a_seal_is_read_in_columns() {
    for seal in [
        "印",
        "見本保証",
        "見本保証之印",
        "見本建設保証会社印",
        "西日本見本建設保証株式会社之印",
        "見本建設業信用保証株式会社之角印",
    ] {
        assert!(seal.chars().count() <= Guarantor::LETTERS_OF_SEAL);
        let mut certificate = sample(Kind::AdvancePayment);
        certificate.guarantor.seal = Some(seal.to_owned());
        for (name, draw) in PAPERS {
            let pdf = draw(&certificate).unwrap();
            let printed = Printed::keep(&format!("seal-{}-{name}", seal.chars().count()), &pdf);
            printed.stays_within_its_margins();
            printed.says_letter_by_letter(seal);
        }
    }
}

#[test]
fn an_address_that_no_code_can_hold_is_refused() {
    let notice = KeyNotice {
        check_address: format!("https://example.jp/{}", "a".repeat(3000)),
        ..notice(Kind::AdvancePayment)
    };
    assert_eq!(
        documents::key_notice(&notice, &key()).err(),
        Some(DrawError::AddressTooLong)
    );
}

/// Contracts for consulting have a 業務名, a 履行場所 and a 履行期間.
#[test]
fn consulting_is_called_by_its_own_words() {
    let certificate = consulting(Kind::AdvancePayment);
    assert_eq!(certificate.terms.contract.category, Category::Consulting);
    let pdf = documents::certificate(&certificate).unwrap();
    Printed::keep("consulting", &pdf)
        .says(&["業務名", "業務番号", "履行場所", "履行期間"].map(str::to_owned));
}

/// A letter that the typeface has and that `guarantee::text` lets stand on paper. No hyphen: poppler
/// takes one at the end of a line for a divided word and leaves it out.
fn letter() -> impl Strategy<Value = char> {
    proptest::char::range('!', '\u{323AF}').prop_filter("it prints", |letter| {
        let printable = guarantee::text::for_paper(&letter.to_string(), |_, _| false).is_err()
            && guarantee::text::for_paper(&letter.to_string(), typeface::prints)
                == Ok(letter.to_string());
        printable && !letter.is_whitespace() && *letter != '-'
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_name_is_read_back(name in proptest::collection::vec(letter(), 30)) {
        let name: String = name.into_iter().collect();
        let mut certificate = sample(Kind::AdvancePayment);
        certificate.terms.contractor.name = name.clone();
        let pdf = documents::certificate(&certificate).unwrap();
        Printed::keep("any-name", &pdf).says_over_several_lines(&[name]);
    }
}
