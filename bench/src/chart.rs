//! Bar charts as SVG, readable on light and on dark pages.

use crate::statistics::figure;

use std::fmt::Write as _;

const WIDTH: f64 = 720.0;
const LEFT: f64 = 170.0;
const RIGHT: f64 = 110.0;
const TOP: f64 = 40.0;
const ROW: f64 = 30.0;
const BAR: f64 = 18.0;

/// One bar: its name, and the low, median and high value of the rounds.
pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) low: f64,
    pub(crate) median: f64,
    pub(crate) high: f64,
}

/// Draws one bar for each value of a figure. The line at the end of a bar shows its spread.
pub(crate) fn bars(title: &str, unit: &str, bars: &[Bar]) -> String {
    let height = TOP + ROW * bars.len() as f64 + 10.0;
    let longest = bars.iter().map(|bar| bar.high).fold(f64::MIN_POSITIVE, f64::max);
    let x = |value: f64| LEFT + value / longest * (WIDTH - LEFT - RIGHT);
    let title = escaped(&format!("{title}, {unit}"));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         font-family=\"system-ui, sans-serif\" font-size=\"14\" fill=\"#777\">\n<title>{title}</title>\n\
         <text x=\"8\" y=\"22\" font-weight=\"600\">{title}</text>\n"
    );
    for (index, bar) in bars.iter().enumerate() {
        let y = TOP + ROW * index as f64;
        let (text, middle) = (y + 14.0, y + BAR / 2.0);
        let (low, end, high) = (x(bar.low), x(bar.median), x(bar.high));
        let name = escaped(&bar.name);
        // Writing to a String does not fail.
        let _ = writeln!(
            svg,
            "<text x=\"{:.0}\" y=\"{text:.0}\" text-anchor=\"end\">{name}</text>\n\
             <rect x=\"{LEFT:.0}\" y=\"{y:.0}\" width=\"{:.1}\" height=\"{BAR:.0}\" fill=\"#3b82c4\"/>\n\
             <path d=\"M{low:.1} {middle:.0}H{high:.1}\" stroke=\"#888\" stroke-width=\"2\"/>\n\
             <text x=\"{:.1}\" y=\"{text:.0}\">{}</text>",
            LEFT - 8.0,
            (end - LEFT).max(1.0),
            high.max(end) + 8.0,
            figure(bar.median),
        );
    }
    svg + "</svg>\n"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_fits_and_names_are_escaped() {
        let bar = |name: &str, median| Bar { name: name.to_owned(), low: median, median, high: median };
        let svg = bars("time", "ms", &[bar("a<b", 1.0), bar("b", 4.0)]);
        assert!(svg.contains("a&lt;b") && svg.contains("width=\"440.0\"") && svg.contains("width=\"110.0\""), "{svg}");
    }
}
