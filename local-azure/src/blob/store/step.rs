//! A step that changes the disk. Tests kill the process before each of these steps.

/// Marks the start of a step. After a test has killed the process, it fails, so nothing changes any more.
#[cfg(not(test))]
#[expect(clippy::unnecessary_wraps, reason = "in tests it fails")]
pub(super) const fn step() -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
pub(super) use self::tests::step;

#[cfg(test)]
mod tests;
