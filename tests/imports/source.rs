//! The files of a crate, and the imports between them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use crate::graph::Graph;

/// The text of each file by its module's path. The root is `lib`.
pub(crate) struct Crate(BTreeMap<String, String>);

impl Crate {
    pub(crate) fn new<const N: usize>(files: [(&str, &str); N]) -> Self {
        Self(files.map(|(module, text)| (module.to_owned(), without_tests(text))).into())
    }

    /// Reads the files without tests, which are in files and folders of that name.
    pub(crate) fn read(folder: &Path) -> Self {
        let mut files = BTreeMap::new();
        read_below(folder, "", &mut files);
        Self(files)
    }

    /// Returns the imports between the files.
    pub(crate) fn imports(&self) -> Graph {
        let mut graph = Graph::default();
        for (module, text) in &self.0 {
            let uses = uses(text);
            let private = uses.iter().filter(|(is_public, _)| !is_public).flat_map(|(_, paths)| paths.clone());
            let targets: BTreeSet<_> = private
                .chain(self.paths_in_code(module, text))
                .filter_map(|path| self.defined_in(&absolute(module, &path)?))
                .filter(|target| target != module)
                .collect();
            graph.add(module, targets);
        }
        graph
    }

    /// Returns the paths outside `use` that begin at the crate's root, at the parent, or at a child of the module.
    fn paths_in_code(&self, module: &str, text: &str) -> Vec<String> {
        let is_child = |name: &str| {
            let path = if ["lib", "main"].contains(&module) { name.to_owned() } else { format!("{module}::{name}") };
            self.0.contains_key(&path)
        };
        let code = without_uses(text);
        let words = code.split(|one: char| !(one.is_alphanumeric() || one == '_' || one == ':'));
        let paths = words.filter_map(|word| {
            let path = word.trim_end_matches(':');
            match path.split_once("::")?.0 {
                "crate" | "super" | "self" => Some(path.to_owned()),
                first => is_child(first).then(|| format!("self::{path}")),
            }
        });
        paths.collect()
    }

    /// Finds the file that defines the item at `path`, through any number of re-exports.
    fn defined_in(&self, path: &[String]) -> Option<String> {
        let known = |length: usize| Some(path[..length].join("::")).filter(|module| self.0.contains_key(module));
        let (length, module) = match (1..=path.len()).rev().find_map(|length| Some((length, known(length)?))) {
            Some(found) => found,
            None => (0, "lib".to_owned()),
        };
        let Some(name) = path.get(length) else { return Some(module) };
        let exported = uses(self.0.get(&module)?).into_iter().filter(|(is_public, _)| *is_public);
        let exported = exported.flat_map(|(_, paths)| paths).find(|path| last_name(path) == name);
        match exported.and_then(|exported| absolute(&module, &exported)) {
            Some(target) if target != path => self.defined_in(&target),
            _ => Some(module),
        }
    }
}

fn read_below(folder: &Path, parent: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if name.starts_with("test_") || name == "tests" {
            continue;
        }
        let module = if parent.is_empty() { name.to_owned() } else { format!("{parent}::{name}") };
        if path.is_dir() {
            read_below(&path, &module, files);
        } else {
            let module = if name == "mod" { parent.to_owned() } else { module };
            files.insert(module, without_tests(&fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Returns the text without comments and without the test code at its end.
fn without_tests(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Returns each path that a `use` names, and whether it is exported.
fn uses(text: &str) -> Vec<(bool, Vec<String>)> {
    let statements = text.split(';').filter_map(|statement| {
        let (is_public, start) = start_of_use(statement)?;
        let flat = statement[start + 4..].split_whitespace().collect::<Vec<_>>().join(" ");
        Some((is_public, expanded(&flat)))
    });
    statements.collect()
}

/// Returns the text without the paths of `use`, and without the place that `pub(in …)` names.
fn without_uses(text: &str) -> String {
    let statements = text.split(';').map(|statement| match start_of_use(statement) {
        Some((_, start)) => &statement[..start],
        None => statement,
    });
    statements.collect::<Vec<_>>().join(";").replace("(in crate::", "(in ")
}

/// Returns the beginning of the `use` at the end of a statement, and whether it is exported.
fn start_of_use(statement: &str) -> Option<(bool, usize)> {
    let start = statement.rfind("use ")?;
    let before = statement[..start].lines().last().unwrap_or_default().trim();
    (before.is_empty() || before.starts_with("pub")).then(|| (before.starts_with("pub"), start))
}

/// Expands `a::{b, c::{d, e}}` to `a::b`, `a::c::d`, `a::c::e`.
fn expanded(tree: &str) -> Vec<String> {
    let Some((prefix, rest)) = tree.split_once('{') else { return vec![tree.trim().to_owned()] };
    let (mut depth, mut branch, mut branches) = (1, String::new(), Vec::new());
    for character in rest.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || (depth == 1 && character == ',') {
            branches.push(std::mem::take(&mut branch));
        } else {
            branch.push(character);
        }
    }
    let full = branches.iter().map(|branch| branch.trim()).filter(|branch| !branch.is_empty());
    full.flat_map(|branch| expanded(&format!("{}{branch}", prefix.trim()))).collect()
}

/// Returns the parts of a path from the crate's root on; `None` for a path of another crate.
fn absolute(module: &str, path: &str) -> Option<Vec<String>> {
    let own: Vec<&str> = if module == "lib" || module == "main" { Vec::new() } else { module.split("::").collect() };
    let path = path.split(" as ").next().unwrap_or_default();
    let mut parts = path.split("::").map(str::trim).filter(|part| *part != "self");
    let mut at = match path.split("::").next()?.trim() {
        "crate" => {
            parts.next();
            Vec::new()
        }
        "self" => own,
        "super" => {
            parts.next();
            own[..own.len().saturating_sub(1)].to_vec()
        }
        _ => return None,
    };
    for part in parts {
        match part {
            "super" => drop(at.pop()),
            part => at.push(part),
        }
    }
    Some(at.into_iter().map(str::to_owned).collect())
}

fn last_name(path: &str) -> &str {
    path.split(" as ").last().unwrap_or_default().rsplit("::").next().unwrap_or_default().trim()
}
