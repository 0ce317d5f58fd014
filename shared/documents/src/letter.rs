//! Letters: from which face of the typeface each is drawn, with which glyph, and where its accent stands.

use ttf_parser::{GlyphId, OutlineBuilder};

use crate::DrawError;
use crate::typesetting::close_up;

/// A letter as it is set: a character, with what chooses its form or belongs to it if there is such.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Letter {
    pub(crate) character: char,
    /// A variation selector (辻\u{E0100}), the mark of a kana (か\u{309A}) or an accent (x\u{302}).
    pub(crate) modifier: Option<char>,
    pub(crate) glyph: Glyph,
    /// In em.
    pub(crate) width: f32,
    /// The space after it, in em.
    pub(crate) after: f32,
    /// An accent that is no part of the glyph.
    pub(crate) accent: Option<Accent>,
}

/// A glyph of one of the faces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Glyph {
    /// The place of the face in the typeface.
    pub(crate) face: usize,
    pub(crate) number: u16,
}

/// A mark drawn on a letter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Accent {
    pub(crate) glyph: Glyph,
    /// How far its origin is from that of the letter, in em.
    pub(crate) right: f32,
    pub(crate) up: f32,
}

/// The letters of a text.
///
/// The first face that has a letter draws it, and a word is drawn by the first that has all of it, so that
/// no letter stands out.
///
/// # Errors
/// [`DrawError::MissingGlyph`] for the first character that the typeface lacks. A variation selector
/// for a form that it lacks is one, and so is one that stands behind no letter.
pub(crate) fn letters(text: &str) -> Result<Vec<Letter>, DrawError> {
    let mut set = Vec::with_capacity(text.len() / 3);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let modifier = characters.next_if(|next| may_modify(character, *next));
        set.push(letter(character, modifier)?);
    }
    if set.iter().any(|letter| letter.glyph.face > 0) {
        draw_words_from_one_face(&mut set);
    }
    close_up(&mut set);
    Ok(set)
}

fn letter(character: char, modifier: Option<char>) -> Result<Letter, DrawError> {
    in_their_order()
        .find_map(|face| Letter::of_face(face, character, modifier))
        .ok_or(match modifier {
            Some(modifier) if typeface::prints(character, None) => {
                DrawError::MissingGlyph(modifier)
            }
            _ => DrawError::MissingGlyph(character),
        })
}

fn draw_words_from_one_face(letters: &mut [Letter]) {
    for word in letters.chunk_by_mut(|one, next| one.is_in_a_word() && next.is_in_a_word()) {
        let of_one_face = in_their_order().find_map(|face| {
            word.iter()
                .map(|letter| Letter::of_face(face, letter.character, letter.modifier))
                .collect::<Option<Vec<_>>>()
        });
        for (letter, other) in word.iter_mut().zip(of_one_face.into_iter().flatten()) {
            *letter = other;
        }
    }
}

/// The places of the faces.
fn in_their_order() -> std::ops::Range<usize> {
    0..typeface::SOURCES.len()
}

impl Letter {
    /// The letter as this face has it.
    fn of_face(face: usize, character: char, modifier: Option<char>) -> Option<Self> {
        // An accent by itself stands on a blank (Unicode 3.6, D57).
        let (base, mark) = if is_accent(character) {
            (' ', Some(character))
        } else {
            (character, modifier.filter(|modifier| is_accent(*modifier)))
        };
        let form = if mark.is_some() { None } else { modifier };
        if !typeface::prints(character, form) {
            return None;
        }
        let glyph = Glyph::of(face, base, form)?;
        let width = glyph.width()?;
        let accent = match mark {
            Some(mark) => Some(Accent::on(glyph, width, mark)?),
            None => None,
        };
        Some(Self {
            character,
            modifier,
            glyph,
            width,
            after: 0.0,
            accent,
        })
    }

    /// How far it moves the pen, in em.
    pub(crate) fn advance(&self) -> f32 {
        self.width + self.after
    }

    /// The characters that a reader gets back.
    pub(crate) fn text(self) -> impl Iterator<Item = char> {
        std::iter::once(self.character).chain(self.modifier)
    }

