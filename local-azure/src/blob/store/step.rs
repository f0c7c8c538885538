//! A change of the disk. Tests kill the process before each of these steps.

/// Called before each change. In a test that has killed the process, nothing changes any more.
#[cfg(not(test))]
#[expect(clippy::unnecessary_wraps, reason = "in tests it fails")]
pub(super) const fn step() -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
pub(super) use self::tests::step;

#[cfg(test)]
mod tests;
