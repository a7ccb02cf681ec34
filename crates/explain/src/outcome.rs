//! What a method gives back.

use glassboard_model::{Array, ModelError};
use ndarray::{Array2, ArrayD, Axis, concatenate};
use serde_json::{Map, Value};

use crate::ExplainError;

/// The answer of a method. A method of attribution fills [`Self::attribution`]; one that draws curves, finds rows or
/// fits a surrogate names its arrays and puts what is not an array into [`Self::found`].
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// One value an element of the input (or of a layer), first axis the rows.
    pub attribution: Option<Array>,
    /// What the attributions of each row start from: f with nothing known, in the unit explained.
    pub base: Option<Vec<f64>>,
    /// Standard error of each attribution, same shape; where it was estimated.
    pub error: Option<Array>,
    /// Further arrays by name, as the catalogue's entry describes them.
    pub arrays: Vec<(String, ArrayD<f64>)>,
    /// What is not an array: rules, names, fidelity, sentences of the method's own.
    pub found: Map<String, Value>,
}

impl Outcome {
    /// An attribution alone.
    pub fn of(attribution: Array) -> Self {
        Self {
            attribution: Some(attribution),
            ..Self::default()
        }
    }

    /// Attributions of rows of a table, with what they start from.
    pub fn of_rows(attribution: &Array2<f64>, base: Vec<f64>) -> Self {
        Self {
            attribution: Some(attribution.mapv(|v| v as f32).into_dyn()),
            base: Some(base),
            ..Self::default()
        }
    }

    /// Adds a named array.
    #[must_use]
    pub fn with(mut self, name: &str, array: ArrayD<f64>) -> Self {
        self.arrays.push((name.to_owned(), array));
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn saying(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.found.insert(name.to_owned(), value.into());
        self
    }

    /// The rows of `next` below these: of a method that answers row by row, whose every array has a row's numbers on its
    /// first axis. Lists called `rows` in [`Self::found`] are joined and `evaluations` added up; the rest is the same
    /// for every row.
    pub fn below(self, next: Self) -> Result<Self, ExplainError> {
        let mut found = self.found;
        for (name, value) in next.found {
            match (found.get_mut(&name), value) {
                (Some(Value::Array(rows)), Value::Array(more)) if name == "rows" => rows.extend(more),
                (Some(count), Value::Number(more)) if name == "evaluations" => {
                    *count = (count.as_u64().unwrap_or(0) + more.as_u64().unwrap_or(0)).into();
                }
                (None, value) => {
                    found.insert(name, value);
                }
                _ => {}
            }
        }
        let mut arrays = Vec::with_capacity(self.arrays.len());
        for ((name, above), (_, more)) in self.arrays.into_iter().zip(next.arrays) {
            arrays.extend(stacked(Some(above), Some(more))?.map(|array| (name, array)));
        }
        Ok(Self {
            attribution: stacked(self.attribution, next.attribution)?,
            base: self.base.zip(next.base).map(|(above, more)| [above, more].concat()),
            error: stacked(self.error, next.error)?,
            arrays,
            found,
        })
    }
}

fn stacked<T: Clone>(above: Option<ArrayD<T>>, more: Option<ArrayD<T>>) -> Result<Option<ArrayD<T>>, ExplainError> {
    let (Some(above), Some(more)) = (above, more) else {
        return Ok(None);
    };
    let joined = concatenate(Axis(0), &[above.view(), more.view()]);
    joined
        .map(Some)
        .map_err(|e| ModelError::Failed(format!("parts of an answer do not line up: {e}")).into())
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_come_below_with_all_that_is_theirs() {
        let part = |from: f64, rows: usize| {
            let values = Array2::from_shape_fn((rows, 2), |(i, j)| from + i as f64 + j as f64 / 10.0);
            let told: Vec<Value> = (0..rows).map(|i| json!({ "rule": from + i as f64 })).collect();
            Outcome::of_rows(&values, vec![from; rows])
                .with("precision", ArrayD::from_elem(ndarray::IxDyn(&[rows]), from))
                .saying("evaluations", rows)
                .saying("threshold", 0.9)
                .saying("rows", told)
        };
        let all = part(0.0, 2).below(part(2.0, 3)).unwrap();
        assert_eq!(all.attribution.unwrap().shape(), [5, 2]);
        assert_eq!(all.base.unwrap(), [0.0, 0.0, 2.0, 2.0, 2.0]);
        assert_eq!(all.arrays[0].1, array![0.0, 0.0, 2.0, 2.0, 2.0].into_dyn());
        assert_eq!(all.found["rows"].as_array().unwrap().len(), 5);
        assert_eq!(all.found["rows"][4], json!({ "rule": 4.0 }));
        assert_eq!(
            (&all.found["evaluations"], &all.found["threshold"]),
            (&json!(5), &json!(0.9))
        );
        let rows_alone = Outcome::default().with("found", array![1.0].into_dyn());
        let both = rows_alone.clone().below(rows_alone).unwrap();
        assert_eq!(both.arrays[0].1.len(), 2, "also where nothing is attributed");
    }
}
