//! Ruled tables: what stands in their cells, and how a row is set.

use guarantee::money::Yen;

use crate::paper::{BODY, SMALL, WIDTH};
use crate::typesetting::Align;

/// The width of the cells with labels.
const LABEL: f32 = 35.5;
/// The space between a rule and a value, and between a rule and a label.
const VALUE_PADDING: f32 = 2.0;
const LABEL_PADDING: f32 = 2.6;

/// What a cell of a table holds: one part below the other.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(crate) parts: Vec<Part>,
    /// The space at the left and right.
    pub(crate) padding: f32,
}

/// A text with its size and its place in a cell.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) text: String,
    pub(crate) size: f32,
    pub(crate) align: Align,
    /// What stands at the right end of the last line if there is room, else right below.
    pub(crate) beside: Option<String>,
}

impl Part {
    fn new(text: impl Into<String>, size: f32, align: Align) -> Self {
        Self {
            text: text.into(),
            size,
            align,
            beside: None,
        }
    }
}

impl Cell {
    fn of(part: Part, padding: f32) -> Self {
        Self {
            parts: vec![part],
            padding,
        }
    }

    /// A value.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::of(Part::new(text, BODY, Align::Left), VALUE_PADDING)
    }

    /// The name of a value, spread over its cell.
    pub(crate) fn label(text: impl Into<String>) -> Self {
        Self::of(Part::new(text, BODY, Align::Spread), LABEL_PADDING)
    }

    /// The head of a column.
    pub(crate) fn head(text: impl Into<String>) -> Self {
        Self::of(Part::new(text, BODY, Align::Centre), VALUE_PADDING)
    }

    /// An amount or a rate in a column.
    pub(crate) fn figure(text: impl Into<String>) -> Self {
        Self::of(Part::new(text, BODY, Align::Right), VALUE_PADDING)
    }

    /// An amount in letters that cannot be altered, and in figures beside: 金壱千弐百万円也 ￥12,000,000.
    pub(crate) fn amount(amount: Yen) -> Self {
        let mut part = Part::new(amount.daiji(), BODY + 1.0, Align::Left);
        part.beside = Some(amount.to_string());
        Self::of(part, VALUE_PADDING)
    }

    /// The same in larger type.
    pub(crate) fn large(mut self) -> Self {
        for part in &mut self.parts {
            part.size += 2.0;
        }
        self
    }

    /// A remark in small type below.
    pub(crate) fn remark(mut self, remark: impl Into<String>) -> Self {
        self.parts.push(Part::new(remark, SMALL, Align::Left));
        self
    }

    /// The remark below, if there is cause for it.
    pub(crate) fn remark_if(self, cause: bool, remark: &str) -> Self {
        if cause { self.remark(remark) } else { self }
    }
}

/// A row of a table: cells with their widths.
#[derive(Debug, Clone)]
pub(crate) struct Row(pub(crate) Vec<(f32, Cell)>);

impl Row {
    /// A label with its value.
    pub(crate) fn new(label: &str, value: Cell) -> Self {
        Self(vec![(LABEL, Cell::label(label)), (WIDTH - LABEL, value)])
    }

    /// Two labels with their values, side by side.
    pub(crate) fn pair(left: (&str, Cell), right: (&str, Cell)) -> Self {
        let value = WIDTH / 2.0 - LABEL;
        Self(vec![
            (LABEL, Cell::label(left.0)),
            (value, left.1),
            (LABEL, Cell::label(right.0)),
            (value, right.1),
        ])
    }

    /// Cells of these shares of the width.
    pub(crate) fn columns<const N: usize>(cells: [(f32, Cell); N]) -> Self {
        let whole: f32 = cells.iter().map(|(share, _)| share).sum();
        let cells = cells
            .into_iter()
            .map(|(share, cell)| (share / whole * WIDTH, cell));
        Self(cells.collect())
    }
}
