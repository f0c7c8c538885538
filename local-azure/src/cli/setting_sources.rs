//! The source of each variable of the handler, for the dashboard. Values are not kept.

use std::collections::BTreeMap;

use local_azure::dashboard::{AppSetting, SettingSource};

/// The variables of the handler's environment, by source. A later source wins.
pub(super) struct Sources<'a> {
    pub(super) seed: &'a BTreeMap<String, String>,
    pub(super) file: &'a BTreeMap<String, String>,
    pub(super) shell: &'a BTreeMap<String, String>,
    pub(super) azure: &'a [(String, String)],
}

impl Sources<'_> {
    /// Lists every name once, in order.
    pub(super) fn settings(&self) -> Vec<AppSetting> {
        let pairs = |pairs: &BTreeMap<String, String>, source| -> Vec<(String, String, SettingSource)> {
            pairs.iter().map(|(name, value)| (name.clone(), value.clone(), source)).collect()
        };
        let azure = self.azure.iter().map(|(name, value)| (name.clone(), value.clone(), SettingSource::LocalAzure));
        let all = [
            pairs(self.seed, SettingSource::Seed),
            pairs(self.file, SettingSource::SettingsFile),
            pairs(self.shell, SettingSource::Shell),
            azure.collect(),
        ];
        let mut known: BTreeMap<String, (String, AppSetting)> = BTreeMap::new();
        for (name, value, source) in all.into_iter().flatten() {
            let before = known.get(&name).filter(|(other, _)| *other != value).map(|(_, setting)| setting.source);
            known.insert(name.clone(), (value, AppSetting { name, source, hides: before }));
        }
        known.into_values().map(|(_, setting)| setting).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_source_wins_and_names_the_one_whose_other_value_it_hides() {
        let pairs = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let (seed, file) = (pairs(&[("A", "1"), ("B", "1"), ("D", "1")]), pairs(&[("B", "2"), ("C", "1")]));
        let shell = pairs(&[("B", "3"), ("D", "1"), ("HOME", "/")]);
        let azure = vec![("C".to_owned(), "2".to_owned())];
        let settings = Sources { seed: &seed, file: &file, shell: &shell, azure: &azure }.settings();
        let told: Vec<_> = settings.iter().map(|one| (one.name.as_str(), one.source, one.hides)).collect();
        assert_eq!(
            told,
            [
                ("A", SettingSource::Seed, None),
                ("B", SettingSource::Shell, Some(SettingSource::SettingsFile)),
                ("C", SettingSource::LocalAzure, Some(SettingSource::SettingsFile)),
                ("D", SettingSource::Shell, None),
                ("HOME", SettingSource::Shell, None),
            ]
        );
    }
}
