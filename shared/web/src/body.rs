//! Bodies: JSON objects of a bounded size, read field by field so that every fault is named at once.

use std::borrow::Cow;
use std::fmt;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use guarantee::violation::Violation;
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::problem::Problem;

/// The largest body that a route takes, in bytes.
pub const BODY_LIMIT: usize = 64 * 1024;

/// A body that is a JSON object.
#[derive(Clone)]
pub struct JsonBody {
    /// Its fields.
    pub object: Map<String, Value>,
    /// Its bytes as they came.
    pub bytes: Bytes,
}

/// What somebody sent stays out of logs.
impl fmt::Debug for JsonBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JsonBody(…)")
    }
}

impl<S: Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    /// An empty body is an empty object: a route all of whose fields are optional needs none.
    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let content_type = request.headers().get(CONTENT_TYPE).cloned();
        let bytes = match Limited::new(request.into_body(), BODY_LIMIT)
            .collect()
            .await
        {
            Ok(body) => body.to_bytes(),
            Err(_) => return Err(Problem::too_large(BODY_LIMIT)),
        };
        if bytes.is_empty() {
            return Ok(Self {
                object: Map::new(),
                bytes,
            });
        }
        if !content_type.is_some_and(|value| value.to_str().is_ok_and(is_json)) {
            return Err(Problem::not_json());
        }
        match serde_json::from_slice(&with_whole_characters(&bytes)) {
            Ok(Value::Object(object)) => Ok(Self { object, bytes }),
            Ok(_) => Err(Problem::malformed(
                "malformed_json",
                "本文はJSONのオブジェクトにしてください。",
            )),
            Err(error) => {
                let place = format!("{}行目{}文字目", error.line(), error.column());
                Err(Problem::malformed(
                    "malformed_json",
                    format!("JSONとして読めません({place})。"),
                ))
            }
        }
    }
}

/// JSON text with U+FFFD for each escape of half a character (`\ud83d` without `\ude00` after it), which no
/// text of ours can hold: the field that it stands in is read then, and refused by its name.
fn with_whole_characters(json: &[u8]) -> Cow<'_, [u8]> {
    let Ok(mut rest) = std::str::from_utf8(json) else {
        return json.into();
    };
    let mut whole = String::new();
    while let Some(place) = rest.find('\\') {
        let (before, escape) = rest.split_at(place);
        let is_half = |unit| (0xD800..=0xDFFF).contains(&unit);
        let length = match escaped_unit(escape) {
            Some(0xD800..=0xDBFF)
                if matches!(
                    escape.get(6..).and_then(escaped_unit),
                    Some(0xDC00..=0xDFFF)
                ) =>
            {
                12
            }
            Some(_) => 6,
            None => 1 + escape.chars().nth(1).map_or(0, char::len_utf8),
        };
        let (escape, following) = escape.split_at(length);
        whole.push_str(before);
        whole.push_str(
            if length == 6 && escaped_unit(escape).is_some_and(is_half) {
                "\\uFFFD"
            } else {
                escape
            },
        );
        rest = following;
    }
    if whole.is_empty() {
        return json.into();
    }
    whole.push_str(rest);
    whole.into_bytes().into()
}

/// The UTF-16 unit of an escape that begins a text.
fn escaped_unit(text: &str) -> Option<u16> {
    u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
}

/// The fields of an object, taken one by one; a field that nobody takes is a fault.
pub struct Fields<'a> {
    pointer: String,
    object: Map<String, Value>,
    faults: &'a mut Vec<Violation>,
}

/// What somebody sent stays out of logs.
impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fields(…)")
    }
}

impl<'a> Fields<'a> {
    /// The fields of a body; faults are added to `faults`.
    #[must_use]
    pub fn of(object: Map<String, Value>, faults: &'a mut Vec<Violation>) -> Self {
        Self {
            pointer: String::new(),
            object,
            faults,
        }
    }

