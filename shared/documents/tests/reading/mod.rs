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

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

impl Printed {
    /// Puts the paper where it can be read and looked at.
    pub(crate) fn keep(name: &str, pdf: &[u8]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("papers");
        std::fs::create_dir_all(&folder).unwrap();
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
            let found = if field.chars().count() < 40 {
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

    /// No word stands outside the margins (22 mm, 17 mm above, 12 mm below), but for a full stop that hangs.
    pub(crate) fn stays_within_its_margins(&self) {
        let words = text(said("pdftotext", &["-bbox", self.path(), "-"]));
        let mut seen = 0;
        for line in words.lines().filter(|line| line.contains("<word ")) {
            let place = |name: &str| -> f32 {
                let (_, rest) = line.split_once(&format!("{name}=\"")).unwrap();
                rest.split('"').next().unwrap().parse().unwrap()
            };
            let millimetres = 25.4 / 72.0;
            assert!(place("xMin") * millimetres > 21.9, "{line}");
            assert!(place("xMax") * millimetres < 210.0 - 22.0 + 4.0, "{line}");
            assert!(place("yMin") * millimetres > 9.0, "{line}");
            assert!(place("yMax") * millimetres < 297.0 - 9.0, "{line}");
            seen += 1;
        }
        assert!(seen > 0);
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

/// What the QR code says after a FAX of standard quality with every fiftieth pixel wrong.
pub(crate) fn faxed(paper: &Printed) -> String {
    let page = paper.0.with_extension("fax");
    let page = page.to_str().unwrap();
    said(
        "pdftoppm",
        &[
            "-rx",
            "204",
            "-ry",
            "98",
            "-gray",
            "-singlefile",
            paper.path(),
            page,
        ],
    );
    let mut head = std::fs::read(format!("{page}.pgm")).unwrap();
    // Three lines of text, then a byte for each pixel.
    let ends = head.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    let (third, _) = ends.take(3).last().unwrap();
    let pixels = head.split_off(third + 1);
    let head = text(head);
    let width: usize = head.split_whitespace().nth(1).unwrap().parse().unwrap();
    let mut noise = 1u32;
    let mut lines = Vec::new();
    for line in pixels.chunks(width) {
        let received: Vec<u8> = line
            .iter()
            .map(|pixel| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                match noise >> 16 {
                    0..=655 => 0,
                    656..=1310 => 255,
                    _ => {
                        if *pixel < 128 {
                            0
                        } else {
                            255
                        }
                    }
                }
            })
            .collect();
        // The machine prints each of its flat lines twice.
        lines.extend([received.clone(), received]);
    }
    let arrived = format!("{page}-arrived.pgm");
    let mut file = format!("P5\n{width} {}\n255\n", lines.len()).into_bytes();
    file.extend(lines.concat());
    std::fs::write(&arrived, file).unwrap();
    decoded(&arrived)
}

fn joined(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_whitespace())
        .collect()
}
