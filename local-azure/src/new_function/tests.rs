use std::collections::BTreeMap;

use super::*;

/// Copies the parts of this project that a new function changes.
fn project() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    let original = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for folder in ["functions", "src/functions"] {
        copy_all(&original.join(folder), &copy.path().join(folder));
    }
    fs::copy(original.join("src/main.rs"), copy.path().join("src/main.rs")).unwrap();
    copy
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() { copy_all(&entry.path(), &to) } else { fs::copy(entry.path(), to).map(drop).unwrap() }
    }
}

/// Returns every file below a folder, with its text.
fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read_to_string(path).unwrap());
        }
    }
    found
}

fn name(text: &str) -> FunctionName {
    text.parse().unwrap()
}

#[test]
fn a_new_function_is_two_files_and_two_lines() {
    for (kind, trigger) in [(FunctionKind::Http, "httpTrigger"), (FunctionKind::Timer, "timerTrigger")] {
        let project = project();
        let before = files(project.path());
        let paths = create(project.path(), kind, &name("order_report")).unwrap();
        let expected = ["functions/order_report/function.json", "src/functions/order_report.rs", "src/main.rs"];
        assert_eq!(paths, expected.map(|path| project.path().join(path)));
        let mut after = files(project.path());
        let (definition, code) = (after.remove(&paths[0]).unwrap(), after.remove(&paths[1]).unwrap());
        let definition: serde_json::Value = serde_json::from_str(&definition).unwrap();
        assert_eq!(definition["bindings"][0]["type"], trigger);
        assert!(code.contains("pub(crate) async fn run(") && !code.contains("NAME"), "{code}");
        let table = after.remove(&paths[2]).unwrap();
        let old = &before[&paths[2]];
        let new: Vec<_> = table.lines().filter(|line| !old.lines().any(|old| old == *line)).collect();
        let method = if kind == FunctionKind::Http { "http" } else { "timer" };
        let registration = format!("        .{method}(function!(\"order_report\"), functions::order_report::run)");
        assert_eq!(new, ["    pub(crate) mod order_report;", registration.as_str()]);
        assert_eq!(table.lines().count(), old.lines().count() + 2);
        assert_eq!(after.len(), before.len() - 1);
        assert!(after.iter().all(|(path, text)| before[path] == *text));
    }
}

#[test]
fn main_rs_stays_sorted_wherever_the_name_falls() {
    let project = project();
    for new in ["aaa", "snapshot_a", "snapshotter", "zzz"] {
        create(project.path(), FunctionKind::Timer, &name(new)).unwrap();
    }
    let main = fs::read_to_string(project.path().join("src/main.rs")).unwrap();
    let folders = fs::read_dir(project.path().join("functions")).unwrap();
    let mut expected: Vec<_> = folders.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    expected.sort_unstable();
    assert_eq!(main.lines().filter_map(registered).collect::<Vec<_>>(), expected);
    let modules = main.lines().filter_map(|line| line.strip_prefix("    pub(crate) mod ")?.strip_suffix(';'));
    assert_eq!(modules.collect::<Vec<_>>(), expected);
}

#[test]
fn a_main_rs_without_modules_for_functions_gets_them() {
    let text = "//! Doc.\n\nuse functions_handler::{FunctionApp, function};\n\nfn main() -> std::process::ExitCode {\n    \
                FunctionApp::stateless()\n        .http(function!(\"hello\"), hello)\n        .run()\n}\n";
    let extended = with_function(text, &name("tick"), ".timer(function!(\"tick\"), functions::tick::run)").unwrap();
    assert!(extended.starts_with("//! Doc.\n\nmod functions {\n    pub(crate) mod tick;\n}\n\nuse functions_handler"));
    let registered =
        ".http(function!(\"hello\"), hello)\n        .timer(function!(\"tick\"), functions::tick::run)\n        .run()";
    assert!(extended.contains(registered), "{extended}");
}

#[test]
fn what_is_there_is_left_alone() {
    let project = project();
    fs::create_dir(project.path().join("functions/Upper")).unwrap();
    fs::create_dir(project.path().join("src/functions/parts")).unwrap();
    let before = files(project.path());
    for taken in ["health", "upper", "parts"] {
        let error = create(project.path(), FunctionKind::Http, &name(taken)).unwrap_err();
        assert!(matches!(error, NewFunctionError::Exists(_)), "{error}");
    }
    assert_eq!(files(project.path()), before);
}