    /// Whether it is of a word in Latin, Greek, Cyrillic or phonetic letters.
    fn is_in_a_word(&self) -> bool {
        self.character < '\u{2E80}' && self.character.is_alphabetic()
    }
}

impl Glyph {
    fn of(face: usize, character: char, modifier: Option<char>) -> Option<Self> {
        let number = typeface::face(face)?.glyph(character, modifier)?.0;
        Some(Self { face, number })
    }

    /// In em.
    fn width(self) -> Option<f32> {
        let font = typeface::face(self.face)?.font();
        let units = font.glyph_hor_advance(GlyphId(self.number))?;
        Some(f32::from(units) / f32::from(font.units_per_em()))
    }

    /// Its contours.
    pub(crate) fn outline(self) -> Outline {
        let mut outline = Outline::default();
        if let Some(face) = typeface::face(self.face) {
            face.font()
                .outline_glyph(GlyphId(self.number), &mut outline);
            let em = f32::from(face.font().units_per_em());
            for point in outline.contours.iter_mut().flatten() {
                point.right /= em;
                point.up /= em;
            }
        }
        outline
    }

    /// Where its ink is, if it has any.
    fn ink(self) -> Option<Ink> {
        let font = typeface::face(self.face)?.font();
        let ink = font.glyph_bounding_box(GlyphId(self.number))?;
        let [left, right, bottom, top] = [ink.x_min, ink.x_max, ink.y_min, ink.y_max]
            .map(|units| f32::from(units) / f32::from(font.units_per_em()));
        Some(Ink {
            left,
            right,
            bottom,
            top,
        })
    }
}

/// The contours of a glyph.
#[derive(Default)]
pub(crate) struct Outline {
    pub(crate) contours: Vec<Vec<OutlinePoint>>,
}

/// A point of a contour, in em from the origin of its glyph.
#[derive(Clone, Copy)]
pub(crate) struct OutlinePoint {
    pub(crate) right: f32,
    pub(crate) up: f32,
    /// Whether it is no point of the contour but guides the curve from the point before to the one after;
    /// two of them do so together.
    pub(crate) guides: bool,
}

impl Outline {
    fn push(&mut self, (right, up): (f32, f32), guides: bool) {
        if let Some(contour) = self.contours.last_mut() {
            contour.push(OutlinePoint { right, up, guides });
        }
    }
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.contours.push(Vec::new());
        self.push((x, y), false);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.push((x, y), false);
    }

    /// A curve of TrueType with one guide, as PDF has it with two.
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let last = self.contours.last().and_then(|contour| contour.last());
        let (x0, y0) = last.map_or((x1, y1), |point| (point.right, point.up));
        let towards = |from: f32, guide: f32| from + (guide - from) * 2.0 / 3.0;
        self.push((towards(x0, x1), towards(y0, y1)), true);
        self.push((towards(x, x1), towards(y, y1)), true);
        self.push((x, y), false);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.push((x1, y1), true);
        self.push((x2, y2), true);
        self.push((x, y), false);
    }

    fn close(&mut self) {}
}

impl Accent {
    /// The mark in the middle of this glyph, above or below its ink, or across it.
    fn on(base: Glyph, width: f32, mark: char) -> Option<Self> {
        /// What is free between a letter and its accent, in em.
        const BETWEEN: f32 = 0.06;
        /// Marks above have no ink below this, and marks below none above the baseline.
        const ABOVE: f32 = 0.4;
        // That of the same face goes best with the letter.
        let glyph = std::iter::once(base.face)
            .chain(in_their_order())
            .find_map(|face| Glyph::of(face, mark, None))?;
        let ink = glyph.ink()?;
        let letter = base.ink().unwrap_or(Ink {
            left: 0.0,
            right: width,
            ..ink
        });
        let right = match mark {
            // It ties the letter to the next.
            '\u{35C}'..='\u{362}' => width - ink.middle(),
            // It stands at the upper right.
            '\u{31A}' => letter.right - ink.left,
            _ => letter.middle() - ink.middle(),
        };
        let up = if ink.bottom > ABOVE {
            (letter.top + BETWEEN - ink.bottom).max(0.0)
        } else if ink.top <= 0.0 {
            (letter.bottom - BETWEEN - ink.top).min(0.0)
        } else {
            (letter.bottom + letter.top - ink.bottom - ink.top) / 2.0
        };
        Some(Self { glyph, right, up })
    }
}

