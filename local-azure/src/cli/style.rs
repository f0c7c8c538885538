//! The styles of the terminal.

use anstyle::{AnsiColor, Color, Style};

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const GREEN: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Green)));
pub(super) const YELLOW: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Yellow)));
pub(super) const RED: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Red))).bold();
