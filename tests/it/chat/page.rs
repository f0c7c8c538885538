//! The page in headless Chromium. `tests/page/check_page.mjs` acts like a person, while this test holds back the
//! model's events.

use local_azure::seed::{ContentCategory, FilteredText, Severity};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

use super::direct;
use crate::{browser, rig::Rig};

#[tokio::test]
async fn a_person_chats_with_the_keyboard_alone() {
    let Some(mut script) = browser::script("check_page.mjs") else { return };
    let rig = Rig::locked(|seed| {
        direct(seed);
        let (text, category) = ("something forbidden".to_owned(), ContentCategory::Violence);
        seed.model_accounts[0].content_filter.push(FilteredText { text, category, severity: Severity::High });
    })
    .await;
    script.args([&rig.url("/api/chat"), rig.host.master_key().unwrap()]).arg(browser::screenshots());
    let mut script = script.spawn().unwrap();
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
