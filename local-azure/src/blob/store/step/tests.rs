//! The process ends before each step of a write that changes the disk, and another process starts on the same folder.

use std::{cell::Cell, fs, io, path::Path, sync::Arc};

use tempfile::TempDir;
use uuid::Uuid;

use super::super::{
    Deletes, EtagChange, Store,
    blob::{Blob, BlobKind, Which},
    container::{BlockReference, Container},
    container_state::ContainerState,
    part::{BlobPart, Piece},
    retention::Retention,
};
use crate::blob::{conditions::Conditions, error::BlobError, lease::Lease, name::BlobName, properties::Metadata};

thread_local! {
    /// Steps before the process ends.
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
}

pub(in crate::blob::store) fn step() -> io::Result<()> {
    match LEFT.get() {
        None => Ok(()),
        Some(0) => Err(io::Error::other("the process was killed")),
        Some(left) => {
            LEFT.set(Some(left - 1));
            Ok(())
        }
    }
}

type Write = fn(&Store) -> Result<(), BlobError>;

const CONTAINER: &str = "c";
const NAME: BlobName<'static> = BlobName("a");
const LEASE: Lease = Lease::Held { id: Uuid::from_u128(1), seconds: None, until: None };

fn content(store: &Store, text: &str) -> Result<BlobPart, BlobError> {
    let mut part = store.new_part(CONTAINER)?;
    step()?;
    fs::write(part.path(), text)?;
    part.length = text.len() as u64;
    Ok(part)
}

fn put(store: &Store, kind: BlobKind, text: &str) -> Result<(), BlobError> {
    let mut blob = Blob::new(NAME.0, kind);
    blob.pieces = vec![Piece::whole(Arc::new(content(store, text)?))];
    store.put(CONTAINER, NAME, &Conditions::default(), |_| Ok(blob)).map(drop)
}

fn block(store: &Store, id: &str, text: &str) -> Result<(), BlobError> {
    let mut part = content(store, text)?;
    part.block_id = Some(id.to_owned());
    store.stage(CONTAINER, NAME, &Conditions::default(), part)
}

fn commit(store: &Store, ids: &[&str]) -> Result<(), BlobError> {
    let list: Vec<_> = ids.iter().map(|id| BlockReference::Latest((*id).to_owned())).collect();
    let make = |container: &Container| {
        let mut blob = Blob::new(NAME.0, BlobKind::Block);
        blob.pieces = container.blocks(NAME, &list)?.into_iter().map(Piece::whole).collect();
        Ok(blob)
    };
    store.put(CONTAINER, NAME, &Conditions::default(), make).map(drop)
}

fn update(store: &Store, shows: EtagChange, change: impl FnOnce(&mut Blob)) -> Result<(), BlobError> {
    let change = |blob: &mut Blob, _: &Conditions| {
        change(blob);
        Ok(())
    };
    store.update(CONTAINER, NAME, &Conditions::default(), shows, change).map(drop)
}

fn delete(store: &Store, deletes: Deletes) -> Result<(), BlobError> {
    store.delete(CONTAINER, NAME, &Which::Current, deletes, &Conditions::default())
}

fn copy(store: &Store) -> Result<(), BlobError> {
    let source = store.blob(CONTAINER, BlobName("kept"), &Which::Current)?;
    let mut part = store.new_part(CONTAINER)?;
    part.fill_from(source.pieces[0].part.as_ref().unwrap())?;
    let mut blob = Blob::new(NAME.0, BlobKind::Block);
    blob.pieces = vec![Piece::whole(Arc::new(part))];
    store.put(CONTAINER, NAME, &Conditions::default(), |_| Ok(blob)).map(drop)
}

fn nothing(_: &Store) -> Result<(), BlobError> {
    Ok(())
}

fn old(store: &Store) -> Result<(), BlobError> {
    put(store, BlobKind::Block, "old")
}

fn waiting(store: &Store) -> Result<(), BlobError> {
    old(store)?;
    block(store, "a", "one")?;
    block(store, "b", "two")
}

fn with_snapshots(store: &Store) -> Result<(), BlobError> {
    waiting(store)?;
    for text in ["older", "newer"] {
        store.snapshot(CONTAINER, NAME, &Conditions::default(), Metadata::new())?;
        put(store, BlobKind::Block, text)?;
    }
    block(store, "a", "three")
}

fn deleted(store: &Store) -> Result<(), BlobError> {
    with_snapshots(store)?;
    delete(store, Deletes::BlobAndSnapshots)
}

/// Accounts that keep nothing, versions, or deleted blobs.
const PLAIN: Retention = Retention { versioning: false, delete_days: None };
const VERSIONS: Retention = Retention { versioning: true, delete_days: None };
const DAYS: Retention = Retention { versioning: false, delete_days: Some(7) };

