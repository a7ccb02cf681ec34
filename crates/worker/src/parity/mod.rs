//! The parity gate: whether the model gives here what somebody says it gives.

mod given;
mod text;

use glassboard_model::Model;
use ndarray::{Array2, ArrayView1, Axis, s};
use serde::Deserialize;
use serde_json::{Value, json};

use self::given::{Given, Rows, arrays, rows};
use self::text::text;
use crate::preprocess::Preprocess;
use crate::trouble::Trouble;
use crate::warm::Loaded;

/// Most rows that are compared.
const MOST_ROWS: usize = 100_000;
/// Rows of one pass.
const BATCH: usize = 512;
/// Mismatches that are listed.
const LISTED: usize = 10;
/// How far apart two numbers may be: this much, or this share of the larger.
const TOLERANCE: f64 = 1e-6;
/// What is compared.
#[derive(Clone, Copy)]
pub struct Query<'a> {
    /// The model.
    pub loaded: &'a Loaded,
    /// A table or an npz.
    pub input: &'a [u8],
    /// What is known of the table.
    pub facts: &'a Value,
    /// `preprocess.json` or null.
    pub preprocess: &'a Value,
    /// See [`Asked`].
    pub asked: &'a Value,
}

/// What may be said of a comparison.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    /// Columns of the table that hold the expected outputs, one an output; without them told by their names.
    columns: Vec<String>,
    /// The output that is meant; without it the one that agrees best.
    output: Option<String>,
    /// How far apart two numbers may be.
    tolerance: Option<f64>,
}

/// A way to read the model's answer, and how far it is from what was expected.
struct Reading {
    name: String,
    found: Array2<f64>,
    apart: Apart,
}

struct Apart {
    absolute: f64,
    relative: f64,
    wrong: Vec<usize>,
    compared: usize,
}

/// The result of `JobSpec::Parity`.
pub fn compare(query: Query<'_>) -> Result<Value, Trouble> {
    let asked: Asked = match query.asked {
        Value::Null => Asked::default(),
        given => serde_json::from_value(given.clone())
            .map_err(|error| Trouble::input(format!("what is asked of the comparison is wrong: {error}")))?,
    };
    let tolerance = asked.tolerance.unwrap_or(TOLERANCE);
    if !(0.0..=1.0).contains(&tolerance) {
        return Err(Trouble::input("`tolerance` must be from 0 to 1"));
    }
    let model = &*query.loaded.model;
    let preprocess = Preprocess::of(query.loaded, query.preprocess)?;
    let given = if preprocess.is_text() {
        text(query, &preprocess, &asked)?
    } else if query.input.starts_with(b"PK\x03\x04") {
        arrays(query.input, &preprocess)?
    } else {
        rows(query, &preprocess, &asked)?
    };
    let view = preprocess.is_text().then(|| model.of_tokens(given.pad)).flatten();
    let model: &dyn Model = view.as_deref().unwrap_or(model);
    let count = given.expected.nrows();
    if count == 0 || count > MOST_ROWS {
        return Err(Trouble::input(format!(
            "there are {count} rows to compare; from 1 to {MOST_ROWS} can be"
        )));
    }
    let mut readings = Vec::new();
    let outputs = match &asked.output {
        Some(name) => vec![Some(name.as_str())],
        None if model.outputs().is_empty() => vec![None],
        None => model.outputs().iter().map(|name| Some(name.as_str())).collect(),
    };
    for output in outputs {
        let answer = answers(model, &given.rows, output);
        // Among several outputs some are no numbers (labels of classifiers); one that was asked for must be there.
        let answer = match answer {
            Err(_) if asked.output.is_none() && model.outputs().len() > 1 => continue,
            other => other?,
        };
        let name = output.map_or("the output".to_owned(), |name| format!("output `{name}`"));
        readings.extend(ways(&name, &answer, &given).into_iter().map(|(name, found)| Reading {
            apart: apart(&given.expected, &found, tolerance),
            name,
            found,
        }));
    }
    let best = readings.into_iter().min_by(|a, b| {
        (a.apart.wrong.len().cmp(&b.apart.wrong.len())).then(a.apart.absolute.total_cmp(&b.apart.absolute))
    });
    let best = best.ok_or_else(|| {
        Trouble::input(format!(
            "the model has no output of {} numbers a row, as many as are expected; say the columns",
            given.expected.ncols()
        ))
    })?;
    if best.apart.compared == 0 {
        return Err(Trouble::input(
            "every expected output is missing, so there is nothing to compare",
        ));
    }
    Ok(told(&given, &best, tolerance))
}

