//! Restarts the job host when `host.json` or a `function.json` changes, but not when only the handler changes.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use super::web::WebHost;

/// The interval between two checks of the script root.
const LOOK: Duration = Duration::from_secs(1);

/// The text of `host.json` and of each `function.json`.
type ScriptFiles = BTreeMap<PathBuf, Vec<u8>>;

pub(super) async fn restart_on_change(web: Arc<WebHost>) {
    let mut known = script_files(&web.setup.root).ok();
    loop {
        tokio::time::sleep(LOOK).await;
        // A file that cannot be read, perhaps because no descriptor is left, does not count as a change.
        let Ok(files) = script_files(&web.setup.root) else { continue };
        let Some(before) = known.replace(files) else { continue };
        if known.as_ref() != Some(&before) {
            web.setup.log.information("host.json or a function.json has changed: restarting the host");
            web.restart().await;
        }
    }
}

/// Reads the files. A missing file is left out, and any other failure is an error.
fn script_files(root: &Path) -> io::Result<ScriptFiles> {
    let mut paths = vec![root.join("host.json")];
    for entry in fs::read_dir(root)? {
        paths.push(entry?.path().join("function.json"));
    }
    let mut files = ScriptFiles::new();
    for path in paths {
        match fs::read(&path) {
            Ok(text) => drop(files.insert(path, text)),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_gone_is_a_change_and_one_that_cannot_be_read_is_none() {
        let root = tempfile::tempdir().unwrap();
        let function = root.path().join("hello/function.json");
        fs::create_dir(root.path().join("hello")).unwrap();
        fs::write(&function, "{}").unwrap();
        fs::write(root.path().join("host.json"), "{}").unwrap();
        fs::write(root.path().join("handler"), "").unwrap();
        assert_eq!(script_files(root.path()).unwrap().len(), 2);
        fs::remove_file(&function).unwrap();
        assert_eq!(script_files(root.path()).unwrap().len(), 1);
        // A folder cannot be read as a file, not even by root.
        fs::create_dir(&function).unwrap();
        assert!(script_files(root.path()).is_err());
        assert!(script_files(&root.path().join("handler")).is_err(), "nor can a root that is no folder");
    }
}
