//! The requests of one sequence, filled with values from earlier answers.

use std::collections::HashMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use md5::{Digest as _, Md5};
use reqwest::Method;
use serde_json::Value;
use sha2::Sha256;

use crate::{
    compare::{self, RecordedAnswer},
    world::{BLOBS, VAULT, World},
};

/// The shortest duration of a lease, in seconds.
const LEASE: u64 = 15;

pub(crate) struct Replay<'a> {
    world: &'a World,
    id: String,
    /// The values in each step's answer, by `name:step`.
    told: HashMap<String, String>,
    bodies: HashMap<usize, Vec<u8>>,
}

impl<'a> Replay<'a> {
    pub(crate) fn new(world: &'a World, sequence: &Value) -> Self {
        let id = sequence["id"].as_str().unwrap().to_lowercase();
        Self { world, id, told: HashMap::new(), bodies: HashMap::new() }
    }

    /// Makes one request, and returns the differences between the answer and the recorded one.
    pub(crate) async fn step(&mut self, number: usize, step: &Value) -> Vec<String> {
        self.prepare(step).await;
        let is_vault = !step["kv"].is_null();
        let body = self.body(&step["b"]);
        self.bodies.insert(number, body.clone());
        let path = self.fill(step["p"].as_str().unwrap());
        let query = self.fill(step["q"].as_str().unwrap());
        let host = if is_vault { VAULT } else { BLOBS };
        let token = if is_vault { &self.world.vault_token } else { &self.world.blob_token };
        let method: Method = step["m"].as_str().unwrap().parse().unwrap();
        let mut request = self
            .world
            .client
            .request(method.clone(), format!("https://{host}{path}?{query}").trim_end_matches('?'))
            .header("authorization", format!("Bearer {token}"))
            .header("x-ms-client-request-id", "recorded");
        for (name, value) in step["h"].as_object().unwrap() {
            request = request.header(name, self.fill(value.as_str().unwrap()));
        }
        if method == Method::PUT {
            request = request.header("content-length", body.len()).body(body);
        }
        let answer = RecordedAnswer::from_response(request.send().await.unwrap()).await;
        self.learn(number, &answer);
        let sent = step["h"]["x-ms-version"].as_str();
        compare::differences(&step["r"], &answer, &method, sent, |text| self.fill(text))
    }

    /// Prepares what the sequence needs before this step: containers, source blobs, the end of a lease.
    async fn prepare(&self, step: &Value) {
        for container in step["pre"].as_array().into_iter().flatten() {
            let path = format!("{}?restype=container", self.fill(container.as_str().unwrap()));
            self.put(&path, &[], Vec::new()).await;
        }
        for made in step["mk"].as_array().into_iter().flatten() {
            let path = self.fill(made[0].as_str().unwrap());
            let content = content_of(usize::try_from(made[1].as_u64().unwrap()).unwrap(), 99);
            assert_eq!(made[2], "BlockBlob");
            self.put(path.trim_start_matches('/'), &[("x-ms-blob-type", "BlockBlob")], content).await;
        }
        // The recording waited here for the end of a lease. The replay breaks the lease: the answer is the same,
        // without the wait.
        if step["gap"].as_u64().is_some_and(|gap| gap >= LEASE) {
            let path = format!("{}?comp=lease", self.fill(step["p"].as_str().unwrap()));
            let headers = [("x-ms-lease-action", "break"), ("x-ms-lease-break-period", "0")];
            self.put(path.trim_start_matches('/'), &headers, Vec::new()).await;
        }
    }

    async fn put(&self, path: &str, headers: &[(&str, &str)], body: Vec<u8>) {
        let mut request = self
            .world
            .client
            .put(format!("https://{BLOBS}/{path}"))
            .header("authorization", format!("Bearer {}", self.world.blob_token))
            .header("x-ms-version", "2021-12-02")
            .header("content-length", body.len());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.body(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    fn body(&self, spec: &Value) -> Vec<u8> {
        let number = |name: &str| usize::try_from(spec[name].as_u64().unwrap()).unwrap();
        match (spec["t"].as_str(), spec["x"].as_str(), spec["r"].as_u64()) {
            _ if spec.is_null() => Vec::new(),
            (Some(text), ..) => self.fill(text).into_bytes(),
            (_, Some(base64), _) => STANDARD.decode(base64).unwrap(),
            (.., Some(byte)) => vec![u8::try_from(byte).unwrap(); number("n")],
            _ => content_of(number("n"), spec["g"].as_u64().unwrap()),
        }
    }

    fn learn(&mut self, number: usize, answer: &RecordedAnswer) {
        for (header, name) in [("etag", "etag"), ("x-ms-lease-id", "lease"), ("last-modified", "lm")] {
            if let Some(value) = answer.headers.get(header) {
                self.told.insert(format!("{name}:{number}"), value.clone());
            }
        }
        let id =
            serde_json::from_slice::<Value>(&answer.body).ok().and_then(|body| body["id"].as_str().map(str::to_owned));
        if let Some(version) = id.as_deref().and_then(|id| id.rsplit('/').next()) {
            self.told.insert(format!("kvver:{number}"), version.to_owned());
        }
    }

    /// Replaces the placeholders in a text. Placeholders of a comparison stay.
    fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let Some((key, behind)) = after.split_once('}') else {
                filled.push('{');
                rest = after;
                continue;
            };
            match self.value(key) {
                Some(value) => {
                    filled.push_str(&value);
                    rest = behind;
                }
                None => {
                    filled.push('{');
                    rest = after;
                }
            }
        }
        filled + rest
    }

    fn value(&self, key: &str) -> Option<String> {
        let is_numbered =
            |start: char| key.starts_with(start) && key.len() > 1 && key[1..].bytes().all(|b| b.is_ascii_digit());
        match key {
            "host" => return Some(BLOBS.to_owned()),
            "vault" => return Some(VAULT.to_owned()),
            "token" => return Some(self.world.blob_token.clone()),
            _ if is_numbered('c') || is_numbered('s') => return Some(format!("rec{}{key}", self.id)),
            _ => {}
        }
        let (name, number) = key.split_once(':')?;
        let body = self.bodies.get(&number.parse().ok()?)?;
        match name {
            "md5" => Some(STANDARD.encode(Md5::digest(body))),
            "crc64" => Some(crc64(body)),
            _ => self.told.get(key).cloned(),
        }
    }
}

/// CRC-64/NVME, written independently of the tested implementation.
fn crc64(data: &[u8]) -> String {
    let mut sum = u64::MAX;
    for byte in data {
        sum ^= u64::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0x9A6C_9329_AC4B_C9B5 } else { sum >> 1 };
        }
    }
    STANDARD.encode((!sum).to_le_bytes())
}

/// Makes content of this length that resembles no other content.
fn content_of(length: usize, seed: u64) -> Vec<u8> {
    let blocks = (0..).flat_map(|number| Sha256::digest(format!("{seed}/{number}")).to_vec());
    blocks.take(length).collect()
}
