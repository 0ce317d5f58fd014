//! The document of the API (OpenAPI 3.1), made from the code of the functions and locked by a test.

use serde_json::Value;

/// The document as it is served.
pub(crate) const TEXT: &str = include_str!("../../../docs/openapi.json");

/// The methods that the document has for a path.
pub(crate) fn methods(path: &str) -> Vec<String> {
    let Ok(document) = serde_json::from_str::<Value>(TEXT) else {
        return Vec::new();
    };
    let Some(paths) = document.get("paths").and_then(Value::as_object) else {
        return Vec::new();
    };
    // `/api/applications/estimate` is a path of its own before it is an id under `/api/applications`.
    let found = paths.get(path).or_else(|| {
        paths
            .iter()
            .find(|(template, _)| matches(template, path))
            .map(|(_, found)| found)
    });
    let methods = found
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(|methods| methods.keys());
    methods.map(|method| method.to_uppercase()).collect()
}

fn matches(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given))
                if wanted == given || (wanted.starts_with('{') && !given.is_empty()) => {}
            _ => return false,
        }
    }
}
