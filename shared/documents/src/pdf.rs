//! The file: marks on pages become a PDF with the faces of the typeface cut down to the letters used.
//!
//! printpdf would embed whole fonts (7 MB) when it is built without its layout engine, so they are cut
//! first and printpdf is given the small ones.

use std::collections::{BTreeMap, HashMap};

use printpdf::{
    Codepoint, Color, DictItem, FontId, FontMetrics, FontType, Greyscale, LineJoinStyle, LinePoint,
    Mm, Op, PaintMode, ParsedFont, PdfDocument, PdfFont, PdfFontHandle, PdfFontMetricsStub,
    PdfPage, PdfSaveOptions, Point, Polygon, PolygonRing, Pt, Rgb, TextItem, TextMatrix,
    TextRenderingMode, WindingOrder,
};
use subsetter::GlyphRemapper;

use crate::DrawError;
use crate::archival::{self, Imprint};
use crate::letter::{Letter, Outline};

/// A4, in millimetres.
pub(crate) const PAGE: (f32, f32) = (210.0, 297.0);

const POINTS_PER_MILLIMETRE: f32 = 72.0 / 25.4;

/// What can stand on a page. Lengths are millimetres, from the top left corner.
#[derive(Debug, Clone)]
pub(crate) enum Mark {
    /// Letters in a line.
    Run(Run),
    /// Filled rectangles, drawn as one shape.
    Fill { ink: Ink, areas: Vec<Area> },
}

/// Letters on one baseline.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) left: f32,
    pub(crate) baseline: f32,
    /// The size of the type in points.
    pub(crate) size: f32,
    pub(crate) ink: Ink,
    /// How much heavier its strokes are than the typeface has them, in em.
    pub(crate) weight: f32,
    /// How much wider its letters are than the typeface has them, as a factor.
    pub(crate) stretch: f32,
    pub(crate) letters: Vec<Letter>,
    /// What it reads as, where a program that reads would take its letters for several words.
    pub(crate) reads: Option<String>,
}

/// A rectangle.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Area {
    pub(crate) left: f32,
    pub(crate) top: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

/// The colours of the papers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    /// 墨.
    Black,
    /// 朱, for seals.
    Vermilion,
}

/// The PDF with these pages.
///
/// # Errors
/// [`DrawError::Typeface`] or [`DrawError::File`].
pub(crate) fn write(imprint: &Imprint, pages: &[Vec<Mark>]) -> Result<Vec<u8>, DrawError> {
    let mut pen = Pen::default();
    let mut document = PdfDocument::new(&imprint.title);
    document.pages = pages
        .iter()
        .map(|marks| PdfPage::new(Mm(PAGE.0), Mm(PAGE.1), pen.operations(marks)))
        .collect();
    let mut fonts = Vec::new();
    for (place, cut) in &pen.cuts {
        let font = cut.font(*place)?;
        fonts.push((
            font.font_name.clone().unwrap_or_default(),
            cut.coded.as_slice(),
        ));
        document
            .resources
            .fonts
            .map
            .insert(font_id(*place), PdfFont::new(font));
    }
    let mut warnings = Vec::new();
    let file = document.to_lopdf_document(&PdfSaveOptions::default(), &mut warnings);
    // printpdf warns where it leaves something out, and a paper with something left out is no paper.
    if let Some(warning) = warnings.first() {
        return Err(DrawError::File(warning.msg.clone()));
    }
    archival::finish(file, imprint, &fonts)
}

/// The name of a face among a page's resources.
fn font_id(face: usize) -> FontId {
    FontId(format!("Face{face}"))
}

/// What writes the letters of a document: the faces that it needed so far, by their places.
#[derive(Default)]
struct Pen {
    cuts: BTreeMap<usize, Cut>,
}

