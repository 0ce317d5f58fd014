//! Text that will stand on paper: cleaned in ways that never change a name, or refused.
//!
//! Names keep the letters they were typed with (髙 stays 髙). What is put right is what no reader
//! can see: Kangxi radicals (⽇) become the letters they look like (日), half-width katakana become
//! full-width, a separate mark joins its letter (か\u{3099} → が, e\u{301} → é), the many kinds of blank become
//! a space, white parentheses the full-width ones (⦅ → ｟), ligatures their letters (ﬁ → fi); soft hyphens, requests
//! to be shown as an emoji or as text (☎\u{FE0F}) and spaces at the ends go.
//!
//! What is left is printed as it is or refused by name. A variation selector prints only as the form of the
//! ideograph before it (辻\u{E0100}) and only where the typeface has that form: the usual one would be another
//! letter than was typed. か\u{309A} and its like, which JIS X 0213 has as letters of their own, print where the
//! typeface has them. An accent (U+0300 to U+036F) prints on the letter before it (x\u{302}), one to a letter;
//! where none is before it, it stands by itself, as Unicode has it (3.6, D57). Any other mark that joins no letter is refused.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{compose, is_combining_mark};

/// Why a text cannot stand on paper.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unprintable {
    /// A line break or another control character.
    #[error("改行などの制御文字(U+{0:04X})は使えません。")]
    Control(u32),
    /// A character that changes the direction of reading or cannot be seen.
    #[error("見えない文字(U+{0:04X})は使えません。")]
    Invisible(u32),
    /// What stands where a character was lost on the way, such as half a pair of surrogates.
    #[error("壊れた文字(U+FFFD)があります。入力し直してください。")]
    Broken,
    /// A character for which the papers have no letter.
    #[error("「{0}」(U+{code:04X})は証書に印字できない文字です。別の文字で入力してください。", code = *.0 as u32)]
    NoGlyph(char),
    /// A form of a letter, or a letter with a mark, that the papers do not have.
    #[error("「{0}」のこの字形(U+{letter:04X} U+{form:04X})は証書に印字できません。字形の指定(異体字セレクタ)を外すか、別の文字で入力してください。", letter = *.0 as u32, form = *.1 as u32)]
    NoForm(char, char),
}

/// The text as it will stand on paper; `prints` tells which characters the papers' typeface has, and with
/// which modifier: a variation selector or the mark of a kana.
///
/// # Errors
/// Every character that cannot be printed, each named once.
pub fn for_paper(
    typed: &str,
    prints: impl Fn(char, Option<char>) -> bool,
) -> Result<String, Vec<Unprintable>> {
    let text = tidy(typed);
    let mut faults = Vec::new();
    let mut before = None;
    for letter in text.chars() {
        let fault = match letter {
            letter if letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}') => {
                Some(Unprintable::Control(letter.into()))
            }
            letter if is_variation_selector(letter) => match before {
                Some(ideograph) if is_ideograph(ideograph) => (prints(ideograph, None)
                    && !prints(ideograph, Some(letter)))
                .then_some(Unprintable::NoForm(ideograph, letter)),
                _ => Some(Unprintable::Invisible(letter.into())),
            },
            '\u{FFFD}' => Some(Unprintable::Broken),
            letter if is_invisible(letter) => Some(Unprintable::Invisible(letter.into())),
            mark if is_combining_mark(mark) => {
                (!prints_as_mark(before, mark, &prints)).then_some(Unprintable::NoGlyph(mark))
            }
            letter => (!prints(letter, None)).then_some(Unprintable::NoGlyph(letter)),
        };
        faults.extend(fault.filter(|fault| !faults.contains(fault)));
        before = Some(letter);
    }
    if faults.is_empty() {
        Ok(text)
    } else {
        Err(faults)
    }
}

/// Whether a mark prints after this character.
fn prints_as_mark(
    before: Option<char>,
    mark: char,
    prints: impl Fn(char, Option<char>) -> bool,
) -> bool {
    if is_accent(mark) {
        let on_another =
            before.is_some_and(|before| is_combining_mark(before) || is_variation_selector(before));
        !on_another && prints(mark, None)
    } else {
        before.is_some_and(|kana| prints(kana, Some(mark)))
    }
}

/// The text without what a reader cannot see, as the module says.
#[must_use]
pub fn tidy(typed: &str) -> String {
    let mut text = String::with_capacity(typed.len());
    for letter in typed.chars().filter(|letter| !asks_for_a_style(*letter)) {
        match letter {
            letter if is_blank(letter) => text.push(' '),
            // It only says where a word may be divided.
            '\u{AD}' => {}
            // JIS X 0213 1-2-54 and 1-2-55 have two codes each in Unicode.
            '\u{2985}' => text.push('\u{FF5F}'),
            '\u{2986}' => text.push('\u{FF60}'),
            letter
                if is_half_width_katakana(letter)
                    || is_kangxi_radical(letter)
                    || is_ligature(letter) =>
            {
                std::iter::once(letter)
                    .nfkc()
                    .for_each(|letter| join(&mut text, letter));
            }
            letter => join(&mut text, letter),
        }
    }
    text.trim().to_owned()
}

/// Adds a letter, or a mark to the letter before it where Unicode has the two as one.
fn join(text: &mut String, letter: char) {
    let joined = text
        .chars()
        .next_back()
        .filter(|_| is_combining_mark(letter))
        .and_then(|before| compose(before, letter));
    match joined {
        Some(joined) => {
            text.pop();
            text.push(joined);
        }
        None => text.push(letter),
    }
}

