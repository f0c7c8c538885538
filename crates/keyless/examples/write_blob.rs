//! Writes standard input of any length into a blob, unless a blob of this name exists:
//!
//! ```text
//! echo hello | STORAGE__blobServiceUri=https://YOURACCOUNT.blob.core.windows.net STORAGE__credential=developer \
//!     cargo run --package keyless --example write_blob --features blobs -- CONTAINER NAME
//! ```

use std::{
    env::args,
    error::Error,
    io::{Read as _, stdin},
    iter::from_fn,
};

use bytes::Bytes;
use futures_util::stream;
use keyless::{Body, Creation, settings::Reader};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (container, name) = args().nth(1).zip(args().nth(2)).ok_or("give the names of a container and a blob")?;
    let container = keyless::from_env(move |env: &mut Reader| env.container("STORAGE", &container))?;
    let pieces = from_fn(|| {
        let mut piece = vec![0; 64 * 1024];
        match stdin().read(&mut piece) {
            Ok(0) => None,
            Ok(length) => Some(Ok(Bytes::from(piece).slice(..length))),
            Err(error) => Some(Err(error)),
        }
    });
    match container.create(name, Body::from_stream(stream::iter(pieces))).await? {
        Creation::Written(blob) => println!("{} bytes are now at {}", blob.size, blob.url),
        Creation::Existed(blob) => println!("{} was written before, and is left as it is", blob.url),
    }
    Ok(())
}
