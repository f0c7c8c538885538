//! Every text either is a policy document or is refused.

#![no_main]

use apim_policies::{Document, Scope, Service};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = Document::load(Scope::Api, text, &Service::default());
    let around = format!("<policies><inbound>{text}</inbound></policies>");
    let _ = Document::load(Scope::Api, &around, &Service::default());
});