    /// Takes a field; absent and `null` are `None`, and so is what cannot be read, which is a fault:
    /// `expected` says what should stand there.
    pub fn take<T: DeserializeOwned>(&mut self, name: &str, expected: &str) -> Option<T> {
        let value = self.object.remove(name).filter(|value| !value.is_null())?;
        read(
            value,
            || pointer(&self.pointer, name),
            expected,
            self.faults,
        )
    }

    /// Takes a list; what cannot be read is a fault at its place, and `None` there.
    pub fn take_list<T: DeserializeOwned>(
        &mut self,
        name: &str,
        expected: &str,
    ) -> Option<Vec<Option<T>>> {
        let list: Vec<Value> = self.take(name, "配列で入力してください。")?;
        let at = pointer(&self.pointer, name);
        let items = list.into_iter().enumerate();
        Some(
            items
                .map(|(place, value)| {
                    read(value, || format!("{at}/{place}"), expected, self.faults)
                })
                .collect(),
        )
    }

    /// Takes an object and reads its fields; absent and `null` are `None`.
    pub fn take_object<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Fields<'_>) -> T,
    ) -> Option<T> {
        let object: Map<String, Value> = self.take(name, "オブジェクトで入力してください。")?;
        let mut fields = Fields {
            pointer: pointer(&self.pointer, name),
            object,
            faults: &mut *self.faults,
        };
        let value = read(&mut fields);
        fields.finish();
        Some(value)
    }

    /// Every field that nobody took is a fault.
    pub fn finish(self) {
        for name in self.object.keys() {
            let fault = Violation::new(
                pointer(&self.pointer, name),
                "unknown_field",
                "この項目はありません。項目名をご確認ください。",
            );
            self.faults.push(fault);
        }
    }
}

fn read<T: DeserializeOwned>(
    value: Value,
    pointer: impl FnOnce() -> String,
    expected: &str,
    faults: &mut Vec<Violation>,
) -> Option<T> {
    let read = serde_json::from_value(value).ok();
    if read.is_none() {
        faults.push(Violation::new(pointer(), "unreadable", expected));
    }
    read
}

/// A JSON pointer (RFC 6901) one step further.
fn pointer(base: &str, name: &str) -> String {
    format!("{base}/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Every fault is named, each at its own place, and what can be read is read all the same.
    #[test]
    fn half_a_character_is_read_as_a_broken_one() {
        for (json, read) in [
            (r#""\ud83d""#, "\u{FFFD}"),
            (r#""a\ude00b""#, "a\u{FFFD}b"),
            (r#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"),
            (r#""\ud83d\ude00\n\\ud83d\u3042""#, "😀\n\\ud83dあ"),
            (r#""山田""#, "山田"),
        ] {
            let whole = with_whole_characters(json.as_bytes());
            assert_eq!(serde_json::from_slice::<String>(&whole).unwrap(), read);
        }
        for broken in [r#""\"#, r#""\u12"#, r#""\ud8あ""#, r#""\あ""#] {
            assert_eq!(with_whole_characters(broken.as_bytes()), broken.as_bytes());
        }
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let body =
            json!({ "a": 1, "b": "x", "c": { "d": [], "e/f": 1 }, "g": [1, "y", 3], "h": null });
        let Value::Object(object) = body else {
            unreachable!()
        };
        let mut faults = Vec::new();
        let mut fields = Fields::of(object, &mut faults);
        assert_eq!(fields.take::<u64>("a", "整数"), Some(1));
        assert_eq!(fields.take::<u64>("b", "整数"), None);
        assert_eq!(
            fields.take_object("c", |c| c.take::<u64>("d", "整数")),
            Some(None)
        );
        assert_eq!(
            fields.take_list::<u64>("g", "整数"),
            Some(vec![Some(1), None, Some(3)])
        );
        assert_eq!(fields.take::<u64>("i", "整数"), None);
        fields.finish();
        let named: Vec<_> = faults
            .iter()
            .map(|fault| (fault.pointer.as_str(), fault.code.as_str()))
            .collect();
        assert_eq!(
            named,
            [
                ("/b", "unreadable"),
                ("/c/d", "unreadable"),
                ("/c/e~1f", "unknown_field"),
                ("/g/1", "unreadable"),
                ("/h", "unknown_field")
            ]
        );
    }
}
