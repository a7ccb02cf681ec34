//! Shapley values of a linear model, in closed form or with the columns' correlation (Lundberg & Lee 2017).

use glassboard_model::{LinearModel, OutputSpace};
use ndarray::{Array2, ArrayView1, ArrayView2};

use super::permutation_shap::permutation_shap;
use crate::game::{Coalition, Game, Shares};
use crate::solve::Normal;
use crate::{AskRows, ExplainError, Outcome, RowExtras, Runner};

/// Orders walked where columns are taken as correlated.
const ORDERS: usize = 200;

/// The mean of every column.
fn means(background: ArrayView2<'_, f64>) -> Vec<f64> {
    let rows = background.nrows().max(1) as f64;
    background.columns().into_iter().map(|c| c.sum() / rows).collect()
}

/// weight · (x - mean of the background), for every output.
pub fn linear_shares(model: &LinearModel, x: ArrayView1<'_, f64>, background: ArrayView2<'_, f64>) -> Shares {
    let means = means(background);
    let values = Array2::from_shape_fn((x.len(), model.weights.len()), |(column, output)| {
        let weight = model.weights[output][column];
        // A weight of zero makes a missing value harmless.
        if weight == 0.0 {
            0.0
        } else {
            weight * (x[column] - means[column])
        }
    });
    Shares {
        base: model.margins(&means),
        values,
        error: None,
        evaluations: 0,
    }
}

/// `v(S) = f(E[X | X_S = x_S])` for columns that are jointly normal with the background's mean and covariance.
pub struct CorrelatedGame<'a> {
    model: &'a LinearModel,
    x: Vec<f64>,
    means: Vec<f64>,
    covariance: Array2<f64>,
}

impl<'a> CorrelatedGame<'a> {
    /// The row `x` of `model` against the moments of `background`.
    pub fn new(model: &'a LinearModel, x: ArrayView1<'_, f64>, background: ArrayView2<'_, f64>) -> Self {
        let means = means(background);
        let rows = (background.nrows() as f64 - 1.0).max(1.0);
        let columns = x.len();
        let covariance = Array2::from_shape_fn((columns, columns), |(a, b)| {
            let both = background.column(a).into_iter().zip(background.column(b));
            both.map(|(u, v)| (u - means[a]) * (v - means[b])).sum::<f64>() / rows
        });
        Self {
            model,
            x: x.to_vec(),
            means,
            covariance,
        }
    }

    fn expected(&self, known: &Coalition) -> Result<Vec<f64>, ExplainError> {
        let members: Vec<usize> = known.members().collect();
        let mut expected = self.means.clone();
        let off: Vec<f64> = members.iter().map(|m| self.x[*m] - self.means[*m]).collect();
        let mut system = Normal::new(members.len(), 1);
        for (i, a) in members.iter().enumerate() {
            for (j, b) in members.iter().enumerate().take(i + 1) {
                // A little more on the diagonal keeps twins apart.
                let ridge = if i == j {
                    1e-9 * (self.covariance[[*a, *a]] + 1e-12)
                } else {
                    0.0
                };
                system.set_gram(i, j, self.covariance[[*a, *b]] + ridge);
            }
        }
        system.set_right(&off);
        let pull = system.solve()?;
        for (column, value) in expected.iter_mut().enumerate() {
            *value = if known.contains(column) {
                self.x[column]
            } else {
                let along = members.iter().zip(&pull);
                self.means[column] + along.map(|(m, p)| self.covariance[[column, *m]] * p).sum::<f64>()
            };
        }
        Ok(expected)
    }
}

impl Game for CorrelatedGame<'_> {
    fn players(&self) -> usize {
        self.x.len()
    }

    fn values(&self, run: &mut Runner<'_>, asked: &[Coalition]) -> Result<Array2<f64>, ExplainError> {
        run.check_cancelled()?;
        let mut values = Array2::zeros((asked.len(), self.model.weights.len()));
        for (known, mut row) in asked.iter().zip(values.rows_mut()) {
            row.assign(&ndarray::aview1(&self.model.margins(&self.expected(known)?)));
        }
        Ok(values)
    }
}

/// The shares of every row of `ask`; needs a model that is linear and nothing else, asked for its own output.
pub fn linear_shap(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    extras: RowExtras<'_>,
    correlated: bool,
) -> Result<Outcome, ExplainError> {
    let Some(model) = run.model().linear() else {
        return Err(ExplainError::parameters(
            "needs a linear model: this one is not, or is more than that; use kernel_shap",
        ));
    };
    if ask.readout.space != OutputSpace::Raw {
        return Err(ExplainError::parameters(
            "a linear model's shares add up on its own scale (log-odds for a classifier); ask for the raw output",
        ));
    }
    if extras.background.nrows() == 0 || extras.background.ncols() != ask.x.ncols() {
        return Err(ExplainError::parameters(
            "needs background rows with the columns of the rows asked, to say what an ordinary value is",
        ));
    }
    let mut values = Array2::zeros(ask.x.dim());
    let mut errors = Array2::zeros(ask.x.dim());
    let mut base = Vec::with_capacity(ask.x.nrows());
    for (row, &target) in ask.targets.iter().enumerate() {
        if target >= model.weights.len() {
            return Err(ExplainError::parameters(format!(
                "target {target} is out of range: the model has {} linear outputs",
                model.weights.len()
            )));
        }
        let shares = if correlated {
            let game = CorrelatedGame::new(model, ask.row(row), extras.background);
            permutation_shap(run, &game, ORDERS, extras.seed, &mut |_, _| false)?
        } else {
            linear_shares(model, ask.row(row), extras.background)
        };
        values.row_mut(row).assign(&shares.values.column(target));
        if let Some(error) = &shares.error {
            errors.row_mut(row).assign(&error.column(target));
        }
        base.push(shares.base[target]);
    }
    let mut outcome = Outcome::of_rows(&values, base);
    if correlated {
        outcome.error = Some(errors.mapv(|v| v as f32).into_dyn());
    }
    Ok(outcome)
}
