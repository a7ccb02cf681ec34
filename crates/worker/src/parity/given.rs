//! What was given to compare with: rows as the model takes them, and the outputs it should give.

use std::rc::Rc;

use glassboard_jobs::spec::Span;
use glassboard_tables::{Column, Kind, Table};
use ndarray::Array2;

use super::{Asked, Query};
use crate::npy::{NpyArray, npz_arrays};
use crate::preprocess::Preprocess;
use crate::table::{Opened, for_model};
use crate::trouble::Trouble;

/// Names of columns and arrays that hold what a model gave, and how longer names of one begin.
const EXPECTED: [&str; 14] = [
    "prediction",
    "predictions",
    "predicted",
    "pred",
    "expected",
    "output",
    "outputs",
    "score",
    "probability",
    "probabilities",
    "proba",
    "margin",
    "y_pred",
    "out",
];
const BEGINNINGS: [&str; 9] = [
    "prediction",
    "predicted_",
    "pred_",
    "expected",
    "output",
    "proba",
    "prob_",
    "margin_",
    "out_",
];

/// Rows as the model takes them, and what it should give for them.
pub(super) struct Given {
    pub rows: Rows,
    pub expected: Array2<f64>,
    /// Whether each expectation is a class rather than a number.
    pub classes: bool,
    pub columns: Vec<String>,
    /// Id of the padding, where the rows are tokens.
    pub pad: i64,
}

pub(super) enum Rows {
    Table(Array2<f64>),
    Array(glassboard_model::Array),
}

/// The rows and the expected outputs of a table.
pub(super) fn rows(query: Query<'_>, preprocess: &Preprocess, asked: &Asked) -> Result<Given, Trouble> {
    let whole = Opened::read(query.input, query.facts)?.table;
    let (columns, expected, classes) = expectations(&whole, preprocess, asked)?;
    let mut features = whole;
    let target = features.target.map(|at| features.columns[at].name.clone());
    features.columns.retain(|column| !columns.contains(&column.name));
    features.target = target.and_then(|name| features.position(&name));
    let data = for_model(Rc::new(Opened::of(features)), query.loaded, preprocess)?;
    let all = Span {
        from: 0,
        count: data.count(),
    };
    let encoded = data.encoder.encode(data.rows(all).view());
    Ok(Given {
        rows: Rows::Table(encoded.map_err(|e| Trouble::input(e.to_string()))?),
        expected,
        classes,
        columns,
        pad: 0,
    })
}

/// The columns of expected outputs, their values, and whether each is a class.
pub(super) fn expectations(
    table: &Table,
    preprocess: &Preprocess,
    asked: &Asked,
) -> Result<(Vec<String>, Array2<f64>, bool), Trouble> {
    let columns = expected_columns(table, asked)?;
    let mut classes = false;
    let mut expected = Array2::zeros((table.rows(), columns.len()));
    for (mut into, name) in expected.columns_mut().into_iter().zip(&columns) {
        let Some(column) = table.column(name) else { continue };
        let values = match column.kind {
            Kind::Text => {
                return Err(Trouble::input(format!(
                    "column `{name}` is text, not the output of a model"
                )));
            }
            Kind::Category => {
                classes = true;
                by_class(column, preprocess)?
            }
            _ => column.values.clone(),
        };
        into.assign(&ndarray::Array1::from(values));
    }
    Ok((columns, expected, classes))
}

fn by_class(column: &Column, preprocess: &Preprocess) -> Result<Vec<f64>, Trouble> {
    let known = if preprocess.labels.is_empty() {
        &column.labels
    } else {
        &preprocess.labels
    };
    let mut places = Vec::with_capacity(column.labels.len());
    for label in &column.labels {
        let at = known.iter().position(|one| one == label).ok_or_else(|| {
            Trouble::input(format!(
                "column `{}` holds `{label}`, which is no class of the model; it has {}",
                column.name,
                known.join(", ")
            ))
        })?;
        places.push(at as f64);
    }
    let place = |v: &f64| if v.is_nan() { f64::NAN } else { places[*v as usize] };
    Ok(column.values.iter().map(place).collect())
}

fn expected_columns(table: &Table, asked: &Asked) -> Result<Vec<String>, Trouble> {
    if let Some(unknown) = asked.columns.iter().find(|name| table.position(name).is_none()) {
        return Err(Trouble::input(format!("the table has no column `{unknown}`")));
    }
    if !asked.columns.is_empty() {
        return Ok(asked.columns.clone());
    }
    let found: Vec<String> = table
        .columns
        .iter()
        .map(|c| &c.name)
        .filter(|name| is_expected(name))
        .cloned()
        .collect();
    if found.is_empty() {
        return Err(Trouble::input(
            "no column is called like the output of a model (prediction, expected, probability, ...); say which with `columns`",
        ));
    }
    Ok(found)
}

fn is_expected(name: &str) -> bool {
    let name = name.to_lowercase();
    EXPECTED.contains(&name.as_str()) || BEGINNINGS.iter().any(|start| name.starts_with(start))
}

/// The rows and the expected outputs of an npz.
pub(super) fn arrays(bytes: &[u8], preprocess: &Preprocess) -> Result<Given, Trouble> {
    let mut found = npz_arrays(bytes)?;
    let at = found.iter().position(|(name, _)| is_expected(name) || name == "y");
    let at =
        at.ok_or_else(|| Trouble::input("the npz file holds no array called `expected`, `prediction` or `output`"))?;
    let (name, expected) = found.remove(at);
    let preferred = |(name, _): &(String, NpyArray)| {
        *name == preprocess.input || ["x", "X", "rows", "input", "in_x", "data"].contains(&name.as_str())
    };
    let at = found.iter().position(preferred).or((found.len() == 1).then_some(0));
    let at = at.ok_or_else(|| Trouble::input("the npz file holds no array called `x`, the rows"))?;
    let (_, x) = found.remove(at);
    let count = x.shape.first().copied().unwrap_or(0);
    let width = expected.values.len() / count.max(1);
    let whole = expected.shape.first() == Some(&count) && count > 0;
    let wide: Vec<f64> = expected.values.iter().map(|v| f64::from(*v)).collect();
    let expected = Array2::from_shape_vec((count, width), wide)
        .ok()
        .filter(|_| whole && width > 0);
    let expected =
        expected.ok_or_else(|| Trouble::input(format!("`{name}` has another number of rows than the rows")))?;
    let shaped = |e| Trouble::internal(format!("an array does not have its shape: {e}"));
    let rows = if x.shape.len() == 2 {
        let wide: Vec<f64> = x.values.iter().map(|v| f64::from(*v)).collect();
        Rows::Table(Array2::from_shape_vec((count, x.shape[1]), wide).map_err(shaped)?)
    } else {
        Rows::Array(glassboard_model::Array::from_shape_vec(x.shape.clone(), x.values).map_err(shaped)?)
    };
    Ok(Given {
        rows,
        expected,
        classes: false,
        columns: vec![name],
        pad: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_told_by_their_names() {
        let table = |text: &str| Table::read(text.as_bytes(), &glassboard_tables::Options::default()).unwrap();
        let found = expected_columns(&table("a,prediction_0,prediction_1\n1,2,3\n"), &Asked::default()).unwrap();
        assert_eq!(found, ["prediction_0", "prediction_1"]);
        assert!(expected_columns(&table("a,b\n1,2\n"), &Asked::default()).is_err());
    }
}
