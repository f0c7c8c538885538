//! A folder with a project in it, and all its files for a comparison.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
};

use tempfile::TempDir;

/// The entry at a path: a folder, a link with its target, or a file with mode and content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    Folder,
    Link(PathBuf),
    File(u32, Vec<u8>),
}

pub(crate) type Snapshot = BTreeMap<PathBuf, Node>;

/// A project, a folder of the user outside of it, and programs that stand in for cargo.
pub(crate) struct Tree {
    folder: TempDir,
}

const MAIN: &str = "mod functions {\r\n    pub(crate) mod tick;\r\n}\r\n\r\nfn main() {\r\n    app()\r\n        .timer(function!(\"tick\"), functions::tick::run)\r\n        .run();\r\n}";
pub(crate) const HOST_JSON: &str =
    r#"{ "version": "2.0", "customHandler": { "description": { "defaultExecutablePath": "handler" } } }"#;
const TIMER: &str =
    r#"{ "bindings": [{ "type": "timerTrigger", "direction": "in", "name": "timer", "schedule": "0 0 * * * *" }] }"#;

impl Tree {
    pub(crate) fn new() -> Self {
        let tree = Self { folder: TempDir::new().unwrap() };
        tree.write("project/host.json", HOST_JSON);
        tree.write("project/Cargo.toml", "[dependencies]\nfunctions-handler = \"0.1\"\n");
        tree.write("project/functions/tick/function.json", TIMER);
        tree.write("project/src/main.rs", MAIN);
        tree.write("project/src/functions/tick.rs", "pub(crate) async fn run() {}\n");
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let seed = fs::read_to_string(workspace.join("local-azure/seed.toml")).unwrap();
        let apim = format!("\"{}\"", workspace.join("apim").display());
        let sample = format!("\"{}\"", workspace.join("local-azure/sample-api").display());
        tree.write("project/seed.toml", seed.replace("\"../apim\"", &apim).replace("\"sample-api\"", &sample));
        tree.write("outside/notes", "mine");
        tree.write("tools/elf", elf());
        tree.program("tools/exits", "exit 1");
        let built = tree.path("tools").display().to_string();
        let artifact = |name: &str| format!("echo '{{\"executable\":\"{built}/{name}\"}}'");
        let cargo = format!("case \"$*\" in *--release*) {};; *) {};; esac", artifact("elf"), artifact("exits"));
        tree.program("tools/bin/cargo", &cargo);
        let rustc = format!("case \"$*\" in *libdir*) echo {built};; *) echo rustc 1.95.0;; esac");
        tree.program("tools/bin/rustc", &rustc);
        fs::create_dir(tree.path("tools/tmp")).unwrap();
        tree
    }

    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn program(&self, path: &str, script: &str) {
        self.write(path, format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Adds a node if nothing is at the path. A node without a place is left out.
    pub(crate) fn add(&self, path: &Path, node: &Node) {
        let path = self.path(path);
        if fs::symlink_metadata(&path).is_ok() || fs::create_dir_all(path.parent().unwrap()).is_err() {
            return;
        }
        match node {
            Node::Folder => fs::create_dir(&path).unwrap(),
            Node::Link(target) => symlink(target, &path).unwrap(),
            Node::File(_, content) => fs::write(&path, content).unwrap(),
        }
    }

    /// Returns everything except the tools, by path.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut found = Snapshot::new();
        for part in ["project", "outside"] {
            collect(&self.path(part), &mut found);
        }
        found
    }
}

fn collect(path: &Path, found: &mut Snapshot) {
    let metadata = fs::symlink_metadata(path).unwrap();
    let node = if metadata.is_symlink() {
        Node::Link(fs::read_link(path).unwrap())
    } else if metadata.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            collect(&entry.unwrap().path(), found);
        }
        Node::Folder
    } else {
        Node::File(metadata.permissions().mode(), fs::read(path).unwrap())
    };
    found.insert(path.to_owned(), node);
}

/// Makes a static x86-64 executable of one instruction.
fn elf() -> Vec<u8> {
    const HEADER: u64 = 64;
    const SEGMENT: u64 = 56;
    let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
    bytes.resize(16, 0);
    bytes.extend([2_u16, 62].map(u16::to_le_bytes).concat());
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend([HEADER + SEGMENT, HEADER, 0].map(u64::to_le_bytes).concat());
    bytes.extend(0_u32.to_le_bytes());
    bytes.extend([64_u16, 56, 1, 64, 0, 0].map(u16::to_le_bytes).concat());
    bytes.extend([1_u32, 5].map(u32::to_le_bytes).concat());
    let start = HEADER + SEGMENT;
    bytes.extend([start, start, start, 1, 1, 1].map(u64::to_le_bytes).concat());
    bytes.push(0xc3);
    bytes
}
