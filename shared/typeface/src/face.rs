//! One font, and which glyph it has for a letter. The build looks up here what it writes into the table
//! of letters, and the papers what they draw, so that the two cannot differ.

use ttf_parser::gsub::SubstitutionSubtable;
use ttf_parser::{Face as Font, FaceParsingError, GlyphId};

/// A font that papers draw letters from.
pub struct Face {
    font: Font<'static>,
    /// The glyphs of a font that was cut to these characters and lost its own table of them; in their order.
    cut_to: &'static [(char, u16)],
}

impl Face {
    /// Reads a font; this looks at its table of contents only.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(
        font: &'static [u8],
        cut_to: &'static [(char, u16)],
    ) -> Result<Self, FaceParsingError> {
        let font = Font::parse(font, 0)?;
        Ok(Self { font, cut_to })
    }

    /// Measures and outlines.
    #[must_use]
    pub fn font(&self) -> &Font<'static> {
        &self.font
    }

    /// The characters with their glyphs, if the font was cut to these.
    #[must_use]
    pub fn cut_to(&self) -> &'static [(char, u16)] {
        self.cut_to
    }

    /// The glyph of a character, or of the one letter that it is together with its modifier: a variation
    /// selector (辻\u{E0100}) or the mark of a kana (か\u{309A}).
    #[must_use]
    pub fn glyph(&self, character: char, modifier: Option<char>) -> Option<GlyphId> {
        match modifier {
            None => self.glyph_of(character),
            Some(mark @ ('\u{3099}' | '\u{309A}')) => {
                self.with_mark(self.glyph_of(character)?, mark)
            }
            Some(selector) => self.font.glyph_variation_index(character, selector),
        }
    }

    /// Whether this is a letter that the font has ink for, or a blank.
    ///
    /// Fonts have glyphs for some characters that are no letters: those that control, that say how others
    /// are read, that are for private use, and the marks of kana, which print as part of their letter.
    #[must_use]
    pub fn prints(&self, character: char, modifier: Option<char>) -> bool {
        let is_no_letter = character.is_control()
            || matches!(
                character,
                '\u{3099}' | '\u{309A}'
                    | '\u{200B}'..='\u{200F}'
                    | '\u{2028}'..='\u{202E}'
                    | '\u{2060}'..='\u{206F}'
                    | '\u{E000}'..='\u{F8FF}'
                    | '\u{FEFF}'
                    | '\u{FFF9}'..='\u{FFFD}'
            );
        let has_ink = |glyph| self.font.glyph_bounding_box(glyph).is_some();
        !is_no_letter
            && self
                .glyph(character, modifier)
                .is_some_and(|glyph| character.is_whitespace() || has_ink(glyph))
    }

    fn glyph_of(&self, character: char) -> Option<GlyphId> {
        if self.cut_to.is_empty() {
            self.font.glyph_index(character)
        } else {
            let place = self
                .cut_to
                .binary_search_by_key(&character, |(named, _)| *named);
            let named = place.ok().and_then(|place| self.cut_to.get(place));
            named.map(|(_, glyph)| GlyphId(*glyph))
        }
        .filter(|glyph| glyph.0 != 0)
    }

    /// The one glyph for a letter with a mark (OpenType, GSUB lookup type 4).
    fn with_mark(&self, letter: GlyphId, mark: char) -> Option<GlyphId> {
        let mark = self.glyph_of(mark)?;
        let substitutions = self.font.tables().gsub?.lookups;
        substitutions
            .into_iter()
            .flat_map(|lookup| lookup.subtables.into_iter::<SubstitutionSubtable<'_>>())
            .find_map(|subtable| match subtable {
                SubstitutionSubtable::Ligature(ligatures) => {
                    let place = ligatures.coverage.get(letter)?;
                    ligatures
                        .ligature_sets
                        .get(place)?
                        .into_iter()
                        .find(|ligature| ligature.components.into_iter().eq([mark]))
                        .map(|ligature| ligature.glyph)
                }
                _ => None,
            })
    }
}
