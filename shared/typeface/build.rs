//! Fetches the pinned fonts once and writes down which letters they have.

#[path = "build/bare.rs"]
mod bare;
#[path = "src/face.rs"]
#[expect(
    unreachable_pub,
    reason = "it is a module of the library, and a look-up here"
)]
mod face;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use brotli::enc::BrotliEncoderParams;
use sha2::{Digest, Sha256};
use subsetter::GlyphRemapper;

use face::Face;

/// A font in an npm package.
struct Source {
    package: &'static str,
    version: &'static str,
    /// In the package, like its licence.
    font: &'static str,
    sha256: &'static str,
    /// Its PostScript name.
    name: &'static str,
    /// The only characters that are taken from it; none of these: all.
    only: &'static [RangeInclusive<char>],
}

/// The faces of the typeface in their order: the first that has a letter draws it.
const SOURCES: [Source; 3] = [
    Source {
        package: "@expo-google-fonts/noto-serif-jp",
        version: "0.4.3",
        font: "400Regular/NotoSerifJP_400Regular.ttf",
        sha256: "5a04846a0e23acefae825f2f459205036a166f5a63462019ce3492d07bd20e92",
        name: "NotoSerifJP-Regular",
        only: &[],
    },
    // Latin, Greek and Cyrillic letters of JIS X 0213 that the first lacks, and the phonetic alphabet.
    Source {
        package: "@expo-google-fonts/noto-serif",
        version: "0.4.2",
        font: "400Regular/NotoSerif_400Regular.ttf",
        sha256: "a7e8ea1ab7e7d368b001c892d6148325fffc849a46e030e55e1bdc597bbe939d",
        name: "NotoSerif-Regular",
        only: &[
            '\u{20}'..='\u{4FF}',
            '\u{1E00}'..='\u{1FFF}',
            '\u{2010}'..='\u{205E}',
            '\u{2150}'..='\u{215F}',
        ],
    },
    // The one sign of JIS X 0213 that both lack.
    Source {
        package: "@expo-google-fonts/noto-sans-math",
        version: "0.4.2",
        font: "400Regular/NotoSansMath_400Regular.ttf",
        sha256: "b4a1dfdbfa13b4755e5eac20cb25c1d17ed5a745ceb89639595e8cf45a2b1e07",
        name: "NotoSansMath-Regular",
        only: &['≒'..='≒'],
    },
];
/// The glyphs of a font's characters, if it was cut to these.
type CutTo = Vec<(char, u16)>;

const LICENSE: &str = "LICENSE_FONT";
/// A `node_modules` folder that holds the packages, for builds without a network.
const FOLDER: &str = "DENSHI_HOSHO_FONT_DIR";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build/bare.rs");
    println!("cargo::rerun-if-changed=src/face.rs");
    println!("cargo::rerun-if-env-changed={FOLDER}");
    if let Err(reason) = build() {
        // One line each, so that cargo shows them as they are.
        for line in reason.lines() {
            println!("cargo::error={line}");
        }
    }
}

fn build() -> Result<(), String> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let folder = match env::var_os(FOLDER).map(PathBuf::from) {
        Some(folder) => {
            println!("cargo::rerun-if-changed={}", folder.display());
            folder
        }
        None => cached_packages(&out)?,
    };
    let (mut faces, mut carried) = (Vec::new(), Vec::new());
    let mut licenses = String::new();
    for source in &SOURCES {
        let (font, cut_to) = source.cut(&source.pinned_font(&folder)?)?;
        fs::write(out.join(format!("{}.ttf.br", source.name)), packed(&font)?)
            .map_err(said("write the font"))?;
        carried.push((font.len(), cut_to.clone()));
        faces.push(parse(font, cut_to)?);
        let license = folder.join(source.package).join(LICENSE);
        let license = fs::read_to_string(&license).map_err(|error| {
            let license = license.display();
            format!("the font's licence {license} cannot be read: {error}")
        })?;
        let _ = writeln!(licenses, "{}\n\n{license}", source.name);
    }
    let characters = characters(&faces);
    for (name, table) in [
        ("faces.rs", faces_as_source(&carried)),
        ("characters.rs", ranges(&faces, &characters, None)),
        ("modified.rs", modified(&faces, &characters)),
        ("LICENSES", licenses),
    ] {
        fs::write(out.join(name), table).map_err(said("write the table"))?;
    }
    Ok(())
}

