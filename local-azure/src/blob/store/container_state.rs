//! The properties of a container.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::blob::{lease::Lease, properties::Metadata};

/// The state of a container, which is also its record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::blob) struct ContainerState {
    pub(in crate::blob) etag: String,
    pub(in crate::blob) last_modified: Timestamp,
    pub(in crate::blob) metadata: Metadata,
    #[serde(default)]
    pub(in crate::blob) lease: Lease,
}
