//! The blobs of one container: written whole or not at all, listed, and read back.
//!
//! | file | holds |
//! |---|---|
//! | `container` | one container, used as one identity |
//! | `blob` | what is known about a blob |
//! | `new_blob` | a blob to be, without its bytes |
//! | `write` | a body of any length, written block by block with bounded memory |
//! | `staging` | its blocks, on their way |
//! | `blocks` | that body, cut into blocks and digested |
//! | `list` | blobs by prefix, in pages |
//! | `read` | a blob's properties, its bytes or some of them |
//! | `refusal` | what Storage answers when it does not do as asked |

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
