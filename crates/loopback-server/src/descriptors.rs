//! The number of files and connections that this process may open.

/// The number to raise the limit to, where the hard limit has no end: macOS allows at most this many.
#[cfg(unix)]
const ENOUGH: u64 = 10_240;

/// Raises this process's limit of open descriptors up to 10,240, as far as the system allows. Shells of macOS allow
/// 256.
///
/// A limit that cannot be raised stays as it is: [`Room`](super::Room) works with it.
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

/// Returns the current limit, or nothing where the system has none.
pub(crate) fn descriptor_limit() -> Option<usize> {
    #[cfg(unix)]
    {
        use nix::sys::resource::{Resource, getrlimit};
        getrlimit(Resource::RLIMIT_NOFILE).ok().and_then(|(soft, _)| usize::try_from(soft).ok())
    }
    #[cfg(not(unix))]
    None
}
