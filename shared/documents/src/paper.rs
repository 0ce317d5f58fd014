//! What papers are written in: titles, tables, paragraphs, seals and QR codes, one below the other, in
//! millimetres from the top left; type sizes in points.
//!
//! A paper is set as roomily as one page holds it; one that is longer than its page goes on
//! on the next one under the same heading, and every page says which of how many it is. A character that the typeface lacks is remembered and refused when
//! all is written, so that a paper can be written from top to bottom without looking back.

use std::collections::HashMap;

use guarantee::calendar::Date;

use crate::DrawError;
use crate::archival::Imprint;
use crate::letter::{self, Letter};
use crate::pdf::{self, Area, Ink, Mark, PAGE};
use crate::qr;
use crate::table::{Cell, Row};
use crate::typesetting::{self, Align, Line};

/// The left and right margin.
const SIDE: f32 = 20.0;
/// Where the writing on a page begins and ends.
const TOP: f32 = 16.0;
const BOTTOM: f32 = PAGE.1 - 18.0;
/// The width between the margins.
pub(crate) const WIDTH: f32 = PAGE.0 - 2.0 * SIDE;

/// The sizes of type in points.
pub(crate) const TITLE: f32 = 21.0;
pub(crate) const LARGE: f32 = 12.5;
pub(crate) const BODY: f32 = 10.5;
pub(crate) const SMALL: f32 = 9.0;

/// The thickness of rules: around a table, and within it.
const OUTER_RULE: f32 = 0.45;
const INNER_RULE: f32 = 0.2;
/// The least height of a row, and the space above and below what stands in it.
const ROW: f32 = 7.5;
const ROW_PADDING: f32 = 0.9;

/// How much of these and of the space between parts of a paper there is: the first with which one page
/// holds it, or the usual.
const AIR: [f32; 4] = [1.22, 1.1, USUAL, 0.8];
const USUAL: f32 = 0.98;

/// The cells of a row as they are set, to be put down or torn.
type SetRow = Vec<SetCell>;

struct SetCell {
    width: f32,
    padding: f32,
    lines: Vec<Line>,
}

impl SetCell {
    fn height(&self) -> f32 {
        height(&self.lines)
    }

    fn first_height(&self) -> f32 {
        self.lines.first().map_or(0.0, |line| line.height)
    }
}

/// A paper that is being written.
pub(crate) struct Paper {
    imprint: Imprint,
    /// What stands at the foot of every page.
    foot: String,
    pages: Vec<Vec<Mark>>,
    /// How far the page is written.
    at: f32,
    /// How much space there is, as a factor.
    air: f32,
    /// The letters of texts that were set before, with this air or another.
    known: HashMap<String, Vec<Letter>>,
    fault: Option<DrawError>,
}

/// What a paper is, beside what is written on it.
pub(crate) struct About<'a> {
    /// Also the heading of the pages that follow the first.
    pub(crate) title: &'a str,
    pub(crate) author: &'a str,
    pub(crate) day: Date,
    /// What stands at the foot of every page.
    pub(crate) foot: &'a str,
}

/// The paper as PDF.
///
/// # Errors
/// The first fault of anything that was written.
pub(crate) fn draw(about: &About<'_>, write: impl Fn(&mut Paper)) -> Result<Vec<u8>, DrawError> {
    let set = |air, known| {
        let mut paper = Paper::new(about, air, known);
        write(&mut paper);
        paper
    };
    let mut known = HashMap::new();
    for air in AIR {
        let paper = set(air, known);
        if paper.pages.len() == 1 {
            return paper.finish();
        }
        known = paper.known;
    }
    set(USUAL, known).finish()
}

impl Paper {
    fn new(about: &About<'_>, air: f32, known: HashMap<String, Vec<Letter>>) -> Self {
        Self {
            imprint: Imprint {
                title: about.title.to_owned(),
                author: about.author.to_owned(),
                day: about.day,
            },
            foot: about.foot.to_owned(),
            pages: vec![Vec::new()],
            at: TOP,
            air,
            known,
            fault: None,
        }
    }