#[test]
fn what_cannot_be_finished_is_not_begun() {
    let project = project();
    let main = project.path().join("src/main.rs");
    let before = files(project.path());
    let folder = project.path().join("functions/orders");
    let code = project.path().join("src/functions/orders.rs");
    let new_files = [(folder.join("function.json"), String::new()), (code, String::new())];
    let refuse = || Err(NewFunctionError::Exists(main.clone()));
    assert!(write_all(&folder, &new_files, refuse).is_err());
    assert_eq!(files(project.path()), before);
    assert!(!folder.exists());

    fs::write(&main, "fn main() {}\n").unwrap();
    let error = create(project.path(), FunctionKind::Http, &name("orders")).unwrap_err();
    assert!(
        error.to_string().contains("add `.http(function!(\"orders\"), functions::orders::run)` by hand"),
        "{error}"
    );
    assert!(!project.path().join("functions/orders").exists());
}

#[test]
fn every_other_byte_of_main_rs_stays() {
    for end in ["\n", "\r\n"] {
        let text = format!(
            "mod functions {{{end}    pub(crate) mod health;{end}}}{end}        .http(function!(\"health\"), x){end}// no end"
        );
        let extended = with_function(&text, &name("orders"), ".http(y)").unwrap();
        let without = extended.replace(&format!("    pub(crate) mod orders;{end}"), "");
        assert_eq!(without.replace(&format!("        .http(y){end}"), ""), text);
        assert_eq!(extended.len(), text.len() + "    pub(crate) mod orders;        .http(y)".len() + 2 * end.len());
    }
}

#[cfg(unix)]
#[test]
fn a_main_rs_behind_a_symbolic_link_is_refused() {
    let project = project();
    let main = project.path().join("src/main.rs");
    fs::rename(&main, project.path().join("elsewhere.rs")).unwrap();
    std::os::unix::fs::symlink("../elsewhere.rs", &main).unwrap();
    let before = files(project.path());
    let error = create(project.path(), FunctionKind::Http, &name("orders")).unwrap_err();
    assert!(error.to_string().contains("is a symbolic link"), "{error}");
    assert_eq!(files(project.path()), before);
}

#[test]
fn a_name_is_one_for_the_host_and_in_a_rust_project_also_for_rust() {
    for right in ["a", "order_report", "report2", "Order-Report", "a_", &"a".repeat(128)] {
        assert!(right.parse::<FunctionName>().is_ok(), "{right}");
    }
    for wrong in ["", "2a", "_a", "a/b", "../a", "ä", "a b", "host", "Host", &"a".repeat(129)] {
        assert_eq!(wrong.parse::<FunctionName>(), Err(NameError::NotForHost), "{wrong}");
    }
    for wrong in ["a_", "a__b", "Order", "order-report"] {
        assert_eq!(name(wrong).check_for_rust(), Err(NameError::NotSnakeCase), "{wrong}");
    }
    for word in ["match", "type", "gen"] {
        assert_eq!(name(word).check_for_rust(), Err(NameError::Reserved), "{word}");
    }
    let project = project();
    let before = files(project.path());
    let error = create(project.path(), FunctionKind::Http, &name("order-report")).unwrap_err().to_string();
    assert!(error.starts_with("order-report: the name of a function in Rust is snake_case"), "{error}");
    assert_eq!(files(project.path()), before);
}

#[test]
fn the_first_function_stands_before_run() {
    let text = "fn main() -> std::process::ExitCode {\n    FunctionApp::stateless()\n        .run()\n}\n";
    let extended = with_function(text, &name("tick"), ".timer(y)").unwrap();
    assert!(extended.contains("stateless()\n        .timer(y)\n        .run()\n"), "{extended}");
}

#[test]
fn in_another_language_a_function_is_one_file_beside_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let made = create_definition(folder.path(), FunctionKind::Timer, &name("Night-Run")).unwrap();
    assert_eq!(made, folder.path().join("Night-Run/function.json"));
    let before = files(folder.path());
    assert_eq!(before.len(), 1);
    let error = create_definition(folder.path(), FunctionKind::Http, &name("night-run")).unwrap_err();
    assert!(matches!(error, NewFunctionError::Exists(_)), "{error}");
    let error = create_definition(folder.path(), FunctionKind::Http, &name("Admin")).unwrap_err();
    assert!(matches!(error, NewFunctionError::ReservedRoute(_)), "{error}");
    assert_eq!(files(folder.path()), before);
}

#[test]
fn names_that_would_not_work_in_their_place_are_refused() {
    let project = project();
    let before = files(project.path());
    for reserved in ["admin", "administrators", "runtime_report"] {
        let error = create(project.path(), FunctionKind::Http, &name(reserved)).unwrap_err();
        assert!(matches!(error, NewFunctionError::ReservedRoute(_)), "{error}");
    }
    assert_eq!(files(project.path()), before);
    assert!(create(project.path(), FunctionKind::Timer, &name("admin_report")).is_ok());
}
