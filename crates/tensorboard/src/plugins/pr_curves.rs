//! `/data/plugin/pr_curves/...`.

use serde_json::{Map, Value, json};

use super::{Asked, Reply, described, listed};
use crate::data::{Result, number};
use crate::{Array, Class, Filter, Provider, ReadError, Scope};

/// Curves of a series, where the request says nothing.
const CURVES: usize = 100;

/// `tags`: name and description by run and tag.
pub async fn tags(provider: Provider, scope: Scope, _: Asked) -> Result<Reply> {
    Ok(described(&listed(&provider, &scope, Class::Tensor, "pr_curves").await?).into())
}

/// `pr_curves?tag&run&run..`: the curves by run.
pub async fn pr_curves(provider: Provider, scope: Scope, asked: Asked) -> Result<Reply> {
    let (tag, runs) = (asked.needed("tag")?, asked.all("run"));
    if runs.is_empty() {
        return Err(ReadError::Invalid("The query says no `run`.".to_owned()));
    }
    let filter = Filter::tag(tag, Some(runs.clone()));
    let read = provider
        .tensors(&scope, "pr_curves", &filter, asked.points(CURVES)?)
        .await?;
    let mut by_run = Map::new();
    for series in read {
        let mut curves = Vec::new();
        for (index, value) in series.value.iter().enumerate() {
            curves.push(curve(series.wall[index], series.step[index], &Array::numbers(value)?)?);
        }
        by_run.insert(series.series.run, Value::Array(curves));
    }
    if let Some(run) = runs.iter().find(|run| !by_run.contains_key(*run)) {
        let sentence = format!("No PR curves could be found for run {run:?} and tag {tag:?}.");
        return Err(ReadError::Invalid(sentence));
    }
    Ok(Value::Object(by_run).into())
}

/// A curve, without the thresholds at its end where nothing is predicted: precision says nothing there.
fn curve(wall: f64, step: i64, array: &Array) -> Result<Value> {
    let [6, thresholds] = array.shape[..] else {
        return Err(ReadError::Malformed("a PR curve's tensor has not six rows".to_owned()));
    };
    let (hits, alarms) = (array.row(0), array.row(1));
    let predicted = |index: &usize| hits[*index].trunc() + alarms[*index].trunc() != 0.0;
    let end = (1..thresholds).rev().find(predicted).unwrap_or(0) + 1;
    let end = end.min(thresholds);
    let counts = |row: usize| -> Value { array.row(row)[..end].iter().map(|&count| json!(count as i64)).collect() };
    let floats = |row: usize| -> Value { array.row(row)[..end].iter().map(|&value| number(value)).collect() };
    let width = (thresholds.max(2) - 1) as f64;
    let at = |index: usize| {
        if index + 1 == thresholds && thresholds > 1 {
            1.0
        } else {
            index as f64 * (1.0 / width)
        }
    };
    Ok(json!({
        "wall_time": number(wall), "step": step,
        "precision": floats(4), "recall": floats(5),
        "true_positives": counts(0), "false_positives": counts(1),
        "true_negatives": counts(2), "false_negatives": counts(3),
        "thresholds": (0..end).map(at).collect::<Vec<f64>>(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Numbers;

    #[test]
    fn the_end_where_nothing_is_predicted_is_left_out() {
        let rows = [
            [4.0, 2.0, 0.0],
            [1.0, 0.0, 0.0],
            [0.0, 1.0, 1.0],
            [0.0, 2.0, 4.0],
            [0.8, 1.0, 0.0],
            [1.0, 0.5, 0.0],
        ];
        let array = Array {
            shape: vec![6, 3],
            values: Numbers::Float(rows.concat()),
        };
        let curve = curve(1.0, 2, &array).expect("a curve");
        assert_eq!(curve["thresholds"], json!([0.0, 0.5]));
        assert_eq!(curve["true_positives"], json!([4, 2]));
        assert_eq!(curve["recall"], json!([1.0, 0.5]));
    }
}