    /// Leaves space.
    pub(crate) fn space(&mut self, height: f32) {
        self.at += height * self.air;
    }

    /// A title in the middle, set wide; in smaller type if it is longer than a line.
    pub(crate) fn title(&mut self, text: &str) {
        const TRACKING: f32 = 0.12;
        let mut letters = self.letters(text);
        typesetting::space_out(&mut letters, TRACKING);
        let em = typesetting::width(&letters).max(1.0);
        let size = TITLE.min(WIDTH / typesetting::millimetres(em));
        let mut line = Line::new(letters, size);
        line.reads_as(text);
        line.embolden(0.015);
        line.put_in_the_middle(WIDTH);
        self.line(line, SIDE);
        self.space(3.0);
    }

    /// Begins the next page if this height does not fit on this one any more: what follows stays together.
    pub(crate) fn together(&mut self, height: f32) {
        if self.at + height > BOTTOM && self.at > TOP {
            self.next_page();
        }
    }

    /// A heading above a table, which stays with it.
    pub(crate) fn heading(&mut self, text: &str) {
        self.together(3.0 * ROW);
        self.text(text, BODY + 1.0);
        self.space(0.8);
    }

    /// Text from margin to margin.
    pub(crate) fn text(&mut self, text: &str, size: f32) {
        self.lines(text, size, Align::Left, SIDE, WIDTH);
    }

    /// Text at the right margin.
    pub(crate) fn text_at_right(&mut self, text: &str, size: f32) {
        self.lines(text, size, Align::Right, SIDE, WIDTH);
    }

    /// A paragraph; it begins with one em of space.
    pub(crate) fn paragraph(&mut self, text: &str) {
        self.text(&format!("\u{3000}{text}"), BODY);
    }

    /// A framed sentence that must not be overlooked.
    pub(crate) fn notice(&mut self, text: &str) {
        let lines = self.set(text, LARGE, Align::Centre, WIDTH - 8.0);
        let height = height(&lines) + 4.0;
        self.together(height);
        self.frame(OUTER_RULE, height);
        let below = self.at + height;
        self.space(2.0);
        for line in lines {
            self.line(line, SIDE + 4.0);
        }
        self.at = below;
    }

    /// Text that hangs from its mark: 1 …; in a column of this width.
    pub(crate) fn item(&mut self, mark: &str, text: &str, width: f32) {
        const INDENT: f32 = 7.0;
        const SIZE: f32 = BODY + 1.0;
        let marks = self.set(mark, SIZE, Align::Left, INDENT);
        let lines = self.set(text, SIZE, Align::Left, width - INDENT);
        let mut marks = marks.into_iter();
        for line in lines {
            self.together(line.height);
            if let Some(mark) = marks.next() {
                let at = self.at;
                self.line(mark, SIDE);
                self.at = at;
            }
            self.line(line, SIDE + INDENT);
        }
    }

    /// A ruled table.
    pub(crate) fn table(&mut self, rows: impl IntoIterator<Item = Row>) {
        let mut top = self.at;
        for row in rows {
            let mut row = self.set_row(row);
            loop {
                // A row goes to the next page whole, and is torn only if a page is too short for it.
                if self.at + self.row_height(&row) > BOTTOM && self.at > TOP + 3.0 * ROW {
                    self.close_table(top);
                    self.next_page();
                    top = self.at;
                }
                let rest = tear(&mut row, BOTTOM - self.at);
                self.row(&row, self.at > top);
                match rest {
                    Some(rest) => row = rest,
                    None => break,
                }
            }
        }
        self.close_table(top);
    }

