//! The papers of an electronic guarantee as PDF (A4, PDF/A-1b): what people hold in their hands, hand
//! over a desk, fax, and keep in the payment file.
//!
//! Every paper is drawn from a certificate alone, the key notice from a certificate, its key and the
//! address of the check. There is no clock and no randomness, so the same input gives the same bytes
//! and any paper can be made again.
//!
//! One file per paper reads from top to bottom as its page does. [`paper`] is what they are written
//! in: titles, paragraphs, [`table`]s, seals and QR codes in millimetres from the top left. [`letter`] finds the
//! glyphs, [`typesetting`] breaks and spaces lines as Japanese papers do, [`pdf`] puts the marks into a file,
//! and [`archival`] makes that file one that archives accept.

mod archival;
mod certificate;
mod fee_statement;
mod guarantor;
mod key_notice;
mod letter;
mod paper;
mod pdf;
mod qr;
mod table;
mod typesetting;

use guarantee::calendar::Date;
use guarantee::certificate::Certificate;
use guarantee::key::AuthKey;

/// Why a paper cannot be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DrawError {
    /// The typeface of the papers lacks a character: it would have become a blank.
    #[error("the typeface has no letter for U+{code:04X}", code = u32::from(*.0))]
    MissingGlyph(char),
    /// The address of the check is too long for a QR code.
    #[error("the address of the check is too long for a QR code")]
    AddressTooLong,
    /// The typeface itself cannot be read or cut.
    #[error("the typeface cannot be used: {0}")]
    Typeface(String),
    /// The file cannot be put together.
    #[error("the PDF cannot be written: {0}")]
    File(String),
}

/// 『保証証書(〇〇保証)』, the print of the electronic certificate.
///
/// # Errors
/// [`DrawError`], above all when the typeface lacks a character of the certificate.
pub fn certificate(certificate: &Certificate) -> Result<Vec<u8>, DrawError> {
    certificate::draw(certificate, certificate::Copy::Original)
}

/// お客様控え, the contractor's own copy of the certificate; marked 控.
///
/// # Errors
/// As [`certificate`].
pub fn customer_copy(certificate: &Certificate) -> Result<Vec<u8>, DrawError> {
    certificate::draw(certificate, certificate::Copy::Customer)
}

/// 保証料計算書: how the fee was computed.
///
/// # Errors
/// As [`certificate`].
pub fn fee_statement(certificate: &Certificate) -> Result<Vec<u8>, DrawError> {
    fee_statement::draw(certificate)
}

/// What 『電子証書閲覧用「認証キー」等のお知らせ』 says beside the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyNotice {
    /// The certificate that the key opens.
    pub certificate: Certificate,
    /// The day of the notice.
    pub issued_on: Date,
    /// The address of the page on which the orderer checks, without a fragment:
    /// `https://example.com/verify`.
    pub check_address: String,
}

impl KeyNotice {
    /// What the QR code holds: the page with number and key filled in,
    /// `https://example.com/verify#number=0712-3456-7891&key=XXXXX-XXXXX-XXXXX-XXXXX-XXXXX`.
    ///
    /// They stand in the fragment, which a browser never sends to a server: the page reads them.
    #[must_use]
    pub fn check_link(&self, key: &AuthKey) -> String {
        format!(
            "{}#number={}&key={}",
            self.check_address,
            self.certificate.contract_number,
            key.reveal()
        )
    }
}

/// 『電子証書閲覧用「認証キー」等のお知らせ』, the only paper that carries the key.
///
/// # Errors
/// As [`certificate`], and [`DrawError::AddressTooLong`].
pub fn key_notice(notice: &KeyNotice, key: &AuthKey) -> Result<Vec<u8>, DrawError> {
    key_notice::draw(notice, key)
}
