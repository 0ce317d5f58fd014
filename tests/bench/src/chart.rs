//! Bar charts as SVG: one bar a line, made of parts, with its value at its end. They read on light and
//! dark pages alike, so they bring their own paper.

use std::fmt::Write as _;

/// A chart of horizontal bars.
pub(crate) struct Chart {
    /// What it shows, with its unit.
    pub(crate) title: &'static str,
    /// What the parts of a bar are, from left to right.
    pub(crate) parts: Vec<&'static str>,
    /// The bars, from top to bottom.
    pub(crate) bars: Vec<Bar>,
}

/// A bar.
pub(crate) struct Bar {
    /// Its name.
    pub(crate) name: String,
    /// The length of its parts, in the chart's unit.
    pub(crate) parts: Vec<f64>,
    /// What stands at its end.
    pub(crate) label: String,
}

const WIDTH: f64 = 820.0;
const NAMES: f64 = 190.0;
const LABELS: f64 = 130.0;
const LINE: f64 = 26.0;
/// Colours that people who see few of them can tell apart (Okabe and Ito).
const COLOURS: [&str; 5] = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9"];

impl Chart {
    /// The chart as SVG.
    pub(crate) fn svg(&self) -> String {
        let longest = self
            .bars
            .iter()
            .map(|bar| bar.parts.iter().sum::<f64>())
            .fold(0.0, f64::max);
        let scale = (WIDTH - NAMES - LABELS) / longest.max(f64::MIN_POSITIVE);
        let height = 68.0 + LINE * self.bars.len() as f64;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
             font-family=\"system-ui, sans-serif\" font-size=\"13\" role=\"img\">\n\
             <title>{0}</title>\n<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n\
             <text x=\"12\" y=\"24\" font-size=\"16\" font-weight=\"600\" fill=\"#222\">{0}</text>\n",
            escaped(self.title)
        );
        let mut x = 12.0;
        for (part, colour) in self.parts.iter().zip(COLOURS.iter().cycle()) {
            let _ = writeln!(
                svg,
                "<rect x=\"{x}\" y=\"36\" width=\"12\" height=\"12\" fill=\"{colour}\"/>\
                 <text x=\"{}\" y=\"47\" fill=\"#222\">{}</text>",
                x + 18.0,
                escaped(part)
            );
            x += 40.0 + 7.0 * part.chars().count() as f64;
        }
        for (line, bar) in self.bars.iter().enumerate() {
            let y = 60.0 + LINE * line as f64;
            let middle = y + 14.0;
            let _ = writeln!(
                svg,
                "<text x=\"{}\" y=\"{middle}\" text-anchor=\"end\" fill=\"#222\">{}</text>",
                NAMES - 8.0,
                escaped(&bar.name)
            );
            let mut x = NAMES;
            for (length, colour) in bar.parts.iter().zip(COLOURS.iter().cycle()) {
                let width = length * scale;
                let _ = writeln!(
                    svg,
                    "<rect x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"18\" fill=\"{colour}\"/>"
                );
                x += width;
            }
            let _ = writeln!(
                svg,
                "<text x=\"{:.1}\" y=\"{middle}\" fill=\"#222\">{}</text>",
                x + 6.0,
                escaped(&bar.label)
            );
        }
        svg.push_str("</svg>\n");
        svg
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
