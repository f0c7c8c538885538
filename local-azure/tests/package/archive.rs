//! The zip, read byte by byte according to its published format (APPNOTE.TXT of PKWARE), not by the library that wrote
//! it.

use local_azure::package::package;

use crate::rig::{HTTP_FUNCTION, ScriptRoot};

/// A file's entry in the central directory.
#[derive(Debug, PartialEq)]
struct Entry {
    name: String,
    /// 3 is Unix.
    made_by: u8,
    mode: u32,
    modified: u32,
    extra_fields: u16,
    comment: u16,
}

/// Midnight of 1980-01-01, the first moment that a zip can hold.
const FIXED: u32 = 1 << 21 | 1 << 16;

/// The comment by which a later run recognises the file.
const COMMENT: &str = "packaged by local-azure";

fn number<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().unwrap()
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(number(bytes, at))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(number(bytes, at))
}

fn entries(zip: &[u8]) -> Vec<Entry> {
    let end = zip.len() - COMMENT.len() - 22;
    assert_eq!(u32_at(zip, end), 0x0605_4b50, "the zip ends with its directory and the comment");
    assert_eq!(usize::from(u16_at(zip, end + 20)), COMMENT.len());
    assert!(zip.ends_with(COMMENT.as_bytes()));
    let mut at = u32_at(zip, end + 16) as usize;
    let mut entries = Vec::new();
    for _ in 0..u16_at(zip, end + 10) {
        assert_eq!(u32_at(zip, at), 0x0201_4b50);
        let name_length = usize::from(u16_at(zip, at + 28));
        let local = u32_at(zip, at + 42) as usize;
        assert_eq!(u32_at(zip, local), 0x0403_4b50);
        entries.push(Entry {
            name: String::from_utf8(zip[at + 46..at + 46 + name_length].to_vec()).unwrap(),
            made_by: zip[at + 5],
            mode: u32_at(zip, at + 38) >> 16,
            modified: u32_at(zip, at + 12),
            extra_fields: u16_at(zip, at + 30) + u16_at(zip, local + 28),
            comment: u16_at(zip, at + 32),
        });
        at += 46 + name_length;
    }
    assert_eq!(at, end, "nothing lies between the directory and its end");
    entries
}

#[test]
fn the_zip_holds_the_script_root_with_the_modes_that_azure_needs() {
    let entry = |name: &str, mode| Entry {
        name: name.to_owned(),
        made_by: 3,
        mode,
        modified: FIXED,
        extra_fields: 0,
        comment: 0,
    };
    let expected = [
        entry("handler", 0o100_755),
        entry("host.json", 0o100_644),
        entry("tick/function.json", 0o100_644),
        entry("where/function.json", 0o100_644),
    ];
    assert_eq!(entries(&ScriptRoot::new().zip()), expected);
}

#[test]
fn the_same_files_make_the_same_bytes() {
    let zip = ScriptRoot::new().zip();
    // Another folder, written later and in another order, with other modes.
    let again = ScriptRoot::new().without("host.json").file("host.json", crate::rig::HOST_JSON);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(again.folder.path().join("handler"), mode).unwrap();
    }
    assert_eq!(zip, again.zip());
    let other = ScriptRoot::new().file("where/function.json", format!("{HTTP_FUNCTION}\n"));
    assert_ne!(zip, other.zip());
}

#[test]
fn the_report_counts_functions_and_bytes() {
    let root = ScriptRoot::new();
    let (package, _folder, zip) = root.package().unwrap();
    assert_eq!(package.functions, ["tick", "where"]);
    assert_eq!(package.handler_size, 121);
    assert_eq!(package.zip_size as u64, zip.metadata().unwrap().len());
}

#[test]
fn a_package_replaces_its_own_zip_and_no_other_file() {
    let root = ScriptRoot::new();
    let (_, folder, zip) = root.package().unwrap();
    package(root.folder.path(), &root.settings(), &zip).unwrap();
    let other = folder.path().join("holiday.zip");
    std::fs::write(&other, "mine").unwrap();
    let refusal = package(root.folder.path(), &root.settings(), &other).unwrap_err().to_string();
    assert!(refusal.ends_with("exists and local-azure did not write it: name a new file"), "{refusal}");
    assert_eq!(std::fs::read_to_string(&other).unwrap(), "mine");
}
