//! Where the errors are: rows by their loss, and slices of the table where it gathers (Slice Finder, Chung et al. 2019).

use ndarray::Array1;
use serde_json::{Map, Value, json};

use crate::answers::{Answers, Task, answers};
use crate::choice::Choices;
use crate::intervals::{Moments, Welch, false_discovery, welch};
use crate::scores::{likeliest, log_losses};
use crate::slices::{Coded, Condition};
use crate::{AskRows, ExplainError, Outcome, RowExtras, Runner};

/// Columns whose pairs are tried; those with the strongest slices of their own.
const PAIRED: usize = 40;

/// What is looked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// Columns that conditions may be on.
    pub columns: Vec<usize>,
    /// Kind of answer; `None` for what the truth looks like.
    pub task: Option<Task>,
    /// `auto`, `log_loss`, `zero_one`, `squared` or `absolute`.
    pub loss: String,
    /// Bins of a column of numbers.
    pub bins: usize,
    /// Conditions a slice may have, 1 or 2.
    pub conditions: usize,
    /// Fewest rows of a slice; 0 for a hundredth of the rows, at least 10.
    pub smallest: usize,
    /// Most slices, and most rows, in the answer.
    pub most: usize,
}

/// A slice that was tried.
struct Tried {
    conditions: Vec<Condition>,
    inside: Moments,
    outside: Moments,
    test: Welch,
    effect: f64,
    /// It says more than either of its conditions alone.
    own: bool,
}

/// Arrays: `loss` (of every row, NaN without truth) and `rows` (by falling loss). `found.slices`, by falling effect:
/// those whose mean loss is higher than the rest's beyond chance (Welch's t-test of every slice tried, false discovery
/// rate at most 5 % by Benjamini and Hochberg), each as a query that a cohort can be made of.
pub fn error_slices(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    truth: Option<&[f64]>,
    options: &Options,
) -> Result<Outcome, ExplainError> {
    run.stage("rows", 0.0, 0.7);
    let (reading, answers, _) = answers(run, ask, truth, options.task)?;
    let (name, losses) = losses(&answers, &options.loss)?;
    let smallest = match options.smallest {
        0 => (reading.rows.len() / 100).max(10),
        given => given,
    };
    let coded: Vec<Coded> = options
        .columns
        .iter()
        .map(|&column| Coded::new(ask, &reading.rows, column, options.bins))
        .collect();
    let tried = search(run, &coded, &losses, smallest, options.conditions)?;
    let adjusted = false_discovery(&tried.iter().map(|slice| slice.test.p_larger).collect::<Vec<_>>());
    let mut order: Vec<usize> = (0..tried.len())
        .filter(|&i| tried[i].own && tried[i].effect > 0.0 && adjusted[i] <= 0.05)
        .collect();
    order.sort_by(|&a, &b| tried[b].effect.total_cmp(&tried[a].effect).then(a.cmp(&b)));
    let significant = order.len();
    order.truncate(options.most);
    let total: f64 = losses.iter().sum();
    let slices: Vec<Value> = order
        .iter()
        .map(|&i| describe(ask, &tried[i], adjusted[i], losses.len(), total))
        .collect();
    let mut all = Array1::from_elem(ask.x.nrows(), f64::NAN);
    for (&row, loss) in reading.rows.iter().zip(&losses) {
        all[row] = *loss;
    }
    let mut rows: Vec<usize> = (0..losses.len()).collect();
    rows.sort_by(|&a, &b| losses[b].total_cmp(&losses[a]).then(a.cmp(&b)));
    rows.truncate(options.most);
    let rows: Array1<f64> = rows.into_iter().map(|i| reading.rows[i] as f64).collect();
    Ok(Outcome::default()
        .with("loss", all.into_dyn())
        .with("rows", rows.into_dyn())
        .saying("slices", slices)
        .saying("loss", name)
        .saying("mean_loss", total / losses.len() as f64)
        .saying("task", reading.task.name())
        .saying("tried", tried.len())
        .saying("significant", significant)
        .saying("smallest", smallest)
        .saying("paired_columns", coded.len().min(PAIRED)))
}

fn losses(answers: &Answers, name: &str) -> Result<(&'static str, Vec<f64>), ExplainError> {
    match (answers, name) {
        (Answers::Classes { .. }, "auto" | "log_loss") => Ok(("log_loss", log_losses(answers))),
        (Answers::Classes { probability, truth }, "zero_one") => {
            let wrong = probability
                .rows()
                .into_iter()
                .zip(truth)
                .map(|(row, &t)| f64::from(likeliest(row) != t));
            Ok(("zero_one", wrong.collect()))
        }
        (Answers::Values { predicted, truth }, "auto" | "squared") => Ok((
            "squared",
            predicted.iter().zip(truth).map(|(p, t)| (t - p).powi(2)).collect(),
        )),
        (Answers::Values { predicted, truth }, "absolute") => Ok((
            "absolute",
            predicted.iter().zip(truth).map(|(p, t)| (t - p).abs()).collect(),
        )),
        _ => Err(ExplainError::parameters(format!(
            "the loss {name} does not fit what this model predicts; use auto"
        ))),
    }
}

