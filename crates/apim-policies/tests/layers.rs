//! Imports inside the crate go one way: files are nodes, and no circle of imports joins two of them.
//!
//! A parent's `mod` and `pub use` of its children do not count, nor do tests. A name that is re-exported counts for the
//! file that defines it.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that is not there")]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// A module's path from the crate's root.
type Module = Vec<String>;
/// The text of each module's file, without tests.
type Modules = BTreeMap<Module, String>;
type Imports = BTreeMap<Module, BTreeSet<Module>>;

const OF_TESTS: [&str; 5] = ["tests", "rig", "predefined_errors", "random", "refusals"];

fn read_modules(folder: &Path, at: &[String], modules: &mut Modules) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if OF_TESTS.contains(&name.as_str()) {
            continue;
        }
        let below: Vec<_> = at.iter().cloned().chain([name.clone()]).collect();
        if path.is_dir() {
            read_modules(&path, &below, modules);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let module = if matches!(name.as_str(), "mod" | "lib") { at.to_vec() } else { below };
            modules.insert(module, without_tests(&std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The text before its tests, without comments.
fn without_tests(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The paths that a use declaration names, each in full.
fn expand(declaration: &str) -> Vec<String> {
    let Some((before, inside)) = declaration.split_once('{') else { return vec![declaration.trim().to_owned()] };
    let inside = &inside[..inside.rfind('}').unwrap_or(inside.len())];
    let (mut parts, mut depth, mut part) = (Vec::new(), 0, String::new());
    for character in inside.chars().chain([',']) {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(character);
    }
    let parts = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
    parts.flat_map(|part| expand(&format!("{before}{part}"))).collect()
}

/// Every `use` of a text: whether it re-exports, and its paths.
fn uses(text: &str) -> Vec<(bool, Vec<String>)> {
    let mut found = Vec::new();
    for statement in text.split(';') {
        let Some(at) = statement.rfind("use ") else { continue };
        let before = statement[..at].lines().last().unwrap_or_default().trim();
        if before.is_empty() || before.starts_with("pub") {
            let flat = statement[at + 4..].split_whitespace().collect::<Vec<_>>().join(" ");
            found.push((before.starts_with("pub"), expand(&flat)));
        }
    }
    found
}

/// The path from the crate's root that a path in this module stands for; `None` for other crates.
fn absolute(module: &[String], path: &str) -> Option<Module> {
    let path = path.split(" as ").next()?.trim();
    let mut parts = path.split("::").map(str::to_owned).peekable();
    let mut at = match parts.next()?.as_str() {
        "crate" => Vec::new(),
        "self" => module.to_vec(),
        "super" => module[..module.len().checked_sub(1)?].to_vec(),
        _ => return None,
    };
    while parts.peek().is_some_and(|part| part == "super") {
        parts.next();
        at.pop();
    }
    Some(at.into_iter().chain(parts).collect())
}

/// The file that defines what an absolute path names.
fn defining(path: &[String], modules: &Modules, depth: usize) -> Module {
    let length = (0..=path.len()).rev().find(|length| modules.contains_key(&path[..*length])).unwrap();
    let (module, rest) = (path[..length].to_vec(), &path[length..]);
    let Some(name) = rest.first().filter(|_| depth > 0) else { return module };
    for (_, paths) in uses(&modules[&module]).iter().filter(|(exports, _)| *exports) {
        for exported in paths {
            let named = exported.split(" as ").last().unwrap().rsplit("::").next().unwrap();
            if named == name
                && let Some(target) = absolute(&module, exported)
            {
                return defining(&target, modules, depth - 1);
            }
        }
    }
    module
}

fn imports(modules: &Modules) -> Imports {
    let mut edges = BTreeMap::new();
    for (module, text) in modules {
        let mut targets = BTreeSet::new();
        for (exports, paths) in uses(text) {
            for path in paths {
                let Some(path) = absolute(module, path.trim_end_matches("::*")) else { continue };
                let target = defining(&path, modules, 8);
                let is_child = target.len() > module.len() && target.starts_with(module);
                if target != *module && !(exports && is_child) {
                    targets.insert(target);
                }
            }
        }
        edges.insert(module.clone(), targets);
    }
    edges
}

/// What a module imports, directly or not.
fn reached(from: &Module, edges: &Imports) -> BTreeSet<Module> {
    let (mut seen, mut ahead) = (BTreeSet::new(), vec![from]);
    while let Some(module) = ahead.pop() {
        for next in edges.get(module).into_iter().flatten() {
            if seen.insert(next.clone()) {
                ahead.push(next);
            }
        }
    }
    seen
}

#[test]
fn no_circle_of_imports_joins_two_files() {
    let mut modules = Modules::new();
    read_modules(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &[], &mut modules);
    let edges = imports(&modules);
    assert!(edges.len() > 80, "{}", edges.len());
    let in_a_circle: Vec<_> = modules.keys().filter(|module| reached(module, &edges).contains(*module)).collect();
    let lines = in_a_circle.iter().map(|module| {
        let targets = edges[*module].iter().filter(|target| in_a_circle.contains(target));
        format!("{} → {}", module.join("::"), targets.map(|target| target.join("::")).collect::<Vec<_>>().join(", "))
    });
    let lines: Vec<_> = lines.collect();
    assert!(lines.is_empty(), "{} files are in a circle of imports:\n{}", lines.len(), lines.join("\n"));
}

#[test]
fn a_circle_is_seen_through_a_name_that_is_re_exported() {
    let module = |path: &str| path.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect::<Module>();
    let modules = Modules::from([
        (module(""), String::new()),
        (module("a"), "pub(crate) use self::{b::{B, C as D}, e};".to_owned()),
        (module("a::b"), "use std::fmt;\nuse crate::x::X;".to_owned()),
        (module("a::e"), String::new()),
        (module("x"), "use crate::{a::{D, e::E}};".to_owned()),
    ]);
    let edges = imports(&modules);
    assert_eq!(edges[&module("x")], BTreeSet::from([module("a::b"), module("a::e")]));
    assert!(reached(&module("a::b"), &edges).contains(&module("a::b")));
    assert!(edges[&module("a")].is_empty());
}
