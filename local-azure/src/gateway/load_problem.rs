//! Errors in the gateway's part of the seed and in the policy folder.

use std::path::PathBuf;

/// A fault of a file or of a part of the seed.
pub(super) type LoadProblem = (PathBuf, String);
