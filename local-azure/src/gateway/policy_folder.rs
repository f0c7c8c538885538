//! The policy folder, and the scope of each file.
//!
//! The files are `global.xml`, `products/{product}.xml`, `apis/{api}.xml`, `operations/{api}.{operation}.xml`, and
//! `fragments/{id}.xml`. Fragments belong to the documents that include them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use apim_policies::Scope;

use crate::seed::Seed;

/// The folder of fragments.
pub(super) const FRAGMENTS: &str = "fragments";

/// Reports whether the file holds a fragment.
pub(super) fn is_fragment(file: &Path) -> bool {
    file.parent().and_then(Path::file_name).is_some_and(|folder| folder == FRAGMENTS)
}

pub(super) fn fragment_file(id: &str) -> PathBuf {
    Path::new(FRAGMENTS).join(format!("{id}.xml"))
}

pub(super) fn global_file() -> PathBuf {
    PathBuf::from("global.xml")
}

pub(super) fn product_file(id: &str) -> PathBuf {
    Path::new("products").join(format!("{id}.xml"))
}

pub(super) fn api_file(id: &str) -> PathBuf {
    Path::new("apis").join(format!("{id}.xml"))
}

pub(super) fn operation_file(api: &str, id: &str) -> PathBuf {
    Path::new("operations").join(format!("{api}.{id}.xml"))
}

/// Returns the scope of a file, by its folder.
pub(super) fn scope_of(file: &Path) -> Scope {
    match file.parent().and_then(Path::file_name).and_then(std::ffi::OsStr::to_str) {
        Some("products") => Scope::Product,
        Some("apis") => Scope::Api,
        Some("operations") => Scope::Operation,
        _ => Scope::Global,
    }
}

/// Returns every file that belongs to an object of the seed.
pub(super) fn expected_files(seed: &Seed) -> BTreeMap<PathBuf, Scope> {
    let products = seed.apim.products.iter().map(|product| product_file(&product.id));
    let apis = seed.apim.apis.iter().map(|api| api_file(&api.id));
    let operations = seed
        .apim
        .apis
        .iter()
        .flat_map(|api| api.operations.iter().map(|operation| operation_file(&api.id, &operation.id)));
    std::iter::once(global_file())
        .chain(products)
        .chain(apis)
        .chain(operations)
        .map(|file| {
            let scope = scope_of(&file);
            (file, scope)
        })
        .collect()
}

/// Finds every XML file below the folder, by its name relative to the folder. A link to a file is followed: its target
/// is a policy too. A link to a folder is refused, since it may lead anywhere, and back.
pub(super) fn find_policy_files(folder: &Path, below: &Path, found: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    let here = folder.join(below);
    let refused = |path: &Path, why: &str| io::Error::other(format!("{} {why}", path.display()));
    // The folder itself may be a link, because the seed names it.
    if !below.as_os_str().is_empty() && fs::symlink_metadata(&here)?.is_symlink() {
        return Err(refused(&here, "is a link to a folder, which is not followed"));
    }
    for entry in fs::read_dir(&here)? {
        let name = below.join(entry?.file_name());
        let path = folder.join(&name);
        let kind = fs::metadata(&path).map_err(|error| refused(&path, &format!("cannot be read: {error}")))?;
        if kind.is_dir() {
            find_policy_files(folder, &name, found)?;
        } else if name.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml")) {
            // A device or pipe may have no end.
            if !kind.is_file() {
                return Err(refused(&path, "is no file"));
            }
            found.insert(name);
        }
    }
    Ok(())
}
