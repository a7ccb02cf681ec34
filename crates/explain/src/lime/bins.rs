//! Cutting numbers into bins.

use ndarray::{Array2, ArrayView2, Axis};

use crate::surrogate::{Cart, Criterion, Goal, Growth};
use crate::{Columns, ExplainError, words};

/// Edges of the bins of the present `values`, at the shares `cuts` of them (linear between neighbours), each once.
pub fn at_shares(values: &[f64], cuts: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let mut edges: Vec<f64> = cuts.iter().filter_map(|share| quantile(&sorted, *share)).collect();
    edges.dedup();
    edges
}

/// The value below which `share` of the sorted `values` lie; none where there are none.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    let part = place - place.floor();
    // From the nearer end, so that equal neighbours give exactly themselves.
    Some(if part < 0.5 {
        low + (high - low) * part
    } else {
        high - (high - low) * (1.0 - part)
    })
}

/// Shares of the quartiles.
pub const QUARTILES: [f64; 3] = [0.25, 0.5, 0.75];
/// Shares of the deciles.
pub const DECILES: [f64; 9] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/// Edges where a tree of depth three on this column alone tells the answers apart best; the median where it finds none.
pub fn by_tree(values: &[f64], goal: Goal<'_>) -> Result<Vec<f64>, ExplainError> {
    let column = ArrayView2::from_shape((values.len(), 1), values)
        .map_err(|e| ExplainError::parameters(format!("a column cannot be cut: {e}")))?;
    let present: Vec<usize> = (0..values.len()).filter(|i| !values[*i].is_nan()).collect();
    let x: Array2<f64> = column.select(Axis(0), &present);
    let growth = Growth {
        depth: 3,
        leaves: 0,
        rows: 1,
    };
    let fit = |goal| Cart::fit(x.view(), &Columns::unnamed(1), goal, Criterion::Entropy, growth);
    let mut edges = match goal {
        _ if present.is_empty() => return Ok(Vec::new()),
        Goal::Classes { of, count } => {
            let of: Vec<usize> = present.iter().map(|i| of[*i]).collect();
            fit(Goal::Classes { of: &of, count })?.thresholds()
        }
        Goal::Numbers(numbers) => {
            let numbers: Vec<f64> = present.iter().map(|i| numbers[*i]).collect();
            fit(Goal::Numbers(&numbers))?.thresholds()
        }
    };
    if edges.is_empty() {
        edges = at_shares(values, &[0.5]);
    }
    edges.dedup();
    Ok(edges)
}

/// The bin of `value`: how many edges lie below it.
pub fn code(edges: &[f64], value: f64) -> usize {
    edges.partition_point(|edge| *edge < value)
}

/// The text of bin `code`: "3.2 < age <= 4.1". `decimals` digits after the point; none: as many as tell the edges apart.
pub fn text(edges: &[f64], code: usize, name: &str, decimals: Option<usize>) -> String {
    let say = |edge: f64| {
        if let Some(digits) = decimals {
            return format!("{edge:.digits$}");
        }
        let gap = edges.windows(2).map(|e| e[1] - e[0]).fold(f64::INFINITY, f64::min);
        let gap = if gap.is_finite() { gap } else { 0.1 * edge.abs() };
        words::fixed(edge, words::decimals_for(gap))
    };
    let (low, high) = (code.checked_sub(1).and_then(|i| edges.get(i)), edges.get(code));
    match (low, high) {
        (Some(low), Some(high)) => format!("{} < {name} <= {}", say(*low), say(*high)),
        (Some(low), None) => format!("{name} > {}", say(*low)),
        (None, Some(high)) => format!("{name} <= {}", say(*high)),
        (None, None) => format!("{name} is anything"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bins_read_as_conditions() {
        let edges = [25.25, 37.0, 48.75];
        let texts: Vec<_> = (0..4).map(|c| text(&edges, c, "age", None)).collect();
        assert_eq!(
            texts,
            ["age <= 25.2", "25.2 < age <= 37", "37 < age <= 48.8", "age > 48.8"]
        );
        assert_eq!(text(&edges, 1, "f0", Some(2)), "25.25 < f0 <= 37.00");
        assert_eq!(
            (code(&edges, 25.25), code(&edges, 25.26), code(&edges, 90.0)),
            (0, 1, 3)
        );
        assert_eq!(at_shares(&[1.0, 1.0, 1.0, 2.0, f64::NAN], &QUARTILES), [1.0, 1.25]);
    }

    proptest! {
        #[test]
        fn every_value_is_in_the_bin_its_code_says(mut values in prop::collection::vec(-50.0f64..50.0, 5..60)) {
            let edges = at_shares(&values, &DECILES);
            values.push(edges[0]);
            for v in values {
                let c = code(&edges, v);
                prop_assert!(c == 0 || edges[c - 1] < v);
                prop_assert!(c == edges.len() || v <= edges[c]);
            }
        }
    }
}
