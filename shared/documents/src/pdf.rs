//! The file: marks on pages become a PDF with the typeface cut down to the letters used.
//!
//! printpdf would embed the whole typeface (7 MB) when it is built without its layout engine, so the
//! typeface is cut first and printpdf is given the small one.

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
use crate::typesetting::{self, Letter};

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
    let mut cut = Cut::default();
    let mut document = PdfDocument::new(&imprint.title);
    document.pages = pages
        .iter()
        .map(|marks| PdfPage::new(Mm(PAGE.0), Mm(PAGE.1), cut.operations(marks)))
        .collect();
    document
        .resources
        .fonts
        .map
        .insert(font_id(), PdfFont::new(cut.font()?));
    let mut warnings = Vec::new();
    let file = document.to_lopdf_document(&PdfSaveOptions::default(), &mut warnings);
    // printpdf warns where it leaves something out, and a paper with something left out is no paper.
    if let Some(warning) = warnings.first() {
        return Err(DrawError::File(warning.msg.clone()));
    }
    archival::finish(file, imprint, &cut.coded)
}

/// The name of the typeface among a page's resources.
fn font_id() -> FontId {
    FontId("Mincho".to_owned())
}

/// The part of the typeface that a document uses.
#[derive(Default)]
struct Cut {
    glyphs: GlyphRemapper,
    /// The code of each glyph and what it reads as there: characters may share a glyph (⻑ and 長, 辻 and
    /// a 辻󠄀 whose form the typeface lacks), and a code reads as one text.
    codes: HashMap<(u16, char, Option<char>), u16>,
    /// The glyph of each code, numbered as in the cut typeface; code 0 is no letter.
    coded: Vec<u16>,
    widths: BTreeMap<u16, u16>,
}

impl Cut {
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
        operations.push(Op::SetFont {
            font: PdfFontHandle::External(font_id()),
            size: Pt(run.size),
        });
        let (left, bottom) = (points(run.left), points(PAGE.1 - run.baseline));
        operations.push(Op::SetTextMatrix {
            matrix: TextMatrix::Raw([1.0, 0.0, 0.0, 1.0, left, bottom]),
        });
        if let Some(text) = &run.reads {
            operations.push(read_as(text));
        }
        let codes = run.letters.iter().map(|letter| {
            let movement = -1000.0 * letter.after;
            Codepoint::with_cid(
                self.code(letter),
                movement,
                letter.text().collect::<String>(),
            )
        });
        operations.push(Op::ShowText {
            items: vec![TextItem::GlyphIds(codes.collect())],
        });
        if run.reads.is_some() {
            operations.push(Op::EndMarkedContentWithProperties);
        }
    }

    fn code(&mut self, letter: &Letter) -> u16 {
        if self.coded.is_empty() {
            self.coded.push(0);
        }
        let next = u16::try_from(self.coded.len()).unwrap_or(u16::MAX);
        let reading = (letter.glyph, letter.character, letter.modifier);
        let code = *self.codes.entry(reading).or_insert(next);
        if code == next {
            self.coded.push(self.glyphs.remap(letter.glyph));
            self.widths
                .insert(code, (letter.width * 1000.0).round() as u16);
        }
        code
    }

    /// The cut typeface as printpdf takes it, all measures in thousandths of an em.
    fn font(&self) -> Result<ParsedFont, DrawError> {
        let face = typesetting::face()?;
        let cut = subsetter::subset(typeface::FONT, 0, &self.glyphs)
            .map_err(|error| DrawError::Typeface(error.to_string()))?;
        let em = i32::from(face.units_per_em());
        let thousandths = |units: i16| (i32::from(units) * 1000 / em) as i16;
        let bounds = face.global_bounding_box();
        Ok(ParsedFont {
            font_name: Some(archival::font_name(&cut)),
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
