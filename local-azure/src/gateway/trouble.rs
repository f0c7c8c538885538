//! Errors in the gateway's part of the seed and in the policy folder.

use std::path::PathBuf;

/// What is wrong with a file or a part of the seed.
pub(super) type Trouble = (PathBuf, String);