/// Writes that change more than one record, each with its account and its preparation.
const WRITES_OF_SEVERAL: [(&str, Retention, Write, Write); 12] = [
    ("a deletion with snapshots", PLAIN, with_snapshots, |store| delete(store, Deletes::BlobAndSnapshots)),
    ("a deletion of the snapshots", PLAIN, with_snapshots, |store| delete(store, Deletes::SnapshotsAlone)),
    ("a deletion of several blocks", PLAIN, two_blocks, |store| delete(store, Deletes::BlobAlone)),
    ("a version in place of another", VERSIONS, waiting, |store| put(store, BlobKind::Block, "new")),
    ("a commit of a version", VERSIONS, waiting, |store| commit(store, &["b", "a"])),
    ("a version with other metadata", VERSIONS, old, |store| {
        update(store, EtagChange::AsVersion, |blob| drop(blob.tags.insert("a".to_owned(), "new".to_owned())))
    }),
    ("a deletion that leaves a version", VERSIONS, waiting, |store| delete(store, Deletes::BlobAlone)),
    ("a deletion with snapshots that leaves a version", VERSIONS, with_snapshots, |store| {
        delete(store, Deletes::BlobAndSnapshots)
    }),
    ("a blob in place of one that can come back", DAYS, waiting, |store| put(store, BlobKind::Block, "new")),
    ("a deletion that can be undone", DAYS, waiting, |store| delete(store, Deletes::BlobAlone)),
    ("a deletion with snapshots that can be undone", DAYS, with_snapshots, |store| {
        delete(store, Deletes::BlobAndSnapshots)
    }),
    ("a deletion that is undone", DAYS, deleted, |store| store.undelete(CONTAINER, NAME)),
];

fn two_blocks(store: &Store) -> Result<(), BlobError> {
    block(store, "a", "one")?;
    block(store, "b", "two")
}

/// Writes, each with its preparation.
const WRITES: [(&str, Write, Write); 17] = [
    ("a new blob", nothing, old),
    ("a blob in place of another", old, |store| put(store, BlobKind::Block, "new")),
    ("a blob in place of one with blocks that wait", waiting, |store| put(store, BlobKind::Block, "new")),
    ("a block", old, |store| block(store, "a", "new")),
    ("a block of no blob", nothing, |store| block(store, "a", "new")),
    ("a block again", waiting, |store| block(store, "a", "new")),
    ("a commit", waiting, |store| commit(store, &["b", "a"])),
    ("a commit of fewer blocks", waiting, |store| commit(store, &["b"])),
    (
        "an append",
        |store| put(store, BlobKind::Append { sealed: false }, "old"),
        |store| {
            let part = Arc::new(content(store, "new")?);
            update(store, EtagChange::Yes, |blob| blob.pieces.push(Piece::whole(part)))
        },
    ),
    (
        "pages",
        |store| put(store, BlobKind::Page { sequence_number: 0 }, "old page"),
        |store| {
            let part = Arc::new(content(store, "new ")?);
            update(store, EtagChange::Yes, |blob| {
                blob.pieces[0].length = 4;
                blob.pieces.push(Piece::whole(part));
            })
        },
    ),
    ("a lease", old, |store| update(store, EtagChange::No, |blob| blob.lease = LEASE)),
    ("tags", old, |store| {
        update(store, EtagChange::No, |blob| drop(blob.tags.insert("a".to_owned(), "new".to_owned())))
    }),
    ("a copy", old, copy),
    ("a snapshot", old, |store| store.snapshot(CONTAINER, NAME, &Conditions::default(), Metadata::new()).map(drop)),
    ("a deletion", waiting, |store| delete(store, Deletes::BlobAlone)),
    ("a deletion of blocks", |store| block(store, "a", "old"), |store| delete(store, Deletes::BlobAlone)),
    ("a container's metadata", nothing, |store| {
        let change = |state: &mut ContainerState| {
            state.lease = LEASE;
            Ok(())
        };
        store.change_container(CONTAINER, EtagChange::Yes, change).map(drop)
    }),
];

fn open(folder: &Path, retention: Retention) -> Store {
    Store::open(folder, &[CONTAINER.to_owned()], retention).unwrap()
}

/// Returns a folder with a blob that no write touches, after the preparation.
fn prepared(retention: Retention, before: Write) -> (TempDir, Store) {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path(), retention);
    let mut kept = Blob::new("kept", BlobKind::Block);
    kept.pieces = vec![Piece::whole(Arc::new(content(&store, "kept").unwrap()))];
    store.put(CONTAINER, BlobName("kept"), &Conditions::default(), |_| Ok(kept)).unwrap();
    before(&store).unwrap();
    (folder, store)
}

