//! Text that will stand on paper: cleaned in ways that never change a name, or refused.
//!
//! Names keep the letters they were typed with (髙 stays 髙). What is put right is what no reader
//! can see: Kangxi radicals (⽇) become the letters they look like (日), half-width katakana become
//! full-width, a separate voicing mark joins its letter (か゛ → が), spaces at the ends go.

use unicode_normalization::UnicodeNormalization;

/// Why a text cannot stand on paper.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unprintable {
    /// A line break or another control character.
    #[error("改行などの制御文字(U+{0:04X})は使えません。")]
    Control(u32),
    /// A character that changes the direction of reading or cannot be seen.
    #[error("見えない文字(U+{0:04X})は使えません。")]
    Invisible(u32),
    /// A character for which the papers have no letter.
    #[error("「{0}」(U+{code:04X})は証書に印字できない文字です。別の文字で入力してください。", code = *.0 as u32)]
    NoGlyph(char),
}

/// The text as it will stand on paper; `prints` tells which characters the papers' typeface has.
///
/// # Errors
/// Every character that cannot be printed, each named once.
pub fn for_paper(typed: &str, prints: impl Fn(char) -> bool) -> Result<String, Vec<Unprintable>> {
    let text = tidy(typed);
    let mut faults = Vec::new();
    for letter in text.chars() {
        let fault = match letter {
            letter if letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}') => {
                Unprintable::Control(letter.into())
            }
            letter if is_invisible(letter) => Unprintable::Invisible(letter.into()),
            letter if is_variation_selector(letter) || prints(letter) => continue,
            letter => Unprintable::NoGlyph(letter),
        };
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }
    if faults.is_empty() {
        Ok(text)
    } else {
        Err(faults)
    }
}

/// The text without what a reader cannot see, as the module says.
#[must_use]
pub fn tidy(typed: &str) -> String {
    let mut text = String::with_capacity(typed.len());
    let mut letters = typed.trim().chars().peekable();
    while let Some(letter) = letters.next() {
        if !is_half_width_katakana(letter)
            && !is_kangxi_radical(letter)
            && !letters.peek().is_some_and(is_voicing_mark)
        {
            text.push(letter);
            continue;
        }
        // A voicing mark joins the letter before it; NFKC is applied to these two alone.
        let mark = letters.next_if(is_voicing_mark);
        text.extend(std::iter::once(letter).chain(mark).nfkc());
    }
    text
}

fn is_half_width_katakana(letter: char) -> bool {
    matches!(letter, '\u{FF61}'..='\u{FF9F}')
}

fn is_kangxi_radical(letter: char) -> bool {
    matches!(letter, '\u{2F00}'..='\u{2FDF}')
}

/// The voicing marks that combine, and the half-width ones (which stand for combining ones).
fn is_voicing_mark(letter: &char) -> bool {
    matches!(letter, '\u{3099}' | '\u{309A}' | '\u{FF9E}' | '\u{FF9F}')
}

/// Ideographic variation selectors: 辻󠄀 is 辻 with one of them, and prints as one letter.
fn is_variation_selector(letter: char) -> bool {
    matches!(letter, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// Marks of direction, joiners and other letters without ink.
fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{00AD}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFD}' | '\u{E0000}'..='\u{E007F}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn everything(_: char) -> bool {
        true
    }

    #[test]
    fn names_keep_their_letters() {
        for name in [
            "髙﨑𠮷德濵栁桒瀨增邉邊齋",
            "辻\u{E0100}葛\u{E0100}",
            "神\u{FA19}",
            "ＡＢＣ１２３㈱",
            "Ａ・Ｂ特定建設工事共同企業体",
        ] {
            assert_eq!(for_paper(name, everything).as_deref(), Ok(name));
        }
    }

    #[test]
    fn what_no_reader_can_see_is_put_right() {
        assert_eq!(tidy("⽇本"), "日本");
        assert_eq!(tidy("ｶﾞｽ会社ﾊﾟｰｸ"), "ガス会社パーク");
        assert_eq!(tidy("か\u{3099}き\u{3099}"), "がぎ");
        assert_eq!(tidy("　株式会社 大分　"), "株式会社 大分");
    }

    #[test]
    fn each_character_that_cannot_be_printed_is_named() {
        assert_eq!(
            for_paper("a\nb\nc", everything),
            Err(vec![Unprintable::Control(0x0A)])
        );
        assert_eq!(
            for_paper("a\u{202E}b", everything),
            Err(vec![Unprintable::Invisible(0x202E)])
        );
        let faults = for_paper("山😀田🏗", |letter| letter.is_alphanumeric()).unwrap_err();
        assert_eq!(
            faults,
            [Unprintable::NoGlyph('😀'), Unprintable::NoGlyph('🏗')]
        );
        assert_eq!(
            faults[0].to_string(),
            "「😀」(U+1F600)は証書に印字できない文字です。別の文字で入力してください。"
        );
    }

    proptest! {
        #[test]
        fn tidying_twice_changes_nothing(text in ".*") {
            prop_assert_eq!(tidy(&tidy(&text)), tidy(&text));
        }
    }
}
