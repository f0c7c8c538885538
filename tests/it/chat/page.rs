//! The page in headless Chromium: `tests/page/check_page.mjs` does what a person does, while the model's events are held
//! back from here. It is left out, and says so, where Node, Chromium or `npm ci --prefix tests/page` is missing.

use std::{path::PathBuf, process::Stdio};

use local_azure::seed::{ContentCategory, FilteredText, Severity};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::Command,
};

use super::direct;
use crate::rig::{Rig, project};

const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// The browser, or what is missing.
fn installed() -> Result<PathBuf, String> {
    let folder = project().join("tests/page");
    if !folder.join("node_modules/playwright-core/package.json").is_file() {
        return Err(format!("run `npm ci --prefix {}`", folder.display()));
    }
    if !std::process::Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success()) {
        return Err("Node is not installed".to_owned());
    }
    let path = option_env!("PATH").unwrap_or("/usr/bin:/bin");
    let places = std::env::split_paths(path).flat_map(|folder| BROWSERS.map(|name| folder.join(name)));
    places.into_iter().find(|place| place.is_file()).ok_or_else(|| "Chromium is not installed".to_owned())
}

#[tokio::test]
async fn a_person_chats_with_the_keyboard_alone() {
    let browser = match installed() {
        Ok(browser) => browser,
        Err(missing) => return eprintln!("the page was not tried: {missing}"),
    };
    let rig = Rig::locked(|seed| {
        direct(seed);
        let (text, category) = ("something forbidden".to_owned(), ContentCategory::Violence);
        seed.model_accounts[0].content_filter.push(FilteredText { text, category, severity: Severity::High });
    })
    .await;
    let screenshots = project().join("target/page");
    std::fs::create_dir_all(&screenshots).unwrap();
    let mut script = Command::new("node")
        .arg(project().join("tests/page/check_page.mjs"))
        .args([&rig.url("/api/chat"), rig.host.master_key().unwrap()])
        .arg(&screenshots)
        .env("CHROMIUM", browser)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut answers = script.stdin.take().unwrap();
    let mut lines = BufReader::new(script.stdout.take().unwrap()).lines();
    let mut held = None;
    let mut said = String::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        match line.split_once(' ').unwrap_or((&line, "")) {
            ("hold", _) => held = Some(rig.azure.world().model_streams().hold()),
            ("release", number) => held.as_ref().unwrap().release(number.parse().unwrap()),
            ("free", _) => drop(held.take()),
            ("left", _) => assert!(held.take().unwrap().next_end().await.unwrap().caller_left),
            _ => {
                said = line;
                continue;
            }
        }
        answers.write_all(b"done\n").await.unwrap();
    }
    assert!(script.wait().await.unwrap().success(), "the page does not work as it should: {said}");
    assert_eq!(said, "all good");
}
