//! The mails that SES took: kept as they would go out, shown at `/mailbox`.

use std::{io, sync::Arc};

use mail_parser::{Address, MessageParser};
use serde::Serialize;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

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

/// The page that shows all mails as their readers would see them, the newest first.
pub(crate) fn page(mails: &[Mail]) -> String {
    let mut page = format!(
        "<!doctype html><html lang=\"ja\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>届いたメール</title>\
         <link rel=\"icon\" href=\"data:,\"><style>{STYLE}</style>\
         <main><h1>届いたメール</h1><p>送信されたメールを、受け取った方に見えるとおりに表示します(新しい順)。</p>"
    );
    if mails.is_empty() {
        page.push_str("<p>まだ1通もありません。</p>");
    }
    for mail in mails.iter().rev() {
        page.push_str(&format!(
            "<article><h2>{}</h2><dl><div><dt>差出人</dt><dd>{}</dd></div><div><dt>宛先</dt><dd>{}</dd></div>\
             <div><dt>日時</dt><dd><time>{}</time></dd></div></dl><div class=\"text\">{}</div></article>",
            escaped(&mail.subject),
            escaped(&mail.from),
            escaped(&mail.to.join(", ")),
            in_japan(&mail.taken_at),
            linked(&mail.text),
        ));
    }
    page.push_str("</main></html>");
    page
}

const STYLE: &str = "body{margin:0;background:#f4f6f9;color:#1a1a1c;font:1rem/1.7 'Noto Sans JP','Noto Sans CJK JP','Hiragino Sans',Meiryo,sans-serif}\
    main{max-width:48rem;margin:0 auto;padding:2rem 1rem}h1{font-size:1.75rem;margin:0}\
    article{margin:1.5rem 0;padding:1.5rem;background:#fff;border:1px solid #d0d5dd;border-radius:.75rem;overflow-wrap:anywhere}\
    h2{margin:0 0 .75rem;font-size:1.25rem}dl{margin:0 0 1rem;padding-bottom:1rem;border-bottom:1px solid #d0d5dd;font-size:.875rem}\
    dl div{display:flex;gap:1rem}dt{flex:0 0 4rem;color:#595959}dd{margin:0}.text{white-space:pre-wrap}a{color:#0017c1}\
    :focus-visible{outline:4px solid #000;outline-offset:2px;background:#ffd43d}";

/// A moment as a mail program in Japan shows it.
fn in_japan(instant: &str) -> String {
    let Ok(instant) = OffsetDateTime::parse(instant, &Rfc3339) else {
        return String::new();
    };
    let there = instant + Duration::hours(9);
    format!(
        "{}/{:02}/{:02} {}:{:02}",
        there.year(),
        u8::from(there.month()),
        there.day(),
        there.hour(),
        there.minute()
    )
}

/// Text as a mail program shows it: addresses of pages can be followed.
fn linked(text: &str) -> String {
    let is_address = |word: &str| word.starts_with("http://") || word.starts_with("https://");
    text.split_inclusive(char::is_whitespace)
        .map(|piece| {
            let word = piece.trim_end();
            let space = piece.get(word.len()..).unwrap_or_default();
            let shown = escaped(word);
            if is_address(word) {
                format!("<a href=\"{shown}\">{shown}</a>{space}")
            } else {
                format!("{shown}{space}")
            }
        })
        .collect()
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
