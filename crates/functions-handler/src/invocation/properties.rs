//! Properties for any payload of a host: reading never panics, and a value is the same in every encoding.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{http::HttpRequestData, payload::Payload, timer::Timer};

/// Any JSON. Names and times that the host uses are frequent.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        any_time().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            inner.clone().prop_map(|value| Value::from(value.to_string())),
            prop::collection::hash_map(any_name(), inner, 0..6).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

fn any_name() -> impl Strategy<Value = String> {
    const NAMES: [&str; 18] = [
        "Data",
        "data",
        "Metadata",
        "sys",
        "UtcNow",
        "timer",
        "ScheduleStatus",
        "scheduleStatus",
        "Next",
        "IsPastDue",
        "req",
        "Url",
        "Method",
        "Headers",
        "Params",
        "Body",
        "Query",
        "Last",
    ];
    prop_oneof![prop::sample::select(&NAMES[..]).prop_map(str::to_owned), any::<String>()]
}

/// Times in the host's form, with the year 1 and with invalid times.
fn any_time() -> impl Strategy<Value = String> {
    const OFFSETS: [&str; 7] = ["", "Z", "+00:00", "-08:00", "+14:00", "+99:00", "[UTC]"];
    (0_u16..10_000, 0_u8..14, 0_u8..33, 0_u8..25, 0_u32..10_000_000, prop::sample::select(&OFFSETS[..])).prop_map(
        |(year, month, day, hour, fraction, offset)| {
            format!("{year:04}-{month:02}-{day:02}T{hour:02}:30:00.{fraction:07}{offset}")
        },
    )
}

/// Encodes a value in one of the ways in which hosts write it.
fn wrapped(value: &Value, how: u8) -> Value {
    if how.is_multiple_of(2) { value.clone() } else { Value::from(value.to_string()) }
}

fn call(text: &[u8], trigger: &str) -> Result<Payload, String> {
    Payload::parse(text, "none".to_owned(), trigger).map_err(|error| error.to_string())
}

fn tick(text: &str) -> Result<(Option<String>, bool, Option<String>), String> {
    let payload = call(text.as_bytes(), "timer")?;
    let timer = Timer::from_payload(&payload).map_err(|error| error.to_string())?;
    let shown = |time: Option<jiff::Timestamp>| time.map(|time| time.to_string());
    let invoked_at = payload.invoked_at().map_err(|error| error.to_string())?;
    Ok((shown(timer.occurrence()), timer.is_past_due(), shown(invoked_at)))
}

proptest! {
    #[test]
    fn reading_never_panics(value in any_json(), bytes: Vec<u8>) {
        let around = json!({ "Data": { "timer": &value, "req": &value }, "Metadata": { "sys": &value } });
        for text in [value.to_string().into_bytes(), around.to_string().into_bytes(), bytes] {
            if let Ok(payload) = call(&text, "timer") {
                let _ = Timer::from_payload(&payload).map(|timer| timer.slot("a", "b"));
                let _ = payload.trigger::<String>();
                let _ = payload.metadata::<u32>("sys");
            }
            if let Ok(data) = call(&text, "req").and_then(|call| call.trigger_form::<HttpRequestData>().map_err(|error| error.to_string())) {
                let _ = data.parameter("id");
                let _ = data.into_request();
            }
        }
    }

    #[test]
    fn a_timer_is_the_same_however_it_is_wrapped(next in any_time(), now in any_time(), past_due: bool, how: [u8; 6]) {
        let plain = json!({
            "Data": { "timer": { "ScheduleStatus": { "Next": &next }, "IsPastDue": past_due } },
            "Metadata": { "sys": { "UtcNow": &now } }
        });
        let status = wrapped(&json!({ "Next": wrapped(&json!(next), how[0]) }), how[1]);
        let timer = wrapped(&json!({ "scheduleStatus": status, "isPastDue": wrapped(&json!(past_due), how[2]) }), how[3]);
        let sys = wrapped(&json!({ "utcNow": wrapped(&json!(now), how[4]) }), how[5]);
        let other = json!({ "data": { "timer": timer }, "metadata": { "sys": sys } });
        let (plain, other) = (tick(&plain.to_string()), tick(&other.to_string()));
        prop_assert_eq!(plain.is_ok(), other.is_ok(), "{:?} {:?}", plain, other);
        if let (Ok(plain), Ok(other)) = (plain, other) {
            prop_assert_eq!(plain, other);
        }
    }

    #[test]
    fn a_request_is_the_same_however_it_is_wrapped(body: String, id in "[^\u{0}-\u{1f}]{1,9}", how: [u8; 4]) {
        let read = |req: &Value| {
            let payload = call(json!({ "Data": { "req": req } }).to_string().as_bytes(), "req").unwrap();
            let data: HttpRequestData = payload.trigger_form().unwrap();
            let id = data.parameter("id");
            let request = data.into_request().unwrap();
            (id, request.method().clone(), request.uri().clone(), request.headers().clone(), request.into_body())
        };
        let headers = json!({ "Content-Type": ["text/plain"], "X-Id": ["7"] });
        let params = json!({ "id": &id });
        let plain = json!({ "Url": "http://h/x?a=1", "Method": "POST", "Headers": headers, "Params": params, "Body": &body });
        let other = json!({
            "url": wrapped(&json!("http://h/x?a=1"), how[0]), "method": wrapped(&json!("POST"), how[1]),
            "headers": wrapped(&headers, how[2]), "params": params, "body": &body
        });
        prop_assert_eq!(read(&plain), read(&wrapped(&other, how[3])));
        prop_assert_eq!(read(&plain).4, body.into_bytes());
    }
}