    /// Who signs, in the right half of the page, with a seal.
    pub(crate) fn signature(&mut self, role: &str, lines: [(&str, f32); 4], seal: &str) {
        const LEFT: f32 = 58.0;
        const ROLE: f32 = 20.0;
        const SEAL: f32 = 19.0;
        let left = SIDE + LEFT + ROLE;
        let measure = WIDTH - LEFT - ROLE - SEAL - 3.0;
        let set: Vec<Line> = lines
            .into_iter()
            .flat_map(|(text, size)| self.set(text, size, Align::Left, measure))
            .collect();
        self.together(height(&set).max(SEAL + 2.0));
        let top = self.at;
        self.lines(role, BODY, Align::Left, SIDE + LEFT, ROLE);
        self.at = top;
        for line in set {
            self.line(line, left);
        }
        let below = self.at.max(top + SEAL + 2.0);
        self.square_seal(seal, Ink::Vermilion, SIDE + WIDTH - SEAL, top + 1.0, SEAL);
        self.at = below;
    }

    /// A stamp in the top right corner with what it means below.
    pub(crate) fn corner_stamp(&mut self, letter: &str, meaning: &str) {
        const SIZE: f32 = 12.0;
        const COLUMN: f32 = 24.0;
        let left = SIDE + WIDTH - COLUMN;
        self.square_seal(
            letter,
            Ink::Black,
            left + (COLUMN - SIZE) / 2.0,
            TOP - 5.0,
            SIZE,
        );
        let at = std::mem::replace(&mut self.at, TOP - 5.0 + SIZE + 0.5);
        self.lines(meaning, SMALL, Align::Centre, left, COLUMN);
        self.at = at;
    }

    /// Letters to be read off a FAX or over the telephone: large, with the groups far apart, framed.
    pub(crate) fn code(&mut self, name: &str, meaning: &str, code: &str, largest: f32) {
        /// The space between letters in em.
        const TRACKING: f32 = 0.12;
        let mut letters = self.letters(code);
        typesetting::widen_hyphens(&mut letters);
        typesetting::space_out(&mut letters, TRACKING);
        let em = typesetting::width(&letters).max(1.0);
        let size = largest.min((WIDTH - 8.0) / typesetting::millimetres(em));
        let mut line = Line::new(letters, size);
        line.reads_as(code);
        // The thin strokes of the typeface do not survive a FAX.
        line.embolden(0.035);
        line.put_in_the_middle(WIDTH);
        let height = line.height + 5.0;
        self.together(height + 12.0);
        self.text(name, LARGE);
        self.space(0.8);
        self.frame(OUTER_RULE, height);
        self.space(2.5);
        self.line(line, SIDE);
        self.space(3.2);
        self.text(meaning, BODY);
    }

    /// A QR code of this size with its quiet zone at the right margin, and what is written beside it in
    /// the width that is left.
    pub(crate) fn beside_qr(&mut self, text: &str, side: f32, write: impl FnOnce(&mut Self, f32)) {
        const BETWEEN: f32 = 5.0;
        self.together(side);
        match qr::code(text, SIDE + WIDTH - side, self.at, side) {
            Ok(areas) => self.put(Mark::Fill {
                ink: Ink::Black,
                areas,
            }),
            Err(fault) => self.remember(fault),
        }
        let (page, below) = (self.pages.len(), self.at + side);
        write(self, WIDTH - side - BETWEEN);
        if self.pages.len() == page {
            self.at = self.at.max(below);
        }
    }

    /// The pages, numbered.
    fn finish(mut self) -> Result<Vec<u8>, DrawError> {
        let count = self.pages.len();
        let foot = std::mem::take(&mut self.foot);
        let mut pages = std::mem::take(&mut self.pages);
        for (page, number) in pages.iter_mut().zip(1..) {
            let left = self.set(&foot, SMALL, Align::Left, WIDTH);
            let right = self.set(&format!("{number}/{count}"), SMALL, Align::Right, WIDTH);
            for line in left.into_iter().chain(right) {
                page.extend(line.at(SIDE, BOTTOM + 4.0));
            }
        }
        match self.fault {
            Some(fault) => Err(fault),
            None => pdf::write(&self.imprint, &pages),
        }
    }

