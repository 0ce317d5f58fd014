//! How numbers and keys arrive: typed from a FAX, full-width or half, with spaces and dashes of any kind.

use unicode_normalization::UnicodeNormalization;

/// The letters that were meant: half-width, upper case, without spaces and dashes.
pub(crate) fn letters(typed: &str) -> impl Iterator<Item = char> + '_ {
    typed
        .nfkc()
        .filter(|letter| !letter.is_whitespace() && !is_dash(*letter) && !is_invisible(*letter))
        .map(|letter| letter.to_ascii_uppercase())
}

/// Whether the letter is one of the dashes, minus signs and long-vowel marks typed for a hyphen.
fn is_dash(letter: char) -> bool {
    matches!(
        letter,
        '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2500}' | '\u{30FC}' | '_'
    )
}

/// Marks that a copy from a page or a mail carries along unseen.
fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}'
    )
}
