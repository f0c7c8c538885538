//! An answer reduced to the parts that clients read and that do not change from run to run.

use std::collections::{BTreeMap, HashMap};

use quick_xml::{Reader, events::Event};

/// Headers that clients read, compared by value.
const HEADERS: &[&str] = &[
    "accept-ranges",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-range",
    "content-type",
    "x-ms-access-tier",
    "x-ms-access-tier-inferred",
    "x-ms-blob-append-offset",
    "x-ms-blob-committed-block-count",
    "x-ms-blob-content-length",
    "x-ms-blob-content-md5",
    "x-ms-blob-sealed",
    "x-ms-blob-sequence-number",
    "x-ms-blob-type",
    "x-ms-client-request-id",
    "x-ms-content-crc64",
    "x-ms-copy-progress",
    "x-ms-copy-status",
    "x-ms-error-code",
    "x-ms-has-immutability-policy",
    "x-ms-has-legal-hold",
    "x-ms-lease-duration",
    "x-ms-lease-id",
    "x-ms-lease-state",
    "x-ms-lease-status",
    "x-ms-request-server-encrypted",
    "x-ms-server-encrypted",
    "x-ms-tag-count",
    "x-ms-version",
];
/// Headers whose presence alone is compared.
const PRESENT: &[&str] = &[
    "last-modified",
    "x-ms-creation-time",
    "x-ms-copy-id",
    "x-ms-copy-completion-time",
    "x-ms-request-id",
    "x-ms-snapshot",
    "date",
];
/// Elements that hold times, hosts and other values of the moment.
const OF_THE_MOMENT: &[&str] = &[
    "Creation-Time",
    "Last-Modified",
    "Marker",
    "CopyId",
    "CopySource",
    "CopyCompletionTime",
    "AccessTierChangeTime",
    "Snapshot",
];

/// The compared values by name: `status`, headers, `body`, `xml:…`.
pub(crate) type Facts = BTreeMap<String, String>;

/// The entity tags of one service, in the order in which it sent them.
#[derive(Default)]
pub(crate) struct Tags(HashMap<String, usize>);

impl Tags {
    fn number(&mut self, tag: &str) -> String {
        let next = self.0.len();
        format!("tag {}", self.0.entry(tag.trim_matches('"').to_owned()).or_insert(next))
    }
}

/// A raw answer.
pub(crate) struct ComparedAnswer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl ComparedAnswer {
    pub(crate) fn facts(&self, tags: &mut Tags) -> Facts {
        let mut facts = Facts::from([("status".to_owned(), self.status.to_string())]);
        for (name, value) in &self.headers {
            if HEADERS.contains(&name.as_str()) || name.starts_with("x-ms-meta-") {
                facts.insert(name.clone(), value.clone());
            } else if PRESENT.contains(&name.as_str()) {
                facts.insert(name.clone(), "present".to_owned());
            } else if name == "etag" {
                facts.insert(name.clone(), tags.number(value));
            } else if name == "x-ms-lease-time" {
                // A breaking lease may have a second less left.
                let seconds: f64 = value.parse().unwrap_or(-1.0);
                facts.insert(name.clone(), format!("about {}", (seconds / 10.0).ceil() * 10.0));
            }
        }
        if facts.get("content-length").is_some_and(|length| length == "0") {
            facts.remove("content-length");
        }
        let is_xml = self.headers.get("content-type").is_some_and(|kind| kind.starts_with("application/xml"));
        if self.headers.contains_key("x-ms-error-code") {
            // Each service words its refusals itself.
            for name in ["content-type", "content-length"] {
                facts.remove(name);
            }
        } else if is_xml {
            facts.remove("content-length");
            facts.extend(xml_facts(&self.body, tags));
        } else {
            facts.insert("body".to_owned(), String::from_utf8_lossy(&self.body).into_owned());
            facts.retain(|name, value| name != "body" || !value.is_empty());
        }
        facts
    }

    /// Returns the marker at which the next page of a list starts.
    pub(crate) fn next_marker(&self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.body);
        let (_, rest) = text.split_once("<NextMarker>")?;
        rest.split_once("</NextMarker>").map(|(marker, _)| marker.to_owned()).filter(|marker| !marker.is_empty())
    }
}

/// Returns the texts of a document by path. Entries of a list are identified by their names, so their order among
/// entries of other kinds does not matter.
fn xml_facts(body: &[u8], tags: &mut Tags) -> Facts {
    let mut facts = Facts::new();
    let (mut path, mut text): (Vec<String>, String) = (Vec::new(), String::new());
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut reader = Reader::from_reader(body);
    loop {
        match reader.read_event().unwrap_or(Event::Eof) {
            Event::Start(tag) => {
                let name = String::from_utf8_lossy(tag.name().as_ref()).into_owned();
                let entry =
                    matches!(name.as_str(), "Blob" | "BlobPrefix" | "Block" | "PageRange" | "ClearRange" | "Tag");
                let place = format!("{}/{name}", path.join("/"));
                let count = counts.entry(place).or_default();
                *count += usize::from(entry);
                path.push(if entry { format!("{name}{count}") } else { name });
                text.clear();
            }
            Event::Text(part) => text.push_str(&part.decode().unwrap_or_default()),
            Event::GeneralRef(part) => text.push_str(&format!("&{};", part.decode().unwrap_or_default())),
            Event::End(_) => {
                let name = path.last().cloned().unwrap_or_default();
                let value = match name.as_str() {
                    "Etag" => tags.number(text.trim()),
                    "NextMarker" if !text.is_empty() => "more".to_owned(),
                    _ => text.trim_matches(['\n', '\r']).to_owned(),
                };
                if !value.is_empty() && !OF_THE_MOMENT.contains(&name.as_str()) {
                    facts.insert(format!("xml:{}", path.join("/")), value);
                }
                text.clear();
                path.pop();
            }
            Event::Eof => return facts,
            _ => {}
        }
    }
}
