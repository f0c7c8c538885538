//! The blobs of one container: written whole or not at all, listed, and read back.
//!
//! | file | holds |
//! |---|---|
//! | `container` | one container, used with one identity |
//! | `blob` | the properties of an existing blob |
//! | `new_blob` | the properties of a blob to write |
//! | `write` | writes a body of any length block by block, with bounded memory |
//! | `staging` | the blocks on their way to Storage |
//! | `blocks` | cuts a body into blocks and digests it |
//! | `list` | blobs by prefix, in pages |
//! | `read` | a blob's properties, its bytes or a range of them |
//! | `refusal` | Storage's refusals as errors |

mod blob;
mod blocks;
mod container;
mod list;
mod new_blob;
mod read;
mod refusal;
mod staging;
#[cfg(test)]
mod tests;
mod write;

pub use self::{
    blob::{Blob, Content, Creation},
    container::{Container, ContainerName},
    list::{Marker, Page},
    new_blob::{Condition, Metadata, NewBlob, Tier},
};
