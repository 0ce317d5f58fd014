//! Setting Japanese text: which letters, how wide, and where a line may end.
//!
//! Lines end as JIS X 4051 asks of papers: no line begins with a closing bracket, a full stop or a
//! small kana (行頭禁則), none ends with an opening bracket (行末禁則), …… and ―― stay together
//! (分離禁止), and a comma or full stop may hang over the end (ぶら下げ). Numbers and Latin words are
//! not torn apart, and neither are full-width numbers. Where two brackets or stops meet, the blank
//! halves of their letters go (約物の詰め), and the last of a line may do without its own.

use crate::letter::{Letter, letters};
use crate::pdf::{Ink, Mark, Run};

/// The height of a line in em, and how far the body of a letter reaches above the baseline.
const LEADING: f32 = 1.5;
const ASCENT: f32 = 0.88;
/// The most that a line is widened to end with its measure, in em between two letters; more would tear
/// words apart for the eye and for programs that read.
const WIDENING: f32 = 0.08;

/// Points in millimetres.
pub(crate) fn millimetres(points: f32) -> f32 {
    points * 25.4 / 72.0
}

/// How lines stand in their measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    /// From the left; lines that go on on the next one end with the measure.
    Left,
    Centre,
    Right,
    /// 均等割付: the letters spread over the measure.
    Spread,
}

/// Takes away the blank halves of brackets and stops that meet, as JIS X 4051 does, and half of the
/// gap after ￥ in which another figure would find room.
pub(crate) fn close_up(letters: &mut [Letter]) {
    let next: Vec<char> = letters
        .iter()
        .skip(1)
        .map(|letter| letter.character)
        .collect();
    for (letter, next) in letters.iter_mut().zip(next) {
        let blank_after = CLOSING.contains(letter.character) || HANGING.contains(letter.character);
        let blank_before = OPENING.contains(next);
        let meets = blank_before || CLOSING.contains(next) || HANGING.contains(next);
        let middle = |letter| MIDDLE.contains(letter);
        letter.after = match letter.character {
            _ if blank_after && (meets || middle(next)) => -HALF,
            before if blank_before && (OPENING.contains(before) || middle(before)) => -HALF,
            '￥' if next.is_ascii_digit() => -0.13,
            _ => 0.0,
        };
    }
}

/// The width of letters in em; space after the last one does not count.
pub(crate) fn width(letters: &[Letter]) -> f32 {
    let whole: f32 = letters
        .iter()
        .map(|letter| letter.width + letter.after)
        .sum();
    whole - letters.last().map_or(0.0, |last| last.after)
}

/// Sets letters this far apart (in em).
pub(crate) fn space_out(letters: &mut [Letter], space: f32) {
    for letter in letters {
        letter.after += space;
    }
}

/// Draws hyphens as the full-width one. It keeps groups apart without a gap, which programs would read
/// as a space; it still reads as a hyphen.
pub(crate) fn widen_hyphens(text: &mut [Letter]) {
    let wide = letters("\u{2010}")
        .ok()
        .and_then(|wide| wide.first().copied());
    for letter in text.iter_mut().filter(|letter| letter.character == '-') {
        if let Some(Letter { glyph, width, .. }) = wide {
            (letter.glyph, letter.width) = (glyph, width);
        }
    }
}

/// A line as it is set, to be put down somewhere.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// Their places are relative to the left and top of the line.
    runs: Vec<Run>,
    /// In millimetres.
    pub(crate) height: f32,
}

impl Line {
    /// A line of letters of this size in points.
    pub(crate) fn new(letters: Vec<Letter>, size: f32) -> Self {
        let em = millimetres(size);
        let run = Run {
            left: 0.0,
            baseline: em * ((LEADING - 1.0) / 2.0 + ASCENT),
            size,
            ink: Ink::Black,
            weight: 0.0,
            stretch: 1.0,
            letters,
            reads: None,
        };
        Self {
            runs: vec![run],
            height: em * LEADING,
        }
    }

