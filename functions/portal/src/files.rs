//! The files of the pages, inside the binary. They lie in a folder named after their content, so a
//! browser may keep them for ever, and modules find each other without being rewritten.

use std::io::Write;
use std::sync::OnceLock;

use axum::extract::{Path, State};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use web::Problem;

/// All files, and the name of their folder.
#[derive(Debug)]
pub(crate) struct Files {
    version: String,
    files: Vec<File>,
}

#[derive(Debug)]
struct File {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
    /// Made when the first browser asks for it.
    gzip: OnceLock<Vec<u8>>,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! file {
    ($name:literal, $kind:expr) => {
        (
            $name,
            $kind,
            include_bytes!(concat!("../assets/", $name)).as_slice(),
        )
    };
}

const FILES: [(&str, &str, &[u8]); 17] = [
    file!("style.css", "text/css; charset=utf-8"),
    file!("icon.svg", "image/svg+xml"),
    file!("main.js", SCRIPT),
    file!("api.js", SCRIPT),
    file!("certificate.js", SCRIPT),
    file!("check.js", SCRIPT),
    file!("contractor.js", SCRIPT),
    file!("application.js", SCRIPT),
    file!("desk.js", SCRIPT),
    file!("orderer.js", SCRIPT),
    file!("dom.js", SCRIPT),
    file!("form.js", SCRIPT),
    file!("language.js", SCRIPT),
    file!("session.js", SCRIPT),
    file!("texts.js", SCRIPT),
    file!("verify.js", SCRIPT),
    file!("words.js", SCRIPT),
];

impl Files {
    /// The files, with the hash over all of them.
    pub(crate) fn get() -> &'static Self {
        static ALL: OnceLock<Files> = OnceLock::new();
        ALL.get_or_init(|| {
            let mut hash = Sha256::new();
            for (name, _, bytes) in FILES {
                hash.update(name);
                hash.update(bytes);
            }
            let hash = hash.finalize();
            Self {
                version: hash
                    .iter()
                    .take(8)
                    .map(|byte| format!("{byte:02x}"))
                    .collect(),
                files: FILES
                    .map(|(name, kind, bytes)| File {
                        name,
                        kind,
                        bytes,
                        gzip: OnceLock::new(),
                    })
                    .into(),
            }
        })
    }

    /// The address of their folder.
    pub(crate) fn folder(&self) -> String {
        format!("/assets/{}", self.version)
    }

    /// Links that fetch all modules at once instead of one after the other as they name each other.
    pub(crate) fn preloads(&self) -> String {
        let modules = self
            .files
            .iter()
            .filter(|file| file.kind == SCRIPT && file.name != "main.js");
        let links: Vec<_> = modules
            .map(|file| {
                format!(
                    "  <link rel=\"modulepreload\" href=\"{}/{}\">",
                    self.folder(),
                    file.name
                )
            })
            .collect();
        links.join("\n")
    }
}

/// Hands out a file.
pub(crate) async fn file(
    State(files): State<&'static Files>,
    Path((version, name)): Path<(String, String)>,
    asked: HeaderMap,
) -> Response {
    let found = files.files.iter().find(|file| file.name == name);
    let Some(file) = found.filter(|_| version == files.version) else {
        return Problem::not_found().into_response();
    };
    let says = |name, word: &str| {
        asked
            .get(name)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.contains(word))
    };
    let zipped = says(ACCEPT_ENCODING, "gzip");
    let etag = format!("\"{version}{}\"", if zipped { "-gzip" } else { "" });
    let headers = [
        (CONTENT_TYPE, file.kind),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (VARY, "accept-encoding"),
        (ETAG, &etag),
    ];
    if says(IF_NONE_MATCH, &etag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    if zipped {
        let encoding = [(CONTENT_ENCODING, "gzip")];
        return (headers, encoding, file.zipped()).into_response();
    }
    (headers, file.bytes).into_response()
}

impl File {
    fn zipped(&self) -> Vec<u8> {
        let zip = || {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            // Writing into memory does not fail.
            let _ = encoder.write_all(self.bytes);
            encoder.finish().unwrap_or_default()
        };
        self.gzip.get_or_init(zip).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a page costs before anything is asked of the API; a municipality's line may be slow.
    #[test]
    fn all_files_together_stay_within_60_kilobytes() {
        let all: usize = Files::get()
            .files
            .iter()
            .map(|file| file.zipped().len())
            .sum();
        assert!(all <= 60 * 1024, "{all} bytes");
    }

    #[test]
    fn every_file_of_the_folder_is_handed_out() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets");
        let mut lying: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        let mut handed: Vec<_> = FILES
            .iter()
            .map(|(name, _, _)| (*name).to_owned())
            .collect();
        lying.sort();
        handed.sort();
        assert_eq!(lying, handed);
    }
}
