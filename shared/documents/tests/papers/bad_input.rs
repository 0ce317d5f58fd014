//! What people type or paste: printed rightly, or refused by name; never a panic, a blank, or letters
//! outside their cell.

use documents::DrawError;
use guarantee::certificate::Certificate;
use guarantee::kind::Kind;
use guarantee::text::{Unprintable, for_paper};
use proptest::prelude::*;

use crate::PAPERS;
use crate::reading::Printed;
use crate::samples::sample;

fn put_everywhere(text: &str) -> Certificate {
    let mut certificate = sample(Kind::AdvancePayment);
    let terms = &mut certificate.terms;
    for field in [
        &mut terms.orderer.name,
        &mut terms.orderer.recipient,
        &mut terms.contractor.name,
        &mut terms.contractor.address,
        &mut terms.contractor.representative,
        &mut terms.contract.title,
        &mut terms.contract.place,
    ] {
        text.clone_into(field);
    }
    certificate
}

/// What is refused, each by its own character.
#[test]
fn what_cannot_be_printed_is_refused_by_name() {
    for (typed, fault) in [
        ("国東\u{0}市", Unprintable::Control(0)),
        ("国東\n市", Unprintable::Control(0x0A)),
        ("国東\u{2028}市", Unprintable::Control(0x2028)),
        ("国東\u{202E}市", Unprintable::Invisible(0x202E)),
        ("国東\u{2066}市", Unprintable::Invisible(0x2066)),
        ("国東\u{200B}市", Unprintable::Invisible(0x200B)),
        ("国東\u{FFFD}市", Unprintable::Broken),
        ("\u{E0100}国東市", Unprintable::Invisible(0xE0100)),
        ("葛\u{E0100}\u{E0100}", Unprintable::Invisible(0xE0100)),
        ("国東市🏗", Unprintable::NoGlyph('🏗')),
        ("国東市👷\u{FE0F}", Unprintable::NoGlyph('👷')),
        ("国東市\u{E000}", Unprintable::NoGlyph('\u{E000}')),
        ("山\u{E01EF}田", Unprintable::NoForm('山', '\u{E01EF}')),
        ("x\u{302}\u{323}", Unprintable::NoGlyph('\u{323}')),
        ("国\u{20DD}", Unprintable::NoGlyph('\u{20DD}')),
        ("あ\u{309A}", Unprintable::NoGlyph('\u{309A}')),
        ("서울", Unprintable::NoGlyph('서')),
    ] {
        let faults = for_paper(typed, typeface::prints).unwrap_err();
        assert_eq!(faults.first(), Some(&fault), "{typed:?}");
    }
}

/// What is put right, and printed as people read it.
#[test]
fn what_can_be_put_right_is_printed() {
    for (typed, printed) in [
        ("⼤分県⽇⽥市", "大分県日田市"),
        ("ｶﾌﾞｼｷｶﾞｲｼｬ ﾊﾟﾙ", "カブシキガイシャ パル"),
        ("か\u{3099}す会社", "がす会社"),
        ("Cafe\u{301}", "Café"),
        ("☎\u{FE0F}0978", "☎0978"),
        (
            "か\u{309A}き\u{309A}ㇷ\u{309A}",
            "か\u{309A}き\u{309A}ㇷ\u{309A}",
        ),
        ("\u{3000}葛\u{E0100}城\u{A0}工業 ", "葛\u{E0100}城 工業"),
        ("⦅仮⦆", "｟仮｠"),
        ("Škoda ⅓ Ĳssel", "Škoda ⅓ Ĳssel"),
        ("L≒120m", "L≒120m"),
        ("x\u{302}t\u{361}s国\u{302}", "x\u{302}t\u{361}s国\u{302}"),
        ("\u{302}", "\u{302}"),
    ] {
        let text = for_paper(typed, typeface::prints).unwrap();
        assert_eq!(text, printed);
        let pdf = documents::certificate(&put_everywhere(&text)).unwrap();
        Printed::keep("put-right", &pdf).says(&[text]);
    }
}

#[test]
fn an_empty_field_is_an_empty_cell() {
    for (_, draw) in PAPERS {
        let pdf = draw(&put_everywhere("")).unwrap();
        Printed::keep("empty", &pdf).stays_within_its_margins();
    }
}

/// One word that no line holds, and a text that no page holds.
#[test]
fn over_long_texts_stay_in_their_cells() {
    for text in [
        "W".repeat(500),
        "１".repeat(500),
        "…".repeat(300),
        "。".repeat(300),
        "「".repeat(300),
        "国東市道路改良工事".repeat(150),
    ] {
        for (name, draw) in PAPERS {
            let pdf = draw(&put_everywhere(&text)).unwrap();
            let printed = Printed::keep(&format!("over-long-{name}"), &pdf);
            printed.stays_within_its_margins();
            // Headings and feet come between its lines; no letter is lost in any of four fields.
            let first = text.chars().next().unwrap();
            let count = |text: &str| text.chars().filter(|letter| *letter == first).count();
            assert!(count(&printed.text()) >= 4 * count(&text), "{name} {first}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// What `guarantee::text` lets through is drawn; what it was never asked about is drawn or refused.
    #[test]
    fn nothing_makes_a_paper_panic(text in any::<String>()) {
        if let Ok(text) = for_paper(&text, typeface::prints) {
            prop_assert!(documents::certificate(&put_everywhere(&text)).is_ok(), "{text:?}");
        }
        for (_, draw) in PAPERS {
            match draw(&put_everywhere(&text)) {
                Ok(_) => {}
                Err(DrawError::MissingGlyph(letter)) => prop_assert!(text.contains(letter)),
                Err(other) => prop_assert!(false, "{other}"),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Brackets, stops, words and forms in any order stay in their cells and are read back.
    #[test]
    fn any_order_of_letters_stays_in_its_cell(
        text in "([「」（）『』、。，．・…ー―ぁっゃ々〇国東市道A-Z0-9,.()/％￥〜☎①㈱]|辻\u{E0100}|か\u{309A}|Š|≒|国\u{302}){1,400}",
    ) {
        let pdf = documents::certificate(&put_everywhere(&text)).unwrap();
        let printed = Printed::keep("any-order", &pdf);
        printed.stays_within_its_margins();
        printed.says_over_several_lines(&[text]);
    }
}
