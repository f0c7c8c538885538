//! What cannot be used of what the seed and the policy folder say.

use std::path::PathBuf;

/// What is wrong with a file or a part of the seed.
pub(super) type Trouble = (PathBuf, String);
