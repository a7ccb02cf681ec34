//! `/data/plugin/histograms/...` and `/data/plugin/distributions/...`.

use serde_json::{Value, json};

use super::{Asked, Reply, described, listed};
use crate::data::{Result, number};
use crate::{Array, Class, Filter, Provider, ReadError, Scope, TensorSeries};

/// Histograms of a series, where the request says nothing.
const HISTOGRAMS: usize = 51;
/// Distributions of a series, where the request says nothing.
const DISTRIBUTIONS: usize = 501;
/// Where a distribution is cut, in hundredths of a percent: those of a normal one at whole deviations.
const CUTS: [f64; 9] = [0.0, 668.0, 1587.0, 3085.0, 5000.0, 6915.0, 8413.0, 9332.0, 10000.0];

/// `tags`: name and description by run and tag.
pub async fn tags(provider: Provider, scope: Scope, _: Asked) -> Result<Reply> {
    Ok(described(&listed(&provider, &scope, Class::Tensor, "histograms").await?).into())
}

/// `histograms?run&tag`: time, step, and a list of left, right, count.
pub async fn histograms(provider: Provider, scope: Scope, asked: Asked) -> Result<Reply> {
    let read = read(&provider, &scope, &asked, HISTOGRAMS).await?;
    each(read, Array::to_json).await
}

/// `distributions?run&tag`: time, step, and the values at nine cuts.
pub async fn distributions(provider: Provider, scope: Scope, asked: Asked) -> Result<Reply> {
    let read = read(&provider, &scope, &asked, DISTRIBUTIONS).await?;
    let cut = |array: &Array| -> Value {
        let bins = array.floats().as_chunks::<3>().0;
        cuts(bins)
            .iter()
            .map(|(cut, value)| json!([*cut as i64, number(*value)]))
            .collect()
    };
    each(read, cut).await
}

async fn read(provider: &Provider, scope: &Scope, asked: &Asked, most: usize) -> Result<TensorSeries> {
    let (run, tag) = (asked.needed("run")?, asked.needed("tag")?);
    let filter = Filter::one(run, tag);
    let read = provider
        .tensors(scope, "histograms", &filter, asked.points(most)?)
        .await?;
    let missing = || ReadError::NotFound(format!("There is no histogram tag {tag:?} of run {run:?}."));
    read.into_iter().next().ok_or_else(missing)
}

async fn each(series: TensorSeries, shape: impl Fn(&Array) -> Value + Send + 'static) -> Result<Reply> {
    let shaped = tokio::task::spawn_blocking(move || {
        let mut events = Vec::with_capacity(series.step.len());
        for (index, value) in series.value.iter().enumerate() {
            let array = Array::numbers(value)?;
            events.push(json!([number(series.wall[index]), series.step[index], shape(&array)]));
        }
        Ok::<_, ReadError>(Value::Array(events).into())
    });
    shaped.await?
}

/// The value at each cut, on straight lines between the edges of the bins.
fn cuts(bins: &[[f64; 3]]) -> Vec<(f64, f64)> {
    let (Some(first), Some(last)) = (bins.first(), bins.last()) else {
        return CUTS.map(|cut| (cut, 0.0)).to_vec();
    };
    let (least, most) = (first[0], last[1]);
    let whole = match bins.iter().map(|bin| bin[2]).sum::<f64>() {
        0.0 => 1.0,
        whole => whole,
    };
    let mut sum = 0.0;
    let weights: Vec<f64> = bins
        .iter()
        .map(|bin| {
            sum += bin[2] * 10000.0 / whole;
            sum
        })
        .collect();
    let value = |cut: f64| {
        for bin in weights.partition_point(|&weight| weight <= cut)..bins.len() {
            let before = if bin > 0 { weights[bin - 1] } else { 0.0 };
            if weights[bin] - before == 0.0 {
                continue;
            }
            let left = if before == 0.0 {
                least
            } else {
                bins[bin - 1][1].max(least)
            };
            let right = bins[bin][1].min(most);
            return left + (cut - before) * (right - left) / (weights[bin] - before);
        }
        most
    };
    CUTS.iter().map(|&cut| (cut, value(cut))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_histogram_is_cut_in_proportion() {
        let bins: Vec<[f64; 3]> = (0..10).map(|i| [f64::from(i), f64::from(i + 1), 2.0]).collect();
        for (cut, value) in cuts(&bins) {
            assert!((value - cut / 1000.0).abs() < 1e-9, "{cut}: {value}");
        }
    }

    #[test]
    fn nothing_is_cut_at_zero_and_one_bin_between_its_edges() {
        assert!(cuts(&[]).iter().all(|(_, value)| *value == 0.0));
        let one = cuts(&[[1.0, 3.0, 5.0]]);
        assert_eq!((one[0].1, one[4].1, one[8].1), (1.0, 2.0, 3.0));
        assert!(
            cuts(&[[1.0, 3.0, 0.0]])
                .iter()
                .all(|(_, value)| (*value - 3.0).abs() < 1e-12)
        );
    }
}
