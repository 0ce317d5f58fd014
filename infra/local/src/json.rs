//! Reading JSON whose shape somebody else decides.

use serde_json::Value;

/// The value at a JSON pointer, null where there is none.
pub(crate) fn at<'value>(value: &'value Value, pointer: &str) -> &'value Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

/// The text at a JSON pointer, empty where there is none.
pub(crate) fn text_at<'value>(value: &'value Value, pointer: &str) -> &'value str {
    at(value, pointer).as_str().unwrap_or_default()
}

/// The list at a JSON pointer, empty where there is none.
pub(crate) fn list_at<'value>(value: &'value Value, pointer: &str) -> &'value [Value] {
    at(value, pointer)
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
}