fn told(given: &Given, best: &Reading, tolerance: f64) -> Value {
    let Apart {
        absolute,
        relative,
        wrong,
        compared,
    } = &best.apart;
    let agrees = wrong.is_empty();
    let shown = |value: f64| Some(value).filter(|v| v.is_finite());
    let line = |row: ArrayView1<'_, f64>| row.iter().map(|v| shown(*v)).collect::<Vec<_>>();
    let mismatches: Vec<Value> = wrong
        .iter()
        .take(LISTED)
        .map(|row| json!({ "row": row, "expected": line(given.expected.row(*row)), "found": line(best.found.row(*row)) }))
        .collect();
    let sentence = match wrong.first() {
        None => format!(
            "agrees with {compared} given rows within {tolerance:e} (compared with {})",
            best.name
        ),
        Some(first) => format!(
            "gives other outputs than expected in {} of {compared} given rows, by up to {absolute:.3e}: row {first} should give {} and gives {} ({}). Check the preprocessing before you believe an explanation",
            wrong.len(),
            words(given.expected.row(*first)),
            words(best.found.row(*first)),
            best.name
        ),
    };
    json!({
        "agrees": agrees,
        "rows": given.expected.nrows(),
        "compared": compared,
        "wrong": wrong.len(),
        "tolerance": tolerance,
        "max_absolute": shown(*absolute),
        "max_relative": shown(*relative),
        "compared_with": best.name,
        "columns": given.columns,
        "mismatches": mismatches,
        "sentence": sentence,
    })
}

#[expect(clippy::needless_pass_by_value, reason = "a view is a value")]
fn words(row: ArrayView1<'_, f64>) -> String {
    let some: Vec<String> = row.iter().take(4).map(|v| format!("{v:.6}")).collect();
    format!("{}{}", some.join(", "), if row.len() > 4 { ", ..." } else { "" })
}

/// What the model gives, `[rows, outputs]`.
fn answers(model: &dyn Model, rows: &Rows, output: Option<&str>) -> Result<Array2<f64>, Trouble> {
    let count = match rows {
        Rows::Table(rows) => rows.nrows(),
        Rows::Array(array) => array.shape()[0],
    };
    let mut parts = Vec::new();
    for from in (0..count).step_by(BATCH) {
        let to = (from + BATCH).min(count);
        parts.push(match rows {
            Rows::Table(rows) => model.forward_rows(rows.slice(s![from..to, ..]), output)?,
            Rows::Array(array) => {
                let part = array.slice_axis(Axis(0), (from..to).into());
                let answer = model.forward(&part, output)?;
                let width = answer.len() / (to - from);
                let flat: Vec<f64> = answer.iter().map(|v| f64::from(*v)).collect();
                Array2::from_shape_vec((to - from, width), flat).map_err(|e| Trouble::internal(e.to_string()))?
            }
        });
    }
    let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
    ndarray::concatenate(Axis(0), &views).map_err(|e| Trouble::internal(e.to_string()))
}