    /// Says what the line reads as: its letters may stand too far apart to be taken for one word.
    pub(crate) fn reads_as(&mut self, text: &str) {
        for run in &mut self.runs {
            run.reads = Some(text.to_owned());
        }
    }

    /// Colours the line.
    pub(crate) fn ink(&mut self, ink: Ink) {
        for run in &mut self.runs {
            run.ink = ink;
        }
    }

    /// Makes the strokes heavier by so much (in em).
    pub(crate) fn embolden(&mut self, weight: f32) {
        for run in &mut self.runs {
            run.weight = weight;
        }
    }

    /// Makes the letters wider by this factor.
    pub(crate) fn stretch(&mut self, factor: f32) {
        for run in &mut self.runs {
            run.stretch = factor;
        }
    }

    /// Takes away the space above and below the letters.
    pub(crate) fn tight(&mut self) {
        let above = self.height * (LEADING - 1.0) / 2.0 / LEADING;
        self.height -= 2.0 * above;
        for run in &mut self.runs {
            run.baseline -= above;
        }
    }

    /// The width from the first letter to the last, in millimetres.
    pub(crate) fn width(&self) -> f32 {
        self.runs
            .iter()
            .map(|run| width(&run.letters) * millimetres(run.size) * run.stretch)
            .sum()
    }

    /// Moves the line to the middle of this measure.
    pub(crate) fn put_in_the_middle(&mut self, measure: f32) {
        self.indent((measure - self.width()) / 2.0);
    }

    fn indent(&mut self, by: f32) {
        for run in &mut self.runs {
            run.left += by;
        }
    }

    /// Takes in the letters of another line of this height, where they stand.
    pub(crate) fn join(&mut self, other: Self) {
        self.runs.extend(other.runs);
    }

    /// The line at this place on a page.
    pub(crate) fn at(self, left: f32, top: f32) -> impl Iterator<Item = Mark> {
        self.runs.into_iter().map(move |mut run| {
            run.left += left;
            run.baseline += top;
            Mark::Run(run)
        })
    }
}

/// The lines of letters of this size (points) in this measure (millimetres).
pub(crate) fn set(letters: &[Letter], size: f32, align: Align, measure: f32) -> Vec<Line> {
    let em = millimetres(size);
    let lines = lines(letters, measure / em);
    let last = lines.len().saturating_sub(1);
    let mut set = Vec::with_capacity(lines.len());
    for (place, line) in lines.into_iter().enumerate() {
        let mut letters = line.to_vec();
        let spare = measure / em - taken(line, measure / em);
        let gaps = line.len().saturating_sub(1).max(1) as f32;
        match align {
            Align::Spread if spare > 0.0 => space_out(&mut letters, spare / gaps),
            Align::Left if place < last && spare / gaps <= WIDENING => {
                space_out(&mut letters, spare / gaps);
            }
            _ => {}
        }
        let text: String = line.iter().flat_map(|letter| letter.text()).collect();
        let mut line = Line::new(letters, size);
        match align {
            Align::Left => {}
            Align::Spread => line.reads_as(&text),
            Align::Centre => line.indent(spare * em / 2.0),
            Align::Right => line.indent(spare * em),
        }
        set.push(line);
    }
    set
}

/// What a line takes of its measure (in em): a bracket or stop at its end does not need its blank
/// half, and a comma or full stop that is beyond the measure even so hangs over it.
fn taken(line: &[Letter], measure: f32) -> f32 {
    let Some(last) = line.last() else {
        return 0.0;
    };
    let whole = width(line);
    let least = whole - blank_at_the_end(last);
    if whole <= measure {
        whole
    } else if HANGING.contains(last.character) && least > measure + 0.001 {
        whole - last.width
    } else {
        least.max(measure.min(whole))
    }
}

fn blank_at_the_end(letter: &Letter) -> f32 {
    if CLOSING.contains(letter.character) || HANGING.contains(letter.character) {
        HALF
    } else {
        0.0
    }
}

