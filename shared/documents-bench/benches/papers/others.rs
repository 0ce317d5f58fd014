//! The same page drawn by others.

use std::sync::OnceLock;

use krilla::color::{luma, rgb};
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::geom::{PathBuilder, Point};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Paint, Stroke};
use krilla::text::{Font, GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};
use printpdf::{
    Color, FontId, Greyscale, LinePoint, Mm, Op, PaintMode, ParsedFont, PdfDocument, PdfFontHandle,
    PdfPage, PdfSaveOptions, Polygon, PolygonRing, Pt, Rgb, TextItem, TextMatrix,
    TextRenderingMode, WindingOrder,
};

use crate::page::{self, Page, Run, Shape};

const TITLE: &str = "保証証書(前払金保証)";
const AUTHOR: &str = "見本建設業保証株式会社";
const WIDTH: f32 = 595.276;
const HEIGHT: f32 = 841.89;

/// As PDF/A with the same title, author, language and day.
pub(crate) fn krilla(pages: &[Page]) -> Vec<u8> {
    // Kept between papers, as a server would.
    static FONT: OnceLock<Font> = OnceLock::new();
    let font = FONT.get_or_init(|| Font::new(page::whole_font().into(), 0).unwrap());
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A1_B)
        .finish()
        .unwrap();
    let mut document = Document::new_with(SerializeSettings {
        configuration,
        enable_tagging: false,
        ..SerializeSettings::default()
    });
    document.set_metadata(
        Metadata::new()
            .title(TITLE.to_owned())
            .authors(vec![AUTHOR.to_owned()])
            .language("ja".to_owned())
            .creation_date(DateTime::new(2025).month(4).day(11)),
    );
    for page in pages {
        let mut drawn = document.start_page_with(PageSettings::from_wh(WIDTH, HEIGHT).unwrap());
        let mut surface = drawn.surface();
        for shape in &page.shapes {
            let mut path = PathBuilder::new();
            for ring in &shape.rings {
                let mut points = ring.iter().map(|(x, y)| (*x, HEIGHT - y));
                let (x, y) = points.next().unwrap();
                path.move_to(x, y);
                points.for_each(|(x, y)| path.line_to(x, y));
                path.close();
            }
            surface.set_stroke(None);
            surface.set_fill(Some(fill(&shape.colour)));
            surface.draw_path(&path.finish().unwrap());
        }
        for run in &page.runs {
            surface.set_fill(Some(fill(&run.colour)));
            surface.set_stroke((run.stroke > 0.0).then(|| Stroke {
                paint: fill(&run.colour).paint,
                width: run.stroke,
                ..Stroke::default()
            }));
            let mut text = String::new();
            let glyphs: Vec<KrillaGlyph> = run
                .letters
                .iter()
                .map(|letter| {
                    let begin = text.len();
                    text.push_str(&letter.text);
                    let glyph = GlyphId::new(letter.glyph.into());
                    KrillaGlyph::new(
                        glyph,
                        letter.advance,
                        0.0,
                        0.0,
                        0.0,
                        begin..text.len(),
                        None,
                    )
                })
                .collect();
            let at = Point::from_xy(run.left, HEIGHT - run.baseline);
            surface.draw_glyphs(at, &glyphs, font.clone(), &text, run.size, false);
        }
        surface.finish();
        drawn.finish();
    }
    document.finish().unwrap()
}

fn fill(colour: &[f32]) -> Fill {
    let level = |part: f32| (part * 255.0).round() as u8;
    let paint: Paint = match *colour {
        [red, green, blue] => rgb::Color::new(level(red), level(green), level(blue)).into(),
        _ => luma::Color::new(level(colour[0])).into(),
    };
    Fill {
        paint,
        ..Fill::default()
    }
}

/// As the examples of printpdf do it.
pub(crate) fn printpdf(pages: &[Page]) -> Vec<u8> {
    let mut warnings = Vec::new();
    let font = ParsedFont::from_bytes(page::whole_font(), 0, &mut warnings).unwrap();
    let mut document = PdfDocument::new(TITLE);
    let font = document.add_font(&font);
    let pages = pages
        .iter()
        .map(|page| {
            let shapes = page.shapes.iter().flat_map(polygon);
            let runs = page.runs.iter().flat_map(|run| text(run, &font));
            PdfPage::new(Mm(210.0), Mm(297.0), shapes.chain(runs).collect())
        })
        .collect();
    let mut warnings = Vec::new();
    document
        .with_pages(pages)
        .save(&PdfSaveOptions::default(), &mut warnings)
}

fn polygon(shape: &Shape) -> [Op; 2] {
    let point = |(x, y): &(f32, f32)| LinePoint {
        p: printpdf::Point {
            x: Pt(*x),
            y: Pt(*y),
        },
        bezier: false,
    };
    let rings = shape.rings.iter().map(|ring| PolygonRing {
        points: ring.iter().map(point).collect(),
    });
    let polygon = Polygon {
        rings: rings.collect(),
        mode: PaintMode::Fill,
        winding_order: WindingOrder::NonZero,
    };
    let col = colour(&shape.colour);
    [Op::SetFillColor { col }, Op::DrawPolygon { polygon }]
}

fn text(run: &Run, font: &FontId) -> Vec<Op> {
    let mode = if run.stroke > 0.0 {
        TextRenderingMode::FillStroke
    } else {
        TextRenderingMode::Fill
    };
    let text = run.letters.iter().map(|letter| letter.text.as_str());
    vec![
        Op::StartTextSection,
        Op::SetFillColor {
            col: colour(&run.colour),
        },
        Op::SetOutlineThickness { pt: Pt(run.stroke) },
        Op::SetTextRenderingMode { mode },
        Op::SetFont {
            font: PdfFontHandle::External(font.clone()),
            size: Pt(run.size),
        },
        Op::SetTextMatrix {
            matrix: TextMatrix::Raw([1.0, 0.0, 0.0, 1.0, run.left, run.baseline]),
        },
        Op::ShowText {
            items: vec![TextItem::Text(text.collect())],
        },
        Op::EndTextSection,
    ]
}

fn colour(parts: &[f32]) -> Color {
    match *parts {
        [red, green, blue] => Color::Rgb(Rgb::new(red, green, blue, None)),
        _ => Color::Greyscale(Greyscale::new(parts[0], None)),
    }
}
