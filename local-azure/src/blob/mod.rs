//! Blob Storage.