/// The ways in which an answer may be what was expected: as it is, as probabilities, as the class.
fn ways(name: &str, answer: &Array2<f64>, given: &Given) -> Vec<(String, Array2<f64>)> {
    let (have, want) = (answer.ncols(), given.expected.ncols());
    let class = || {
        let best = |row: ArrayView1<'_, f64>| {
            if row.len() == 1 {
                return f64::from(u8::from(row[0] > 0.5));
            }
            let mut best = 0;
            for (at, value) in row.iter().enumerate() {
                if *value > row[best] {
                    best = at;
                }
            }
            best as f64
        };
        (
            format!("the class of {name}"),
            answer.map_axis(Axis(1), best).insert_axis(Axis(1)),
        )
    };
    if given.classes {
        return if want == 1 { vec![class()] } else { Vec::new() };
    }
    let probable = || {
        let mut out = answer.clone();
        for mut row in out.rows_mut() {
            if row.len() == 1 {
                row.mapv_inplace(|v| 1.0 / (1.0 + (-v).exp()));
            } else {
                let highest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                row.mapv_inplace(|v| (v - highest).exp());
                let total = row.sum();
                row.mapv_inplace(|v| v / total);
            }
        }
        out
    };
    let mut out = Vec::new();
    if have == want {
        out.push((name.to_owned(), answer.clone()));
        out.push((format!("the probabilities of {name}"), probable()));
    }
    if want == 1 && have == 2 {
        let second = |array: Array2<f64>| array.slice(s![.., 1..]).to_owned();
        out.push((format!("the second class of {name}"), second(answer.clone())));
        out.push((
            format!("the probability of the second class of {name}"),
            second(probable()),
        ));
    }
    let whole = given
        .expected
        .iter()
        .all(|v| v.is_nan() || (v.fract() == 0.0 && *v >= 0.0));
    if want == 1 && whole && have > 1 {
        out.push(class());
    }
    out
}

fn apart(expected: &Array2<f64>, found: &Array2<f64>, tolerance: f64) -> Apart {
    let mut out = Apart {
        absolute: 0.0,
        relative: 0.0,
        wrong: Vec::new(),
        compared: 0,
    };
    for (at, (want, have)) in expected.outer_iter().zip(found.outer_iter()).enumerate() {
        let (mut wrong, mut some) = (false, false);
        for (want, have) in want.iter().zip(have) {
            if want.is_nan() {
                continue;
            }
            some = true;
            let difference = if want.to_bits() == have.to_bits() {
                0.0
            } else if have.is_nan() {
                f64::INFINITY
            } else {
                (want - have).abs()
            };
            let size = want.abs().max(have.abs());
            out.absolute = out.absolute.max(difference);
            out.relative = out
                .relative
                .max(if difference == 0.0 { 0.0 } else { difference / size });
            // Not a number is no agreement.
            wrong |= difference.is_nan() || difference > tolerance * size.max(1.0);
        }
        out.compared += usize::from(some);
        if wrong {
            out.wrong.push(at);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn answers_are_compared_as_what_they_may_be() {
        let given = |expected: Array2<f64>| Given {
            rows: Rows::Table(Array2::zeros((expected.nrows(), 1))),
            expected,
            classes: false,
            columns: Vec::new(),
            pad: 0,
        };
        let logits = array![[0.0, 3f64.ln()], [0.0, 0.0]];
        let best = |expected: Array2<f64>| {
            let given = given(expected);
            let ways = ways("o", &logits, &given);
            let found = ways
                .into_iter()
                .map(|(name, found)| (apart(&given.expected, &found, 1e-6), name));
            found
                .min_by_key(|(apart, _)| apart.wrong.len())
                .map(|(apart, name)| (apart.wrong, name))
                .unwrap()
        };
        assert_eq!(
            best(array![[0.75], [0.5]]),
            (vec![], "the probability of the second class of o".to_owned())
        );
        assert_eq!(
            best(array![[0.25, 0.75], [0.5, 0.5]]),
            (vec![], "the probabilities of o".to_owned())
        );
        assert_eq!(best(array![[1.0], [0.0]]), (vec![], "the class of o".to_owned()));
        assert_eq!(best(array![[0.75], [0.6]]).0, [1]);
        // A row without an expectation is not compared; one with an answer that is no number is wrong.
        let found = apart(&array![[f64::NAN], [1.0]], &array![[5.0], [f64::NAN]], 1e-6);
        assert_eq!((found.compared, found.wrong), (1, vec![1]));
    }
}
