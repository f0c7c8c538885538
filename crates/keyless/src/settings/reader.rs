//! Reads settings one by one and collects every problem, so that one run reports them all.
//!
//! This is the only module that reads the environment.

use std::{borrow::Cow, collections::HashMap, fmt, path::PathBuf};

use super::{
    problem::{Problem, SettingsError},
    row::{Absent, Row, Setting},
    value::SettingType,
};
use crate::{
    connection::Connection,
    identity::Identities,
    transport::{Http, read_certificates},
};

const IDENTITY_ENDPOINT: &str = "IDENTITY_ENDPOINT";
/// The variables with which OpenSSL and rustls replace the system's certificate authorities.
const OTHER_ROOTS: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];
const EXTRA_CA_CERTS: Setting<PathBuf> = Setting::optional(
    "EXTRA_CA_CERTS",
    "only the system's",
    "A PEM file of further certificate authorities, such as a corporate proxy's.",
);

/// Reads an app's settings from the environment of this process. Calls no service.
///
/// # Errors
/// Names every missing or wrong setting with its expected form.
pub fn from_env<T>(read: impl FnOnce(&mut Reader) -> Option<T>) -> Result<T, SettingsError> {
    #[expect(clippy::disallowed_methods, reason = "this is the module that reads the environment")]
    let mut reader = Reader::new(|name| std::env::var(name).ok(), false);
    if OTHER_ROOTS.iter().all(|name| reader.text(name).is_none()) {
        reader.http.trust_system_alone();
    }
    let app = read(&mut reader);
    reader.finish(app)
}

/// Reads an app's settings from `lookup`. It is for tests, and for sources other than the environment.
///
/// # Errors
/// The same as for [`from_env`].
pub fn from_lookup<T>(
    lookup: impl Fn(&str) -> Option<String> + 'static,
    read: impl FnOnce(&mut Reader) -> Option<T>,
) -> Result<T, SettingsError> {
    let mut reader = Reader::new(lookup, false);
    let app = read(&mut reader);
    reader.finish(app)
}

/// Returns the rows of every setting that an app reads, in the order of reading. `read` must not stop at the first
/// missing setting: it must read all of them first, and then make the app.
pub fn rows<T>(read: impl FnOnce(&mut Reader) -> Option<T>) -> Vec<Row> {
    let mut reader = Reader::new(|_| None, true);
    read(&mut reader);
    reader.read_extra_roots();
    reader.rows
}

/// A function that returns the text of a setting by its name.
type Lookup = Box<dyn Fn(&str) -> Option<String>>;

/// Reads an app's settings. It collects problems and reports them after the last setting.
pub struct Reader {
    lookup: Lookup,
    /// Whether the reader only lists the rows.
    lists_rows: bool,
    problems: Vec<Problem>,
    rows: Vec<Row>,
    /// Whether the app calls a service without a connection.
    calls_others: bool,
    /// The connections by name and address setting. A connection that is read twice is made once.
    pub(super) connections: HashMap<String, Option<Connection>>,
    pub(crate) http: Http,
    pub(super) identities: Identities,
}

impl Reader {
    fn new(lookup: impl Fn(&str) -> Option<String> + 'static, lists_rows: bool) -> Self {
        let http = Http::default();
        let has_endpoint = lookup(IDENTITY_ENDPOINT).is_some_and(|text| !text.trim().is_empty());
        Self {
            lookup: Box::new(lookup),
            lists_rows,
            problems: Vec::new(),
            rows: Vec::new(),
            calls_others: false,
            connections: HashMap::new(),
            identities: Identities::new(has_endpoint, &http),
            http,
        }
    }

    /// Returns the value of a setting, or its default. It is also `None` for a wrong setting, or a missing required
    /// one. Then the app does not start.
    pub fn read<T: SettingType>(&mut self, setting: &Setting<T>) -> Option<T> {
        self.declare(setting);
        self.value(setting)
    }

    /// Like [`Self::read`], for a setting that is not a row of the app.
    pub(super) fn value<T: SettingType>(&mut self, setting: &Setting<T>) -> Option<T> {
        let name = Cow::Owned(setting.name().to_owned());
        let text = match (self.text(setting.name()), setting.absent()) {
            (Some(text), _) => text,
            (None, Absent::Default(default)) => (*default).to_owned(),
            (None, Absent::Means(_)) => return None,
            (None, Absent::IsAnError) => {
                self.tell(Problem { name, missing: true, expected: T::EXPECTED.into() });
                return None;
            }
        };
        let value = T::parse(&text);
        if value.is_none() {
            self.tell(Problem { name, missing: false, expected: T::EXPECTED.into() });
        }
        value
    }

    /// Declares a setting that the Functions host reads and the app does not.
    pub fn declare<T: SettingType>(&mut self, setting: &Setting<T>) {
        let row = setting.row();
        if !self.rows.iter().any(|known| known.name == row.name) {
            self.rows.push(row);
        }
    }

    /// Reports whether a setting exists and is not empty. It is always true while [`rows`] lists the settings, so that
    /// the list includes rows that depend on another setting.
    #[must_use]
    pub fn is_set(&self, name: &str) -> bool {
        self.lists_rows || self.text(name).is_some()
    }

    /// Reports a problem with an existing setting. `expected` must not show the value.
    pub fn refuse(&mut self, name: impl Into<Cow<'static, str>>, expected: impl Into<Cow<'static, str>>) {
        self.tell(Problem { name: name.into(), missing: false, expected: expected.into() });
    }

    /// Reports whether the reader only lists the rows. The list then contains those of every route.
    #[cfg(any(feature = "openai", feature = "telemetry"))]
    pub(crate) fn lists_rows(&self) -> bool {
        self.lists_rows
    }

    /// Records that the app calls a service without a connection.
    #[cfg(feature = "telemetry")]
    pub(crate) fn calls_others(&mut self) {
        self.calls_others = true;
    }

    /// Sets the user agent of all calls, `name/version`: `env.user_agent(concat!(env!("CARGO_PKG_NAME"), "/",
    /// env!("CARGO_PKG_VERSION")))`.
    pub fn user_agent(&mut self, name: impl Into<String>) {
        self.http.set_user_agent(name.into());
    }

    /// Returns the text of a setting, trimmed; `None` if it is empty.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let text = (self.lookup)(name)?.trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    fn tell(&mut self, problem: Problem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Reads the further certificate authorities. This is one small file, which is only set with a proxy. Its errors
    /// are reported with all others.
    fn read_extra_roots(&mut self) {
        if self.connections.is_empty() && !self.calls_others {
            return;
        }
        if let Some(path) = self.read(&EXTRA_CA_CERTS) {
            match read_certificates(&path) {
                Ok(roots) => self.http.set_extra_roots(roots),
                Err(error) => self.refuse(EXTRA_CA_CERTS.name().to_owned(), format!("the path of a PEM file: {error}")),
            }
        }
    }

    /// Returns the finished app, if no setting is missing or wrong.
    fn finish<T>(mut self, app: Option<T>) -> Result<T, SettingsError> {
        self.read_extra_roots();
        match app {
            Some(app) if self.problems.is_empty() => Ok(app),
            _ => Err(SettingsError::new(self.problems)),
        }
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("problems", &self.problems).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
