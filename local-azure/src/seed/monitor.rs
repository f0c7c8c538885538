//! Azure Monitor: data collection rules for OpenTelemetry data, and their endpoints.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Seed, check::unique};

/// A data collection rule for OpenTelemetry traces, logs and metrics, with its data collection endpoint.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataCollectionRule {
    /// Resource name, which role assignments of the seed contain.
    pub name: String,
    /// Its immutable ID, `dcr-` and 32 hexadecimal digits, which URLs contain.
    pub immutable_id: String,
    /// The first label of its endpoint's hosts, such as `dce-app-a1b2`: traces and logs go to
    /// `{endpoint}.{location}-1.ingest.monitor.azure.com`, metrics to the same name with `metrics.ingest`.
    pub endpoint: String,
}

impl DataCollectionRule {
    /// Returns the host for traces and logs.
    #[must_use]
    pub fn logs_host(&self, location: &str) -> String {
        format!("{}.{location}-1.ingest.monitor.azure.com", self.endpoint).to_ascii_lowercase()
    }

    /// Returns the host for metrics.
    #[must_use]
    pub fn metrics_host(&self, location: &str) -> String {
        format!("{}.{location}-1.metrics.ingest.monitor.azure.com", self.endpoint).to_ascii_lowercase()
    }
}

impl Seed {
    pub(super) fn check_data_collection_rules(&self, problems: &mut Vec<String>) {
        let rules = &self.data_collection_rules;
        unique(problems, "data collection rule", rules.iter().map(|rule| rule.name.as_str()));
        unique(problems, "immutable ID", rules.iter().map(|rule| rule.immutable_id.as_str()));
        for DataCollectionRule { name, immutable_id, endpoint } in rules {
            let digits = immutable_id.strip_prefix("dcr-").unwrap_or_default();
            let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            if digits.len() != 32 || !digits.bytes().all(is_digit) {
                problems.push(format!(
                    "data_collection_rules: the immutable_id of \"{name}\" is dcr- and 32 lower-case hexadecimal digits, not \
                     \"{immutable_id}\""
                ));
            }
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            if !(3..=63).contains(&endpoint.len()) || !endpoint.bytes().all(fits) {
                problems.push(format!(
                    "data_collection_rules: an endpoint has 3 to 63 letters, digits and hyphens, not \"{endpoint}\""
                ));
            }
        }
    }
}
