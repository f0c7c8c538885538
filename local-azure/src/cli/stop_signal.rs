//! Ctrl-C, SIGTERM, and the end of standard output's reader. All are watched from the start on, so temporary files are
//! always removed.

use std::io;

use tokio::sync::watch;

use super::output::reader_left;

/// Becomes true when the user wants this command to end. Clones share the value.
#[derive(Clone)]
pub(super) struct StopSignal(watch::Receiver<bool>);

impl StopSignal {
    /// Starts to listen. From now on a signal no longer ends the process by itself.
    pub(super) fn listen() -> io::Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let signal = signal()?;
        tokio::spawn(async move {
            tokio::select! {
                () = signal => {}
                () = reader_left() => {}
            }
            stop.send_replace(true);
        });
        Ok(Self(stopped))
    }

    /// Resolves when a signal has come.
    pub(super) async fn received(&self) {
        // An error means that the sender is gone, because the runtime ends.
        let _ = self.0.clone().wait_for(|stop| *stop).await;
    }
}

#[cfg(unix)]
fn signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(windows)]
fn signal() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}
