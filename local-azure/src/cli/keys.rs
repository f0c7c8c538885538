//! Keys that the user presses while `start` runs, on a terminal only.

use tokio::sync::mpsc;

/// The action of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// Opens the first HTTP function in the browser.
    Open,
    /// Opens the dashboard in the browser.
    Dashboard,
    /// Restarts the handler without a build.
    Restart,
    /// Builds the handler and restarts it.
    Rebuild,
    /// Clears the screen.
    Clear,
    /// Shows the chain of the last request.
    Chain,
    /// Ends the command.
    Quit,
}

/// The help line, which is shown once.
pub(super) const HELP: &str =
    "keys: o open, d dashboard, r restart, b rebuild, c clear, h chain of the last request, q quit";

impl Key {
    fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte.to_ascii_lowercase() {
            b'o' => Self::Open,
            b'd' => Self::Dashboard,
            b'r' => Self::Restart,
            b'b' => Self::Rebuild,
            b'c' => Self::Clear,
            b'h' => Self::Chain,
            b'q' => Self::Quit,
            _ => return None,
        })
    }
}

/// The pressed keys. Dropping this value restores the terminal's state.
pub(super) struct Keys {
    pressed: mpsc::UnboundedReceiver<Key>,
    #[cfg(unix)]
    before: nix::sys::termios::Termios,
}

impl Keys {
    /// Reads single keys if standard input and output are a terminal. Ctrl-C stays a signal.
    #[cfg(unix)]
    pub(super) fn listen() -> Option<Self> {
        use std::io::{IsTerminal as _, Read as _};

        use nix::{
            sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr},
            unistd::{getpgrp, tcgetpgrp},
        };

        let input = std::io::stdin();
        // A process in the background (`start &`) would be stopped when it reads.
        let in_front = tcgetpgrp(&input).is_ok_and(|group| group == getpgrp());
        if !in_front || !std::io::stdout().is_terminal() {
            return None;
        }
        let before = tcgetattr(&input).ok()?;
        let mut single = before.clone();
        single.local_flags.remove(LocalFlags::ICANON | LocalFlags::ECHO);
        tcsetattr(&input, SetArg::TCSANOW, &single).ok()?;
        let (sender, pressed) = mpsc::unbounded_channel();
        // The keys have their own thread: a read from a terminal cannot be cancelled, and must not delay the runtime's
        // end.
        std::thread::spawn(move || {
            let keys = input.lock().bytes().map_while(Result::ok).filter_map(Key::from_byte);
            keys.into_iter().all(|key| sender.send(key).is_ok())
        });
        Some(Self { pressed, before })
    }

    /// Keys are not supported on this system.
    #[cfg(not(unix))]
    pub(super) fn listen() -> Option<Self> {
        None
    }

    /// The next key.
    pub(super) async fn next(&mut self) -> Option<Key> {
        self.pressed.recv().await
    }
}

#[cfg(unix)]
impl Drop for Keys {
    fn drop(&mut self) {
        use nix::sys::termios::{SetArg, tcsetattr};
        // A terminal that no longer exists has no state to restore.
        let _ = tcsetattr(std::io::stdin(), SetArg::TCSANOW, &self.before);
    }
}

/// Opens a URL or a page's file with the desktop's own command.
pub(super) fn open(url: &str) -> std::io::Result<()> {
    let (program, arguments): (&str, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("explorer", &[]),
        _ => ("xdg-open", &[]),
    };
    let mut command = std::process::Command::new(program);
    command.args(arguments).arg(url).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    command.spawn().map(drop)
}

#[cfg(test)]
mod tests {
    use super::{HELP, Key};

    #[test]
    fn each_key_of_the_help_does_something_and_no_other() {
        let keys: Vec<u8> = HELP.split(", ").map(|key| key.trim_start_matches("keys: ").as_bytes()[0]).collect();
        assert_eq!(keys, b"odrbchq");
        for byte in 0..=u8::MAX {
            assert_eq!(Key::from_byte(byte).is_some(), keys.contains(&byte.to_ascii_lowercase()), "{byte}");
        }
    }
}
