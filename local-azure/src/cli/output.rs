//! Standard output and standard error of commands. A reader that leaves, as `head` does, ends a command. This is no
//! failure.
//!
//! `println!` panics when the other end of a pipe is closed. These macros have the same names and drop the text that
//! cannot be written.

use std::{
    fmt,
    io::{self, Write as _},
};

use tokio::sync::watch;

/// A line on standard output.
macro_rules! print_line {
    () => { $crate::cli::output::to_stdout(format_args!("\n")) };
    ($($text:tt)*) => { $crate::cli::output::to_stdout(format_args!("{}\n", format_args!($($text)*))) };
}

/// Text on standard output.
macro_rules! print_text {
    ($($text:tt)*) => { $crate::cli::output::to_stdout(format_args!($($text)*)) };
}

/// A line on standard error.
macro_rules! print_error_line {
    ($($text:tt)*) => { $crate::cli::output::to_stderr(format_args!("{}\n", format_args!($($text)*))) };
}

pub(super) use {print_error_line as eprintln, print_line as println, print_text as print};

/// Becomes true when the reader of standard output leaves.
static LEFT: std::sync::LazyLock<watch::Sender<bool>> = std::sync::LazyLock::new(|| watch::Sender::new(false));

pub(super) fn to_stdout(text: fmt::Arguments<'_>) {
    if *LEFT.borrow() {
        return;
    }
    let mut stdout = anstream::stdout().lock();
    let written = stdout.write_fmt(text).and_then(|()| stdout.flush());
    if written.is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
        LEFT.send_replace(true);
    }
}

pub(super) fn to_stderr(text: fmt::Arguments<'_>) {
    // No stream is left on which to report the error.
    let _ = anstream::stderr().lock().write_fmt(text);
}

/// Resolves when the reader of standard output has left.
pub(super) async fn reader_left() {
    let mut left = LEFT.subscribe();
    if left.wait_for(|left| *left).await.is_err() {
        std::future::pending::<()>().await;
    }
}
