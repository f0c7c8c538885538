//! Makes the calls of a sequence to both services, and compares the answers.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::{Certificate, Client, Method};

use crate::{
    answer::{ComparedAnswer, Tags},
    azurite::{self, Azurite},
    call::BlobStep,
    differences::{self, Difference},
    service::{self, Service},
};

/// A version that both services know.
const VERSION: &str = "2025-11-05";

/// The two services.
pub(crate) struct Peers {
    ours: Peer,
    azurite: Peer,
    containers: AtomicUsize,
    met: Mutex<BTreeSet<&'static str>>,
    compared: AtomicUsize,
}

struct Peer {
    client: Client,
    /// The URL before `/container`.
    base: String,
    /// The URL before `/container` in a copy's source.
    source_base: String,
    authorization: String,
}

/// The values that one service has returned in a sequence.
#[derive(Default)]
struct ReturnedValues {
    tags: Tags,
    /// The last tag of each blob, and of the container.
    known: BTreeMap<Option<&'static str>, String>,
    marker: Option<String>,
    /// Blobs that got blocks since they were last written as a whole or deleted.
    staged: BTreeSet<&'static str>,
}

impl Peers {
    pub(crate) fn new(service: &Service, azurite: &Azurite) -> Self {
        // Azurite ends a connection that is idle for 5 s, perhaps just when it is used again.
        let client =
            || Client::builder().no_proxy().pool_max_idle_per_host(64).pool_idle_timeout(Duration::from_secs(2));
        let certificate = Certificate::from_pem(azurite.certificate.as_bytes()).unwrap();
        let azurite_base = format!("{}/{}", azurite.origin, azurite::ACCOUNT);
        Self {
            ours: Peer {
                client: client().build().unwrap(),
                base: service.origin.clone(),
                source_base: format!("https://{}.blob.core.windows.net", service::ACCOUNT),
                authorization: service.authorization.clone(),
            },
            azurite: Peer {
                client: client().tls_certs_only([certificate]).build().unwrap(),
                source_base: azurite_base.clone(),
                base: azurite_base,
                authorization: Azurite::authorization(),
            },
            containers: AtomicUsize::new(0),
            met: Mutex::new(BTreeSet::new()),
            compared: AtomicUsize::new(0),
        }
    }

    /// Makes the calls in a new container. The first unexplained difference ends the run, and is the error.
    pub(crate) async fn run(&self, calls: &[BlobStep]) -> Result<(), String> {
        let container = format!("c{:06}", self.containers.fetch_add(1, Ordering::Relaxed));
        let (mut ours, mut theirs) = (ReturnedValues::default(), ReturnedValues::default());
        let create = BlobStep::new("PUT", None, "restype=container");
        let all = std::iter::once(&create).chain(calls);
        for (index, call) in all.enumerate() {
            let (our, their) = tokio::join!(
                self.ours.send(&container, call, &mut ours),
                self.azurite.send(&container, call, &mut theirs)
            );
            let (our_facts, their_facts) = (our.facts(&mut ours.tags), their.facts(&mut theirs.tags));
            let blocks_wait = call.blob.is_some_and(|blob| ours.staged.contains(blob));
            let mut difference = Difference::between(call, &our_facts, &their_facts, blocks_wait);
            ours.note_blocks(call, &our);
            self.compared.fetch_add(1, Ordering::Relaxed);
            let explained = differences::explain(&mut difference);
            self.met.lock().unwrap().extend(&explained);
            if !difference.names.is_empty() {
                return Err(tell(&calls[..index], &difference, &our, &their));
            }
            // After an explained difference that leaves the services in different states, there is nothing more to
            // compare.
            if explained.iter().any(|name| differences::ends_sequence(name)) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Returns the number of calls whose answers were compared.
    pub(crate) fn compared(&self) -> usize {
        self.compared.load(Ordering::Relaxed)
    }

    /// Returns the explained differences that occurred.
    pub(crate) fn met(&self) -> Vec<&'static str> {
        self.met.lock().unwrap().iter().copied().collect()
    }
}

impl ReturnedValues {
    fn note_blocks(&mut self, call: &BlobStep, answer: &ComparedAnswer) {
        let Some(blob) = call.blob.filter(|_| answer.status < 300) else { return };
        match (call.method, call.query.as_str()) {
            ("PUT", query) if query.starts_with("comp=block&") => {
                self.staged.insert(blob);
            }
            ("PUT", "" | "comp=blocklist") | ("DELETE", _) => {
                self.staged.remove(blob);
            }
            _ => {}
        }
    }
}

impl Peer {
    async fn send(&self, container: &str, call: &BlobStep, told: &mut ReturnedValues) -> ComparedAnswer {
        let place = call.blob.map(|blob| format!("/{blob}")).unwrap_or_default();
        let mut url = format!("{}/{container}{place}?{}", self.base, call.query);
        if let Some(marker) = told.marker.as_ref().filter(|_| call.next_page) {
            let marker: String = url::form_urlencoded::byte_serialize(marker.as_bytes()).collect();
            url.push_str(&format!("&marker={marker}"));
        }
        let mut request = self
            .client
            .request(Method::from_bytes(call.method.as_bytes()).unwrap(), url.trim_end_matches('?'))
            .header("authorization", &self.authorization)
            .header("x-ms-version", VERSION)
            .header("x-ms-client-request-id", "differential");
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        let known = told.known.get(&call.blob).map(String::as_str);
        for (name, value) in call.condition.headers(known) {
            request = request.header(name, value);
        }
        if let Some(source) = call.source {
            request = request.header("x-ms-copy-source", format!("{}/{container}/{source}", self.source_base));
        }
        if call.method == "PUT" {
            request = request.header("content-length", call.body.len()).body(call.body.clone());
        }
        let response = request.send().await.unwrap();
        let headers = response.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        let mut answer =
            ComparedAnswer { status: response.status().as_u16(), headers: headers.collect(), body: Vec::new() };
        answer.body = response.bytes().await.unwrap().to_vec();
        if let Some(etag) = answer.headers.get("etag").filter(|_| answer.status < 300) {
            told.known.insert(call.blob, etag.clone());
        }
        if call.query.contains("comp=list") && answer.status == 200 {
            told.marker = answer.next_marker();
        }
        answer
    }
}

fn tell(before: &[BlobStep], difference: &Difference<'_>, ours: &ComparedAnswer, azurites: &ComparedAnswer) -> String {
    let mut text = "local-azure and Azurite answer differently.\n\nThe calls:\n".to_owned();
    for (index, call) in before.iter().enumerate() {
        text.push_str(&format!("{:2}. {call:?}\n", index + 1));
    }
    text.push_str("\nThe last answer:\n");
    for name in &difference.names {
        let value = |facts: &crate::answer::Facts| facts.get(name).cloned().unwrap_or_else(|| "(absent)".to_owned());
        text.push_str(&format!("  {name}\n    local-azure: {}\n", value(difference.ours)));
        text.push_str(&format!("    Azurite:     {}\n", value(difference.azurites)));
    }
    for (name, answer) in [("local-azure", ours), ("Azurite", azurites)] {
        let body: String = String::from_utf8_lossy(&answer.body).chars().take(1_500).collect();
        text.push_str(&format!("\n{name}: {} {:?}\n{body}\n", answer.status, answer.headers));
    }
    text
}
