//! Which file of a crate imports from which other.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// The path of a module, without `crate`: empty for the root.
pub(crate) type Module = Vec<String>;

/// The modules of a crate, with what each imports.
#[derive(Debug)]
pub(crate) struct Imports(pub(crate) BTreeMap<Module, BTreeSet<Module>>);

/// A module's text, without its tests.
struct Sources(BTreeMap<Module, String>);

impl Imports {
    /// Of the crate whose sources are in this folder.
    pub(crate) fn read(folder: &Path) -> Self {
        let mut texts = BTreeMap::new();
        collect(folder, &[], &mut texts);
        Self::of(texts)
    }

    /// Of these texts, by the path of the module.
    pub(crate) fn of(texts: BTreeMap<Module, String>) -> Self {
        let sources = Sources(texts.into_iter().map(|(module, text)| (module, without_tests(&text))).collect());
        let mut imports = BTreeMap::new();
        for (module, text) in &sources.0 {
            let targets = uses(text).into_iter().filter_map(|path| sources.target(module, &path));
            // A parent that names its children re-exports them.
            let targets = targets.filter(|target| target != module && !is_child(target, module));
            imports.insert(module.clone(), targets.collect());
        }
        Self(imports)
    }
}

fn is_child(target: &Module, module: &Module) -> bool {
    target.starts_with(module)
}

fn collect(folder: &Path, module: &[String], texts: &mut BTreeMap<Module, String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
        let stem = name.strip_suffix(".rs").unwrap_or(&name).to_owned();
        if ["tests", "test_support", "properties", "testing"].contains(&stem.as_str()) {
            continue;
        }
        let child = [module, std::slice::from_ref(&stem)].concat();
        if path.is_dir() {
            collect(&path, &child, texts);
        } else if name.ends_with(".rs") {
            let is_own = ["mod", "lib", "main"].contains(&stem.as_str());
            let module = if is_own { module.to_vec() } else { child };
            texts.insert(module, fs::read_to_string(&path).unwrap());
        }
    }
}

/// Tests stand at the end of a file.
fn without_tests(text: &str) -> String {
    let tests = text.find("\n#[cfg(test)]\nmod tests");
    tests.map_or(text, |at| &text[..at]).to_owned()
}

/// Every path that a `use` at the beginning of a line names, groups written out.
fn uses(text: &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("use ") {
        let line = rest[..at].rsplit('\n').next().unwrap_or_default().trim();
        let is_import = line.is_empty() || line.starts_with("pub");
        rest = &rest[at + "use ".len()..];
        if let Some(end) = rest.find(';').filter(|_| is_import) {
            let tree: String = rest[..end].lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
            write_out(&tree, &[], &mut paths);
        }
    }
    paths
}

fn write_out(tree: &str, before: &[String], paths: &mut Vec<Vec<String>>) {
    let tree = tree.trim();
    let Some((head, group)) = tree.split_once('{') else {
        let name = tree.split(" as ").next().unwrap_or_default();
        let own = name.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty());
        paths.push(before.iter().cloned().chain(own).collect());
        return;
    };
    let own = head.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty());
    let before: Vec<_> = before.iter().cloned().chain(own).collect();
    let (mut depth, mut start) = (0, 0);
    let group = &group[..group.rfind('}').unwrap()];
    for (at, c) in group.char_indices().chain([(group.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                if !group[start..at].trim().is_empty() {
                    write_out(&group[start..at], &before, paths);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
}

impl Sources {
    /// The module of this crate that a path leads to.
    fn target(&self, module: &Module, path: &[String]) -> Option<Module> {
        let first = path.first()?;
        let (mut base, mut rest) = match first.as_str() {
            "crate" => (Module::new(), &path[1..]),
            "self" => (module.clone(), &path[1..]),
            "super" => (module.clone(), path),
            // A child's name alone.
            _ if self.0.contains_key(&[module.as_slice(), std::slice::from_ref(first)].concat()) => (module.clone(), path),
            _ => return None,
        };
        while rest.first().is_some_and(|part| part == "super") {
            base.pop();
            rest = &rest[1..];
        }
        Some(self.resolve(base, rest))
    }

    /// Follows modules, and re-exports by their parents.
    fn resolve(&self, mut base: Module, mut rest: &[String]) -> Module {
        while let Some(part) = rest.first() {
            let child = [base.as_slice(), std::slice::from_ref(part)].concat();
            if !self.0.contains_key(&child) {
                break;
            }
            (base, rest) = (child, &rest[1..]);
        }
        let (Some(item), Some(text)) = (rest.first(), self.0.get(&base)) else { return base };
        let exported = uses(text).into_iter().find(|path| path.last() == Some(item) && path.len() > 1);
        match exported.and_then(|path| self.target(&base, &path)) {
            Some(target) if target != base && is_child(&target, &base) => target,
            _ => base,
        }
    }
}

fn texts(files: &[(&str, &str)]) -> BTreeMap<Module, String> {
    let module = |path: &str| path.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
    files.iter().map(|(path, text)| (module(path), (*text).to_owned())).collect()
}

/// For tests: imports between texts, as `from → to`.
pub(crate) fn shown(files: &[(&str, &str)]) -> Vec<String> {
    let Imports(imports) = Imports::of(texts(files));
    let edges = imports.iter().flat_map(|(from, to)| to.iter().map(move |to| format!("{} → {}", from.join("::"), to.join("::"))));
    edges.collect()
}

#[test]
fn imports_lead_to_the_file_that_has_the_item() {
    let files = [
        ("", "mod a; mod b;\n"),
        ("a", "pub(crate) use self::{deep::Deep, other::{One, Two}};\nmod deep;\nmod other;\n"),
        ("a::deep", "use super::other::Two;\n"),
        ("a::other", ""),
        ("b", "use std::fmt;\nuse crate::{\n    a::{One, Deep as Renamed}, // a comment\n};\n#[cfg(test)]\nmod tests {\n    use crate::c::C;\n}\n"),
        ("c", "use crate::a;\n"),
    ];
    assert_eq!(shown(&files), ["a::deep → a::other", "b → a::deep", "b → a::other", "c → a"]);
}