    fn next_page(&mut self) {
        self.pages.push(Vec::new());
        self.at = TOP;
        let heading = format!("{}(続き)", self.imprint.title);
        self.text(&heading, LARGE);
        self.space(2.0);
    }

    fn put(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    fn remember(&mut self, fault: DrawError) {
        self.fault.get_or_insert(fault);
    }

    fn letters(&mut self, text: &str) -> Vec<Letter> {
        if let Some(letters) = self.known.get(text) {
            return letters.clone();
        }
        match letter::letters(text) {
            Ok(letters) => {
                self.known.insert(text.to_owned(), letters.clone());
                letters
            }
            Err(fault) => {
                self.remember(fault);
                Vec::new()
            }
        }
    }

    /// The lines of a text in this measure.
    fn set(&mut self, text: &str, size: f32, align: Align, measure: f32) -> Vec<Line> {
        let letters = self.letters(text);
        typesetting::set(&letters, size, align, measure)
    }

    /// Sets lines and puts them down one by one, over pages if need be.
    fn lines(&mut self, text: &str, size: f32, align: Align, left: f32, measure: f32) {
        for line in self.set(text, size, align, measure) {
            self.line(line, left);
        }
    }

    fn line(&mut self, line: Line, left: f32) {
        self.together(line.height);
        let height = line.height;
        for mark in line.at(left, self.at) {
            self.put(mark);
        }
        self.at += height;
    }

    fn set_row(&mut self, Row(cells): Row) -> SetRow {
        let cells = cells.into_iter().map(|(width, cell)| SetCell {
            width,
            padding: cell.padding,
            lines: self.set_cell(cell, width),
        });
        cells.collect()
    }

    fn set_cell(&mut self, cell: Cell, width: f32) -> Vec<Line> {
        /// What must stay free between a text and what stands beside it.
        const BETWEEN: f32 = 6.0;
        let measure = width - 2.0 * cell.padding;
        let mut lines = Vec::new();
        for part in cell.parts {
            let mut set = self.set(&part.text, part.size, part.align, measure);
            let beside = part.beside.unwrap_or_default();
            let beside = self.set(&beside, part.size, Align::Right, measure);
            let beside_width: f32 = beside.iter().map(Line::width).sum();
            match set.last_mut() {
                Some(last) if last.width() + BETWEEN + beside_width <= measure => {
                    beside.into_iter().for_each(|line| last.join(line));
                }
                _ => set.extend(beside),
            }
            lines.extend(set);
        }
        lines
    }

    /// Puts down the cells of a row, with a rule above unless it is the first.
    fn row(&mut self, row: &[SetCell], rule_above: bool) {
        let row_height = self.row_height(row);
        let mut rules = Vec::new();
        if rule_above {
            rules.push(horizontal(SIDE, self.at, WIDTH, INNER_RULE));
        }
        // First lines stand side by side, so that a label is read before all of its value.
        let highest = row
            .iter()
            .max_by(|one, other| one.height().total_cmp(&other.height()));
        let (most, first) = highest.map_or((0.0, 0.0), |cell| (cell.height(), cell.first_height()));
        let middle = (row_height - most + first) / 2.0;
        let mut left = SIDE;
        for cell in row {
            if left > SIDE {
                rules.push(vertical(left, self.at, row_height, INNER_RULE));
            }
            let mut top = self.at + middle - cell.first_height() / 2.0;
            for line in &cell.lines {
                for mark in line.clone().at(left + cell.padding, top) {
                    self.put(mark);
                }
                top += line.height;
            }
            left += cell.width;
        }
        self.put(Mark::Fill {
            ink: Ink::Black,
            areas: rules,
        });
        self.at += row_height;
    }

    fn row_height(&self, row: &[SetCell]) -> f32 {
        row.iter()
            .map(|cell| cell.height() + 2.0 * ROW_PADDING * self.air)
            .fold(ROW * self.air, f32::max)
    }

    /// The frame of a table that began here.
    fn close_table(&mut self, top: f32) {
        let below = std::mem::replace(&mut self.at, top);
        if below > top {
            self.frame(OUTER_RULE, below - top);
        }
        self.at = below;
    }

    /// A frame from margin to margin around what is to be written in this height.
    fn frame(&mut self, thickness: f32, height: f32) {
        self.put(Mark::Fill {
            ink: Ink::Black,
            areas: frame(SIDE, self.at, WIDTH, height, thickness).into(),
        });
    }

    /// A square seal (角印): its letters in columns from the right, which they fill as they do where a
    /// seal is cut, wider or narrower than in print.
    fn square_seal(&mut self, text: &str, ink: Ink, left: f32, top: f32, side: f32) {
        /// How much wider and narrower at the most.
        const STRETCH: (f32, f32) = (0.8, 1.4);
        let thickness = side / 24.0;
        self.put(Mark::Fill {
            ink,
            areas: frame(left, top, side, side, thickness).into(),
        });
        let letters = self.letters(text);
        let inside = side - 4.0 * thickness;
        let rows = (1..).find(|rows| rows * rows >= letters.len()).unwrap_or(1);
        let columns = letters.len().div_ceil(rows);
        let width = inside / columns.max(1) as f32;
        for (column, letters) in evenly(&letters, columns).enumerate() {
            let height = inside / letters.len() as f32;
            let size = height.min(width / STRETCH.0);
            let middle = left + side / 2.0 + inside / 2.0 - (column as f32 + 0.5) * width;
            for (row, letter) in letters.iter().enumerate() {
                let mut line = Line::new(vec![*letter], size / typesetting::millimetres(1.0));
                line.tight();
                line.ink(ink);
                line.embolden(0.02);
                line.stretch((width / size).clamp(STRETCH.0, STRETCH.1));
                let above = 2.0 * thickness + (row as f32 + 0.5) * height - size / 2.0;
                for mark in line.clone().at(middle - line.width() / 2.0, top + above) {
                    self.put(mark);
                }
            }
        }
    }
}

/// Letters in so many columns, the first ones longer by one where they do not divide.
fn evenly(letters: &[Letter], columns: usize) -> impl Iterator<Item = &[Letter]> {
    let mut rest = letters;
    (0..columns).map(move |column| {
        let length = rest.len().div_ceil(columns - column);
        let (first, others) = rest.split_at(length);
        rest = others;
        first
    })
}

fn height(lines: &[Line]) -> f32 {
    lines.iter().map(|line| line.height).sum()
}

/// Leaves the lines that fit in this height, at least one of each cell, and gives the others.
fn tear(row: &mut [SetCell], height: f32) -> Option<SetRow> {
    let rest: SetRow = row
        .iter_mut()
        .map(|cell| {
            let mut used = 2.0 * ROW_PADDING;
            let fitting = cell
                .lines
                .iter()
                .take_while(|line| {
                    used += line.height;
                    used <= height
                })
                .count();
            SetCell {
                lines: cell.lines.split_off(fitting.max(1).min(cell.lines.len())),
                ..*cell
            }
        })
        .collect();
    rest.iter()
        .any(|cell| !cell.lines.is_empty())
        .then_some(rest)
}

fn horizontal(left: f32, at: f32, width: f32, thickness: f32) -> Area {
    Area {
        left,
        top: at - thickness / 2.0,
        width,
        height: thickness,
    }
}

fn vertical(at: f32, top: f32, height: f32, thickness: f32) -> Area {
    Area {
        left: at - thickness / 2.0,
        top,
        width: thickness,
        height,
    }
}

/// Four rules around an area.
fn frame(left: f32, top: f32, width: f32, height: f32, thickness: f32) -> [Area; 4] {
    let over = thickness / 2.0;
    [
        horizontal(left - over, top, width + thickness, thickness),
        horizontal(left - over, top + height, width + thickness, thickness),
        vertical(left, top - over, height + thickness, thickness),
        vertical(left + width, top - over, height + thickness, thickness),
    ]
}
