//! A font without what no paper draws: tables of layouts that are not ours, and outlines that no letter has.

use std::collections::BTreeSet;

use ttf_parser::{GlyphId, RawFace, Tag};

use crate::face::Face;

/// Tables for vertical lines, kerning and variable fonts.
const UNREAD: [&[u8; 4]; 5] = [b"BASE", b"GPOS", b"STAT", b"vhea", b"vmtx"];

/// The same font, whose glyphs keep their numbers; those that none of these characters reaches have no
/// outline any more.
pub(crate) fn bare(font: &[u8], reached: BTreeSet<u16>) -> Option<Vec<u8>> {
    let whole = RawFace::parse(font, 0).ok()?;
    let outlines = Outlines::of(&whole)?;
    let reached = outlines.with_parts(reached);
    let (mut glyf, mut loca) = (Vec::new(), vec![0]);
    for glyph in 0..outlines.count() {
        if reached.contains(&glyph) {
            glyf.extend_from_slice(outlines.of_glyph(glyph)?);
        }
        loca.push(u32::try_from(glyf.len()).ok()?);
    }
    let loca: Vec<u8> = loca.into_iter().flat_map(u32::to_be_bytes).collect();
    let tables = whole.table_records.into_iter().map(|record| record.tag);
    let tables = tables.filter(|tag| !UNREAD.contains(&&tag.to_bytes()));
    let tables = tables.map(|tag| match &tag.to_bytes() {
        b"glyf" => Some((tag, glyf.as_slice())),
        b"loca" => Some((tag, loca.as_slice())),
        _ => Some((tag, whole.table(tag)?)),
    });
    Some(written(
        font.get(..4)?,
        &tables.collect::<Option<Vec<_>>>()?,
    ))
}

/// The glyphs of everything that a face prints.
pub(crate) fn reached(
    face: &Face,
    characters: &BTreeSet<char>,
    modifiers: &[char],
) -> BTreeSet<u16> {
    let glyphs = characters.iter().flat_map(|&character| {
        let modified = modifiers.iter().copied().map(Some);
        let forms = modified.chain([None]);
        forms.filter_map(move |modifier| face.glyph(character, modifier))
    });
    // What stands for a letter that is missing is a part of every font.
    glyphs.chain([GlyphId(0)]).map(|glyph| glyph.0).collect()
}

/// The outlines of a TrueType font whose places are long.
struct Outlines<'font> {
    glyf: &'font [u8],
    loca: Vec<usize>,
}

impl<'font> Outlines<'font> {
    fn of(font: &RawFace<'font>) -> Option<Self> {
        let loca = font.table(Tag::from_bytes(b"loca"))?;
        let places = loca.chunks_exact(4).map(|place| {
            let place = u32::from_be_bytes(place.try_into().ok()?);
            usize::try_from(place).ok()
        });
        let is_long = font.table(Tag::from_bytes(b"head"))?.get(50..52)? == [0, 1];
        is_long.then_some(())?;
        Some(Self {
            glyf: font.table(Tag::from_bytes(b"glyf"))?,
            loca: places.collect::<Option<_>>()?,
        })
    }

    fn count(&self) -> u16 {
        u16::try_from(self.loca.len().saturating_sub(1)).unwrap_or(u16::MAX)
    }

    fn of_glyph(&self, glyph: u16) -> Option<&'font [u8]> {
        let place = usize::from(glyph);
        self.glyf
            .get(*self.loca.get(place)?..*self.loca.get(place + 1)?)
    }

    /// These glyphs and those that they are composed of.
    fn with_parts(&self, glyphs: BTreeSet<u16>) -> BTreeSet<u16> {
        let mut all = glyphs.clone();
        let mut open: Vec<u16> = glyphs.into_iter().collect();
        while let Some(glyph) = open.pop() {
            let parts = self.of_glyph(glyph).map(parts).unwrap_or_default();
            open.extend(parts.into_iter().filter(|part| all.insert(*part)));
        }
        all
    }
}

/// The glyphs that a glyph is composed of (OpenType, glyf, composite glyph description).
fn parts(outline: &[u8]) -> Vec<u16> {
    let word = |place: usize| {
        let bytes = outline.get(place..place + 2)?;
        Some(u16::from_be_bytes(bytes.try_into().ok()?))
    };
    let mut parts = Vec::new();
    // A glyph with contours of its own says how many; one of parts says −1, and then names a box.
    if word(0).is_none_or(|contours| contours < 0x8000) {
        return parts;
    }
    let mut place = 10;
    while let (Some(flags), Some(part)) = (word(place), word(place + 2)) {
        parts.push(part);
        let arguments = if flags & 0x0001 == 0 { 2 } else { 4 };
        let scale = match flags & 0x00C8 {
            0x0008 => 2,
            0x0040 => 4,
            0x0080 => 8,
            _ => 0,
        };
        place += 4 + arguments + scale;
        if flags & 0x0020 == 0 {
            break;
        }
    }
    parts
}

/// A font of these tables (OpenType, table directory). Nobody here reads the checksums, and they are 0.
fn written(version: &[u8], tables: &[(Tag, &[u8])]) -> Vec<u8> {
    let count = u16::try_from(tables.len()).unwrap_or(u16::MAX);
    let selector = count.max(1).ilog2() as u16;
    let range = 16 << selector;
    let mut font = version.to_vec();
    for number in [count, range, selector, count * 16 - range] {
        font.extend(number.to_be_bytes());
    }
    let mut place = 12 + 16 * tables.len();
    for (tag, table) in tables {
        font.extend(tag.to_bytes());
        for number in [0, place, table.len()] {
            font.extend(u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes());
        }
        place += table.len().next_multiple_of(4);
    }
    for (_, table) in tables {
        font.extend_from_slice(table);
        font.resize(font.len().next_multiple_of(4), 0);
    }
    font
}
