//! The catalogue of texts: complete in both languages, and neither short of a text nor holding one that
//! no page shows.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected ends there"
)]

use std::collections::BTreeMap;

use serde_json::Value;

const ASSETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets");

fn texts() -> BTreeMap<String, Vec<String>> {
    let module = std::fs::read_to_string(format!("{ASSETS}/texts.js")).unwrap();
    let (_, json) = module.split_once("\nexport default").unwrap();
    serde_json::from_str(json).unwrap()
}

fn scripts() -> String {
    let files = std::fs::read_dir(ASSETS).unwrap();
    files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "js"))
        .filter(|path| !path.ends_with("texts.js"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

/// The words in braces that a text leaves to be filled in.
fn blanks(text: &str) -> Vec<&str> {
    let mut blanks: Vec<_> = text
        .split('{')
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('}')?.0))
        .collect();
    blanks.sort_unstable();
    blanks
}

#[test]
fn every_text_is_there_in_japanese_and_in_english() {
    for (name, text) in texts() {
        let [japanese, english] = text.as_slice() else {
            panic!("{name} is not there in two languages");
        };
        assert!(!japanese.is_empty() && !english.is_empty(), "{name}");
        assert_eq!(blanks(japanese), blanks(english), "{name}");
    }
}

/// A name stands in a script whole, or as the beginning of one that is completed there.
#[test]
fn every_text_is_shown_somewhere_and_every_name_has_a_text() {
    let (texts, scripts) = (texts(), scripts());
    for name in texts.keys() {
        let mut begun = name.match_indices('.').map(|(end, _)| {
            let beginning = name.get(..=end).unwrap();
            scripts.contains(&format!("`{beginning}${{"))
        });
        let whole = ["'", "`"]
            .iter()
            .any(|quote| scripts.contains(&format!("{quote}{name}{quote}")));
        assert!(whole || begun.any(|begun| begun), "no page shows {name}");
    }
    for opening in [
        "t('",
        "row('",
        "pair(['",
        "], ['paper.",
        "block('",
        "label('",
        "onPaper('",
    ] {
        let (call, _) = opening.split_once('\'').unwrap();
        for (place, _) in scripts.match_indices(opening) {
            let before = scripts.get(..place).unwrap().chars().next_back().unwrap();
            let rest = scripts.get(place + call.len() + 1..).unwrap();
            let name = rest.split('\'').next().unwrap();
            if !before.is_alphanumeric() && before != '.' {
                assert!(texts.contains_key(name), "there is no text {name}");
            }
        }
    }
}

/// What the API says by a code, the document of the API lists; a code without a sentence of ours would
/// reach a reader of English in Japanese, or bare.
#[test]
fn every_code_of_the_api_has_a_text() {
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let document: Value =
        serde_json::from_str(&std::fs::read_to_string(document).unwrap()).unwrap();
    let texts = texts();
    for (schema, property, prefix) in [
        ("Violation", "code", "fault"),
        ("Problem", "code", "problem"),
        ("Happening", "event", "event"),
        ("Status", "status", "status"),
        ("Kind", "", "kind"),
        ("Category", "", "category"),
        ("Delivery", "", "delivery"),
        ("Standing", "", "standing"),
        ("Side", "", "limit"),
        ("HandOverPaper", "", "hand-over"),
    ] {
        let schema = &document["components"]["schemas"][schema];
        let mut codes = Vec::new();
        codes_in(schema, property, &mut codes);
        assert!(!codes.is_empty(), "{prefix}");
        for code in codes {
            let name = format!("{prefix}.{code}");
            assert!(texts.contains_key(&name), "there is no text {name}");
        }
    }
}

/// The values of an enumeration, or of a property of each of its forms.
fn codes_in(schema: &Value, property: &str, codes: &mut Vec<String>) {
    let of_form = if property.is_empty() {
        schema
    } else {
        &schema["properties"][property]
    };
    let values = of_form["enum"].as_array().into_iter().flatten();
    codes.extend(values.filter_map(|code| Some(code.as_str()?.to_owned())));
    for form in schema["oneOf"].as_array().into_iter().flatten() {
        codes_in(form, property, codes);
    }
}