fn is_half_width_katakana(letter: char) -> bool {
    matches!(letter, '\u{FF61}'..='\u{FF9F}')
}

fn is_kangxi_radical(letter: char) -> bool {
    matches!(letter, '\u{2F00}'..='\u{2FDF}')
}

/// ﬁ and its like.
fn is_ligature(letter: char) -> bool {
    matches!(letter, '\u{FB00}'..='\u{FB06}')
}

/// The blanks that look like a space; the ideographic one stays, it is a letter wide.
fn is_blank(letter: char) -> bool {
    matches!(
        letter,
        '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}'
    )
}

/// The selectors between an emoji and its plain form; papers have the plain one alone.
fn asks_for_a_style(letter: char) -> bool {
    matches!(letter, '\u{FE0E}' | '\u{FE0F}')
}

/// The marks that stand above, below or across a letter of any script.
fn is_accent(mark: char) -> bool {
    matches!(mark, '\u{300}'..='\u{36F}')
}

/// The letters that come in forms (Unicode, Ideographic Variation Database).
fn is_ideograph(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Ideographic variation selectors: 辻󠄀 is 辻 with one of them, and prints as one letter.
fn is_variation_selector(letter: char) -> bool {
    matches!(letter, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// Marks of direction, joiners and other letters without ink.
fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFC}' | '\u{E0000}'..='\u{E007F}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A typeface with every character, the kana of JIS X 0213 with a mark, and one form of each letter.
    fn everything(character: char, modifier: Option<char>) -> bool {
        match modifier {
            None => true,
            Some('\u{309A}') => "かきくけこカキクケコセツトㇷ".contains(character),
            Some(selector) => selector == '\u{E0100}',
        }
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
        assert_eq!(tidy("Cafe\u{301} Ve\u{302}\u{301}\u{A0}1"), "Café Vế 1");
        assert_eq!(tidy("☎\u{FE0F}0978"), "☎0978");
        assert_eq!(tidy("\u{FE0F}"), "");
        assert_eq!(tidy("⦅仮⦆ oﬃce"), "｟仮｠ office");
        assert_eq!(tidy("Ban\u{AD}kō"), "Bankō");
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
        assert_eq!(
            for_paper("山\u{FFFD}", everything),
            Err(vec![Unprintable::Broken])
        );
        let faults = for_paper("山😀田🏗", |letter, _| letter.is_alphanumeric()).unwrap_err();
        assert_eq!(
            faults,
            [Unprintable::NoGlyph('😀'), Unprintable::NoGlyph('🏗')]
        );
        assert_eq!(
            faults[0].to_string(),
            "「😀」(U+1F600)は証書に印字できない文字です。別の文字で入力してください。"
        );
    }

    #[test]
    fn a_mark_prints_with_its_letter_or_not_at_all() {
        for letters in [
            "か\u{309A}",
            "ㇷ\u{309A}",
            "カ\u{309A}き\u{309A}",
            "q\u{302}",
            "t\u{361}s",
            "\u{302}",
        ] {
            assert_eq!(for_paper(letters, everything).as_deref(), Ok(letters));
        }
        for (letters, mark) in [
            ("\u{309A}", '\u{309A}'),
            ("あ\u{309A}", '\u{309A}'),
            ("か\u{309A}\u{309A}", '\u{309A}'),
            ("山\u{3099}", '\u{3099}'),
            ("ﾞ", '\u{3099}'),
            ("q\u{302}\u{323}", '\u{323}'),
            ("口\u{20DD}", '\u{20DD}'),
        ] {
            assert_eq!(
                for_paper(letters, everything),
                Err(vec![Unprintable::NoGlyph(mark)])
            );
        }
    }

    #[test]
    fn a_selector_prints_as_the_form_of_a_letter_or_not_at_all() {
        for stray in [
            "\u{E0100}辻",
            "辻\u{E0100}\u{E0100}",
            "あ\u{E0100}",
            "A\u{E0100}",
        ] {
            assert_eq!(
                for_paper(stray, everything),
                Err(vec![Unprintable::Invisible(0xE0100)])
            );
        }
    }

    #[test]
    fn a_form_that_the_typeface_lacks_is_refused_and_named() {
        let faults = for_paper("山\u{E01EF}辻\u{E0100}山", everything).unwrap_err();
        assert_eq!(faults, [Unprintable::NoForm('山', '\u{E01EF}')]);
        assert_eq!(
            faults[0].to_string(),
            "「山」のこの字形(U+5C71 U+E01EF)は証書に印字できません。字形の指定(異体字セレクタ)を外すか、別の文字で入力してください。"
        );
    }

    proptest! {
        /// What is let through has nothing that no reader sees, and is what a second look lets through.
        #[test]
        fn what_is_let_through_is_let_through_again(text in any::<String>()) {
            if let Ok(text) = for_paper(&text, everything) {
                prop_assert!(!text.chars().any(|letter| letter.is_control() || is_invisible(letter)));
                prop_assert_eq!(for_paper(&text, everything), Ok(text));
            }
        }

        #[test]
        fn tidying_twice_changes_nothing(text in ".*") {
            prop_assert_eq!(tidy(&tidy(&text)), tidy(&text));
        }
    }
}
