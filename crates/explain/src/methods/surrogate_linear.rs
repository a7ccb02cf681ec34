//! A linear model that imitates the model over a data set, on standardised columns, with its fidelity on rows it was
//! not fitted on.

use ndarray::{Array1, Array2, ArrayView2};
use serde_json::{Value, json};

use super::held_out::{Part, agreement, commonest, part, r2};
use crate::ridge::{Line, Moments};
use crate::surrogate::logistic;
use crate::verdict::Verdict;
use crate::{AskRows, Column, Columns, ExplainError, Outcome, RowExtras, Runner, words};

/// What is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Logistic where there are classes, else ridge.
    Auto,
    /// Ridge regression on the explained number.
    Ridge,
    /// Logistic regression on the explained class.
    Logistic,
}

/// One input of the linear model.
#[derive(Debug, Clone, PartialEq)]
struct Term {
    column: usize,
    kind: TermKind,
    mean: f64,
    scale: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum TermKind {
    Number,
    Label(f64),
    Missing,
}

/// The columns as a linear model can take them: numbers in standard deviations, a 0/1 for each label but the commonest,
/// a 0/1 for a missing number (whose value then is the mean).
#[derive(Debug, Clone, PartialEq)]
struct Terms(Vec<Term>);

impl Terms {
    fn of(x: ArrayView2<'_, f64>, columns: &Columns) -> Self {
        let mut terms = Vec::new();
        for (column, kind) in columns.kinds.iter().enumerate() {
            let values: Vec<f64> = x.column(column).to_vec();
            let present: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
            if let Column::Category(labels) = kind {
                let count = |label: usize| present.iter().filter(|v| **v as usize == label).count();
                let common = (0..labels.len()).fold(0, |b, l| if count(l) > count(b) { l } else { b });
                for label in (0..labels.len()).filter(|l| *l != common && count(*l) > 0) {
                    terms.push(Term {
                        column,
                        kind: TermKind::Label(label as f64),
                        mean: 0.0,
                        scale: 1.0,
                    });
                }
            } else {
                let (mean, spread) = crate::lime::moments(&present);
                let scale = if spread > 0.0 { spread } else { 1.0 };
                terms.push(Term {
                    column,
                    kind: TermKind::Number,
                    mean,
                    scale,
                });
            }
            if present.len() < values.len() {
                terms.push(Term {
                    column,
                    kind: TermKind::Missing,
                    mean: 0.0,
                    scale: 1.0,
                });
            }
        }
        Self(terms)
    }

