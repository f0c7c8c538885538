//! The number of files and connections that this process may have open.

/// As many as macOS allows at most, where the hard limit has no end.
#[cfg(unix)]
const ENOUGH: u64 = 10_240;

/// Raises this process's limit of open descriptors as far as it may, up to 10,240. Shells of macOS allow 256.
///
/// A limit that cannot be raised stays as it is: [`Room`](super::Room) makes do with it.
pub fn raise_descriptor_limit() {
    #[cfg(unix)]
    {
        use nix::sys::resource::{Resource, getrlimit, setrlimit};
        if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
            && soft < hard.min(ENOUGH)
        {
            let _ = setrlimit(Resource::RLIMIT_NOFILE, hard.min(ENOUGH), hard);
        }
    }
}

/// The limit at this moment; absent where the system has none.
pub(crate) fn descriptor_limit() -> Option<usize> {
    #[cfg(unix)]
    {
        use nix::sys::resource::{Resource, getrlimit};
        getrlimit(Resource::RLIMIT_NOFILE).ok().and_then(|(soft, _)| usize::try_from(soft).ok())
    }
    #[cfg(not(unix))]
    None
}
