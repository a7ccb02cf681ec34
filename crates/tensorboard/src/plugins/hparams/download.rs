//! The table of groups as JSON, CSV or LaTeX.

use serde_json::{Value as Json, json};

use super::super::{Asked, Reply};
use super::groups::Group;
use super::value;
use crate::ReadError;
use crate::data::{Result, number};
use crate::plugins::scalars::python;
use crate::proto::Experiment;

/// The table: a column each hyperparameter and metric that `columnsVisibility` says true of.
pub fn table(experiment: &Experiment, groups: &[Group], asked: &Asked) -> Result<Reply> {
    let visible: Vec<bool> = serde_json::from_str(asked.needed("columnsVisibility")?)
        .map_err(|error| ReadError::Invalid(format!("`columnsVisibility` is no list of true and false: {error}.")))?;
    let shown = |row: Vec<Json>| -> Vec<Json> {
        let cells = row.into_iter().zip(&visible);
        cells.filter(|(_, visible)| **visible).map(|(cell, _)| cell).collect()
    };
    let name = |display: &str, name: &str| Json::from(if display.is_empty() { name } else { display });
    let hparams = experiment
        .hparam_infos
        .iter()
        .map(|info| name(&info.display_name, &info.name));
    let metrics = experiment.metric_infos.iter().map(|info| {
        let tag = info.name.as_ref().map_or("", |name| name.tag.as_str());
        name(&info.display_name, tag)
    });
    let header = shown(hparams.chain(metrics).collect());
    let row = |group: &Group| {
        let hparams = experiment.hparam_infos.iter();
        let hparams = hparams.map(|info| group.hparams.get(&info.name).map_or_else(|| "".into(), value));
        let metrics = experiment.metric_infos.iter().map(|info| {
            let found = group.metrics.iter().find(|one| Some(&one.name) == info.name.as_ref());
            found.map_or(Json::Null, |found| number(found.value))
        });
        shown(hparams.chain(metrics).collect())
    };
    let rows: Vec<Vec<Json>> = groups.iter().map(row).collect();
    match asked.get("format") {
        Some("json") => Ok(json!({ "header": header, "rows": rows }).into()),
        Some("csv") => {
            let lines = std::iter::once(&header).chain(&rows).map(|row| line(row));
            Ok(Reply::Bytes(
                "text/csv; charset=utf-8",
                lines.collect::<String>().into_bytes(),
            ))
        }
        Some("latex") => Ok(Reply::Bytes("application/x-latex", latex(&header, &rows).into_bytes())),
        other => Err(ReadError::Invalid(format!(
            "`format` is {other:?}: json, csv and latex are formats."
        ))),
    }
}

/// A row as Python's `csv` writes it.
fn line(row: &[Json]) -> String {
    let cell = |cell: &Json| match cell {
        Json::Null => String::new(),
        Json::Bool(true) => "True".to_owned(),
        Json::Bool(false) => "False".to_owned(),
        Json::Number(number) => number.as_f64().map_or_else(String::new, python),
        Json::String(text) if text.contains(['"', ',', '\n', '\r']) => format!("\"{}\"", text.replace('"', "\"\"")),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    let cells: Vec<String> = row.iter().map(cell).collect();
    cells.join(",") + "\r\n"
}

fn latex(header: &[Json], rows: &[Vec<Json>]) -> String {
    let cells = |row: &[Json]| row.iter().map(latex_cell).collect::<Vec<_>>().join(" & ");
    let columns = "l".repeat(header.len());
    let body: String = rows.iter().map(|row| format!("{} \\\\\n", cells(row))).collect();
    format!(
        "\\begin{{table}}[tbp]\n\\begin{{tabular}}{{{columns}}}\n{} \\\\ \\hline\n{body}\\hline\n\\end{{tabular}}\n\\end{{table}}\n",
        cells(header)
    )
}

fn latex_cell(cell: &Json) -> String {
    match cell {
        Json::Null => "-".to_owned(),
        Json::Bool(on) => format!("${}$", u8::from(*on)),
        Json::Number(number) => {
            let short = three_digits(number.as_f64().unwrap_or(f64::NAN));
            match short.split_once('e') {
                Some((digits, exponent)) => format!("${digits}\\cdot 10^{{{exponent}}}$"),
                None => format!("${short}$"),
            }
        }
        Json::String(word) => match word.as_str() {
            "NaN" => "$\\mathrm{NaN}$".to_owned(),
            "Infinity" => "$+\\infty$".to_owned(),
            "-Infinity" => "$-\\infty$".to_owned(),
            text => text.replace('_', "\\_").replace('%', "\\%"),
        },
        other => other.to_string(),
    }
}

/// A number with three digits that count, as `%.3g`; the exponent without leading zeros.
fn three_digits(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{value:.2e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |digits: &str| {
        let digits = if digits.contains('.') {
            digits.trim_end_matches('0').trim_end_matches('.')
        } else {
            digits
        };
        digits.to_owned()
    };
    if (-4..3).contains(&exponent) {
        trimmed(&format!("{value:.*}", (2 - exponent).max(0) as usize))
    } else {
        format!("{}e{exponent}", trimmed(digits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latex_shows_three_digits() {
        let cases = [
            (0.1, "0.1"),
            (1234.0, "1.23e3"),
            (123.4, "123"),
            (0.000_012_5, "1.25e-5"),
            (-2.0, "-2"),
            (999.9, "1e3"),
        ];
        for (value, text) in cases {
            assert_eq!(three_digits(value), text);
        }
        assert_eq!(latex_cell(&json!("a_b")), "a\\_b");
        assert_eq!(latex_cell(&json!(1e-7)), "$1\\cdot 10^{-7}$");
    }

    #[test]
    fn a_comma_in_a_cell_is_quoted() {
        assert_eq!(
            line(&[json!("a,\"b\""), json!(1.0), Json::Null, json!(true)]),
            "\"a,\"\"b\"\"\",1.0,,True\r\n"
        );
    }
}
