//! What was found, in the documents: a table between two markers of its section, the rest untouched.

use std::fmt::Display;
use std::path::{Path, PathBuf};

/// The folder of the project.
pub(crate) fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// A table in Markdown: its first column is text, the others are numbers.
pub(crate) struct Table {
    text: String,
}

impl Table {
    pub(crate) fn new<C: Display>(columns: impl IntoIterator<Item = C>) -> Self {
        let mut table = Self {
            text: String::new(),
        };
        let columns: Vec<String> = columns
            .into_iter()
            .map(|column| column.to_string())
            .collect();
        table.row(&columns);
        let numbers = "---:|".repeat(columns.len() - 1);
        table.text.push_str(&format!("|---|{numbers}\n"));
        table
    }

    pub(crate) fn row<C: Display>(&mut self, cells: impl IntoIterator<Item = C>) {
        for cell in cells {
            self.text.push_str(&format!("| {cell} "));
        }
        self.text.push_str("|\n");
    }
}

impl Display for Table {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.text.trim_end())
    }
}

/// Writes what was measured into its section of a document under `docs/`, and shows it.
pub(crate) fn write(document: &str, section: &str, measured: &str) {
    println!("\n{measured}\n");
    let path = project().join("docs").join(document);
    let text = std::fs::read_to_string(&path).unwrap();
    let text = replaced(&text, section, measured)
        .unwrap_or_else(|| panic!("docs/{document} has no place for «{section}»"));
    std::fs::write(path, text).unwrap();
}

/// Writes a picture under `docs/charts/`.
pub(crate) fn draw(name: &str, picture: &str) {
    let charts = project().join("docs/charts");
    std::fs::create_dir_all(&charts).unwrap();
    std::fs::write(charts.join(name), picture).unwrap();
}

/// The document with other text between the markers of a section; none when they are not there.
fn replaced(document: &str, section: &str, measured: &str) -> Option<String> {
    let (begin, end) = (
        format!("<!-- measured: {section} -->\n"),
        format!("<!-- end: {section} -->"),
    );
    let (before, rest) = document.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}{measured}\n{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_markers_is_written_anew() {
        let document = "before\n<!-- measured: x -->\nold\n<!-- end: x -->\nafter\n";
        let expected = "before\n<!-- measured: x -->\nnew\n<!-- end: x -->\nafter\n";
        assert_eq!(replaced(document, "x", "new").as_deref(), Some(expected));
        assert_eq!(replaced(document, "y", "new"), None);
    }

    #[test]
    fn a_table_has_its_numbers_to_the_right() {
        let mut table = Table::new(["what", "ms"]);
        table.row(["start", "3"]);
        assert_eq!(
            table.to_string(),
            "| what | ms |\n|---|---:|\n| start | 3 |"
        );
    }
}
