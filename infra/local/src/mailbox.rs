//! The mails that SES took: kept as they would go out, shown at `/mailbox`.

use std::{io, sync::Arc};

use mail_parser::{Address, MessageParser};
use serde::Serialize;

use crate::{clock, credentials::random, folder::Folder};

/// The mails of a cloud.
#[derive(Debug, Clone)]
pub(crate) struct Mailbox(Arc<Folder>);

/// A mail, decoded.
#[derive(Debug, Clone, Serialize)]
pub struct Mail {
    /// The message ID that SES gave it.
    pub message_id: String,
    /// From whom.
    pub from: String,
    /// To whom it goes, whatever its headers say.
    pub to: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// When it was taken, RFC 3339 in UTC.
    pub taken_at: String,
    /// The configuration set it was sent with.
    pub configuration_set: Option<String>,
    /// The tags it was sent with, as `name=value, name=value`.
    pub tags: Option<String>,
    /// Its text.
    pub text: String,
}

/// How a mail was sent, beside what it says.
#[derive(Debug, Default)]
pub(crate) struct Envelope {
    pub(crate) recipients: Vec<String>,
    pub(crate) configuration_set: Option<String>,
    pub(crate) tags: Vec<(String, String)>,
}

impl Mailbox {
    const FOLDER: &'static str = "mail";

    pub(crate) fn of(folder: Arc<Folder>) -> Self {
        Self(folder)
    }

    /// Keeps a mail and gives it a message ID; the IDs sort by time.
    pub(crate) fn keep(&self, envelope: &Envelope, message: &[u8]) -> io::Result<String> {
        let id = format!(
            "0106{:012x}-{}-{}-{}-{}-{}-000000",
            clock::now_in_milliseconds(),
            random(HEX, 8),
            random(HEX, 4),
            random(HEX, 4),
            random(HEX, 4),
            random(HEX, 12)
        );
        let mut whole = Vec::new();
        let mut header = |name: &str, value: &str| {
            whole.extend_from_slice(format!("{name}: {}\r\n", one_line(value)).as_bytes());
        };
        header("X-Envelope-To", &envelope.recipients.join(", "));
        header("X-Taken-At", &clock::rfc3339(clock::now()));
        if let Some(set) = &envelope.configuration_set {
            header("X-SES-Configuration-Set", set);
        }
        if !envelope.tags.is_empty() {
            let tags: Vec<_> = envelope
                .tags
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            header("X-SES-Message-Tags", &tags.join(", "));
        }
        whole.extend_from_slice(message);
        self.0.write(format!("{}/{id}.eml", Self::FOLDER), &whole)?;
        Ok(id)
    }

    /// All mails, the oldest first.
    pub(crate) fn mails(&self) -> io::Result<Vec<Mail>> {
        let mut mails = Vec::new();
        for name in self.0.names(Self::FOLDER, ".eml")? {
            if let Some(content) = self.0.read(format!("{}/{name}", Self::FOLDER))? {
                mails.push(Mail::decode(name.trim_end_matches(".eml"), &content));
            }
        }
        Ok(mails)
    }
}

impl Mail {
    fn decode(id: &str, content: &[u8]) -> Self {
        let parsed = MessageParser::default().parse(content).unwrap_or_default();
        let header =
            |name: &'static str| parsed.header_raw(name).map(|value| value.trim().to_owned());
        Self {
            message_id: id.to_owned(),
            from: addresses(parsed.from()).join(", "),
            to: header("X-Envelope-To")
                .map(|to| to.split(", ").map(str::to_owned).collect())
                .unwrap_or_default(),
            subject: parsed.subject().unwrap_or_default().to_owned(),
            taken_at: header("X-Taken-At").unwrap_or_default(),
            configuration_set: header("X-SES-Configuration-Set"),
            tags: header("X-SES-Message-Tags"),
            text: parsed
                .body_text(0)
                .unwrap_or_default()
                .replace("\r\n", "\n"),
        }
    }
}

/// The addresses of a header of a message, without names.
pub(crate) fn addresses(header: Option<&Address<'_>>) -> Vec<String> {
    header
        .into_iter()
        .flat_map(|addresses| addresses.iter())
        .filter_map(|address| address.address.as_deref().map(str::to_owned))
        .collect()
}

/// The page that shows all mails, the newest first.
pub(crate) fn page(mails: &[Mail]) -> String {
    let mut page = String::from(
        "<!doctype html><html lang=\"ja\"><meta charset=\"utf-8\"><title>mailbox</title>\
         <style>body{font-family:sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}\
         article{border-top:1px solid #999;padding:1rem 0}pre{white-space:pre-wrap}dt{float:left;width:5rem;color:#555}\
         h2{font-size:1.1rem}</style><h1>mailbox</h1><p>The mails that would have gone out.</p>",
    );
    if mails.is_empty() {
        page.push_str("<p>No mail yet.</p>");
    }
    for mail in mails.iter().rev() {
        page.push_str(&format!(
            "<article><h2>{}</h2><dl><dt>From</dt><dd>{}</dd><dt>To</dt><dd>{}</dd><dt>Taken</dt><dd>{}</dd></dl><pre>{}</pre></article>",
            escaped(&mail.subject),
            escaped(&mail.from),
            escaped(&mail.to.join(", ")),
            escaped(&mail.taken_at),
            escaped(&mail.text),
        ));
    }
    page.push_str("</html>");
    page
}

const HEX: &[u8] = b"0123456789abcdef";

/// A value that stays within its header.
fn one_line(value: &str) -> String {
    value.replace(['\r', '\n'], " ")
}

/// Text as HTML shows it.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
