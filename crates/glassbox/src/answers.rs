//! What models of trees and linear models give back: margins, and what the library makes of them.

use glassboard_model::{Array, InputSpec, ModelError, ValueInfo, View};
use ndarray::{Array2, Axis};

use crate::response::Response;

/// One of a model's outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The sums, `[rows, sums]`.
    Margin,
    /// Of classes, `[rows, classes]`; of a single sum both `1 - p` and `p`.
    Probabilities,
    /// The library's prediction, `[rows, sums]`.
    Prediction,
}

/// Names and shapes of what goes in and out.
#[derive(Debug)]
pub(crate) struct Answers {
    pub(crate) inputs: Vec<InputSpec>,
    pub(crate) outputs: Vec<String>,
    kinds: Vec<Wanted>,
    sums: usize,
    features: usize,
    response: Response,
}

impl Answers {
    pub(crate) fn new(features: usize, sums: usize, response: Response) -> Self {
        let kinds = match response {
            Response::Identity => vec![Wanted::Prediction],
            Response::Votes => vec![Wanted::Probabilities],
            Response::Logistic { .. } | Response::Softmax => vec![Wanted::Margin, Wanted::Probabilities],
            Response::Fraction | Response::Exp | Response::SignedSquare | Response::Softplus | Response::Step => {
                vec![Wanted::Margin, Wanted::Prediction]
            }
        };
        let name = |kind: &Wanted| match kind {
            Wanted::Margin => "margin".to_owned(),
            Wanted::Probabilities => "probabilities".to_owned(),
            Wanted::Prediction => "prediction".to_owned(),
        };
        Self {
            inputs: vec![InputSpec {
                name: "rows".to_owned(),
                shape: vec![None, Some(features)],
            }],
            outputs: kinds.iter().map(name).collect(),
            kinds,
            sums,
            features,
            response,
        }
    }

    /// The sums as a value that `operator` computes.
    pub(crate) fn values(&self, operator: &str) -> Vec<ValueInfo> {
        let first = self.outputs.first().into_iter();
        let value = |name: &String| ValueInfo {
            name: name.clone(),
            op: operator.to_owned(),
            shape: Some(vec![None, Some(self.sums)]),
        };
        first.map(value).collect()
    }

    /// Refuses names that are no outputs.
    pub(crate) fn known(&self, names: &[&str]) -> Result<(), ModelError> {
        let unknown = names
            .iter()
            .find(|name| !self.outputs.iter().any(|output| output == *name));
        unknown.map_or(Ok(()), |name| Err(ModelError::NoSuchValue((*name).to_owned())))
    }

    /// The output called `name`, the first where none is; refuses rows that do not fit.
    pub(crate) fn wanted(&self, name: Option<&str>, columns: usize) -> Result<Wanted, ModelError> {
        if columns != self.features {
            return Err(ModelError::Input(format!(
                "the rows have {columns} columns, the model reads {}",
                self.features
            )));
        }
        let Some(name) = name else {
            return Ok(self.kinds[0]);
        };
        let at = self.outputs.iter().position(|output| output == name);
        at.map(|at| self.kinds[at]).ok_or_else(|| {
            ModelError::Input(format!(
                "the model has no output `{name}`; it has {}",
                self.outputs.join(", ")
            ))
        })
    }

    /// Margins (`[rows, sums]`) to what is wanted; `single` computes as XGBoost does, in 32 bits.
    pub(crate) fn finish(
        &self,
        wanted: Wanted,
        margins: Vec<f64>,
        rows: usize,
        single: bool,
    ) -> Result<Array2<f64>, ModelError> {
        let mut margins = Array2::from_shape_vec((rows, self.sums), margins)
            .map_err(|e| ModelError::Failed(format!("the sums have the wrong shape: {e}")))?;
        if wanted == Wanted::Margin {
            return Ok(margins);
        }
        for mut row in margins.rows_mut() {
            if let Some(row) = row.as_slice_mut() {
                if single {
                    self.response.apply_single(row);
                } else {
                    self.response.apply(row);
                }
            }
        }
        if wanted == Wanted::Probabilities && self.sums == 1 {
            let mut both = Array2::zeros((rows, 2));
            for (mut pair, p) in both.rows_mut().into_iter().zip(margins.iter()) {
                pair[0] = if single { f64::from(1.0 - *p as f32) } else { 1.0 - p };
                pair[1] = *p;
            }
            return Ok(both);
        }
        Ok(margins)
    }
}

/// `x` as rows of doubles.
pub(crate) fn rows_of(x: &View<'_>) -> Result<Array2<f64>, ModelError> {
    let count = x.shape().first().copied().unwrap_or(0);
    let width = x.shape().get(1..).unwrap_or_default().iter().product();
    let flat: Vec<f64> = x.iter().map(|v| f64::from(*v)).collect();
    Array2::from_shape_vec((count, width), flat)
        .map_err(|e| ModelError::Input(format!("the input is not rows of numbers: {e}")))
}

/// Rounded to 32 bits.
pub(crate) fn single(rows: &Array2<f64>) -> Array {
    let rounded = rows.mapv(|v| v as f32).into_dyn();
    debug_assert_eq!(rounded.len_of(Axis(0)), rows.nrows());
    rounded
}

pub(crate) fn refuse_gradient(why: &str) -> ModelError {
    ModelError::Unsupported(format!(
        "{why}: it has no gradients; use TreeSHAP, Shapley values or another method without them"
    ))
}
