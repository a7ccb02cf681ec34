//! One game a row, and the shares of all rows put together.

use ndarray::{Array2, Array3, ArrayD};
use serde_json::{Map, Value};

use super::{Link, TableGame, groups_of};
use crate::{AskRows, ExplainError, Outcome, RowExtras, Runner};

/// What the players of one game get.
#[derive(Debug, Clone)]
pub struct Shares {
    /// The value with nobody in, `[outputs]`.
    pub base: Vec<f64>,
    /// `[players, outputs]`.
    pub values: Array2<f64>,
    /// Standard error of each, where they are estimates.
    pub error: Option<Array2<f64>>,
    /// How many values of coalitions went into them (of one background row each or of all, as the method says).
    pub evaluations: usize,
}

impl Shares {
    /// Whether the largest standard error of `output` is within `tolerance` of its largest share. 0 is never within.
    pub fn within(&self, tolerance: f64, output: usize) -> bool {
        let Some(error) = &self.error else { return false };
        if tolerance <= 0.0 || output >= self.values.ncols() {
            return false;
        }
        let largest = |of: &Array2<f64>| of.column(output).iter().fold(0.0f64, |m, v| m.max(v.abs()));
        largest(error) <= tolerance * largest(&self.values)
    }
}

/// Hears what is known of one game after each round, and says whether that is enough.
pub type Round<'r> = &'r mut dyn FnMut(&mut Runner<'_>, &Shares) -> bool;

/// Plays the game of every row of `ask` with `play`, which gives the shares of all outputs, and puts together those
/// of each row's class. Reads `link`, `groups` and `tolerance` from `params`, where the method has them.
pub fn each_row(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    params: &Map<String, Value>,
    extras: RowExtras<'_>,
    mut play: impl FnMut(&mut Runner<'_>, &TableGame<'_>, Round<'_>) -> Result<Shares, ExplainError>,
) -> Result<Outcome, ExplainError> {
    let link = Link::parse(params.get("link").and_then(Value::as_str).unwrap_or_default());
    let tolerance = params.get("tolerance").and_then(Value::as_f64).unwrap_or_default();
    let groups = match params.get("groups").and_then(Value::as_str) {
        Some(text) => Some(groups_of(text, ask.columns)?),
        None => None,
    };
    let rows = ask.x.nrows();
    let mut sum = Sum::new(ask);
    for row in 0..rows {
        run.stage(
            &format!("Row {} of {rows}", row + 1),
            row as f64 / rows as f64,
            (row + 1) as f64 / rows as f64,
        );
        let game = TableGame::new(
            ask.row(row),
            extras.background,
            ask.readout.clone(),
            link,
            groups.as_deref(),
        )?;
        let target = ask.targets[row];
        let shares = play(run, &game, &mut |run, shares| {
            run.tell_partial(|| {
                let mut so_far = sum.clone();
                so_far.put(row, &game, shares, target);
                so_far.outcome().saying("rows_done", row + 1)
            });
            shares.within(tolerance, target)
        })?;
        if target >= shares.base.len() {
            return Err(ExplainError::parameters(format!(
                "target {target} is out of range: the output has {} values a row",
                shares.base.len()
            )));
        }
        sum.put(row, &game, &shares, target);
    }
    Ok(sum.outcome())
}

/// What all rows got, so far.
#[derive(Clone)]
struct Sum {
    values: Array2<f64>,
    errors: Array2<f64>,
    estimated: bool,
    base: Vec<f64>,
    outputs: Option<Array3<f64>>,
    evaluations: usize,
}

impl Sum {
    fn new(ask: &AskRows<'_>) -> Self {
        let shape = (ask.x.nrows(), ask.x.ncols());
        Self {
            values: Array2::zeros(shape),
            errors: Array2::zeros(shape),
            estimated: false,
            base: vec![0.0; shape.0],
            outputs: None,
            evaluations: 0,
        }
    }

    fn put(&mut self, row: usize, game: &TableGame<'_>, shares: &Shares, target: usize) {
        let (rows, columns) = self.values.dim();
        let Some(&base) = shares.base.get(target) else { return };
        let mut line = vec![0.0; columns];
        game.on_columns(|player| shares.values[[player, target]], &mut line);
        self.values.row_mut(row).assign(&ndarray::aview1(&line));
        if let Some(error) = &shares.error {
            self.estimated = true;
            game.on_columns(|player| error[[player, target]], &mut line);
            self.errors.row_mut(row).assign(&ndarray::aview1(&line));
        }
        self.base[row] = base;
        self.evaluations += shares.evaluations;
        let width = shares.base.len();
        if width > 1 {
            let all = self
                .outputs
                .get_or_insert_with(|| Array3::zeros((rows, columns, width)));
            for output in 0..width {
                line.fill(0.0);
                game.on_columns(|player| shares.values[[player, output]], &mut line);
                for (column, value) in line.iter().enumerate() {
                    all[[row, column, output]] = *value;
                }
            }
        }
    }

    fn outcome(self) -> Outcome {
        let mut outcome = Outcome::of_rows(&self.values, self.base).saying("evaluations", self.evaluations);
        if self.estimated {
            outcome.error = Some(self.errors.mapv(|v| v as f32).into_dyn());
        }
        match self.outputs {
            Some(all) => outcome.with("every_output", ArrayD::from(all.into_dyn())),
            None => outcome,
        }
    }
}