fn bytes(pieces: &[Piece]) -> String {
    let piece = |piece: &Piece| {
        let (from, length) = (usize::try_from(piece.offset).unwrap(), usize::try_from(piece.length).unwrap());
        let text = fs::read_to_string(piece.part.as_ref().unwrap().path()).unwrap();
        text[from..from + length].to_owned()
    };
    pieces.iter().map(piece).collect()
}

/// Returns everything that a client can see, except times and random names.
fn state(store: &Store) -> String {
    let read = |container: &Container| {
        let mut seen = format!("{:?}", container.state.lease);
        for name in container.names("", true, true) {
            let older = container.older(name).iter();
            for blob in container.existing(BlobName(name)).into_iter().chain(older) {
                let is = (blob.snapshot.is_some(), blob.version.is_some(), blob.deleted.is_some());
                let parts = (blob.kind, &blob.tags, &blob.lease, is, bytes(&blob.pieces));
                seen += &format!("\n{name} {parts:?}");
            }
            for block in container.waiting(BlobName(name)).into_iter().flat_map(|blocks| blocks.values()) {
                seen += &format!("\n{name} waits {:?} {}", block.block_id, bytes(&[Piece::whole(block.clone())]));
            }
        }
        seen
    };
    store.read(CONTAINER, read).unwrap()
}

/// Returns the number of content files, and the number of files that records name.
fn files(folder: &Path, store: &Store) -> (usize, usize) {
    let there = fs::read_dir(folder.join(CONTAINER).join("content")).unwrap().count();
    (there, store.read(CONTAINER, |container| container.files().len()).unwrap())
}

#[test]
fn a_write_that_is_killed_before_any_change_of_the_disk_is_whole_or_absent_and_kept_once_it_was_answered() {
    let single = WRITES.into_iter().map(|(what, before, write)| (what, PLAIN, before, write));
    let mut kills = 0;
    for (what, retention, before, write) in single.chain(WRITES_OF_SEVERAL) {
        let (folder, store) = prepared(retention, before);
        let old = state(&store);
        write(&store).unwrap();
        let new = state(&store);
        assert_ne!(old, new, "{what} changes nothing");
        drop(store);
        assert_eq!(state(&open(folder.path(), retention)), new, "{what} after a restart");
        for steps in 0.. {
            let (folder, store) = prepared(retention, before);
            LEFT.set(Some(steps));
            let answered = write(&store).is_ok();
            // The memory of the killed process is lost.
            drop(store);
            let left = LEFT.replace(None);
            let store = open(folder.path(), retention);
            let found = state(&store);
            let is_whole = found == new || found == old && !answered;
            assert!(
                is_whole,
                "{what} killed before change {steps}, answered: {answered}\nold {old}\nnew {new}\nfound {found}"
            );
            let (there, named) = files(folder.path(), &store);
            assert_eq!(there, named, "{what} killed before change {steps}: what was left half done is gone");
            if left > Some(0) {
                break;
            }
            kills += 1;
        }
    }
    println!("{kills} kills in {} kinds of write", WRITES.len() + WRITES_OF_SEVERAL.len());
    assert!(kills > 5 * (WRITES.len() + WRITES_OF_SEVERAL.len()), "only {kills} kills");
}

#[test]
fn a_change_that_the_disk_did_not_finish_undoes_no_later_one() {
    for (steps, text) in [(3, "a"), (4, "b"), (5, "c")] {
        let (folder, store) = prepared(PLAIN, two_blocks);
        // The disk fails after the deletion was recorded, and works again.
        LEFT.set(Some(steps));
        delete(&store, Deletes::BlobAlone).unwrap();
        LEFT.set(None);
        block(&store, "a", text).unwrap();
        let expected = state(&store);
        drop(store);
        assert_eq!(state(&open(folder.path(), PLAIN)), expected);
    }
}

#[test]
fn a_change_that_names_a_file_of_another_kind_is_refused_and_touches_nothing() {
    let (folder, store) = prepared(PLAIN, old);
    drop(store);
    let victim = folder.path().join("victim.json");
    fs::write(&victim, "the user's").unwrap();
    let change = r#"{ "written": [], "removed": ["../../victim.json"], "removed_blocks": [] }"#;
    fs::write(folder.path().join(CONTAINER).join("change.json"), change).unwrap();
    let refused = Store::open(folder.path(), &[], PLAIN).err().unwrap();
    assert!(refused.to_string().contains("../../victim.json is not the name of a record"), "{refused}");
    assert_eq!(fs::read_to_string(victim).unwrap(), "the user's");
}
