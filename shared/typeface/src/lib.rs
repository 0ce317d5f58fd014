//! The typeface of the papers, and which letters it prints.
//!
//! It is a few faces in order, and the first that has a letter draws it: Noto Serif JP for nearly
//! everything, Noto Serif for the Latin, Greek, Cyrillic and phonetic letters that it lacks, and one sign
//! of Noto Sans Math (all SIL Open Font License 1.1). Together they have every character of JIS X 0213.
//!
//! What a contractor types is examined long before a paper is drawn. [`prints`] answers from a table
//! made from the fonts at build time, so that a binary that only examines does not carry them.

mod face;

use std::sync::{LazyLock, Once};

pub use face::Face;

/// A font as it is carried.
#[derive(Debug)]
pub struct Source {
    /// Its PostScript name.
    pub name: &'static str,
    /// TrueType in brotli.
    packed: &'static [u8],
    /// How many bytes it has unpacked.
    length: usize,
    /// The glyphs of its characters, if it was cut to these.
    cut_to: &'static [(char, u16)],
}

/// The fonts in the order of the faces. A binary that never names them does not carry their 3.4 MB.
pub static SOURCES: [Source; 3] = include!(concat!(env!("OUT_DIR"), "/faces.rs"));

/// Each is unpacked and read when it is first used; the build has read all of them.
static FACES: [LazyLock<Option<Face>>; 3] = [
    LazyLock::new(|| SOURCES[0].face()),
    LazyLock::new(|| SOURCES[1].face()),
    LazyLock::new(|| SOURCES[2].face()),
];

/// The licences of the fonts, for whoever passes on a binary that carries them.
pub static LICENSES: &str = include_str!(concat!(env!("OUT_DIR"), "/LICENSES"));

/// First and last code point of each range that prints, in order.
type Ranges = &'static [(u32, u32)];

/// The characters.
static CHARACTERS: Ranges = include!(concat!(env!("OUT_DIR"), "/characters.rs"));

/// The characters that print as one letter with this modifier.
static MODIFIED: &[(char, Ranges)] = include!(concat!(env!("OUT_DIR"), "/modified.rs"));

impl Source {
    fn face(&self) -> Option<Face> {
        let mut font = Vec::with_capacity(self.length);
        brotli_decompressor::BrotliDecompress(&mut &*self.packed, &mut font).ok()?;
        Face::parse(font.leak(), self.cut_to).ok()
    }
}

/// The face at this place in their order.
#[must_use]
pub fn face(place: usize) -> Option<&'static Face> {
    FACES.get(place)?.as_ref()
}

/// A paper is coming: begins to unpack the faces, on a thread of its own, while others still wait for what
/// stands on it. Only the first call has anything to do.
pub fn unpack() {
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| {
        std::thread::spawn(|| {
            for face in &FACES {
                LazyLock::force(face);
            }
        });
    });
}

/// Whether the papers can print this character, or the one letter that it is together with its modifier:
/// a variation selector, which chooses a form (辻\u{E0100}), or the mark of a kana (か\u{309A}).
#[must_use]
pub fn prints(character: char, modifier: Option<char>) -> bool {
    let ranges = match modifier {
        None => Some(CHARACTERS),
        Some(modifier) => MODIFIED
            .iter()
            .find(|(listed, _)| *listed == modifier)
            .map(|(_, ranges)| *ranges),
    };
    ranges.is_some_and(|ranges| holds(ranges, character.into()))
}

fn holds(ranges: Ranges, code: u32) -> bool {
    let following = ranges.partition_point(|(first, _)| *first <= code);
    following
        .checked_sub(1)
        .and_then(|before| ranges.get(before))
        .is_some_and(|(_, last)| code <= *last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some_face_prints(character: char, modifier: Option<char>) -> bool {
        (0..SOURCES.len()).any(|place| face(place).unwrap().prints(character, modifier))
    }

    #[test]
    fn the_table_says_what_the_fonts_have() {
        for character in '\0'..=char::MAX {
            let printed = some_face_prints(character, None);
            assert_eq!(
                prints(character, None),
                printed,
                "U+{:04X}",
                u32::from(character)
            );
        }
    }

    #[test]
    fn the_table_knows_the_forms_of_the_fonts() {
        let printed: Vec<char> = ('\u{3041}'..='\u{323AF}')
            .filter(|character| prints(*character, None))
            .collect();
        let selectors = ('\u{FE00}'..='\u{FE0F}').chain('\u{E0100}'..='\u{E01EF}');
        let mut forms = 0;
        for modifier in selectors.chain(['\u{3099}', '\u{309A}']).map(Some) {
            for &character in &printed {
                let known = prints(character, modifier);
                assert_eq!(known, some_face_prints(character, modifier), "{character}");
                forms += usize::from(known);
            }
        }
        assert!(forms > 13_000);
    }

    #[test]
    fn the_letters_of_names_and_forms_print() {
        for character in
            "髙﨑𠮷德濵栁桒瀨增邉邊齋齊斎辻葛神隆祥𣘺𡈽𠀋鷗塡剝頰𠮟㈱㈲①Ⅲ㍻㋿￥¥～〜－−―— 0Aあア≒⅓Šə˥΅Ђ"
                .chars()
        {
            assert!(prints(character, None), "{character}");
        }
        for character in "\u{0}\n\u{7F}😀🏗\u{E000}\u{10FFFF}\u{309A}\u{202E}\u{200B}".chars() {
            assert!(!prints(character, None), "U+{:04X}", u32::from(character));
        }
        for (character, modifier) in [('辻', '\u{E0100}'), ('葛', '\u{E0100}'), ('か', '\u{309A}')]
        {
            assert!(prints(character, Some(modifier)), "{character}{modifier}");
        }
        for (character, modifier) in [('山', '\u{E01EF}'), ('あ', '\u{309A}'), ('A', '\u{E0100}')]
        {
            assert!(!prints(character, Some(modifier)), "{character}{modifier}");
        }
    }

    #[test]
    fn the_licences_are_the_open_font_license() {
        let count = LICENSES
            .matches("SIL OPEN FONT LICENSE Version 1.1")
            .count();
        assert_eq!(count, SOURCES.len());
    }
}
