//! `OTEL_TRACES_SAMPLER` and its argument.

use crate::{
    settings::SettingType,
    signals::{Rule, Share},
};

impl SettingType for Rule {
    const EXPECTED: &'static str = "always_on, always_off, traceidratio, or one of these after parentbased_; \
        microsoft.fixed_percentage is parentbased_traceidratio";

    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "always_on" => Some(Self::AlwaysOn),
            "always_off" => Some(Self::AlwaysOff),
            "traceidratio" => Some(Self::Share),
            "parentbased_always_on" => Some(Self::ParentElseOn),
            "parentbased_always_off" => Some(Self::ParentElseOff),
            // The host has a sampler of this name, and the handler has the same environment.
            "parentbased_traceidratio" | "microsoft.fixed_percentage" => Some(Self::ParentElseShare),
            _ => None,
        }
    }
}

impl SettingType for Share {
    const EXPECTED: &'static str = "a number from 0 to 1";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().and_then(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sampler_that_is_not_known_is_none() {
        for wrong in ["jaeger_remote", "xray", "microsoft.rate_limited", ""] {
            assert_eq!(Rule::parse(wrong), None, "{wrong}");
        }
        for wrong in ["-0.1", "1.1", "NaN", "half"] {
            assert!(Share::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn the_hosts_name_of_a_share_is_understood() {
        assert_eq!(Rule::parse("microsoft.fixed_percentage"), Some(Rule::ParentElseShare));
        assert_eq!(Rule::parse("ParentBased_Always_Off"), Some(Rule::ParentElseOff));
        assert_eq!(Share::parse("0.25"), Share::new(0.25));
    }
}