fn search(
    run: &mut Runner<'_>,
    coded: &[Coded],
    losses: &[f64],
    smallest: usize,
    conditions: usize,
) -> Result<Vec<Tried>, ExplainError> {
    // Losses around their mean, so that sums of squares lose nothing.
    let mean = losses.iter().sum::<f64>() / losses.len() as f64;
    let off: Vec<f64> = losses.iter().map(|loss| loss - mean).collect();
    let whole = off.iter().fold(Sums::default(), |sums, &v| sums.with(v));
    let test = |sums: Sums| {
        let rest = whole.without(sums);
        if sums.n < smallest as f64 || rest.n < 2.0 {
            return None;
        }
        let (inside, outside) = (sums.moments(mean), rest.moments(mean));
        let test = welch(inside, outside, 0.95)?;
        let spread = f64::midpoint(inside.variance, outside.variance).sqrt();
        let effect = if spread > 0.0 {
            (inside.mean - outside.mean) / spread
        } else {
            0.0
        };
        Some((inside, outside, test, effect))
    };
    let mut tried = Vec::new();
    // Effect of each condition alone; none where it was too small to be tried.
    let mut alone: Vec<Vec<f64>> = Vec::new();
    for column in coded {
        let mut sums = vec![Sums::default(); column.conditions.len()];
        column
            .codes
            .iter()
            .zip(&off)
            .for_each(|(&code, &v)| sums[code as usize] = sums[code as usize].with(v));
        let mut effects = vec![f64::NEG_INFINITY; sums.len()];
        for (code, &sums) in sums.iter().enumerate() {
            if let Some((inside, outside, test, effect)) = test(sums) {
                effects[code] = effect;
                tried.push(Tried {
                    conditions: vec![column.conditions[code].clone()],
                    inside,
                    outside,
                    test,
                    effect,
                    own: true,
                });
            }
        }
        alone.push(effects);
    }
    if conditions < 2 {
        return Ok(tried);
    }
    let strongest = |column: usize| alone[column].iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut columns: Vec<usize> = (0..coded.len()).collect();
    columns.sort_by(|&a, &b| strongest(b).total_cmp(&strongest(a)).then(a.cmp(&b)));
    columns.truncate(PAIRED);
    columns.sort_unstable();
    run.stage("slices", 0.7, 1.0);
    for (k, &a) in columns.iter().enumerate() {
        run.check_cancelled()?;
        run.tell(k, columns.len());
        for &b in &columns[k + 1..] {
            let (first, second) = (&coded[a], &coded[b]);
            let width = second.conditions.len();
            let mut sums = vec![Sums::default(); first.conditions.len() * width];
            for ((&i, &j), &v) in first.codes.iter().zip(&second.codes).zip(&off) {
                let cell = &mut sums[i as usize * width + j as usize];
                *cell = cell.with(v);
            }
            for (cell, &sums) in sums.iter().enumerate() {
                let (i, j) = (cell / width, cell % width);
                if let Some((inside, outside, test, effect)) = test(sums) {
                    tried.push(Tried {
                        conditions: vec![first.conditions[i].clone(), second.conditions[j].clone()],
                        inside,
                        outside,
                        test,
                        effect,
                        own: effect > alone[a][i] && effect > alone[b][j],
                    });
                }
            }
        }
    }
    Ok(tried)
}

/// Count, sum and sum of squares.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    n: f64,
    sum: f64,
    squares: f64,
}

impl Sums {
    fn with(self, value: f64) -> Self {
        Self {
            n: self.n + 1.0,
            sum: self.sum + value,
            squares: self.squares + value * value,
        }
    }

    fn without(self, part: Self) -> Self {
        Self {
            n: self.n - part.n,
            sum: self.sum - part.sum,
            squares: self.squares - part.squares,
        }
    }

    fn moments(self, shift: f64) -> Moments {
        let mut moments = Moments::from_sums(self.n, self.sum, self.squares);
        moments.mean += shift;
        moments
    }
}

fn describe(ask: &AskRows<'_>, slice: &Tried, adjusted: f64, rows: usize, total: f64) -> Value {
    let queries: Vec<String> = slice
        .conditions
        .iter()
        .map(|condition| condition.query(ask.columns))
        .collect();
    let columns: Vec<usize> = slice.conditions.iter().map(|condition| condition.column).collect();
    json!({
        "query": queries.join(" and "),
        "columns": columns,
        "rows": slice.inside.n,
        "share": slice.inside.n / rows as f64,
        "mean_loss": slice.inside.mean,
        "rest": slice.outside.mean,
        "difference_low": slice.test.difference.low,
        "difference_high": slice.test.difference.high,
        "effect": slice.effect,
        "share_of_loss": if total > 0.0 { slice.inside.mean * slice.inside.n / total } else { 0.0 },
        "p": slice.test.p_larger,
        "adjusted_p": adjusted,
    })
}

/// By the parameters of the catalogue; the loss that was chosen is written into them.
pub fn answer(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    params: &mut Map<String, Value>,
    extras: RowExtras<'_>,
) -> Result<Outcome, ExplainError> {
    let choices = Choices(params);
    let options = Options {
        columns: choices.columns("columns", ask.columns)?,
        task: choices.text("task").and_then(Task::parse),
        loss: choices.text("loss").unwrap_or("auto").to_owned(),
        bins: choices.whole("bins"),
        conditions: choices.whole("conditions"),
        smallest: choices.whole("smallest"),
        most: choices.whole("most"),
    };
    let outcome = error_slices(run, ask, extras.truth, &options)?;
    params.insert("loss".into(), outcome.found["loss"].clone());
    Ok(outcome)
}
