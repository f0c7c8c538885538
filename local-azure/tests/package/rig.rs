//! A script root in a temporary folder, and its package.

use std::{collections::BTreeMap, fs, path::PathBuf};

use local_azure::package::{Package, PackageError, package};
use tempfile::TempDir;

/// The smallest `host.json` that names the handler.
pub(crate) const HOST_JSON: &str = r#"{
  "version": "2.0",
  "customHandler": { "description": { "defaultExecutablePath": "handler" }, "enableProxyingHttpRequest": true }
}"#;

pub(crate) const HTTP_FUNCTION: &str = r#"{ "bindings": [
  { "type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous", "methods": ["get"] },
  { "type": "http", "direction": "out", "name": "res" }
] }"#;

/// Its schedule is an app setting.
pub(crate) const TIMER_FUNCTION: &str =
    r#"{ "bindings": [{ "type": "timerTrigger", "direction": "in", "name": "timer", "schedule": "%TICK%" }] }"#;

/// `e_machine` of ELF.
pub(crate) const X86_64: u16 = 62;
pub(crate) const AARCH64: u16 = 183;

pub(crate) struct ScriptRoot {
    pub(crate) folder: TempDir,
    settings: BTreeMap<String, String>,
}

impl ScriptRoot {
    /// Makes a script root with an HTTP function, a timer, and a static executable of no content.
    pub(crate) fn new() -> Self {
        let settings = BTreeMap::from([("TICK".to_owned(), "0 */5 * * * *".to_owned())]);
        Self { folder: TempDir::new().unwrap(), settings }
            .file("host.json", HOST_JSON)
            .file("handler", elf(X86_64, None))
            .file("where/function.json", HTTP_FUNCTION)
            .file("tick/function.json", TIMER_FUNCTION)
    }

    pub(crate) fn file(self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    pub(crate) fn without(self, path: &str) -> Self {
        fs::remove_file(self.folder.path().join(path)).unwrap();
        self
    }

    pub(crate) fn without_settings(mut self) -> Self {
        self.settings.clear();
        self
    }

    pub(crate) fn settings(&self) -> BTreeMap<String, String> {
        self.settings.clone()
    }

    /// Returns the package, its new folder, and its path.
    pub(crate) fn package(&self) -> Result<(Package, TempDir, PathBuf), PackageError> {
        let folder = TempDir::new().unwrap();
        let zip = folder.path().join("out/app.zip");
        let package = package(self.folder.path(), &self.settings, &zip);
        assert_eq!(zip.exists(), package.is_ok(), "a zip is written if and only if it is good");
        Ok((package?, folder, zip))
    }

    pub(crate) fn zip(&self) -> Vec<u8> {
        let (_, _folder, zip) = self.package().unwrap();
        fs::read(zip).unwrap()
    }

    /// Returns the reason why there is no package. `ROOT` stands for the script root.
    pub(crate) fn refusal(self) -> String {
        let refusal = self.package().expect_err("this is not packaged").to_string();
        refusal.replace(&*self.folder.path().to_string_lossy(), "ROOT")
    }
}

/// Makes a 64-bit little-endian ELF executable with one segment: code, or the name of a loader.
pub(crate) fn elf(machine: u16, loader: Option<&str>) -> Vec<u8> {
    const HEADER: u64 = 64;
    const SEGMENT: u64 = 56;
    let content = loader.map_or_else(|| vec![0xc3], |loader| [loader.as_bytes(), b"\0"].concat());
    let (start, length) = (HEADER + SEGMENT, content.len() as u64);
    let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
    bytes.resize(16, 0);
    let executable = 2_u16;
    bytes.extend([executable, machine].map(u16::to_le_bytes).concat());
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend([start, HEADER, 0].map(u64::to_le_bytes).concat());
    bytes.extend(0_u32.to_le_bytes());
    bytes.extend([HEADER as u16, SEGMENT as u16, 1, 64, 0, 0].map(u16::to_le_bytes).concat());
    let (code, interpreter, read_and_execute) = (1_u32, 3_u32, 5_u32);
    bytes.extend([if loader.is_some() { interpreter } else { code }, read_and_execute].map(u32::to_le_bytes).concat());
    bytes.extend([start, start, start, length, length, 1].map(u64::to_le_bytes).concat());
    bytes.extend(content);
    bytes
}
