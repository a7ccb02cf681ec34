//! Rows of a table picked by a query, written as the table of runs is asked: `age >= 60 and sex = female`.

use std::borrow::Cow;
use std::collections::HashMap;

use glassboard_query::{Expr, Name, Subject, Worth, matches, parse};

use crate::choice::listed;
use crate::{AskRows, Column, ExplainError};

/// What is known of the rows besides their columns, and can be asked for by name where no column has that name:
/// `prediction`, `predicted` (the most probable class), `truth`, `loss`, `correct`.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Each by its name, a value a row, NaN where it is not known.
    pub numbers: Vec<(&'static str, Vec<f64>)>,
}

#[derive(Debug, Clone, Copy)]
enum Source {
    Column(usize),
    Known(usize),
}

/// The rows of `ask`, in order, that `query` asks for.
pub fn members(ask: &AskRows<'_>, known: &Known, query: &str) -> Result<Vec<usize>, ExplainError> {
    let wrong = |what: String| ExplainError::parameters(format!("cohort `{query}`: {what}"));
    let expr = parse(query)
        .map_err(|error| wrong(error.to_string()))?
        .ok_or_else(|| ExplainError::parameters("a cohort without a condition is every row; write one"))?;
    let mut sources = HashMap::new();
    for name in expr.names() {
        if name.part.is_some() {
            return Err(wrong(format!(
                "column {}: a column of a table has one value a row; write `{}` alone",
                name.column, name.text
            )));
        }
        let source = source(ask, known, name).ok_or_else(|| {
            let others: Vec<&str> = known.numbers.iter().map(|(name, _)| *name).collect();
            wrong(format!(
                "column {}: the table has no column `{}`; it has {}, and {} are known of each row",
                name.column,
                name.text,
                listed(&ask.columns.names),
                others.join(", ")
            ))
        })?;
        sources.insert((name.text.as_str(), name.quoted), source);
    }
    Ok(of(ask, known, &expr, &sources))
}

fn source(ask: &AskRows<'_>, known: &Known, name: &Name) -> Option<Source> {
    let column = ask.columns.names.iter().position(|column| *column == name.text);
    let other = || {
        known
            .numbers
            .iter()
            .position(|(other, _)| *other == name.text && !name.quoted)
    };
    column.map(Source::Column).or_else(|| other().map(Source::Known))
}

fn of(ask: &AskRows<'_>, known: &Known, expr: &Expr, sources: &HashMap<(&str, bool), Source>) -> Vec<usize> {
    let rows = (0..ask.x.nrows()).map(|at| Row {
        ask,
        known,
        sources,
        at,
    });
    rows.filter(|row| matches(expr, row)).map(|row| row.at).collect()
}

struct Row<'a, 'x, 'n> {
    ask: &'a AskRows<'x>,
    known: &'a Known,
    sources: &'a HashMap<(&'n str, bool), Source>,
    at: usize,
}

impl Subject for Row<'_, '_, '_> {
    fn worth(&self, name: &Name) -> Worth<'_> {
        let (value, labels) = match self.sources.get(&(name.text.as_str(), name.quoted)) {
            Some(Source::Column(column)) => {
                let labels = match &self.ask.columns.kinds[*column] {
                    Column::Category(labels) => Some(labels),
                    Column::Number | Column::Integer => None,
                };
                (self.ask.x[[self.at, *column]], labels)
            }
            Some(Source::Known(k)) => (self.known.numbers[*k].1[self.at], None),
            None => (f64::NAN, None),
        };
        match labels {
            _ if value.is_nan() => Worth::Nothing,
            None => Worth::Number(value),
            Some(labels) => match labels.get(value as usize) {
                Some(label) => Worth::Text(Cow::Borrowed(label)),
                None => Worth::Nothing,
            },
        }
    }
}

/// A column's name as a query writes it: in quotes where it must be.
pub fn written(name: &str) -> String {
    let plain = glassboard_query::name(name).is_ok_and(|read| !read.quoted && read.part.is_none() && read.text == name);
    if plain {
        return name.to_owned();
    }
    quoted(name)
}

/// A text as a query writes it.
pub fn quoted(text: &str) -> String {
    let name = Name {
        text: text.to_owned(),
        part: None,
        quoted: true,
        column: 0,
    };
    name.to_string()
}
