//! The stored status of timers: one document `{"Last", "Next", "LastUpdated"}` for each timer.
//!
//! In Azure it is the blob `timers/<hostId>/Host.Functions.<name>/status` (`StorageScheduleMonitor.cs` of
//! `Azure/azure-webjobs-sdk-extensions`). Here it is a file in the host's state folder, or in memory without a folder.

use std::{
    collections::BTreeMap,
    fs, io,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use jiff::{Timestamp, Zoned, tz::TimeZone};
use serde_json::Value;

use crate::payload::ScheduleStatus;

/// The statuses by the function's name.
pub(crate) struct Statuses {
    folder: Option<PathBuf>,
    /// The statuses if there is no folder.
    memory: Mutex<BTreeMap<String, ScheduleStatus>>,
}

impl Statuses {
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, memory: Mutex::default() }
    }

    /// Returns the status of a function's timer, if it has one. Fails if the file or its content cannot be read.
    pub(super) fn get(&self, function: &str, zone: &TimeZone) -> io::Result<Option<ScheduleStatus>> {
        let Some(path) = self.path(function) else {
            return Ok(self.memory.lock().unwrap_or_else(PoisonError::into_inner).get(function).cloned());
        };
        match fs::read_to_string(&path) {
            Ok(text) => parse(&text, zone).map_err(|()| {
                let problem = format!("{} is not the status of a timer: delete it", path.display());
                io::Error::new(io::ErrorKind::InvalidData, problem)
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn set(&self, function: &str, status: &ScheduleStatus) -> io::Result<()> {
        let Some(path) = self.path(function) else {
            self.memory.lock().unwrap_or_else(PoisonError::into_inner).insert(function.to_owned(), status.clone());
            return Ok(());
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        // The file is written as a whole or not at all: a host that is killed while it writes must not spoil the next
        // start.
        let unfinished = path.with_extension("new");
        fs::write(&unfinished, status.to_json(&TimeZone::UTC).to_string())?;
        fs::rename(&unfinished, &path)
    }

    fn path(&self, function: &str) -> Option<PathBuf> {
        let folder = self.folder.as_ref()?;
        Some(folder.join("timers").join(format!("Host.Functions.{function}")).join("status"))
    }
}

/// Reads a status. Member names match in any letter case, a missing member stands for never, and a date without zone is
/// local. `Ok(None)` means that there is no status.
fn parse(text: &str, zone: &TimeZone) -> Result<Option<ScheduleStatus>, ()> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let document: Value = serde_json::from_str(text).map_err(drop)?;
    let members = match document {
        Value::Null => return Ok(None),
        Value::Object(members) => members,
        _ => return Err(()),
    };
    let time =
        |name: &str| match members.iter().find(|(member, _)| member.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        {
            None | Some(Value::Null) => Ok(None),
            Some(value) => instant(value.as_str().ok_or(())?, zone),
        };
    Ok(Some(ScheduleStatus { last: time("Last")?, next: time("Next")?, last_updated: time("LastUpdated")? }))
}

/// Reads an instant. The first and the last instant of .NET stand for never.
fn instant(text: &str, zone: &TimeZone) -> Result<Option<Zoned>, ()> {
    if text.starts_with("0001") || text.starts_with("9999") {
        return Ok(None);
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(Some(instant.to_zoned(zone.clone())));
    }
    let local: jiff::civil::DateTime = text.parse().map_err(drop)?;
    local.to_zoned(zone.clone()).map(Some).map_err(drop)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::{Statuses, parse};

    #[test]
    fn section_7_4_a_status_survives_in_its_folder_to_the_tick() {
        let folder = tempfile::tempdir().unwrap();
        let text = r#"{"Last":"2026-03-28T15:35:00.0104+00:00","Next":"9999-12-31T23:59:59.9999999+00:00","LastUpdated":"0001-01-01T00:00:00+00:00"}"#;
        let status = parse(text, &TimeZone::UTC).unwrap().unwrap();
        assert!(status.last.is_some() && status.next.is_none() && status.last_updated.is_none());
        let statuses = Statuses::new(Some(folder.path().to_owned()));
        assert!(statuses.get("tick", &TimeZone::UTC).unwrap().is_none());
        statuses.set("tick", &status).unwrap();
        let file = folder.path().join("timers/Host.Functions.tick/status");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
        let again = Statuses::new(Some(folder.path().to_owned())).get("tick", &TimeZone::UTC).unwrap().unwrap();
        assert_eq!(again.last, status.last);
        std::fs::write(file, "rubbish").unwrap();
        let error = statuses.get("tick", &TimeZone::UTC).unwrap_err().to_string();
        assert!(error.ends_with("is not the status of a timer: delete it"), "{error}");
    }

    #[test]
    fn section_7_4_a_stored_status_is_read_as_leniently_as_dotnet_does() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let read = |text: &str| parse(text, &berlin);
        assert!(matches!(read(""), Ok(None)) && matches!(read("null"), Ok(None)));
        let never = read("{}").unwrap().unwrap();
        assert!(never.last.is_none() && never.next.is_none() && never.last_updated.is_none());
        let local = read(r#"{"last":"2026-01-01T00:00:00"}"#).unwrap().unwrap().last.unwrap();
        assert_eq!(local.to_string(), "2026-01-01T00:00:00+01:00[Europe/Berlin]");
        assert!(read("[]").is_err() && read("rubbish").is_err());
    }
}
