//! Rule: no lines that `bicep format` would obviously change: calls that are too wide, tabs, trailing blanks.

use crate::{
    program::{Program, Report},
    value::SourcePlace,
};

/// The width of `bicep format`.
const WIDTH: usize = 120;

/// Checks the text of every file.
pub(crate) fn check(report: &Report<'_>, program: &Program) {
    for (number, path, _) in program.files() {
        let text = program.text(path).unwrap_or_default();
        let add = |line: usize, message: &str| report.add("layout", SourcePlace { file: number, line }, message);
        for (index, line) in text.lines().enumerate() {
            if line.contains('\t') {
                add(index + 1, "indent with blanks");
            }
            if line != line.trim_end() {
                add(index + 1, "remove the blanks at the end");
            }
            let indent = line.len() - line.trim_start().len();
            if indent % 2 == 1 {
                add(index + 1, "indent by two blanks a level");
            }
            // The formatter breaks code with commas: calls, arrays, objects. Comments and single texts stay unchanged.
            let code = line.trim_start();
            let breaks = code.contains(", ") && !code.starts_with("//") && !code.starts_with('@');
            if line.chars().count() > WIDTH && breaks {
                add(index + 1, "a line of code has 120 letters at most: bicep format breaks it");
            }
        }
        if !text.ends_with('\n') || text.ends_with("\n\n") {
            add(text.lines().count(), "end the file with one line break");
        }
    }
}