impl Pen {
    /// A page's marks as operations: shapes first, then one text section.
    fn operations(&mut self, marks: &[Mark]) -> Vec<Op> {
        let mut shapes = Vec::new();
        let mut text = vec![Op::StartTextSection];
        let mut pen = (Ink::Black, 0.0);
        for mark in marks {
            match mark {
                Mark::Fill { ink, areas } => shapes.extend(fill(*ink, areas)),
                Mark::Run(run) => {
                    let (ink, heavier) = (run.ink, run.weight * run.size);
                    if pen != (ink, heavier) {
                        pen = (ink, heavier);
                        text.extend(take_pen(ink, heavier));
                    }
                    self.run(run, &mut text);
                    shapes.extend(accents(run));
                }
            }
        }
        text.push(Op::EndTextSection);
        shapes.push(Op::SetFillColor {
            col: Ink::Black.colour(),
        });
        shapes.extend(text);
        shapes
    }

    fn run(&mut self, run: &Run, operations: &mut Vec<Op>) {
        let (mut left, baseline) = (points(run.left), points(PAGE.1 - run.baseline));
        if let Some(text) = &run.reads {
            operations.push(read_as(text));
        }
        for part in run
            .letters
            .chunk_by(|one, next| one.glyph.face == next.glyph.face)
        {
            let face = part.first().map_or(0, |letter| letter.glyph.face);
            let cut = self.cuts.entry(face).or_default();
            let codes = part.iter().map(|letter| {
                let movement = -1000.0 * letter.after;
                let text = letter.text().collect::<String>();
                Codepoint::with_cid(cut.code(letter), movement, text)
            });
            let codes = codes.collect();
            operations.extend([
                Op::SetFont {
                    font: PdfFontHandle::External(font_id(face)),
                    size: Pt(run.size),
                },
                Op::SetTextMatrix {
                    matrix: TextMatrix::Raw([run.stretch, 0.0, 0.0, 1.0, left, baseline]),
                },
                Op::ShowText {
                    items: vec![TextItem::GlyphIds(codes)],
                },
            ]);
            let em: f32 = part.iter().map(Letter::advance).sum();
            left += em * run.size * run.stretch;
        }
        if run.reads.is_some() {
            operations.push(Op::EndMarkedContentWithProperties);
        }
    }
}

/// The part of a face that a document uses.
struct Cut {
    glyphs: GlyphRemapper,
    /// The code of each glyph and what it reads as there: characters may share a glyph (⻑ and 長), and a
    /// code reads as one text.
    codes: HashMap<(u16, char, Option<char>), u16>,
    /// The glyph of each code, numbered as in the cut face; code 0 is no letter.
    coded: Vec<u16>,
    widths: BTreeMap<u16, u16>,
}

impl Default for Cut {
    fn default() -> Self {
        Self {
            glyphs: GlyphRemapper::new(),
            codes: HashMap::new(),
            coded: vec![0],
            widths: BTreeMap::new(),
        }
    }
}

impl Cut {
    fn code(&mut self, letter: &Letter) -> u16 {
        let next = u16::try_from(self.coded.len()).unwrap_or(u16::MAX);
        let reading = (letter.glyph.number, letter.character, letter.modifier);
        let code = *self.codes.entry(reading).or_insert(next);
        if code == next {
            self.coded.push(self.glyphs.remap(letter.glyph.number));
            self.widths
                .insert(code, (letter.width * 1000.0).round() as u16);
        }
        code
    }

    /// The cut face as printpdf takes it, all measures in thousandths of an em.
    fn font(&self, face: usize) -> Result<ParsedFont, DrawError> {
        let missing = || DrawError::Typeface(format!("there is no face {face}"));
        let source = typeface::SOURCES.get(face).ok_or_else(missing)?;
        let face = typeface::face(face).ok_or_else(missing)?.font();
        let cut = subsetter::subset(face.raw_face().data, 0, &self.glyphs)
            .map_err(|error| DrawError::Typeface(error.to_string()))?;
        let em = i32::from(face.units_per_em());
        let thousandths = |units: i16| (i32::from(units) * 1000 / em) as i16;
        let bounds = face.global_bounding_box();
        Ok(ParsedFont {
            font_name: Some(archival::font_name(
                source.name,
                self.glyphs.remapped_gids(),
            )),
            original_bytes: cut,
            font_index: 0,
            codepoint_to_glyph: BTreeMap::new(),
            glyph_widths: self.widths.clone(),
            units_per_em: 1000,
            font_metrics: FontMetrics {
                ascent: thousandths(face.ascender()),
                descent: thousandths(face.descender()),
            },
            font_type: FontType::TrueType,
            pdf_font_metrics: PdfFontMetricsStub {
                units_per_em: 1000,
                x_min: thousandths(bounds.x_min),
                y_min: thousandths(bounds.y_min),
                x_max: thousandths(bounds.x_max),
                y_max: thousandths(bounds.y_max),
                us_weight_class: face.weight().to_number(),
                ..PdfFontMetricsStub::default()
            },
        })
    }
}

