//! Counterfactuals: rows near the row asked that get another answer, by four searches: a genetic and a random one
//! (Mothilal et al. 2020), Wachter's (2017), and the nearest row with another answer. Every one that is given was run
//! through the model once more.

mod hunt;
mod limits;
mod polish;
mod text;
mod wish;

use ndarray::{Array1, Array3};
use serde_json::{Map, Value, json};

use hunt::{Candidate, Hunt};
pub use limits::Wishes;
use limits::{Limits, differs};
use wish::Wish;

use crate::verdict::Verdict;
use crate::{AskRows, ExplainError, Outcome, RowExtras, Runner, words};

/// How rows are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Crossing and changing rows, keeping the better ones.
    Genetic,
    /// Random values in one column, then two, then more.
    Random,
    /// Steps column by column that lower miss and distance together.
    Wachter,
    /// Rows of the background, whole but for columns that may not change.
    Nearest,
}

/// What can be set.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// How rows are searched.
    pub kind: Kind,
    /// Verdict for each row, at most.
    pub total: usize,
    /// Which answer is wanted: a class, or a range of numbers; none: another class.
    pub desired: Option<String>,
    /// What may change.
    pub wishes: Wishes,
    /// Weight of the distance.
    pub proximity: f64,
    /// Weight of the share of columns that change.
    pub sparsity: f64,
    /// Weight of the difference between answers.
    pub diversity: f64,
    /// Whether changes that are not needed are taken back.
    pub fewest: bool,
    /// Rows that may be tried for each row.
    pub tries: usize,
}

impl Options {
    /// From the catalogue's parameters.
    pub fn from_params(params: &Map<String, Value>) -> Result<Self, ExplainError> {
        let text = |name: &str| params.get(name).and_then(Value::as_str).map(str::to_owned);
        let number = |name: &str| params.get(name).and_then(Value::as_f64).unwrap_or_default();
        Ok(Self {
            kind: match text("kind").as_deref() {
                Some("genetic") => Kind::Genetic,
                Some("random") => Kind::Random,
                Some("wachter") => Kind::Wachter,
                Some("nearest") => Kind::Nearest,
                other => {
                    return Err(ExplainError::parameters(format!(
                        "there is no kind of search `{other:?}`"
                    )));
                }
            },
            total: number("total") as usize,
            desired: text("desired"),
            wishes: Wishes {
                fixed: text("fixed"),
                vary: text("vary"),
                ranges: text("ranges"),
                only_up: text("only_up"),
                only_down: text("only_down"),
            },
            proximity: number("proximity"),
            sparsity: number("sparsity"),
            diversity: number("diversity"),
            fewest: params.get("fewest_changes") == Some(&Value::Bool(true)),
            tries: number("tries") as usize,
        })
    }
}

