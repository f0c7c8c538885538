//! Random trees, random arguments, every command: existing files stay unchanged. Only `new` adds lines to a file.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use proptest::{
    collection::vec,
    prelude::{ProptestConfig, Strategy, any, prop_oneof},
    sample::{Index, select},
    strategy::Just,
};

use crate::{
    commands::{self, CommandShape, Value},
    tree::{Node, Snapshot, Tree},
};

const SEED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/seed.toml");
/// Names that have a meaning for some command, and two that have none.
const NAMES: [&str; 17] = [
    "target",
    "app",
    "app.zip",
    "host.json",
    "handler",
    "functions",
    "tick",
    "order_report",
    "function.json",
    "blobs",
    "content",
    "container.json",
    "stkeyless",
    "azure.env",
    ".local-azure",
    "notes",
    "data",
];

fn paths() -> impl Strategy<Value = PathBuf> {
    let below = |folder: &'static str| {
        vec(select(&NAMES), 1..4)
            .prop_map(move |names| names.into_iter().fold(PathBuf::from(folder), |path, name| path.join(name)))
    };
    let beside = select(&NAMES).prop_map(|name| Path::new("project").join(name));
    prop_oneof![3 => below("project"), 3 => beside, 1 => below("outside"), 1 => Just(PathBuf::from("project/functions"))]
}

fn nodes() -> impl Strategy<Value = Node> {
    let target = select(&["..", "../../outside", "/nowhere", "notes", "../host.json"]);
    prop_oneof![
        4 => select(&["", "mine", "{}", "A='1'\n", "PK\u{3}\u{4}"]).prop_map(|text| Node::File(0, text.into())),
        2 => Just(Node::Folder),
        1 => target.prop_map(|target| Node::Link(target.into())),
    ]
}

/// The random choices for the arguments of one command.
#[derive(Clone, Debug)]
struct Draw {
    /// An option is given when its bit is set.
    given: u32,
    /// Paths for the arguments. With an index, an existing path is taken instead.
    paths: Vec<(Option<Index>, PathBuf)>,
    choice: Index,
    /// Whether it runs in a folder of the project, instead of the project itself.
    inside: bool,
    /// A file that the user adds afterwards, below some folder.
    added: (Index, &'static str),
}

fn draws() -> impl Strategy<Value = Draw> {
    let added = (any::<Index>(), select(&["notes", "host.json", "function.json", "azure.env", "handler"]));
    let path = (proptest::option::of(any::<Index>()), paths());
    (any::<u32>(), vec(path, 4), any::<Index>(), any::<bool>(), added)
        .prop_map(|(given, paths, choice, inside, added)| Draw { given, paths, choice, inside, added })
}

fn arguments(shape: &CommandShape, draw: &Draw, tree: &Tree) -> Vec<String> {
    let existing: Vec<PathBuf> = tree.snapshot().into_keys().collect();
    let path = |(index, path): &(Option<Index>, PathBuf)| {
        index.as_ref().map_or_else(|| tree.path(path), |index| index.get(&existing).clone()).display().to_string()
    };
    let mut paths = draw.paths.iter().cycle().map(path);
    let mut value = |value: &Value| match value {
        Value::Path => paths.next().unwrap(),
        Value::Text(texts) => draw.choice.get(texts).clone(),
    };
    let mut arguments = shape.words.clone();
    for (index, (name, taken)) in shape.options.iter().enumerate() {
        let is_given = draw.given >> index & 1 == 1;
        match (name.as_str(), taken) {
            // The real seed and a free port, so that commands get far.
            ("--seed", _) => arguments.extend(["--seed".to_owned(), SEED.to_owned()]),
            ("--port", _) => arguments.extend(["--port".to_owned(), "0".to_owned()]),
            ("--env-file" | "--identity" | "--resource", Some(taken)) => arguments.extend([name.clone(), value(taken)]),
            // A random file of settings would end each command at once.
            ("--settings", _) => {}
            (_, Some(taken)) if is_given => arguments.extend([name.clone(), value(taken)]),
            (_, None) if is_given => arguments.push(name.clone()),
            _ => {}
        }
    }
    // Clap refuses these beside `--no-host`.
    if arguments.iter().any(|argument| argument == "--no-host") {
        let port = arguments.iter().position(|argument| argument == "--port").unwrap();
        arguments.drain(port..port + 2);
        arguments.retain(|argument| argument != "--enable-auth");
    }
    let is_given = |index: usize| draw.given >> (31 - index) & 1 == 1;
    for (index, (taken, required)) in shape.positional.iter().enumerate() {
        if *required || is_given(index) {
            arguments.push(value(taken));
        }
    }
    arguments
}

/// Runs the command to its end. A command that keeps running is asked to stop once it has started.
fn run(tree: &Tree, folder: &Path, arguments: &[String]) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_local-azure"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", tree.path("tools/bin"))
        .env("TMPDIR", tree.path("tools/tmp"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    for line in BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok) {
        if line.contains("answer through a proxy") || line.contains("variables for other processes") {
            // The process may have ended by itself meanwhile.
            let _ = kill(Pid::from_raw(process.id().try_into().unwrap()), Signal::SIGTERM);
        }
    }
    process.wait().unwrap();
}

