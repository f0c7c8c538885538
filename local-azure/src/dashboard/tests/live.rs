//! Live changes of the journal.

use futures_util::{FutureExt as _, StreamExt as _};

use super::browser::Browser;
use crate::{
    dashboard::{
        live::{Message, messages},
        state::MOST_STREAMS,
    },
    journal::{Decision, EntryId, Journal, MOST_ENTRIES, Service},
};

const MARKUP: &str = "/<img src=x onerror=alert(1)>";

fn record(journal: &Journal, path: &str) -> EntryId {
    let entry = journal.begin(Service::KeyVault, "GET", path);
    let id = entry.id;
    journal.record(entry);
    id
}

/// Returns the messages: `12` for change 12, `reset 12` for a reset.
async fn told(journal: &Journal, after: Option<u64>, count: usize) -> Vec<String> {
    let stream = std::pin::pin!(messages(journal.clone(), after));
    let text = |message| async move {
        match message {
            Message::Changed(change) => change.sequence.to_string(),
            Message::Reset(sequence) => format!("reset {sequence}"),
        }
    };
    stream.take(count).then(text).collect().await
}

#[tokio::test]
async fn a_stream_that_broke_goes_on_where_it_was() {
    let journal = Journal::default();
    let first = record(&journal, "/1");
    (2..=4).for_each(|number| {
        record(&journal, &format!("/{number}"));
    });
    journal.amend(first, |decision: &mut Decision| decision.reason = Some("more".to_owned()));
    assert_eq!(told(&journal, Some(0), 4).await, ["2", "3", "4", "5"], "the first entry as it is now, last");
    assert_eq!(told(&journal, Some(4), 1).await, ["5"]);
    assert_eq!(told(&journal, Some(6), 1).await, ["reset 5"], "a number of another run");
}

#[tokio::test]
async fn changes_that_are_no_longer_kept_are_a_reset() {
    let journal = Journal::default();
    (0..MOST_ENTRIES + 3).for_each(|_| {
        record(&journal, "/");
    });
    let last = MOST_ENTRIES + 3;
    assert_eq!(journal.latest(1).dropped, 3);
    assert_eq!(told(&journal, Some(2), 1).await, [format!("reset {last}")]);
    assert_eq!(told(&journal, Some(last as u64 - 1), 1).await, [last.to_string()]);
    assert_eq!(told(&journal, Some(3), 1).await, [format!("reset {last}")], "too many to send again");
}

#[tokio::test]
async fn a_slow_reader_gets_a_reset_and_holds_nobody_up() {
    let journal = Journal::default();
    let mut stream = std::pin::pin!(messages(journal.clone(), None));
    assert!(stream.next().now_or_never().is_none());
    (0..1000).for_each(|_| {
        record(&journal, "/");
    });
    assert!(matches!(stream.next().await, Some(Message::Reset(1000))));
    record(&journal, "/after");
    assert!(matches!(stream.next().await, Some(Message::Changed(change)) if change.sequence == 1001));
}

#[tokio::test]
async fn seven_streams_get_an_event_and_an_eighth_tab_is_answered() {
    let browser = Browser::open().await;
    let mut streams = Vec::new();
    for _ in 0..7 {
        let stream = browser.get("/dashboard/api/events?after=0").await;
        assert_eq!((stream.status, stream.header("content-type")), (200, Some("text/event-stream")));
        streams.push(stream);
    }
    record(browser.azure.journal(), MARKUP);
    for stream in &mut streams {
        let (kind, id, row) = stream.event().await.unwrap();
        assert_eq!((kind.as_str(), id, &row["path"]), ("entry", 1, &MARKUP.into()));
        assert_eq!(row["verdict"], "answered");
    }
    let changes = browser.json("/dashboard/api/changes?after=0").await;
    assert_eq!(
        (&changes["sequence"], &changes["reset"], &changes["rows"][0]["path"]),
        (&1.into(), &false.into(), &MARKUP.into())
    );
    assert_eq!(browser.json("/dashboard/api/changes?after=9").await["reset"], true);
    // A client that opens too many streams is refused. It can poll.
    for _ in 7..MOST_STREAMS {
        streams.push(browser.get("/dashboard/api/events").await);
    }
    assert_eq!(browser.get("/dashboard/api/events").await.status, 503);
    assert_eq!(browser.json("/dashboard/api/changes").await["sequence"], 1);
    drop(streams.pop());
}

#[tokio::test]
async fn a_stream_is_resumed_by_the_id_of_its_last_event() {
    let browser = Browser::open().await;
    (1..=3).for_each(|number| {
        record(browser.azure.journal(), &format!("/{number}"));
    });
    let headers = format!("cookie: {}\r\nlast-event-id: 2\r\n", browser.cookie);
    let mut stream = browser.ask("GET", "/dashboard/api/events?after=0", &headers, "").await;
    assert_eq!(stream.event().await.unwrap().1, 3);
}

#[tokio::test]
async fn streams_end_with_the_run() {
    let Browser { azure, cookie, authority } = Browser::open().await;
    let browser = Browser { azure, cookie, authority };
    let mut stream = browser.get("/dashboard/api/events").await;
    drop(browser);
    assert_eq!(stream.event().await, None);
}

#[tokio::test]
async fn markup_in_what_a_client_sent_stays_text_in_json() {
    let browser = Browser::open().await;
    let journal = browser.azure.journal();
    let mut entry = journal.begin(Service::KeyVault, "GET", MARKUP);
    entry.decision.claims.insert("<script>".to_owned(), "</script><b>".into());
    let id = entry.id.0;
    journal.record(entry);
    let one = browser.json(&format!("/dashboard/api/requests/{id}")).await;
    let entry = &one["chain"][0]["entry"];
    assert_eq!((&entry["path"], &entry["claims"]["<script>"]), (&MARKUP.into(), &"</script><b>".into()));
    assert_eq!(browser.json("/dashboard/api/requests").await["rows"][0]["path"], MARKUP);
    let gone = browser.get("/dashboard/api/requests/77").await;
    assert_eq!(gone.status, 404);
}
