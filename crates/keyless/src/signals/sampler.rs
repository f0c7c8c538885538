//! Decides which traces are recorded. It decides once for each trace, at its beginning.

use crate::context::TraceParent;

/// `OTEL_TRACES_SAMPLER`, and `OTEL_TRACES_SAMPLER_ARG` for a share of the traces.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sampler {
    pub(crate) rule: Rule,
    /// The share, from 0 to 1.
    pub(crate) share: Option<Share>,
}

/// The rule of the decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Rule {
    AlwaysOn,
    AlwaysOff,
    Share,
    #[default]
    ParentElseOn,
    ParentElseOff,
    ParentElseShare,
}

impl Rule {
    pub(crate) fn needs_share(self) -> bool {
        matches!(self, Self::Share | Self::ParentElseShare)
    }
}

/// A share of all traces.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Share(f64);

impl Share {
    /// Makes a share from 0 to 1.
    pub(crate) fn new(share: f64) -> Option<Self> {
        (0.0..=1.0).contains(&share).then_some(Self(share))
    }
}

impl Sampler {
    /// Reports whether a trace is recorded. `parent` is the caller's, `trace` the existing or new trace.
    pub(crate) fn takes(self, parent: Option<TraceParent>, trace: [u8; 16]) -> bool {
        let by_share = || self.share.is_none_or(|share| share.0 >= 1.0 || fraction(trace) < share.0);
        match (self.rule, parent) {
            (Rule::ParentElseOn | Rule::ParentElseOff | Rule::ParentElseShare, Some(parent)) => parent.is_sampled(),
            (Rule::AlwaysOn | Rule::ParentElseOn, _) => true,
            (Rule::AlwaysOff | Rule::ParentElseOff, _) => false,
            (Rule::Share | Rule::ParentElseShare, _) => by_share(),
        }
    }
}

/// Returns the fraction that the last seven bytes stand for. The recommendation wants these bytes to be random.
fn fraction(trace: [u8; 16]) -> f64 {
    let random = trace[9..].iter().fold(0_u64, |number, &byte| number << 8 | u64::from(byte));
    random as f64 / (1_u64 << 56) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(rule: Rule, share: f64, flags: Option<u8>, last: u8) -> bool {
        let mut trace = [7; 16];
        trace[9..].fill(last);
        let sampler = Sampler { rule, share: Share::new(share) };
        sampler.takes(flags.map(|flags| TraceParent { trace, span: [1; 8], flags }), trace)
    }

    #[test]
    fn the_caller_decides_where_the_rule_says_so() {
        for rule in [Rule::ParentElseOn, Rule::ParentElseOff, Rule::ParentElseShare] {
            assert!(taken(rule, 0.0, Some(1), 9) && !taken(rule, 1.0, Some(0), 9), "{rule:?}");
        }
        assert!(taken(Rule::AlwaysOn, 0.0, Some(0), 9) && !taken(Rule::AlwaysOff, 1.0, Some(1), 9));
        assert!(taken(Rule::ParentElseOn, 0.0, None, 9) && !taken(Rule::ParentElseOff, 1.0, None, 9));
    }

    #[test]
    fn a_share_counts_by_the_trace() {
        for rule in [Rule::Share, Rule::ParentElseShare] {
            assert!(taken(rule, 0.5, None, 0x10) && !taken(rule, 0.5, None, 0xf0), "{rule:?}");
            assert!(taken(rule, 1.0, None, 0xff) && !taken(rule, 0.0, None, 0), "{rule:?}");
        }
    }
}