/// Returns the paths that differ from `before`, except for lines that `new` adds.
fn changed(before: &Snapshot, after: &Snapshot, is_new: bool) -> Vec<PathBuf> {
    let differs = |(path, node): &(&PathBuf, &Node)| match (node, after.get(*path)) {
        (node, Some(now)) if *node == now => false,
        (Node::File(mode, old), Some(Node::File(mode_now, now))) if is_new && mode == mode_now => {
            !path.ends_with("src/main.rs") || !has_only_more_lines(old, now)
        }
        _ => true,
    };
    before.iter().filter(differs).map(|(path, _)| path.clone()).collect()
}

fn has_only_more_lines(old: &[u8], now: &[u8]) -> bool {
    let mut old = old.split_inclusive(|byte| *byte == b'\n').peekable();
    for line in now.split_inclusive(|byte| *byte == b'\n') {
        old.next_if_eq(&line);
    }
    old.next().is_none()
}

fn check(commands: &[CommandShape], nodes: &[(PathBuf, Node)], draws: &[Draw], order: &Index) {
    let tree = Tree::new();
    for (path, node) in nodes {
        tree.add(path, node);
    }
    // The user's files. Files that the commands make are not among them.
    let mut users = tree.snapshot();
    for (index, draw) in draws.iter().enumerate() {
        let shape = &commands[(index + order.index(commands.len())) % commands.len()];
        let arguments = arguments(shape, draw, &tree);
        let inside = tree.path("project/functions");
        let folder = if draw.inside { inside } else { tree.path("project") };
        run(&tree, &folder, &arguments);
        let after = tree.snapshot();
        let changed = changed(&users, &after, shape.words == ["new"]);
        assert!(changed.is_empty(), "{arguments:?} in {} changed {changed:?}", folder.display());
        for (path, node) in &mut users {
            node.clone_from(&after[path]);
        }
        let folders: Vec<_> = after.iter().filter(|(_, node)| **node == Node::Folder).map(|(path, _)| path).collect();
        let path = draw.added.0.get(&folders).join(draw.added.1);
        if fs::symlink_metadata(&path).is_err() {
            fs::write(&path, format!("the user's file {index}")).unwrap();
            let now = tree.snapshot();
            // The folders above must stay too.
            for path in path.ancestors().filter(|path| now.contains_key(*path)) {
                users.insert(path.to_owned(), now[path].clone());
            }
        }
    }
}

#[test]
fn no_command_changes_a_file_that_it_did_not_make() {
    let commands = commands::all();
    let count = commands.len();
    let strategy = (vec((paths(), nodes()), 0..12), vec(draws(), count..=2 * count), any::<Index>());
    let config = ProptestConfig { cases: 8, max_shrink_iters: 20, ..ProptestConfig::default() };
    proptest::test_runner::TestRunner::new(ProptestConfig { failure_persistence: None, ..config })
        .run(&strategy, |(nodes, draws, order)| {
            check(&commands, &nodes, &draws, &order);
            Ok(())
        })
        .unwrap();
}
