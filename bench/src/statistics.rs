//! Medians, and ratios that report whether they are conclusive.

/// The widest spread of a valid ratio: the middle half of its rounds, as a part of the median.
const WIDEST_SPREAD: f64 = 0.25;
/// The fewest rounds of a verdict.
const FEWEST_ROUNDS: usize = 3;

/// The distribution of several samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) low: f64,
    pub(crate) median: f64,
    pub(crate) high: f64,
    quartiles: (f64, f64),
    samples: usize,
}

/// The ratio of one contender to another, round by round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ratio {
    pub(crate) spread: Spread,
}

impl Spread {
    /// Returns `None` without samples.
    pub(crate) fn from_samples(samples: &[f64]) -> Option<Self> {
        let mut sorted = samples.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let at = |part: f64| {
            let place = part * (sorted.len() - 1) as f64;
            let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
            below + (above - below) * place.fract()
        };
        let (&low, &high) = (sorted.first()?, sorted.last()?);
        Some(Self { low, median: at(0.5), high, quartiles: (at(0.25), at(0.75)), samples: sorted.len() })
    }

    /// Returns the median, and the lowest and highest sample.
    pub(crate) fn in_words(&self) -> String {
        let median = figure(self.median);
        if self.low.total_cmp(&self.high).is_eq() {
            return median;
        }
        format!("{median} ({} to {})", figure(self.low), figure(self.high))
    }

    pub(crate) fn to_json(self) -> serde_json::Value {
        serde_json::json!([self.low, self.median, self.high])
    }
}

/// Formats a figure with three digits: measurements are not more exact.
pub(crate) fn figure(value: f64) -> String {
    match value {
        value if value >= 10_000.0 => format!("{:.0} k", value / 1e3),
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

impl Ratio {
    /// Compares samples of the same round, so that any other work of the machine in that round affects both.
    pub(crate) fn from_samples(samples: &[f64], base: &[f64]) -> Option<Self> {
        let ratios: Vec<f64> =
            samples.iter().zip(base).filter(|(_, base)| **base > 0.0).map(|(sample, base)| sample / base).collect();
        Spread::from_samples(&ratios).map(|spread| Self { spread })
    }

    /// Reports whether the rounds agree well enough for a statement.
    pub(crate) fn is_verdict(&self) -> bool {
        let (lower, upper) = self.spread.quartiles;
        self.spread.samples >= FEWEST_ROUNDS && upper - lower <= WIDEST_SPREAD * self.spread.median
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_that_disagree_give_no_verdict() {
        let base = [1.0; 5];
        assert!(Ratio::from_samples(&[2.0, 2.1, 1.9, 2.0, 9.0], &base).unwrap().is_verdict());
        assert!(!Ratio::from_samples(&[1.0, 2.0, 3.0, 4.0, 5.0], &base).unwrap().is_verdict());
        assert!(!Ratio::from_samples(&[2.0, 2.0], &base).unwrap().is_verdict());
        assert_eq!(Ratio::from_samples(&[], &base), None);
    }

    #[test]
    fn a_median_lies_between_two_middle_samples() {
        let spread = Spread::from_samples(&[4.0, 1.0, 3.0, 2.0]).unwrap();
        assert_eq!((spread.low, spread.median, spread.high), (1.0, 2.5, 4.0));
    }
}
