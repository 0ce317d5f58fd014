//! Reading papers with other people's tools: poppler, qpdf and zbar. A tool that is missing fails the
//! test that needs it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A paper as a file.
pub(crate) struct Printed(PathBuf);

/// What a tool says.
fn said(tool: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(tool)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("this test needs {tool}: {error}"));
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{tool} {arguments:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// A folder for what a run leaves to be looked at.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

impl Printed {
    /// Puts the paper where it can be read and looked at.
    pub(crate) fn keep(name: &str, pdf: &[u8]) -> Self {
        let folder = folder("papers");
        // Tests that run at once may keep the same paper: it gets its name when it is whole.
        let partial = tempfile::NamedTempFile::new_in(&folder).unwrap();
        std::fs::write(&partial, pdf).unwrap();
        let file = folder.join(format!("{name}.pdf"));
        partial.persist(&file).unwrap();
        Self(file)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// The text as a reader sees it.
    pub(crate) fn text(&self) -> String {
        text(said("pdftotext", &[self.path(), "-"]))
    }

    /// Whether each of these stands there; what fits on a line, exactly.
    pub(crate) fn says(&self, fields: &[String]) {
        let text = self.text();
        for field in fields {
            let found = if stands_on_a_line(field) {
                text.contains(field.as_str())
            } else {
                joined(&text).contains(&joined(field))
            };
            assert!(found, "「{field}」 in\n{text}");
        }
    }

    /// Whether each of these stands there, whatever the lines.
    pub(crate) fn says_over_several_lines(&self, fields: &[String]) {
        let text = joined(&self.text());
        for field in fields {
            assert!(text.contains(&joined(field)), "「{field}」 in\n{text}");
        }
    }

    /// Whether each letter of this stands there in a line of its own, as those of a seal do.
    pub(crate) fn says_letter_by_letter(&self, text: &str) {
        let raw = self::text(said("pdftotext", &["-raw", self.path(), "-"]));
        let single: String = raw
            .lines()
            .map(str::trim)
            .filter(|line| line.chars().count() == 1)
            .collect();
        assert!(single.contains(text), "「{text}」 in\n{raw}");
    }

    pub(crate) fn pages(&self) -> usize {
        let about = self.about();
        let pages = about.lines().find_map(|line| line.strip_prefix("Pages:"));
        pages.unwrap().trim().parse().unwrap()
    }

    pub(crate) fn about(&self) -> String {
        text(said("pdfinfo", &["-enc", "UTF-8", self.path()]))
    }

    pub(crate) fn fonts(&self) -> String {
        text(said("pdffonts", &[self.path()]))
    }

    pub(crate) fn is_sound(&self) {
        said("qpdf", &["--check", self.path()]);
    }

    /// No word stands outside the margins (20 mm, 17 mm above, 12 mm below), but for a full stop that hangs.
    pub(crate) fn stays_within_its_margins(&self) {
        let words = text(said("pdftotext", &["-bbox", self.path(), "-"]));
        let mut seen = 0;
        for line in words.lines().filter(|line| line.contains("<word ")) {
            let place = |name: &str| -> f32 {
                let (_, rest) = line.split_once(&format!("{name}=\"")).unwrap();
                rest.split('"').next().unwrap().parse().unwrap()
            };
            let millimetres = 25.4 / 72.0;
            assert!(place("xMin") * millimetres > 19.9, "{line}");
            assert!(place("xMax") * millimetres < 210.0 - 20.0 + 4.0, "{line}");
            assert!(place("yMin") * millimetres > 9.0, "{line}");
            assert!(place("yMax") * millimetres < 297.0 - 9.0, "{line}");
            seen += 1;
        }
        assert!(seen > 0);
    }

    /// The pages as images of so many dots to the inch, across and down.
    pub(crate) fn pages_as_images(&self, (across, down): (u16, u16)) -> Vec<Image> {
        let (across, down) = (across.to_string(), down.to_string());
        Image::all(&said(
            "pdftoppm",
            &["-gray", "-rx", &across, "-ry", &down, self.path()],
        ))
    }

    /// What the QR code on the page says.
    pub(crate) fn qr(&self) -> String {
        let image = self.0.with_extension("");
        let image = image.to_str().unwrap();
        said(
            "pdftoppm",
            &["-r", "200", "-png", "-singlefile", self.path(), image],
        );
        decoded(&format!("{image}.png"))
    }
}

fn decoded(image: &str) -> String {
    text(said(
        "zbarimg",
        &[
            "--quiet",
            "--nodbus",
            "--raw",
            "-Sdisable",
            "-Sqrcode.enable",
            image,
        ],
    ))
    .trim_end()
    .to_owned()
}

/// A page as grey pixels, line by line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) pixels: Vec<u8>,
}

impl Image {
    /// The images of a PGM stream, as pdftoppm writes them: three lines of text, then a byte for each pixel.
    fn all(mut stream: &[u8]) -> Vec<Self> {
        let mut images = Vec::new();
        while !stream.is_empty() {
            let ends = stream
                .iter()
                .enumerate()
                .filter(|(_, byte)| **byte == b'\n');
            let (third, _) = ends.take(3).last().unwrap();
            let (head, rest) = stream.split_at(third + 1);
            let head = text(head.to_vec());
            let mut numbers = head
                .split_whitespace()
                .skip(1)
                .map(|word| word.parse().unwrap());
            let (width, height) = (numbers.next().unwrap(), numbers.next().unwrap());
            let (pixels, rest) = rest.split_at(width * height);
            images.push(Self {
                width,
                height,
                pixels: pixels.to_vec(),
            });
            stream = rest;
        }
        images
    }

    fn write(&self, file: &str) {
        let mut bytes = format!("P5\n{} {}\n255\n", self.width, self.height).into_bytes();
        bytes.extend(&self.pixels);
        std::fs::write(file, bytes).unwrap();
    }
}

/// What the QR code says after a FAX of standard quality with every fiftieth pixel wrong, for three of
/// such lines.
pub(crate) fn faxed(paper: &Printed) -> [String; 3] {
    let page = paper.pages_as_images((204, 98)).remove(0);
    [1, 2, 3].map(|line| {
        let mut noise = Noise(line);
        let mut arrived = Image {
            width: page.width,
            height: 2 * page.height,
            pixels: Vec::new(),
        };
        for sent in page.pixels.chunks(page.width) {
            let received: Vec<u8> = sent.iter().map(|pixel| noise.disturb(*pixel)).collect();
            // The machine prints each of its flat lines twice.
            arrived.pixels.extend(received.repeat(2));
        }
        let file = paper.0.with_extension(format!("fax{line}.pgm"));
        let file = file.to_str().unwrap();
        arrived.write(file);
        decoded(file)
    })
}

/// Salt and pepper, the same every time (a linear congruential generator).
struct Noise(u32);

impl Noise {
    /// The pixel in black or white; two in a hundred are black or white whatever they were.
    fn disturb(&mut self, pixel: u8) -> u8 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        match self.0 >> 16 {
            0..=655 => 0,
            656..=1310 => 255,
            _ if pixel < 128 => 0,
            _ => 255,
        }
    }
}

/// Whether a field is short enough never to be broken.
pub(crate) fn stands_on_a_line(field: &str) -> bool {
    field.chars().count() < 40
}

fn joined(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_whitespace())
        .collect()
}
