//! Where an account's blobs lie: `{container}/container.json`, `{container}/blobs/{SHA-256 of the name}.json` and `{container}/content/{part}`.
//!
//! Names of blobs become no paths, so none can lead out of the folder, be too long or differ in letter case only.
//! Nothing is forced to the disk itself: a killed process loses nothing, a machine without power may.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};

use super::{Blob, Container, ContainerState, Part};
use crate::blob::properties::{ContentProperties, Metadata};

const CONTAINER_RECORD: &str = "container.json";
const TEMPORARY: &str = "tmp";

/// A blob's record.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BlobRecord {
    name: String,
    etag: String,
    created: Timestamp,
    last_modified: Timestamp,
    properties: ContentProperties,
    metadata: Metadata,
    parts: Vec<PartRecord>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartRecord {
    file: String,
    length: u64,
    block_id: Option<String>,
}

/// Every container in the folder, which is made if it does not exist. A container without a record was never finished.
pub(super) fn load(folder: &Path) -> io::Result<BTreeMap<String, Container>> {
    fs::create_dir_all(folder)?;
    let mut containers = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.join(CONTAINER_RECORD).is_file() {
            containers.insert(name, load_container(path)?);
        }
    }
    Ok(containers)
}

/// Makes the folder of a container.
pub(super) fn create(folder: &Path, state: ContainerState) -> io::Result<Container> {
    fs::create_dir_all(records(folder))?;
    fs::create_dir_all(content(folder))?;
    write(&folder.join(CONTAINER_RECORD), &state)?;
    Ok(Container { folder: folder.to_owned(), state, blobs: BTreeMap::new(), uncommitted: BTreeMap::new() })
}

/// Where the content of a container's blobs is.
pub(super) fn content(container: &Path) -> PathBuf {
    container.join("content")
}

/// Writes a blob's record in place of an older one.
pub(super) fn write_blob(container: &Path, blob: &Blob) -> io::Result<()> {
    let file_name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let parts = blob.parts.iter().map(|part| PartRecord {
        file: file_name(&part.path),
        length: part.length,
        block_id: part.block_id.clone(),
    });
    let record = BlobRecord {
        name: blob.name.clone(),
        etag: blob.etag.clone(),
        created: blob.created,
        last_modified: blob.last_modified,
        properties: blob.properties.clone(),
        metadata: blob.metadata.clone(),
        parts: parts.collect(),
    };
    write(&record_path(container, &blob.name), &record)
}

/// Removes a blob's record.
pub(super) fn remove_blob(container: &Path, name: &str) -> io::Result<()> {
    fs::remove_file(record_path(container, name))
}

fn load_container(folder: PathBuf) -> io::Result<Container> {
    let state = read(&folder.join(CONTAINER_RECORD))?;
    let mut blobs = BTreeMap::new();
    for entry in fs::read_dir(records(&folder))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == TEMPORARY) {
            fs::remove_file(path)?;
            continue;
        }
        let blob = read::<BlobRecord>(&path)?.into_blob(&content(&folder));
        blobs.insert(blob.name.clone(), Arc::new(blob));
    }
    let container = Container { folder, state, blobs, uncommitted: BTreeMap::new() };
    remove_unnamed(&container)?;
    Ok(container)
}

/// Removes content that no record names: uploads that were never finished or blocks never committed.
fn remove_unnamed(container: &Container) -> io::Result<()> {
    let named = container.files();
    for entry in fs::read_dir(content(&container.folder))? {
        let path = entry?.path();
        if !named.contains(&path) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

impl BlobRecord {
    fn into_blob(self, content: &Path) -> Blob {
        let parts = self.parts.into_iter();
        Blob {
            name: self.name,
            etag: self.etag,
            created: self.created,
            last_modified: self.last_modified,
            properties: self.properties,
            metadata: self.metadata,
            parts: parts
                .map(|part| Arc::new(Part::new(content.join(part.file), part.length, part.block_id, true)))
                .collect(),
        }
    }
}

fn records(container: &Path) -> PathBuf {
    container.join("blobs")
}

fn record_path(container: &Path, name: &str) -> PathBuf {
    let hash: String = Sha256::digest(name).iter().map(|byte| format!("{byte:02x}")).collect();
    records(container).join(hash).with_extension("json")
}

fn write(path: &Path, record: &impl Serialize) -> io::Result<()> {
    let temporary = path.with_extension(TEMPORARY);
    fs::write(&temporary, serde_json::to_vec_pretty(record)?)?;
    fs::rename(temporary, path)
}

fn read<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    serde_json::from_slice(&fs::read(path)?).map_err(|error| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{} is not a record of local-azure: {error}", path.display()),
        )
    })
}
