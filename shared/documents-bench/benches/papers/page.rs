//! A page as its marks, read back from a PDF of ours.

use std::collections::HashMap;

use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Object};
use ttf_parser::Face;

/// Everything that stands on a page, in points from the bottom left.
pub(crate) struct Page {
    pub(crate) shapes: Vec<Shape>,
    pub(crate) runs: Vec<Run>,
}

/// Polygons filled as one.
#[derive(Clone)]
pub(crate) struct Shape {
    pub(crate) colour: Vec<f32>,
    pub(crate) rings: Vec<Vec<(f32, f32)>>,
}

/// Letters on one baseline.
pub(crate) struct Run {
    pub(crate) left: f32,
    pub(crate) baseline: f32,
    pub(crate) size: f32,
    pub(crate) colour: Vec<f32>,
    /// How thick the strokes are drawn around, in points.
    pub(crate) stroke: f32,
    pub(crate) letters: Vec<Letter>,
}

pub(crate) struct Letter {
    pub(crate) text: String,
    /// In the whole typeface.
    pub(crate) glyph: u16,
    /// In em, with the space after it.
    pub(crate) advance: f32,
}

impl Page {
    pub(crate) fn all(pdf: &[u8]) -> Vec<Self> {
        let file = Document::load_mem(pdf).unwrap();
        let texts = texts(&file);
        file.get_pages()
            .into_values()
            .map(|page| {
                let content = Content::decode(&file.get_page_content(page)).unwrap();
                Self::of(&content.operations, &texts)
            })
            .collect()
    }

    fn of(operations: &[Operation], texts: &HashMap<u16, String>) -> Self {
        let face = typeface::face(0).unwrap().font();
        let mut page = Self {
            shapes: Vec::new(),
            runs: Vec::new(),
        };
        let mut colour = vec![0.0];
        let (mut size, mut stroke, mut mode) = (0.0, 0.0, 0);
        let mut rings: Vec<Vec<(f32, f32)>> = Vec::new();
        for Operation { operator, operands } in operations {
            let numbers: Vec<f32> = operands.iter().filter_map(|o| o.as_float().ok()).collect();
            match (operator.as_str(), numbers.as_slice()) {
                ("g" | "rg", _) => colour = numbers,
                ("w", [width]) => stroke = *width,
                ("Tr", [drawn]) => mode = *drawn as i32,
                ("Tf", [points]) => size = *points,
                ("m", [x, y]) => rings.push(vec![(*x, *y)]),
                ("l", [x, y]) => rings.last_mut().unwrap().push((*x, *y)),
                ("f", _) => page.shapes.push(Shape {
                    colour: colour.clone(),
                    rings: std::mem::take(&mut rings),
                }),
                ("Tm", [.., left, baseline]) => page.runs.push(Run {
                    left: *left,
                    baseline: *baseline,
                    size,
                    colour: colour.clone(),
                    stroke: if mode == 2 { stroke } else { 0.0 },
                    letters: Vec::new(),
                }),
                ("TJ", _) => {
                    let letters = &mut page.runs.last_mut().unwrap().letters;
                    for shown in operands.first().unwrap().as_array().unwrap() {
                        show(shown, letters, texts, face);
                    }
                }
                _ => {}
            }
        }
        page
    }
}

/// Codes of two bytes, or a movement to the left in thousandths of an em.
fn show(shown: &Object, letters: &mut Vec<Letter>, texts: &HashMap<u16, String>, face: &Face<'_>) {
    if let (Ok(back), Some(last)) = (shown.as_float(), letters.last_mut()) {
        last.advance -= back / 1000.0;
    }
    for code in shown.as_str().unwrap_or_default().chunks_exact(2) {
        let text = texts[&u16::from_be_bytes([code[0], code[1]])].clone();
        let mut characters = text.chars();
        let first = characters.next().unwrap();
        let glyph = characters
            .next()
            .and_then(|selector| face.glyph_variation_index(first, selector))
            .or_else(|| face.glyph_index(first))
            .unwrap();
        let em = f32::from(face.units_per_em());
        letters.push(Letter {
            glyph: glyph.0,
            advance: f32::from(face.glyph_hor_advance(glyph).unwrap()) / em,
            text,
        });
    }
}

/// What each code reads as.
fn texts(file: &Document) -> HashMap<u16, String> {
    let map = file
        .objects
        .values()
        .filter_map(|object| object.as_dict().ok())
        .find_map(|font: &Dictionary| font.get(b"ToUnicode").ok())
        .unwrap();
    let (_, map) = file.dereference(map).unwrap();
    let map = map.as_stream().unwrap().decompressed_content().unwrap();
    String::from_utf8(map)
        .unwrap()
        .lines()
        .filter_map(|line| {
            let (code, text) = line
                .strip_prefix('<')?
                .strip_suffix('>')?
                .split_once("> <")?;
            let units: Vec<u16> = text
                .as_bytes()
                .chunks(4)
                .map(|unit| u16::from_str_radix(std::str::from_utf8(unit).unwrap(), 16).unwrap())
                .collect();
            let code = u16::from_str_radix(code, 16).ok()?;
            Some((code, String::from_utf16(&units).ok()?))
        })
        .collect()
}

/// The font that nearly every letter is drawn from, uncut.
pub(crate) fn whole_font() -> &'static [u8] {
    typeface::face(0).unwrap().font().raw_face().data
}
