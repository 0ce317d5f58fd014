//! The typeface of the papers, Noto Serif JP Regular (SIL Open Font License 1.1), and which characters
//! it prints.
//!
//! What a contractor types is examined long before a paper is drawn. [`prints`] answers from a table
//! made from the font at build time, so that a binary that only examines does not carry the font.
//!
//! It prints every ideograph and every kana of JIS X 0213, and of the other characters of that standard
//! all but 263: Latin letters beyond those of western Europe (Š, ő, ł) and the phonetic alphabet, Greek
//! letters with accents, Cyrillic letters beyond the Russian ones, marks that stand by themselves, and
//! ⅓ ⅔ ⅕ ≒ ‿. They are refused by name where they are typed. `tests/papers-check` holds this against the
//! standard.

/// The font, TrueType. A binary that never names it does not carry its 7.7 MB.
pub static FONT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/NotoSerifJP_400Regular.ttf"));

/// The licence of the font, for whoever passes on a binary that carries it.
pub static LICENSE: &str = include_str!(concat!(env!("OUT_DIR"), "/LICENSE_FONT"));

/// First and last code point of each range that the font prints, in order.
static REPERTOIRE: &[(u32, u32)] = include!(concat!(env!("OUT_DIR"), "/repertoire.rs"));

/// Whether the papers can print this character.
///
/// A variation selector has no glyph of its own and is not counted as one: it chooses among the
/// forms of the character before it, and where the font lacks the form the usual one is printed.
#[must_use]
pub fn prints(character: char) -> bool {
    let code = u32::from(character);
    let following = REPERTOIRE.partition_point(|(first, _)| *first <= code);
    following
        .checked_sub(1)
        .and_then(|before| REPERTOIRE.get(before))
        .is_some_and(|(_, last)| code <= *last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_the_font_has() {
        let face = ttf_parser::Face::parse(FONT, 0).unwrap();
        for code in 0..=u32::from(char::MAX) {
            let Some(character) = char::from_u32(code) else {
                continue;
            };
            let has_glyph = face
                .glyph_index(character)
                .is_some_and(|glyph| glyph.0 != 0);
            assert_eq!(
                prints(character),
                has_glyph && !character.is_control(),
                "U+{code:04X}"
            );
        }
    }

    /// A glyph without ink would be a blank on paper.
    #[test]
    fn whatever_prints_has_ink() {
        let face = ttf_parser::Face::parse(FONT, 0).unwrap();
        for &(first, last) in REPERTOIRE {
            for character in (first..=last).filter_map(char::from_u32) {
                let glyph = face.glyph_index(character).unwrap();
                assert!(
                    face.glyph_bounding_box(glyph).is_some() || character.is_whitespace(),
                    "U+{:04X}",
                    u32::from(character)
                );
            }
        }
    }

    #[test]
    fn the_letters_of_names_and_forms_print() {
        for character in
            "髙﨑𠮷德濵栁桒瀨增邉邊齋齊斎辻葛神隆祥𣘺𡈽𠀋鷗塡剝頰𠮟㈱㈲①Ⅲ㍻㋿￥¥～〜－−―— 0Aあア"
                .chars()
        {
            assert!(prints(character), "{character}");
        }
        for character in "\u{0}\n\u{7F}😀🏗\u{E000}\u{10FFFF}".chars() {
            assert!(!prints(character), "U+{:04X}", u32::from(character));
        }
    }

    #[test]
    fn the_licence_is_the_open_font_license() {
        assert!(LICENSE.contains("SIL OPEN FONT LICENSE Version 1.1"));
    }
}
