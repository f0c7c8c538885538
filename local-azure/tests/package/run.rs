//! A package, unpacked somewhere else, runs.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, OnceLock},
};

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use local_azure::{
    functions_host::{FunctionsHost, HostOptions},
    network::Network,
};
use tempfile::TempDir;
use zip::ZipArchive;

use crate::rig::ScriptRoot;

/// Returns a real static executable, made once for all tests.
pub(crate) fn tiny_handler() -> &'static Path {
    static HANDLER: OnceLock<PathBuf> = OnceLock::new();
    HANDLER.get_or_init(|| {
        let handler = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tiny_handler");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/package/tiny_handler.rs");
        let arguments = ["--edition", "2024", "-Ctarget-feature=+crt-static", "-Cstrip=symbols", "-o"];
        let status = Command::new("rustc").args(arguments).arg(&handler).arg(source).status();
        assert!(status.unwrap().success(), "rustc links a static executable");
        handler
    })
}

fn unpack(zip: &Path) -> TempDir {
    let folder = TempDir::new().unwrap();
    ZipArchive::new(fs::File::open(zip).unwrap()).unwrap().extract(folder.path()).unwrap();
    folder
}

fn options(script_root: &Path) -> HostOptions {
    HostOptions { log: Arc::new(|line| println!("{line}")), ..HostOptions::new(script_root.to_owned()) }
}

#[tokio::test]
async fn a_package_unpacked_elsewhere_runs_under_the_functions_host() {
    let root = ScriptRoot::new().file("handler", fs::read(tiny_handler()).unwrap());
    let settings = root.settings();
    let (_, folder, zip) = root.package().unwrap();
    let elsewhere = unpack(&zip);
    // Remove the files that the package was made from.
    drop((root, folder));
    let environment = vec![("NEEDED".to_owned(), "1".to_owned())];
    let host = FunctionsHost::start(HostOptions { settings, environment, ..options(elsewhere.path()) }).await.unwrap();
    host.wait_ready().await.unwrap();
    let request = Request::get(format!("{}api/where", host.url())).body(Body::empty()).unwrap();
    let body = Network::new().send(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
    let host_json = fs::canonicalize(elsewhere.path().join("host.json")).unwrap();
    assert_eq!(String::from_utf8_lossy(&body), host_json.to_string_lossy());
    let invocation = host.invoke("tick", None).await.unwrap();
    assert_eq!(invocation.error, None);
    host.stop().await;
}