impl Source {
    /// The font in this folder of packages, if it is the one that the papers were made for.
    fn pinned_font(&self, folder: &Path) -> Result<Vec<u8>, String> {
        let file = folder.join(self.package).join(self.font);
        let font = fs::read(&file)
            .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
        let mut found = String::new();
        for byte in Sha256::digest(&font) {
            let _ = write!(found, "{byte:02x}");
        }
        if found == self.sha256 {
            Ok(font)
        } else {
            Err(format!(
                "{} is not the font of {} {}: its SHA-256 is {found}, not {}. Remove it.",
                file.display(),
                self.package,
                self.version,
                self.sha256
            ))
        }
    }

    /// The font with the characters that are wanted and without what no paper draws, and the glyphs of the
    /// characters if they are not all: a font that was cut has lost its own table of them.
    fn cut(&self, font: &[u8]) -> Result<(Vec<u8>, CutTo), String> {
        if self.only.is_empty() {
            let face = [parse(font.to_vec(), Vec::new())?];
            let reached = bare::reached(&face[0], &characters(&face), &modifiers());
            let bare = bare::bare(font, reached)
                .ok_or_else(|| format!("{} is not laid out as it should be", self.font))?;
            return Ok((bare, Vec::new()));
        }
        let whole = ttf_parser::Face::parse(font, 0).map_err(|error| error.to_string())?;
        let mut kept = GlyphRemapper::new();
        let mut cut_to = Vec::new();
        for character in self.only.iter().cloned().flatten() {
            if let Some(glyph) = whole.glyph_index(character) {
                cut_to.push((character, kept.remap(glyph.0)));
            }
        }
        let cut = subsetter::subset(font, 0, &kept).map_err(|error| error.to_string())?;
        Ok((cut, cut_to))
    }
}

/// The font in brotli, as small as it can be made.
fn packed(font: &[u8]) -> Result<Vec<u8>, String> {
    let parameters = BrotliEncoderParams {
        quality: 11,
        lgwin: 24,
        ..BrotliEncoderParams::default()
    };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &*font, &mut packed, &parameters).map_err(said("pack the font"))?;
    Ok(packed)
}

/// A face that lives as long as this program.
fn parse(font: Vec<u8>, cut_to: CutTo) -> Result<Face, String> {
    Face::parse(font.leak(), cut_to.leak()).map_err(|error| error.to_string())
}

/// The folder under cargo's target directory that keeps fonts and licences; filled by npm when they are
/// not there.
fn cached_packages(out: &Path) -> Result<PathBuf, String> {
    let cache = target_directory(out).join("typeface");
    let is_there = |source: &Source| {
        source.pinned_font(&cache).is_ok() && cache.join(source.package).join(LICENSE).exists()
    };
    if SOURCES.iter().all(is_there) {
        return Ok(cache);
    }
    let download = out.join("npm");
    let packages = SOURCES.map(|source| format!("{}@{}", source.package, source.version));
    let installed = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" })
        .args([
            "install",
            "--ignore-scripts",
            "--no-save",
            "--no-audit",
            "--no-fund",
        ])
        .arg("--prefix")
        .arg(&download)
        .args(packages)
        .output();
    match installed {
        Ok(npm) if npm.status.success() => {}
        Ok(npm) => {
            let reason = String::from_utf8_lossy(&npm.stderr);
            let beginning: Vec<&str> = reason.lines().take(5).collect();
            return Err(no_fonts(&beginning.join("\n")));
        }
        Err(error) => return Err(no_fonts(&format!("npm cannot be started: {error}"))),
    }
    for source in &SOURCES {
        for file in [source.font, LICENSE] {
            let kept = cache.join(source.package).join(file);
            let folder = kept.parent().unwrap_or(&cache);
            fs::create_dir_all(folder).map_err(said("make the cache"))?;
            // Another build may fill the same cache at this moment: a whole file takes the name, or none.
            let partial = out.join("partial");
            let from = download
                .join("node_modules")
                .join(source.package)
                .join(file);
            fs::copy(from, &partial).map_err(said("copy the font"))?;
            fs::rename(&partial, kept).map_err(said("keep the font"))?;
        }
    }
    fs::remove_dir_all(&download).map_err(said("tidy up after npm"))?;
    Ok(cache)
}