/// Breaks letters into lines of at most this measure (in em).
///
/// A comma or full stop may hang over the end of a line. A word that is longer than a line is torn.
fn lines(letters: &[Letter], measure: f32) -> Vec<&[Letter]> {
    let mut lines = Vec::new();
    let mut rest = letters;
    while !rest.is_empty() {
        let (line, following) = rest.split_at(end_of_line(rest, measure));
        lines.push(without_spaces_at_the_end(line));
        rest = without_spaces_at_the_start(following);
    }
    lines
}

/// How many of these letters the first line takes; at least one.
fn end_of_line(letters: &[Letter], measure: f32) -> usize {
    let mut used = 0.0;
    let mut fitting = 0;
    for letter in letters {
        // A hair of tolerance, so that a line made to measure stays one line.
        if used + letter.width - blank_at_the_end(letter) > measure + 0.001 {
            break;
        }
        used += letter.width + letter.after;
        fitting += 1;
    }
    if fitting == letters.len() {
        return fitting;
    }
    let hanging = letters
        .get(fitting)
        .is_some_and(|letter| HANGING.contains(letter.character));
    let longest = if hanging { fitting + 1 } else { fitting };
    (1..=longest)
        .rev()
        .find(|end| may_break(letters, *end))
        .unwrap_or(fitting)
        .max(1)
}

/// Whether a line may end before the letter at this place.
fn may_break(letters: &[Letter], place: usize) -> bool {
    let before = place.checked_sub(1).and_then(|before| letters.get(before));
    let (Some(before), Some(after)) = (before, letters.get(place)) else {
        return true;
    };
    let (before, after) = (before.character, after.character);
    !(NEVER_FIRST.contains(after)
        || NEVER_LAST.contains(before)
        || (before == after && INSEPARABLE.contains(before))
        || (in_a_word(before) && in_a_word(after))
        || (in_a_wide_number(before) && in_a_wide_number(after)))
}

/// 行頭禁則.
const NEVER_FIRST: &str = "、。，．・：；？！゛゜ヽヾゝゞ々〻ー’”）〕］｝〉》」』】〙〗〟｠»‐゠–〜～)]}!?,.:;ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ％%℃°′″";
/// 行末禁則.
const NEVER_LAST: &str = "‘“（〔［｛〈《「『【〘〖〝｟«([{￥¥＄$№＃#";
/// 分離禁止.
const INSEPARABLE: &str = "…‥―—〳〴〵";
/// ぶら下げ.
const HANGING: &str = "、。，．";
/// The brackets whose left half is blank, those whose right half is, and the points between two blanks.
const OPENING: &str = "（〔［｛〈《「『【〘〖｟〝";
const CLOSING: &str = "）〕］｝〉》」』】〙〗｠〟";
const MIDDLE: &str = "・：；";
const HALF: f32 = 0.5;

/// Whether the letter belongs to a Latin word, an address or a number, which is not torn apart.
fn in_a_word(character: char) -> bool {
    (character.is_ascii_graphic() && !"/&?=()[]".contains(character))
        || (character < '\u{2E80}' && character.is_alphabetic())
}

fn in_a_wide_number(character: char) -> bool {
    matches!(character, '０'..='９' | '，' | '．')
}

fn is_space(letter: &Letter) -> bool {
    matches!(letter.character, ' ' | '\u{3000}')
}

fn without_spaces_at_the_end(line: &[Letter]) -> &[Letter] {
    match line.iter().rposition(|letter| !is_space(letter)) {
        Some(last) => line.get(..=last).unwrap_or(line),
        None => &[],
    }
}

