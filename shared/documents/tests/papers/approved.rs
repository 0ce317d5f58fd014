//! The pages held against images that people looked at and approved (`tests/approved/`).
//!
//! Where a page differs, `target/tmp/difference/` has a picture: what was approved, what is, and in red
//! what differs. To approve the pages as they are now: `APPROVE_PAPERS=1 cargo test -p documents approved`.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

use guarantee::kind::Kind;

use crate::reading::{Image, Printed, folder};
use crate::samples::{key, longest, notice, sample};

/// Dots to the inch: every letter can be told apart, and a page is some kilobytes.
const RESOLUTION: u16 = 60;
/// How much darker or lighter than all dots around it a dot may be: what two versions of poppler
/// differ by at the edges of letters.
const TOLERANCE: u8 = 64;

fn papers() -> [(&'static str, Vec<u8>); 7] {
    let certificate = |kind| documents::certificate(&sample(kind)).unwrap();
    [
        ("certificate-advance", certificate(Kind::AdvancePayment)),
        ("certificate-interim", certificate(Kind::InterimPayment)),
        (
            "certificate-performance",
            certificate(Kind::ContractPerformance),
        ),
        (
            "copy-advance",
            documents::customer_copy(&sample(Kind::AdvancePayment)).unwrap(),
        ),
        (
            "fee-advance",
            documents::fee_statement(&sample(Kind::AdvancePayment)).unwrap(),
        ),
        (
            "key-advance",
            documents::key_notice(&notice(Kind::AdvancePayment), &key()).unwrap(),
        ),
        (
            "longest",
            documents::certificate(&longest(Kind::InterimPayment)).unwrap(),
        ),
    ]
}

#[test]
fn the_pages_look_as_approved() {
    let approve = std::env::var_os("APPROVE_PAPERS").is_some();
    let mut differing = Vec::new();
    for (name, pdf) in papers() {
        let pages = Printed::keep(&format!("approved-{name}"), &pdf)
            .pages_as_images((RESOLUTION, RESOLUTION));
        for (page, number) in pages.iter().zip(1..) {
            let page = page.in_sixteen_greys();
            let file = approved_images().join(format!("{name}-{number}.png"));
            if approve {
                page.save(&file);
            } else if !file.exists() {
                differing.push(format!("{}: not approved", file.display()));
            } else if let Some(picture) = difference(&Image::open(&file), &page) {
                let file = folder("difference").join(format!("{name}-{number}.png"));
                save(&picture, png::ColorType::Rgb, png::BitDepth::Eight, &file);
                differing.push(format!("see {}", file.display()));
            }
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn one_figure_makes_a_difference() {
    let page = |amount: u64| {
        let mut certificate = sample(Kind::AdvancePayment);
        certificate.terms.contract.price = guarantee::money::Yen::new(amount).unwrap();
        let pdf = documents::certificate(&certificate).unwrap();
        Printed::keep(&format!("price-{amount}"), &pdf)
            .pages_as_images((RESOLUTION, RESOLUTION))
            .remove(0)
            .in_sixteen_greys()
    };
    assert!(difference(&page(30_000_000), &page(30_000_000)).is_none());
    assert!(difference(&page(30_000_006), &page(30_000_008)).is_some());
}

fn approved_images() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/approved")
}

/// Approved, present and difference side by side, if there is one.
fn difference(approved: &Image, present: &Image) -> Option<Image> {
    let (width, height) = (
        approved.width.max(present.width),
        approved.height.max(present.height),
    );
    let mut picture = Image {
        width: 3 * width,
        height,
        pixels: Vec::with_capacity(9 * width * height),
    };
    let mut differs = (approved.width, approved.height) != (present.width, present.height);
    for row in 0..height {
        let mut marked = Vec::with_capacity(3 * width);
        for image in [approved, present] {
            for column in 0..width {
                picture.pixels.extend([image.at(column, row); 3]);
            }
        }
        for column in 0..width {
            let stands_out = approved.lacks(present.at(column, row), column, row)
                || present.lacks(approved.at(column, row), column, row);
            differs |= stands_out;
            let faint = 192 + present.at(column, row) / 4;
            marked.extend(if stands_out { [220, 0, 0] } else { [faint; 3] });
        }
        picture.pixels.extend(marked);
    }
    differs.then_some(picture)
}

impl Image {
    fn at(&self, column: usize, row: usize) -> u8 {
        if column < self.width && row < self.height {
            self.pixels
                .get(row * self.width + column)
                .copied()
                .unwrap_or(255)
        } else {
            255
        }
    }

    /// Whether nothing around this place is nearly so dark, or nearly so light.
    fn lacks(&self, shade: u8, column: usize, row: usize) -> bool {
        let around = (row.saturating_sub(1)..=row + 1).flat_map(|row| {
            (column.saturating_sub(1)..=column + 1).map(move |column| self.at(column, row))
        });
        let (darkest, lightest) = around.fold((255, 0), |(darkest, lightest): (u8, u8), dot| {
            (darkest.min(dot), lightest.max(dot))
        });
        shade < darkest.saturating_sub(TOLERANCE) || shade > lightest.saturating_add(TOLERANCE)
    }

    /// Four bits for a dot: small files, and no eye tells them apart.
    fn in_sixteen_greys(&self) -> Self {
        Self {
            pixels: self.pixels.iter().map(|dot| dot / 16 * 17).collect(),
            ..*self
        }
    }

    fn open(file: &Path) -> Self {
        let mut decoder = png::Decoder::new(BufReader::new(File::open(file).unwrap()));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut pixels).unwrap();
        Self {
            width: frame.width as usize,
            height: frame.height as usize,
            pixels,
        }
    }

    fn save(&self, file: &Path) {
        let packed = self
            .pixels
            .chunks(self.width)
            .flat_map(|row| row.chunks(2))
            .map(|dots| match *dots {
                [left, right] => left / 16 * 16 + right / 16,
                [last] => last / 16 * 16,
                _ => 0,
            })
            .collect();
        let packed = Self {
            pixels: packed,
            ..*self
        };
        save(
            &packed,
            png::ColorType::Grayscale,
            png::BitDepth::Four,
            file,
        );
    }
}

fn save(image: &Image, colour: png::ColorType, depth: png::BitDepth, file: &Path) {
    let (width, height) = (image.width as u32, image.height as u32);
    let mut encoder = png::Encoder::new(BufWriter::new(File::create(file).unwrap()), width, height);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&image.pixels).unwrap();
}