/// Rows with another answer for each row of `ask`; see the catalogue for what is found.
pub fn counterfactuals(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    extras: RowExtras<'_>,
    options: &Options,
) -> Result<Outcome, ExplainError> {
    let limits = Limits::of(extras.background, ask.columns, &options.wishes)?;
    let width = ask.columns.len();
    let outputs = run.rows(width, ask.x.nrows(), &ask.readout, |i, row| {
        row.iter_mut().zip(ask.row(i)).for_each(|(to, from)| *to = *from);
    })?;
    let said = run.rows(width, extras.background.nrows(), &ask.readout, |i, row| {
        row.iter_mut()
            .zip(extras.background.row(i))
            .for_each(|(to, from)| *to = *from);
    })?;
    let answers = Verdict::of(outputs.ncols(), &ask.readout);
    let unit = crate::lime::moments(&said.column(0).to_vec()).1;

    let shape = (ask.x.nrows(), options.total, width);
    let mut rows = Array3::from_elem(shape, f64::NAN);
    let (mut counts, mut told) = (Vec::new(), Vec::new());
    for i in 0..ask.x.nrows() {
        run.check_cancelled()?;
        let wish = Wish::of(options.desired.as_deref(), answers, outputs.row(i), unit)?;
        let hunt = Hunt {
            from: ask.row(i).to_vec(),
            columns: ask.columns,
            readout: &ask.readout,
            background: extras.background,
            said: &said,
            limits: &limits,
            answers,
            wish,
            options,
            seed: extras.seed,
        };
        let present = answers.words(outputs.row(i));
        if wish.met(answers, outputs.row(i)) {
            counts.push(0.0);
            told.push(
                json!({ "prediction": present, "desired": wish.words(), "counterfactuals": [],
                              "sentence": format!("The row already gives {}: nothing need change.", wish.words()) }),
            );
            continue;
        }
        let found = hunt.answers(run)?;
        for (k, candidate) in found.iter().enumerate() {
            rows.slice_mut(ndarray::s![i, k, ..])
                .iter_mut()
                .zip(&candidate.row)
                .for_each(|(to, from)| *to = *from);
        }
        counts.push(found.len() as f64);
        told.push(hunt.tell(run, &found, &present)?);
    }
    Ok(Outcome::default()
        .with("counterfactuals", rows.into_dyn())
        .with("found", Array1::from(counts).into_dyn())
        .saying("kind", format!("{:?}", options.kind).to_lowercase())
        .saying("rows", told))
}

impl Hunt<'_> {
    /// What is given: searched, made sparser, chosen to differ, and asked about once more.
    fn answers(&self, run: &mut Runner<'_>) -> Result<Vec<Candidate>, ExplainError> {
        let total = self.options.total;
        let found = self.search(run)?;
        let real = self.options.kind == Kind::Nearest;
        // More than asked for are made sparser, as some become the same row.
        let mut chosen = self.diverse(found, if real { total } else { 2 * total });
        if self.options.fewest && !real {
            chosen = chosen
                .into_iter()
                .map(|c| self.sparser(run, c))
                .collect::<Result<_, _>>()?;
            chosen = self.diverse(chosen, total);
        }
        chosen.truncate(total);
        let again = self.weigh(run, chosen.into_iter().map(|c| c.row).collect())?;
        Ok(again.into_iter().filter(|c| c.met).collect())
    }

    fn tell(&self, run: &mut Runner<'_>, found: &[Candidate], present: &str) -> Result<Value, ExplainError> {
        let mut list = Vec::new();
        if !found.is_empty() {
            let outputs = run.rows(self.columns.len(), found.len(), self.readout, |i, row| {
                row.copy_from_slice(&found[i].row);
            })?;
            for (candidate, out) in found.iter().zip(outputs.rows()) {
                list.push(self.one(candidate, &self.answers.words(out), out[0]));
            }
        }
        let wanted = self.wish.words();
        let sentence = match (found.len(), self.options.total) {
            (0, _) => format!(
                "No row with {wanted} was found within these limits. Let more columns change, widen `ranges`, or allow more tries; if the background has no row with {wanted}, the model may never say it."
            ),
            (n, total) if n < total => {
                format!("The model says {present}. {n} of the {total} rows asked for were found that give {wanted}.")
            }
            (n, _) => format!("The model says {present}. These {n} rows give {wanted}."),
        };
        Ok(json!({ "prediction": present, "desired": wanted, "counterfactuals": list, "sentence": sentence }))
    }

    fn one(&self, candidate: &Candidate, prediction: &str, value: f64) -> Value {
        let changes: Vec<Value> = (0..self.from.len())
            .filter(|j| differs(candidate.row[*j], self.from[*j]))
            .map(|j| {
                let (name, kind) = (&self.columns.names[j], &self.columns.kinds[j]);
                let (from, to) = (words::value(kind, self.from[j]), words::value(kind, candidate.row[j]));
                json!({ "column": name, "from": from, "to": to, "text": format!("{name}: {from} → {to}") })
            })
            .collect();
        json!({ "changed": changes.len(), "changes": changes, "prediction": prediction, "value": value,
                "distance": self.limits.distance(&candidate.row, &self.from) })
    }
}