fn without_spaces_at_the_start(line: &[Letter]) -> &[Letter] {
    match line.iter().position(|letter| !is_space(letter)) {
        Some(first) => line.get(first..).unwrap_or(line),
        None => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The text broken into lines of so many full-width letters.
    fn broken(text: &str, measure: f32) -> Vec<String> {
        let letters = letters(text).unwrap();
        lines(&letters, measure)
            .into_iter()
            .map(|line| line.iter().flat_map(|letter| letter.text()).collect())
            .collect()
    }

    #[test]
    fn a_line_ends_where_it_is_full() {
        assert_eq!(broken("道路改良工事", 4.0), ["道路改良", "工事"]);
        assert_eq!(broken("道路改良工事", 6.0), ["道路改良工事"]);
        assert_eq!(broken("", 6.0), Vec::<String>::new());
    }

    /// JIS X 4051 行頭禁則.
    #[test]
    fn no_line_begins_with_what_closes() {
        assert_eq!(broken("橋梁(下部)工", 4.4), ["橋梁(下", "部)工"]);
        assert_eq!(broken("橋梁「下部」工", 5.0), ["橋梁「下", "部」工"]);
        assert_eq!(broken("道路センター工", 5.0), ["道路セン", "ター工"]);
        assert_eq!(broken("あいうえっか", 4.0), ["あいう", "えっか"]);
    }

    /// JIS X 4051 行末禁則.
    #[test]
    fn no_line_ends_with_what_opens() {
        assert_eq!(broken("橋梁「下部」", 3.0), ["橋梁", "「下", "部」"]);
        assert_eq!(broken("総額￥五", 3.0), ["総額", "￥五"]);
    }

    /// JIS X 4051 ぶら下げ: a full stop may hang over the end.
    #[test]
    fn a_full_stop_hangs_over_the_end() {
        assert_eq!(broken("道路改良。工事", 4.0), ["道路改良。", "工事"]);
        assert_eq!(broken("道路改良。」工", 4.0), ["道路改", "良。」工"]);
    }

    /// JIS X 4051: brackets and stops are half as wide where they meet and where a line ends.
    #[test]
    fn brackets_that_meet_lose_their_blank_halves() {
        for (text, expected) in [
            ("「甲」「乙」", 5.5),
            ("「（甲）」、", 4.5),
            ("甲・「乙」", 4.5),
            ("甲、乙", 3.0),
            ("甲)」", 2.364),
        ] {
            let found = width(&letters(text).unwrap());
            assert!((found - expected).abs() < 0.001, "{text}: {found}");
        }
        assert_eq!(broken("橋梁「下部」工", 5.5), ["橋梁「下部」", "工"]);
    }

    /// An amount has no room for another figure behind its sign.
    #[test]
    fn the_yen_sign_stands_close_to_its_figures() {
        assert!(width(&letters("￥1").unwrap()) < 1.0 + width(&letters("1").unwrap()) - 0.1);
    }

    #[test]
    fn words_numbers_and_pairs_are_not_torn_apart() {
        assert_eq!(broken("工事No.12345号", 5.8), ["工事", "No.12345号"]);
        assert_eq!(broken("第１２３４区", 4.0), ["第", "１２３４", "区"]);
        assert_eq!(broken("以上……以下", 3.0), ["以上", "……以", "下"]);
        // Unless they are longer than a line.
        assert_eq!(broken("ABCDEFGHIJKLMNOP", 4.0).concat(), "ABCDEFGHIJKLMNOP");
    }

    #[test]
    fn spaces_go_where_a_line_ends() {
        assert_eq!(broken("株式会社 髙﨑建設", 4.0), ["株式会社", "髙﨑建設"]);
    }

    /// 均等割付: from one end of the measure to the other.
    #[test]
    fn labels_are_spread_over_their_measure() {
        let label = letters("工事名").unwrap();
        let line = set(&label, 10.0, Align::Spread, 29.0).remove(0);
        assert!((line.width() - 29.0).abs() < 0.01);
    }

    proptest! {
        /// Nothing is lost but spaces, nothing is longer than its measure but by what hangs.
        #[test]
        fn lines_keep_every_letter_and_their_measure(
            text in "[ぁ-ん道路橋梁髙改良工事第号区、。「」（）・()A-Za-z0-9 ０-９…ー]{0,120}",
            measure in 2.0f32..30.0,
        ) {
            let letters = letters(&text).unwrap();
            let lines = lines(&letters, measure);
            let kept: String = lines.iter().copied().flatten().flat_map(|letter| letter.text()).collect();
            let squeezed = |text: &str| text.replace(' ', "");
            prop_assert_eq!(squeezed(&kept), squeezed(&text));
            for line in lines {
                prop_assert!(taken(line, measure) <= measure + 0.01 || line.len() == 1);
            }
        }
    }
}
