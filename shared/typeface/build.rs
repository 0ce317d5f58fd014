//! Fetches the pinned font once and writes down which characters it has.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use sha2::{Digest, Sha256};

const PACKAGE: &str = "@expo-google-fonts/noto-serif-jp";
const VERSION: &str = "0.4.3";
const FONT: &str = "NotoSerifJP_400Regular.ttf";
const FONT_IN_PACKAGE: &str = "400Regular/NotoSerifJP_400Regular.ttf";
const FONT_SHA256: &str = "5a04846a0e23acefae825f2f459205036a166f5a63462019ce3492d07bd20e92";
const LICENSE: &str = "LICENSE_FONT";
/// A folder that holds the font and its licence, for builds without a network.
const FOLDER: &str = "DENSHI_HOSHO_FONT_DIR";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
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
        None => cached_package(&out)?,
    };
    let font = pinned_font(&folder)?;
    fs::write(out.join("repertoire.rs"), repertoire(&font)?).map_err(said("write the table"))?;
    fs::write(out.join(FONT), font).map_err(said("write the font"))?;
    fs::copy(folder.join(LICENSE), out.join(LICENSE)).map_err(|error| {
        format!(
            "the font's licence {} cannot be read: {error}",
            folder.join(LICENSE).display()
        )
    })?;
    Ok(())
}

/// The font in this folder, if it is the one that the papers were made for.
fn pinned_font(folder: &Path) -> Result<Vec<u8>, String> {
    let file = folder.join(FONT);
    let font =
        fs::read(&file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    let mut found = String::new();
    for byte in Sha256::digest(&font) {
        let _ = write!(found, "{byte:02x}");
    }
    if found == FONT_SHA256 {
        Ok(font)
    } else {
        Err(format!(
            "{} is not the font of {PACKAGE} {VERSION}: its SHA-256 is {found}, not {FONT_SHA256}. Remove it.",
            file.display()
        ))
    }
}

/// The folder under cargo's target directory that keeps font and licence; filled by npm when it is not there.
fn cached_package(out: &Path) -> Result<PathBuf, String> {
    let cache = target_directory(out).join(format!("typeface-{VERSION}"));
    if pinned_font(&cache).is_ok() && cache.join(LICENSE).exists() {
        return Ok(cache);
    }
    let download = out.join("npm");
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
        .arg(format!("{PACKAGE}@{VERSION}"))
        .output();
    match installed {
        Ok(npm) if npm.status.success() => {}
        Ok(npm) => {
            let reason = String::from_utf8_lossy(&npm.stderr);
            let beginning: Vec<&str> = reason.lines().take(5).collect();
            return Err(no_font(&beginning.join("\n")));
        }
        Err(error) => return Err(no_font(&format!("npm cannot be started: {error}"))),
    }
    let package = download.join("node_modules").join(PACKAGE);
    fs::create_dir_all(&cache).map_err(said("make the cache"))?;
    for (from, to) in [(FONT_IN_PACKAGE, FONT), (LICENSE, LICENSE)] {
        // Another build may fill the same cache at this moment: a whole file takes the name, or none.
        let partial = out.join(to);
        fs::copy(package.join(from), &partial).map_err(said("copy the font"))?;
        fs::rename(&partial, cache.join(to)).map_err(said("keep the font"))?;
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

fn no_font(reason: &str) -> String {
    format!(
        "the font of the papers could not be fetched with npm.\n\
         {reason}\n\
         Either let this build reach the npm registry once (Node.js with npm is enough),\n\
         or set {FOLDER} to a folder with {FONT} and {LICENSE}\n\
         from the npm package {PACKAGE} {VERSION}."
    )
}

fn said(what: &str) -> impl Fn(io::Error) -> String + '_ {
    move |error| format!("cannot {what}: {error}")
}

/// The characters of the font as Rust source: first and last of each range, in order.
fn repertoire(font: &[u8]) -> Result<String, String> {
    let face = ttf_parser::Face::parse(font, 0).map_err(|error| error.to_string())?;
    let mut characters = BTreeSet::new();
    for subtable in face.tables().cmap.iter().flat_map(|cmap| cmap.subtables) {
        if subtable.is_unicode() {
            subtable.codepoints(|code| {
                characters.extend(char::from_u32(code).filter(|letter| prints(&face, *letter)));
            });
        }
    }
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for code in characters.into_iter().map(u32::from) {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == code => *last = code,
            _ => ranges.push((code, code)),
        }
    }
    Ok(format!("&{ranges:?}"))
}

/// Control characters have glyphs in some fonts, and never print.
fn prints(face: &ttf_parser::Face<'_>, letter: char) -> bool {
    !letter.is_control() && face.glyph_index(letter).is_some_and(|glyph| glyph.0 != 0)
}