    #[expect(clippy::float_cmp, reason = "labels are whole numbers")]
    fn see(&self, x: ArrayView2<'_, f64>) -> Array2<f64> {
        Array2::from_shape_fn((x.nrows(), self.0.len()), |(i, t)| {
            let (term, value) = (&self.0[t], x[[i, self.0[t].column]]);
            match term.kind {
                TermKind::Number if value.is_nan() => 0.0,
                TermKind::Number => (value - term.mean) / term.scale,
                TermKind::Label(label) => f64::from(u8::from(value == label)),
                TermKind::Missing => f64::from(u8::from(value.is_nan())),
            }
        })
    }
}

impl Term {
    fn name(&self, columns: &Columns) -> String {
        let name = &columns.names[self.column];
        match self.kind {
            TermKind::Number => name.clone(),
            TermKind::Label(label) => format!("{name} = {}", words::value(&columns.kinds[self.column], label)),
            TermKind::Missing => format!("{name} is missing"),
        }
    }
}

/// Fits and judges a linear model; see the catalogue for what is found.
pub fn surrogate_linear(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    extras: RowExtras<'_>,
    kind: Kind,
    alpha: f64,
    held_out: f64,
) -> Result<Outcome, ExplainError> {
    let parts = part(run, ask, held_out, extras.seed)?;
    if kind == Kind::Logistic && parts.answers == Verdict::Number {
        return Err(ExplainError::parameters(
            "the model's answer is one number: there is no class to imitate; choose the kind `ridge`, or explain the probability",
        ));
    }
    let by_class = kind == Kind::Logistic || (kind == Kind::Auto && parts.answers != Verdict::Number);
    let class = if parts.answers == Verdict::YesNo {
        1
    } else {
        ask.targets[0]
    };
    if by_class && ask.targets.iter().any(|t| *t != ask.targets[0]) {
        return Err(ExplainError::parameters(
            "a linear surrogate is about one class; ask about one",
        ));
    }
    let is_class = |part: &Part| {
        part.classes
            .iter()
            .map(|c| usize::from(*c == class))
            .collect::<Vec<_>>()
    };
    let terms = Terms::of(parts.fitted.x.view(), ask.columns);
    let seen = terms.see(parts.fitted.x.view());
    let (line, settled) = if by_class {
        let answer: Vec<f64> = is_class(&parts.fitted).into_iter().map(|c| c as f64).collect();
        let fit = logistic(seen.view(), &answer, alpha);
        (fit.line, fit.settled)
    } else {
        let moments = Moments::of(seen.view(), &parts.fitted.values, &vec![1.0; seen.nrows()]);
        (moments.ridge(&(0..terms.0.len()).collect::<Vec<_>>(), alpha), true)
    };
    let judge = |part: &Part| {
        let seen = terms.see(part.x.view());
        let told: Vec<f64> = seen
            .rows()
            .into_iter()
            .map(|row| line.predict(row.iter().copied()))
            .collect();
        if by_class {
            agreement(
                &told.iter().map(|v| usize::from(*v > 0.0)).collect::<Vec<_>>(),
                &is_class(part),
            )
        } else {
            r2(&told, &part.values)
        }
    };
    let (fidelity, fitted) = (judge(&parts.held), judge(&parts.fitted));
    let chance = if by_class {
        commonest(&is_class(&parts.held))
    } else {
        0.0
    };
    let held = parts.held.x.nrows();
    let sentence = if by_class {
        format!(
            "A logistic model decides like the model whether a row is class {class} for {} of {held} rows it was not fitted on; always saying the commonest answer would for {}.",
            words::percent(fidelity),
            words::percent(chance)
        )
    } else {
        format!(
            "A linear model accounts for {} of how the model's output varies over {held} rows it was not fitted on.",
            words::percent(fidelity.max(0.0))
        )
    };
    Ok(Outcome::default()
        .with("coefficients", Array1::from(line.coefficients.clone()).into_dyn())
        .with(
            "importance",
            importance(&terms, &line, seen.view(), ask.columns.len()).into_dyn(),
        )
        .saying("kind", if by_class { "logistic" } else { "ridge" })
        .saying("unit", if by_class { "log-odds" } else { "output" })
        .saying("intercept", line.intercept)
        .saying("terms", told(&terms, &line, ask.columns))
        .saying("fidelity", fidelity)
        .saying("fidelity_fitted", fitted)
        .saying("chance", chance)
        .saying("fitted_rows", parts.fitted.x.nrows())
        .saying("held_out_rows", held)
        .saying("settled", settled)
        .saying("sentence", sentence))
}

/// Standard deviation of what each column's terms add, over the fitted rows.
fn importance(terms: &Terms, line: &Line, seen: ArrayView2<'_, f64>, columns: usize) -> Array1<f64> {
    (0..columns)
        .map(|column| {
            let adds: Vec<f64> = seen
                .rows()
                .into_iter()
                .map(|row| {
                    let parts = terms.0.iter().zip(&line.coefficients).zip(row);
                    parts
                        .filter(|((t, _), _)| t.column == column)
                        .map(|((_, c), v)| c * v)
                        .sum()
                })
                .collect();
            crate::lime::moments(&adds).1
        })
        .collect()
}

fn told(terms: &Terms, line: &Line, columns: &Columns) -> Vec<Value> {
    let mut order: Vec<usize> = (0..terms.0.len()).collect();
    order.sort_by(|a, b| line.coefficients[*b].abs().total_cmp(&line.coefficients[*a].abs()));
    order.into_iter().map(|t| {
        let term = &terms.0[t];
        let number = term.kind == TermKind::Number;
        json!({ "term": term.name(columns), "column": columns.names[term.column],
                "coefficient": line.coefficients[t],
                "per_unit": if number { json!(line.coefficients[t] / term.scale) } else { Value::Null },
                "unit": if number { json!(format!("per {} (one standard deviation)", words::number(term.scale))) } else { Value::Null } })
    }).collect()
}
