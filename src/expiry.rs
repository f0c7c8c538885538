//! The secrets that expire soon, by name and date, never with a value.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use keyless::{
    SecretDates,
    settings::{Reader, Setting, SettingType},
};
use serde::Serialize;

const DAYS: Setting<ExpiryDays> =
    Setting::with_default("SECRET_EXPIRY_DAYS", "30", "Secrets that expire within this number of days are reported.");
const SCHEDULE: Setting<String> = Setting::optional(
    "SECRET_EXPIRY_SCHEDULE",
    "the host refuses the timer",
    "When `secret_expiry` runs: an NCRONTAB expression. Only the host reads it.",
)
.with_example("0 0 6 * * *");

/// The number of days before the end from which a secret is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ExpiryDays(u16);

impl SettingType for ExpiryDays {
    const EXPECTED: &'static str = "a number of days from 1 to 3650";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().filter(|days| (1..=3650).contains(days)).map(Self)
    }
}

pub(crate) fn read(env: &mut Reader) -> Option<ExpiryDays> {
    env.declare(&SCHEDULE);
    env.read(&DAYS)
}

/// The secrets that have ended or end soon, in the order of their ends.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    checked_at: Timestamp,
    within_days: u16,
    /// The number of all secrets.
    secrets: usize,
    /// The number of secrets without an end.
    without_end: usize,
    pub(crate) ending: Vec<Ending>,
}

/// A secret that has ended or ends soon.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ending {
    pub(crate) name: String,
    pub(crate) expires_on: Timestamp,
    /// The number of whole days; negative if the secret has ended.
    pub(crate) days_left: i64,
    pub(crate) enabled: bool,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, expires_on, days_left, .. } = self;
        match days_left {
            ..0 => write!(f, "the secret {name} ended on {expires_on}"),
            _ => write!(f, "the secret {name} ends on {expires_on}, in {days_left} days"),
        }
    }
}

impl Report {
    pub(crate) fn new(secrets: Vec<SecretDates>, now: Timestamp, ExpiryDays(within_days): ExpiryDays) -> Self {
        let horizon = now + SignedDuration::from_hours(24 * i64::from(within_days));
        let (count, without_end) = (secrets.len(), secrets.iter().filter(|secret| secret.expires.is_none()).count());
        let mut ending: Vec<_> = secrets
            .into_iter()
            .filter_map(|SecretDates { name, enabled, expires }| {
                let expires_on = expires.filter(|expires| *expires <= horizon)?;
                let days_left = (expires_on.as_second() - now.as_second()).div_euclid(24 * 60 * 60);
                Some(Ending { name, expires_on, days_left, enabled })
            })
            .collect();
        ending.sort_by(|a, b| (a.expires_on, &a.name).cmp(&(b.expires_on, &b.name)));
        Self { checked_at: now, within_days, secrets: count, without_end, ending }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_or_ends_in_time_is_reported_first_to_end_first() {
        let secret = |name: &str, expires: Option<&str>| SecretDates {
            name: name.to_owned(),
            enabled: name != "off",
            expires: expires.map(|time| time.parse().unwrap()),
        };
        let secrets = vec![
            secret("later", Some("2026-12-22T06:00:01Z")),
            secret("just", Some("2026-12-22T06:00:00Z")),
            secret("never", None),
            secret("off", Some("2026-11-22T05:59:59Z")),
            secret("today", Some("2026-11-23T05:59:59Z")),
        ];
        let report = Report::new(secrets, "2026-11-22T06:00:00Z".parse().unwrap(), ExpiryDays(30));
        let lines: Vec<_> = report.ending.iter().map(Ending::to_string).collect();
        assert_eq!(
            lines[..2],
            [
                "the secret off ended on 2026-11-22T05:59:59Z",
                "the secret today ends on 2026-11-23T05:59:59Z, in 0 days",
            ]
        );
        insta::assert_json_snapshot!(report, @r#"
        {
          "checkedAt": "2026-11-22T06:00:00Z",
          "withinDays": 30,
          "secrets": 5,
          "withoutEnd": 1,
          "ending": [
            {
              "name": "off",
              "expiresOn": "2026-11-22T05:59:59Z",
              "daysLeft": -1,
              "enabled": false
            },
            {
              "name": "today",
              "expiresOn": "2026-11-23T05:59:59Z",
              "daysLeft": 0,
              "enabled": true
            },
            {
              "name": "just",
              "expiresOn": "2026-12-22T06:00:00Z",
              "daysLeft": 30,
              "enabled": true
            }
          ]
        }
        "#);
    }
}
