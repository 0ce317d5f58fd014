//! Any paper is made again, byte for byte, from what the ledger stores.

use std::path::Path;
use std::process::Command;

use documents::KeyNotice;
use guarantee::certificate::Certificate;
use guarantee::kind::Kind;

use crate::samples::{date, key, longest, notice, sample};
use crate::{KINDS, PAPERS};

fn all_papers(certificate: &Certificate) -> Vec<Vec<u8>> {
    let notice = KeyNotice {
        certificate: certificate.clone(),
        issued_on: date("2025-04-14"),
        check_address: "https://hosho.example.jp/verify".to_owned(),
    };
    PAPERS
        .iter()
        .map(|(_, draw)| draw(certificate).unwrap())
        .chain([documents::key_notice(&notice, &key()).unwrap()])
        .collect()
}

/// No clock, no randomness, and nothing left over from what the process drew before.
#[test]
fn the_same_certificate_gives_the_same_bytes() {
    let certificate = sample(Kind::InterimPayment);
    for (name, draw) in PAPERS {
        let first = draw(&certificate).unwrap();
        documents::key_notice(&notice(Kind::AdvancePayment), &key()).unwrap();
        assert!(draw(&certificate).unwrap() == first, "{name}");
    }
    let notice = notice(Kind::AdvancePayment);
    let first = documents::key_notice(&notice, &key()).unwrap();
    assert!(documents::key_notice(&notice, &key()).unwrap() == first);
}

#[test]
fn a_certificate_that_was_stored_gives_the_same_bytes() {
    for certificate in KINDS
        .map(|(kind, _)| sample(kind))
        .into_iter()
        .chain([longest(Kind::InterimPayment)])
    {
        let stored = serde_json::to_string(&certificate).unwrap();
        let read: Certificate = serde_json::from_str(&stored).unwrap();
        assert!(all_papers(&read) == all_papers(&certificate));
    }
}

/// Where the other process finds the certificate, and where it puts the papers.
const STORED: &str = "PAPERS_OF_A_STORED_CERTIFICATE";

/// The test runs itself once more: there [`STORED`] is set, and it is the other process.
#[test]
fn another_process_gives_the_same_bytes() {
    if let Some(folder) = std::env::var_os(STORED) {
        return draw_what_is_stored(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let certificate = sample(Kind::InterimPayment);
    let stored = serde_json::to_string(&certificate).unwrap();
    std::fs::write(folder.path().join("certificate.json"), stored).unwrap();
    let other = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "again::another_process_gives_the_same_bytes"])
        .env(STORED, folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&other.stdout);
    assert!(other.status.success(), "{said}");
    for (paper, number) in all_papers(&certificate).iter().zip(0..) {
        let made = std::fs::read(folder.path().join(format!("{number}.pdf"))).unwrap();
        assert!(*paper == made, "{number}");
    }
}

fn draw_what_is_stored(folder: &Path) {
    let stored = std::fs::read_to_string(folder.join("certificate.json")).unwrap();
    let certificate: Certificate = serde_json::from_str(&stored).unwrap();
    for (paper, number) in all_papers(&certificate).iter().zip(0..) {
        std::fs::write(folder.join(format!("{number}.pdf")), paper).unwrap();
    }
}
