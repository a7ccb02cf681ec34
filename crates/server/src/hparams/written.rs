//! Sessions as files for people's own tools: CSV and LaTeX.

use glassboard_store::logs::Reached;
use serde_json::Value;

use super::sessions::{Line, Sessions};
use crate::format::cell;

/// Which of a metric's values stands for a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Of {
    #[default]
    Last,
    Min,
    Max,
}

impl Of {
    pub fn pick(self, reached: &Reached) -> f64 {
        match self {
            Self::Last => reached.last,
            Self::Min => reached.min,
            Self::Max => reached.max,
        }
    }
}

/// The columns of a file: hyperparameters and metrics by name.
#[derive(Debug)]
pub struct Columns {
    pub hparams: Vec<String>,
    pub metrics: Vec<String>,
    pub of: Of,
}

impl Columns {
    /// Those of `wanted` that exist, or all hyperparameters and the metrics that are shown first.
    pub fn of(sessions: &Sessions, wanted: Option<&[String]>, of: Of) -> Self {
        let chosen = |name: &String, first: bool| wanted.map_or(first, |wanted| wanted.contains(name));
        Self {
            hparams: sessions
                .hparams
                .iter()
                .map(|h| h.name.clone())
                .filter(|name| chosen(name, true))
                .collect(),
            metrics: sessions
                .metrics
                .iter()
                .filter(|m| chosen(&m.name, m.shown))
                .map(|m| m.name.clone())
                .collect(),
            of,
        }
    }

    fn head(&self) -> Vec<&str> {
        let names = self.hparams.iter().chain(&self.metrics).map(String::as_str);
        ["run", "status"].into_iter().chain(names).collect()
    }
}

/// Comma-separated values: numbers to the last bit.
pub fn csv<'a>(columns: &Columns, lines: impl Iterator<Item = &'a Line>) -> String {
    let head: Vec<String> = columns.head().into_iter().map(cell).collect();
    let mut out = head.join(",");
    out.push('\n');
    for line in lines {
        let mut row = vec![cell(&line.name), line.status.to_owned()];
        row.extend(columns.hparams.iter().map(|name| match line.hparams.get(name) {
            None => String::new(),
            Some(Value::String(text)) => cell(text),
            Some(value) => value.to_string(),
        }));
        row.extend(columns.metrics.iter().map(|name| {
            let value = line.reached.get(name).map(|reached| columns.of.pick(reached));
            value.map_or_else(String::new, |value| value.to_string())
        }));
        out.push_str(&row.join(","));
        out.push('\n');
    }
    out
}

/// A table for a paper, ready to be pasted.
pub fn latex<'a>(columns: &Columns, lines: impl Iterator<Item = &'a Line>) -> String {
    let alignment: String = ["l", "l"]
        .into_iter()
        .chain(columns.hparams.iter().chain(&columns.metrics).map(|_| "r"))
        .collect();
    let head: Vec<String> = columns.head().into_iter().map(escaped).collect();
    let mut out = format!(
        "\\begin{{tabular}}{{{alignment}}}\n\\hline\n{} \\\\\n\\hline\n",
        head.join(" & ")
    );
    for line in lines {
        let mut row = vec![escaped(&line.name), line.status.to_owned()];
        row.extend(columns.hparams.iter().map(|name| match line.hparams.get(name) {
            None => String::new(),
            Some(Value::String(text)) => escaped(text),
            Some(Value::Number(number)) => in_math(number.as_f64().unwrap_or(f64::NAN)),
            Some(value) => value.to_string(),
        }));
        row.extend(columns.metrics.iter().map(|name| {
            let value = line.reached.get(name).map(|reached| columns.of.pick(reached));
            value.map_or_else(String::new, in_math)
        }));
        out.push_str(&row.join(" & "));
        out.push_str(" \\\\\n");
    }
    out.push_str("\\hline\n\\end{tabular}\n");
    out
}

fn in_math(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 {
            "$\\infty$".to_owned()
        } else {
            "$-\\infty$".to_owned()
        };
    }
    let size = value.abs();
    if size != 0.0 && !(1e-3..1e6).contains(&size) {
        let text = format!("{value:.3e}");
        let (head, power) = text.split_once('e').unwrap_or((&text, "0"));
        let head = head.trim_end_matches('0').trim_end_matches('.');
        return format!("${head} \\cdot 10^{{{power}}}$");
    }
    format!("${}$", (value * 1e4).round() / 1e4)
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => out.extend(['\\', c]),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '\\' => out.push_str("\\textbackslash{}"),
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latex_says_what_the_text_says() {
        assert_eq!(escaped("a_b & 50%\\x"), "a\\_b \\& 50\\%\\textbackslash{}x");
        assert_eq!(in_math(0.000_15), "$1.5 \\cdot 10^{-4}$");
        assert_eq!(in_math(0.98765), "$0.9877$");
        assert_eq!(in_math(f64::NAN), "NaN");
    }
}
