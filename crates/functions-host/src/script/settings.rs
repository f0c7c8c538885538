//! App settings. Names match in any letter case, and the texts of bindings may hold `%NAME%`.

use std::collections::BTreeMap;

/// App settings or environment variables by name, ignoring case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings(BTreeMap<String, (String, String)>);

impl Settings {
    pub(crate) fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), (name, value))).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(&name.to_ascii_lowercase()).map(|(_, value)| value.as_str())
    }

    /// Finds a setting by its name in the configuration, where `:` stands for the `__` of a setting. `%A:B%` finds
    /// `A__B`, and `%A__B%` finds nothing.
    fn configured(&self, name: &str) -> Option<&str> {
        if name.contains("__") {
            return None;
        }
        self.get(name).or_else(|| self.get(&name.replace(':', "__")))
    }

    /// Returns the names as written, with their values.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.values().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Reports whether a setting is `true` or `1`.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"))
    }

    /// Replaces each `%NAME%`. A name that is not set is an error, as it is when the real host indexes the function.
    pub(super) fn resolve(&self, text: &str) -> Result<String, String> {
        let mut resolved = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('%') {
            let (name, after) =
                after.split_once('%').ok_or_else(|| format!("\"{text}\" has a \"%\" without a pair"))?;
            let value = self.configured(name).ok_or_else(|| unresolved(name))?;
            resolved.push_str(before);
            resolved.push_str(value);
            rest = after;
        }
        resolved.push_str(rest);
        Ok(resolved)
    }
}

fn unresolved(name: &str) -> String {
    let hint = if name.contains("__") {
        format!(": the configuration holds \"{0}\" for the setting \"{name}\", so write %{0}%", name.replace("__", ":"))
    } else {
        String::new()
    };
    format!("'%{name}%' does not resolve to a value{hint}")
}

#[cfg(test)]
mod tests {
    use super::Settings;

    #[test]
    fn settings_resolve_in_any_letter_case_or_name_what_is_missing() {
        let settings = Settings::new([("TICK".to_owned(), "0 * * * * *".to_owned())]);
        assert_eq!(settings.resolve("%Tick%"), Ok("0 * * * * *".to_owned()));
        assert_eq!(settings.resolve("a%TICK%b"), Ok("a0 * * * * *b".to_owned()));
        assert_eq!(settings.resolve("plain"), Ok("plain".to_owned()));
        assert_eq!(settings.resolve("%TOCK%"), Err("'%TOCK%' does not resolve to a value".to_owned()));
        let nested = Settings::new([("A__B".to_owned(), "x".to_owned())]);
        assert_eq!(nested.resolve("%a:b%"), Ok("x".to_owned()));
        let refusal = "'%A__B%' does not resolve to a value: the configuration holds \"A:B\" for the setting \"A__B\", so \
                       write %A:B%";
        assert_eq!(nested.resolve("%A__B%"), Err(refusal.to_owned()));
        assert_eq!(settings.resolve("5%"), Err("\"5%\" has a \"%\" without a pair".to_owned()));
    }
}
