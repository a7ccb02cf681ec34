//! What the endpoints of scalar series are asked with, and how it is refused.

use glassboard_series::Align;
use glassboard_store::logs::{Axis, ScalarQuery};
use regex::{Regex, RegexBuilder};
use serde::Deserialize;

use crate::format::Format;
use crate::problem::Problem;

/// Runs one request may name; without a list it is all that have the tag.
const MAX_RUNS: usize = 2000;
/// A compiled expression's size; the expression itself is matched in linear time whatever it says.
const MAX_REGEX: usize = 1 << 20;

/// Every key there is; each endpoint reads those it knows.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub tag: Option<String>,
    /// Several tags, by regular expression.
    #[serde(rename = "match")]
    pub matching: Option<String>,
    pub runs: Option<String>,
    pub axis: Option<String>,
    /// The metric that is x where the axis is `metric`.
    pub x: Option<String>,
    pub align: Option<String>,
    pub from: Option<f64>,
    pub to: Option<f64>,
    pub columns: Option<usize>,
    pub smoothing: Option<f64>,
    pub superseded: Option<u8>,
    pub fields: Option<String>,
    pub by: Option<String>,
    pub format: Format,
    // What only a drawing knows.
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub log: Option<u8>,
    pub logx: Option<u8>,
    pub outliers: Option<u8>,
    pub theme: Option<String>,
    pub paint: Option<String>,
    pub band: Option<String>,
}

/// What a chart's x is.
#[derive(Debug, Clone, PartialEq)]
pub enum Horizontal {
    /// A property of each point.
    Own(Axis),
    /// The value of another tag at the same step.
    Metric(String),
}

impl Asked {
    pub fn tag(&self) -> Result<String, Problem> {
        self.tag
            .clone()
            .ok_or_else(|| Problem::bad_request("`tag` is missing: it names the series."))
    }

    pub fn runs(&self) -> Result<Option<Vec<String>>, Problem> {
        let Some(list) = self.runs.as_deref() else {
            return Ok(None);
        };
        let ids: Vec<String> = list.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
        if ids.len() > MAX_RUNS {
            return Err(Problem::bad_request(format!(
                "{} runs are named; {MAX_RUNS} is the most of one request. Leave `runs` out for all.",
                ids.len()
            )));
        }
        Ok(Some(ids))
    }

    pub fn horizontal(&self) -> Result<Horizontal, Problem> {
        match (self.axis.as_deref().unwrap_or("step"), &self.x) {
            ("metric", Some(tag)) => Ok(Horizontal::Metric(tag.clone())),
            ("metric", None) => Err(Problem::bad_request(
                "`x` is missing: with axis=metric it names the tag that is x.",
            )),
            (word, _) => Axis::parse(word).map(Horizontal::Own).ok_or_else(|| {
                Problem::bad_request(format!(
                    "There is no axis {word:?}: step, relative, wall and metric are axes."
                ))
            }),
        }
    }

    pub fn align(&self) -> Result<Align, Problem> {
        match self.align.as_deref() {
            None | Some("step") => Ok(Align::Exact),
            Some("linear") => Ok(Align::Linear),
            Some(word) => Err(Problem::bad_request(format!(
                "There is no alignment {word:?}: step takes points of the very step, linear reads between points."
            ))),
        }
    }

    pub fn window(&self) -> Result<(Option<f64>, Option<f64>), Problem> {
        for (name, value) in [("from", self.from), ("to", self.to)] {
            if value.is_some_and(|v| !v.is_finite()) {
                return Err(Problem::bad_request(format!("`{name}` must be a finite number.")));
            }
        }
        Ok((self.from, self.to))
    }

    /// A page asks for what its pixels hold; a CSV without `columns` is every point.
    pub fn columns(&self) -> Result<Option<usize>, Problem> {
        match self.columns {
            Some(n @ 1..=10_000) => Ok(Some(n)),
            Some(n) => Err(Problem::bad_request(format!(
                "`columns` is {n}; it goes from 1 to 10,000."
            ))),
            None if self.format == Format::Csv => Ok(None),
            None => Ok(Some(1000)),
        }
    }

    pub fn smoothing(&self) -> Result<f64, Problem> {
        match self.smoothing.unwrap_or(0.6) {
            weight @ 0.0..=0.999 => Ok(weight),
            weight => Err(Problem::bad_request(format!(
                "`smoothing` is {weight}; it goes from 0 to 0.999."
            ))),
        }
    }

    pub fn superseded(&self) -> bool {
        self.superseded == Some(1)
    }

    /// The store's own question, for an axis that is the points' own.
    pub fn query(&self, axis: Axis) -> Result<ScalarQuery, Problem> {
        let (from, to) = self.window()?;
        Ok(ScalarQuery {
            tag: self.tag()?,
            runs: self.runs()?,
            axis,
            from,
            to,
            columns: self.columns()?,
            smoothing: self.smoothing()?,
            superseded: self.superseded(),
        })
    }

    /// Which of the columns `y`, `smooth`, `step` and `wall` a binary answer has; all where nothing is said.
    pub fn has(&self, field: &str) -> bool {
        self.fields
            .as_deref()
            .is_none_or(|fields| fields.split(',').any(|one| one == field))
    }
}

/// An expression as people type it in a filter: without regard to case.
pub fn regex(source: &str) -> Result<Regex, Problem> {
    RegexBuilder::new(source)
        .case_insensitive(true)
        .size_limit(MAX_REGEX)
        .build()
        .map_err(|error| {
            let words = error.to_string();
            let last = words.lines().last().unwrap_or_default().trim_start_matches("error: ");
            Problem::bad_request(format!("The expression {source:?} is not understood: {last}."))
        })
}
