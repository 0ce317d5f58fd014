//! Medians and quartiles: what a busy machine cannot bend as easily as a mean.

/// Measurements of one thing, in order of size.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spread(Vec<f64>);

impl Spread {
    /// The spread of measurements, of which there is at least one.
    pub(crate) fn of(measurements: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = measurements.into_iter().collect();
        assert!(!sorted.is_empty(), "nothing was measured");
        sorted.sort_by(f64::total_cmp);
        Self(sorted)
    }

    /// The median.
    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The value below which this share of the measurements lies, between its neighbours in proportion.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let place = share * (self.0.len() - 1) as f64;
        let (below, above) = (
            self.0[place.floor() as usize],
            self.0[place.ceil() as usize],
        );
        below + (above - below) * place.fract()
    }
}

/// The median, and in brackets the quartiles.
impl std::fmt::Display for Spread {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let decimals = usize::from(self.median() < 100.0);
        write!(
            formatter,
            "{:.decimals$} ({:.decimals$}–{:.decimals$})",
            self.median(),
            self.quantile(0.25),
            self.quantile(0.75),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_lie_between_their_neighbours() {
        let spread = Spread::of([4.0, 1.0, 3.0, 2.0]);
        assert_eq!(
            (
                spread.quantile(0.25),
                spread.median(),
                spread.quantile(0.75)
            ),
            (1.75, 2.5, 3.25)
        );
        assert_eq!(spread.to_string(), "2.5 (1.8–3.2)");
        assert_eq!(Spread::of([250.0]).to_string(), "250 (250–250)");
    }
}