/// Where the ink of a glyph is, in em from its origin.
struct Ink {
    left: f32,
    right: f32,
    bottom: f32,
    top: f32,
}

impl Ink {
    fn middle(&self) -> f32 {
        (self.left + self.right) / 2.0
    }
}

/// Whether the second character belongs to the first.
fn may_modify(character: char, next: char) -> bool {
    match next {
        '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' | '\u{3099}' | '\u{309A}' => true,
        mark => is_accent(mark) && !is_accent(character) && !character.is_whitespace(),
    }
}

fn is_accent(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// か゚ and its like are one letter in JIS X 0213, and one glyph here.
    #[test]
    fn a_kana_with_its_mark_is_one_letter() {
        for kana in "かきくけこカキクケコセツトㇷ".chars() {
            let text = format!("{kana}\u{309A}");
            let [letter] = letters(&text).unwrap()[..] else {
                panic!("{text} is one letter");
            };
            assert_eq!(letter.text().collect::<String>(), text);
            assert_ne!(letter.glyph, letters(&kana.to_string()).unwrap()[0].glyph);
        }
        for mark in ["\u{309A}", "山\u{309A}", "か\u{309A}\u{309A}"] {
            assert_eq!(letters(mark), Err(DrawError::MissingGlyph('\u{309A}')));
        }
    }

    #[test]
    fn a_selector_chooses_a_form_that_the_typeface_has() {
        let [usual, chosen] =
            ["葛", "葛\u{E0100}"].map(|text| letters(text).unwrap().first().copied().unwrap());
        assert_ne!(usual.glyph, chosen.glyph);
        assert_eq!(chosen.text().collect::<String>(), "葛\u{E0100}");
        for lacking in ["葛\u{E01EF}", "\u{E01EF}", "A\u{E01EF}"] {
            assert_eq!(letters(lacking), Err(DrawError::MissingGlyph('\u{E01EF}')));
        }
    }

    /// The places of the faces that draw a text.
    fn faces(text: &str) -> Vec<usize> {
        letters(text)
            .unwrap()
            .iter()
            .map(|letter| letter.glyph.face)
            .collect()
    }

    #[test]
    fn the_first_face_that_has_a_letter_draws_it() {
        assert_eq!(faces("長さL≒⅓"), [0, 0, 0, 2, 1]);
    }

    /// Škoda with an Š of another face would look like a ransom note.
    #[test]
    fn a_word_is_drawn_from_one_face() {
        assert_eq!(faces("Škoda car"), [1, 1, 1, 1, 1, 0, 0, 0, 0]);
        assert_eq!(faces("山Šə\u{301}山"), [0, 1, 1, 0]);
    }

    /// Accents stand clear of their letters and in their middle; a tie between two.
    #[test]
    fn an_accent_stands_on_its_letter() {
        for (text, place) in [("x\u{302}", 1.0), ("国\u{302}", 1.0), ("国\u{324}", -1.0)] {
            let [letter] = letters(text).unwrap()[..] else {
                panic!("{text} is one letter");
            };
            assert_eq!(letter.text().collect::<String>(), text);
            let accent = letter.accent.unwrap();
            let (base, mark) = (letter.glyph.ink().unwrap(), accent.glyph.ink().unwrap());
            assert!(
                (base.middle() - mark.middle() - accent.right).abs() < 0.001,
                "{text}"
            );
            let clear = if place > 0.0 {
                mark.bottom + accent.up - base.top
            } else {
                base.bottom - mark.top - accent.up
            };
            assert!((0.0..0.3).contains(&clear), "{text}: {clear}");
        }
        let [tied, _] = letters("t\u{361}s").unwrap()[..] else {
            panic!("two letters and a tie");
        };
        assert!(tied.accent.unwrap().right > tied.width / 2.0);
        assert!(letters("\u{302}").unwrap()[0].accent.is_some());
    }
}
