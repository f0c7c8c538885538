//! A fault as one argument: `SERVICE:KIND`, followed by members as `,NAME=VALUE`.

use std::str::FromStr;

use serde::Deserialize as _;
use toml::{Table, Value};

use crate::seed::{Fault, FaultRefused};

impl FromStr for Fault {
    type Err = FaultRefused;

    /// Names and values are those of the seed's `[[faults]]`; names may be written with hyphens.
    fn from_str(spec: &str) -> Result<Self, FaultRefused> {
        let not_understood = |why: String| FaultRefused(format!("\"{spec}\" is not SERVICE:KIND[,NAME=VALUE]: {why}"));
        let (service, rest) = spec.split_once(':').ok_or_else(|| not_understood("it has no colon".to_owned()))?;
        let mut parts = rest.split(',');
        let kind = parts.next().unwrap_or_default();
        let text = |text: &str| Value::String(text.trim().to_owned());
        let mut members = Table::from_iter([("service".to_owned(), text(service)), ("kind".to_owned(), text(kind))]);
        for part in parts {
            let (name, value) =
                part.split_once('=').ok_or_else(|| not_understood(format!("\"{part}\" is not NAME=VALUE")))?;
            let name = name.trim().replace('-', "_");
            let value = value.trim();
            let number = || value.parse().map(Value::Integer).ok();
            let share = || value.parse().map(Value::Float).ok();
            let value = number().or_else(share).unwrap_or_else(|| text(value));
            if members.insert(name.clone(), value).is_some() {
                return Err(not_understood(format!("{name} is there twice")));
            }
        }
        if let Some(Value::Integer(rate)) = members.get("rate") {
            let rate = Value::Float(*rate as f64);
            members.insert("rate".to_owned(), rate);
        }
        Self::deserialize(Value::Table(members)).map_err(|error| not_understood(error.message().to_owned()))
    }
}
