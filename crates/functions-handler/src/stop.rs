//! The reasons for the handler to end: a signal, or the end of its parent process.

use std::time::Duration;

use tokio::time;
use tracing::warn;

/// The process that started this one: the host, or a script between them.
///
/// The host kills its handler. But a host that is killed itself leaves the handler behind, which still holds its port.
/// So the handler ends if its parent has ended. It checks once a second. The system could signal at once
/// (`PR_SET_PDEATHSIG`), but it watches the parent's thread that started the handler, not the parent process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parent {
    #[cfg(unix)]
    id: u32,
}

impl Parent {
    /// Returns the current parent process. If the parent has ended already, that is not noticed.
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

/// Completes when the process is asked to end, or when its parent process has ended.
///
/// The host kills without a signal to stop; people and containers send the signal first.
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
    // If no handler for the signal can be installed, the system's default ends the process. Then there is nothing to
    // wait for.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
