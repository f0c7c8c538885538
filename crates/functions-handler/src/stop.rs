//! When the handler must end.

use std::time::Duration;

use tokio::time;
use tracing::warn;

/// The process that started this one: the host, or a script before it.
///
/// The host kills its handler. But a host that is killed itself leaves the handler behind, and its port is taken. So a
/// handler whose parent has ended, ends too. It checks once a second. The system could signal at once
/// (`PR_SET_PDEATHSIG`), but it watches the parent's thread that started the handler, not the parent process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parent {
    #[cfg(unix)]
    id: u32,
}

impl Parent {
    /// The parent at this moment. One that has gone already is not noticed.
    pub(crate) fn now() -> Self {
        Self {
            #[cfg(unix)]
            id: std::os::unix::process::parent_id(),
        }
    }

    fn is_gone(self) -> bool {
        #[cfg(unix)]
        return std::os::unix::process::parent_id() != self.id;
        #[cfg(not(unix))]
        return false;
    }

    async fn ended(self) {
        let mut each_second = time::interval(Duration::from_secs(1));
        while !self.is_gone() {
            each_second.tick().await;
        }
    }
}

/// Ready when the process is asked to end, or its parent process has ended.
///
/// The host kills without asking; people and containers ask first.
pub(crate) async fn stop_signal(parent: Parent) {
    tokio::select! {
        () = asked() => {}
        () = parent.ended() => warn!("the process that started this handler has gone, so it ends too"),
    }
}

async fn asked() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    // Without a handler for the signal, the system's default ends the process; there is nothing to wait for.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