/// The accents of a run, as shapes: the code of a letter reads as the letter with its accent, and a program
/// that reads would take an accent in letters for a word of its own.
fn accents(run: &Run) -> Vec<Op> {
    let mut operations = Vec::new();
    let (mut left, baseline) = (points(run.left), points(PAGE.1 - run.baseline));
    for letter in &run.letters {
        if let Some(accent) = letter.accent {
            let at = |(right, up): (f32, f32)| Point {
                x: Pt(left + (accent.right + right) * run.size * run.stretch),
                y: Pt(baseline + (accent.up + up) * run.size),
            };
            operations.extend(shape(run.ink, outline_rings(&accent.glyph.outline(), at)));
        }
        left += letter.advance() * run.size * run.stretch;
    }
    operations
}

fn outline_rings(outline: &Outline, at: impl Fn((f32, f32)) -> Point) -> Vec<PolygonRing> {
    outline
        .contours
        .iter()
        .map(|contour| PolygonRing {
            points: contour
                .iter()
                .map(|point| LinePoint {
                    p: at((point.right, point.up)),
                    bezier: point.guides,
                })
                .collect(),
        })
        .collect()
}

/// From here on letters have this colour, and strokes heavier by so many points.
fn take_pen(ink: Ink, heavier: f32) -> [Op; 5] {
    let mode = if heavier > 0.0 {
        TextRenderingMode::FillStroke
    } else {
        TextRenderingMode::Fill
    };
    [
        Op::SetFillColor { col: ink.colour() },
        Op::SetOutlineColor { col: ink.colour() },
        Op::SetOutlineThickness { pt: Pt(heavier) },
        // A pointed join would grow spurs at the turns of letters.
        Op::SetLineJoinStyle {
            join: LineJoinStyle::Round,
        },
        Op::SetTextRenderingMode { mode },
    ]
}

/// Begins a stretch that reads as this text, however it is drawn.
fn read_as(text: &str) -> Op {
    let utf16: Vec<u8> = std::iter::once(0xFEFF)
        .chain(text.encode_utf16())
        .flat_map(u16::to_be_bytes)
        .collect();
    Op::BeginMarkedContentWithProperties {
        tag: "Span".to_owned(),
        properties: DictItem::Dict {
            map: BTreeMap::from([("ActualText".to_owned(), DictItem::Bytes(utf16))]),
        },
    }
}

fn fill(ink: Ink, areas: &[Area]) -> [Op; 2] {
    let rings = areas
        .iter()
        .map(|area| {
            let (left, right) = (area.left, area.left + area.width);
            let (top, bottom) = (area.top, area.top + area.height);
            let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
            PolygonRing {
                points: corners
                    .into_iter()
                    .map(|(x, y)| LinePoint {
                        p: Point {
                            x: Pt(points(x)),
                            y: Pt(points(PAGE.1 - y)),
                        },
                        bezier: false,
                    })
                    .collect(),
            }
        })
        .collect();
    shape(ink, rings)
}

fn shape(ink: Ink, rings: Vec<PolygonRing>) -> [Op; 2] {
    [
        Op::SetFillColor { col: ink.colour() },
        Op::DrawPolygon {
            polygon: Polygon {
                rings,
                mode: PaintMode::Fill,
                winding_order: WindingOrder::NonZero,
            },
        },
    ]
}

/// Millimetres in points, to a thousandth, which no eye tells apart and which keeps the file small.
fn points(millimetres: f32) -> f32 {
    (millimetres * POINTS_PER_MILLIMETRE * 1000.0).round() / 1000.0
}

impl Ink {
    fn colour(self) -> Color {
        match self {
            Self::Black => Color::Greyscale(Greyscale::new(0.0, None)),
            Self::Vermilion => Color::Rgb(Rgb::new(0.78, 0.16, 0.11, None)),
        }
    }
}