/// Cargo's target directory is the outermost one above us that cargo tagged as a cache.
fn target_directory(out: &Path) -> &Path {
    out.ancestors()
        .filter(|folder| folder.join("CACHEDIR.TAG").exists())
        .last()
        .unwrap_or(out)
}

fn no_fonts(reason: &str) -> String {
    let packages = SOURCES.map(|source| format!("{}@{}", source.package, source.version));
    format!(
        "the fonts of the papers could not be fetched with npm.\n\
         {reason}\n\
         Either let this build reach the npm registry once (Node.js with npm is enough),\n\
         or set {FOLDER} to the node_modules folder that\n\
         npm install {}\n\
         makes elsewhere.",
        packages.join(" ")
    )
}

fn said(what: &str) -> impl Fn(io::Error) -> String + '_ {
    move |error| format!("cannot {what}: {error}")
}

/// The faces with their lengths as Rust source.
fn faces_as_source(carried: &[(usize, CutTo)]) -> String {
    let mut faces = String::new();
    for (source, (length, cut_to)) in SOURCES.iter().zip(carried) {
        let name = source.name;
        let _ = write!(
            faces,
            "Source {{ name: {name:?}, length: {length}, cut_to: &{cut_to:?}, \
             packed: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.ttf.br\")) }},"
        );
    }
    format!("[{faces}]")
}

/// The characters that are printed with this modifier, as Rust source: first and last of each range, in order.
fn ranges(faces: &[Face], characters: &BTreeSet<char>, modifier: Option<char>) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    let printed = |character: &char| faces.iter().any(|face| face.prints(*character, modifier));
    for code in characters.iter().copied().filter(printed).map(u32::from) {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == code => *last = code,
            _ => ranges.push((code, code)),
        }
    }
    format!("&{ranges:?}")
}

/// The same for each modifier that any character is printed with, as Rust source.
fn modified(faces: &[Face], characters: &BTreeSet<char>) -> String {
    let tables: String = modifiers()
        .into_iter()
        .map(|modifier| (modifier, ranges(faces, characters, Some(modifier))))
        .filter(|(_, ranges)| ranges != "&[]")
        .map(|(modifier, ranges)| format!("({modifier:?}, {ranges}),"))
        .collect();
    format!("&[{tables}]")
}

/// What chooses a form of a letter: the marks of kana and the variation selectors.
fn modifiers() -> Vec<char> {
    ('\u{3099}'..='\u{309A}')
        .chain('\u{FE00}'..='\u{FE0F}')
        .chain('\u{E0100}'..='\u{E01EF}')
        .collect()
}

/// Every character that a face has a glyph for.
fn characters(faces: &[Face]) -> BTreeSet<char> {
    let mut characters = BTreeSet::new();
    for face in faces {
        characters.extend(face.cut_to().iter().map(|(character, _)| *character));
        let tables = face.font().tables().cmap.iter();
        for table in tables.flat_map(|cmap| cmap.subtables) {
            if table.is_unicode() {
                table.codepoints(|code| characters.extend(char::from_u32(code)));
            }
        }
    }
    characters
}
