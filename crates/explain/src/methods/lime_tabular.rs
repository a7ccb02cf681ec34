//! LIME for rows of a table (Ribeiro et al. 2016, arXiv:1602.04938): a weighted ridge regression on rows like those of
//! the background says which of the row's values speak for its answer.
//!
//! The made-up rows are drawn once for all rows asked: where numbers are cut into bins they do not depend on the row.

use ndarray::Array2;
use serde_json::{Value, json};

use crate::lime::fit::{Fit, Selection, distances, fit, weights};
use crate::lime::{Cut, Neighbourhood, Sample, Space};
use crate::{AskRows, ExplainError, Outcome, RowExtras, Runner, words};

/// What can be set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// How numbers are cut.
    pub cut: Cut,
    /// Rows that are looked at, the row itself among them.
    pub samples: usize,
    /// Columns that the answer may name.
    pub features: usize,
    /// How those columns are chosen.
    pub selection: Selection,
    /// Width of the kernel; 0 is three quarters of the square root of the number of columns.
    pub width: f64,
    /// Whether numbers that are not cut are drawn around the row instead of around the mean.
    pub around: bool,
}

/// The fit of each row, and in what terms it speaks.
#[derive(Debug)]
pub struct Fits {
    /// One a row.
    pub rows: Vec<Fit>,
    /// The model's own answer, one a row.
    pub values: Vec<f64>,
    /// How columns are seen.
    pub neighbourhood: Neighbourhood,
    /// Width of the kernel.
    pub width: f64,
}

/// Fits around every row of `ask`.
pub fn fits(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    extras: RowExtras<'_>,
    options: Options,
) -> Result<Fits, ExplainError> {
    let width = if options.width > 0.0 {
        options.width
    } else {
        0.75 * (ask.columns.len() as f64).sqrt()
    };
    let neighbourhood = Neighbourhood::of(run, extras.background, ask.columns, &ask.readout, options.cut)?;
    let values = run.row_values(ask)?;
    let count = options.samples.saturating_sub(1).max(1);
    let mut shared: Option<Sample> = None;
    let mut rows = Vec::with_capacity(values.len());
    for (i, (&value, &target)) in values.iter().zip(ask.targets).enumerate() {
        run.check_cancelled()?;
        let sample = match shared.take() {
            Some(sample) if !options.around => sample,
            _ => {
                let around = options.around.then(|| ask.row(i));
                neighbourhood.draw(run, &ask.readout, count, around, extras.seed)?
            }
        };
        let seen = neighbourhood.seen(ask.row(i), &sample);
        let answer: Vec<f64> = std::iter::once(value)
            .chain(sample.outputs.column(target).iter().copied())
            .collect();
        let near = weights(&distances(seen.view()), width);
        rows.push(fit(seen.view(), &answer, &near, options.selection, options.features));
        shared = Some(sample);
    }
    Ok(Fits {
        rows,
        values,
        neighbourhood,
        width,
    })
}

impl Fits {
    /// The condition on column `j` that row `i` of `ask` meets.
    pub fn condition(&self, ask: &AskRows<'_>, i: usize, j: usize) -> String {
        self.neighbourhood.spaces[j].text(&ask.columns.kinds[j], &ask.columns.names[j], ask.x[[i, j]])
    }

    /// Columns with a coefficient in row `i`, the largest first.
    pub fn ranked(&self, i: usize) -> Vec<usize> {
        let c = &self.rows[i].line.coefficients;
        let mut order: Vec<usize> = (0..c.len()).filter(|j| c[*j] != 0.0).collect();
        order.sort_by(|a, b| c[*b].abs().total_cmp(&c[*a].abs()));
        order
    }

    /// Row `i` in words and numbers.
    fn told(&self, ask: &AskRows<'_>, i: usize) -> Value {
        let one = &self.rows[i];
        let rules: Vec<Value> = self
            .ranked(i)
            .into_iter()
            .map(|j| {
                let unit = match &self.neighbourhood.spaces[j] {
                    Space::Scaled { scale, .. } => {
                        json!(format!("per {} of {}", words::number(*scale), ask.columns.names[j]))
                    }
                    Space::States { .. } => Value::Null,
                };
                json!({
                    "column": ask.columns.names[j],
                    "value": words::value(&ask.columns.kinds[j], ask.x[[i, j]]),
                    "rule": self.condition(ask, i, j),
                    "coefficient": one.line.coefficients[j],
                    "error": one.error[j],
                    "unit": unit,
                })
            })
            .collect();
        json!({
            "intercept": one.line.intercept,
            "prediction": self.values[i],
            "local_prediction": one.prediction,
            "r2": one.r2,
            "rules": rules,
            "sentence": sentence(one, self.values[i]),
        })
    }
}

fn sentence(fit: &Fit, value: f64) -> String {
    let trust = fit.trust();
    format!(
        "Around this row the linear fit accounts for {} of how the output varies; {trust}. For the row itself it says {}, the model {}.",
        words::percent(fit.r2.max(0.0)),
        words::number(fit.prediction),
        words::number(value)
    )
}

/// Attributions are the coefficients, the base the intercepts.
pub fn lime_tabular(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    extras: RowExtras<'_>,
    options: Options,
) -> Result<Outcome, ExplainError> {
    let fits = fits(run, ask, extras, options)?;
    let shape = (ask.x.nrows(), ask.columns.len());
    let attribution = Array2::from_shape_fn(shape, |(i, j)| fits.rows[i].line.coefficients[j]);
    let error = Array2::from_shape_fn(shape, |(i, j)| fits.rows[i].error[j] as f32);
    let base = fits.rows.iter().map(|f| f.line.intercept).collect();
    let each = |of: &dyn Fn(&Fit) -> f64| fits.rows.iter().map(of).collect::<ndarray::Array1<f64>>().into_dyn();
    let told: Vec<Value> = (0..shape.0).map(|i| fits.told(ask, i)).collect();
    let mut outcome = Outcome::of_rows(&attribution, base)
        .with("local_prediction", each(&|f| f.prediction))
        .with("r2", each(&|f| f.r2))
        .saying("kernel_width", fits.width)
        .saying("samples", options.samples)
        .saying("rows", told);
    outcome.error = Some(error.into_dyn());
    Ok(outcome)
}

impl Options {
    /// From the catalogue's parameters.
    pub fn from_params(params: &serde_json::Map<String, Value>) -> Result<Self, ExplainError> {
        let text = |name: &str| params.get(name).and_then(Value::as_str).unwrap_or_default();
        let number = |name: &str| params.get(name).and_then(Value::as_f64).unwrap_or_default();
        Ok(Self {
            cut: match text("discretizer") {
                "quartile" => Cut::Quartile,
                "decile" => Cut::Decile,
                "entropy" => Cut::Entropy,
                "none" => Cut::None,
                other => return Err(ExplainError::parameters(format!("there is no discretizer `{other}`"))),
            },
            samples: number("samples") as usize,
            features: number("features") as usize,
            selection: Selection::parse(text("feature_selection"))?,
            width: number("kernel_width"),
            around: text("discretizer") == "none" && params.get("around_row") == Some(&Value::Bool(true)),
        })
    }
}
