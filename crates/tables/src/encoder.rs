//! From rows in the table's units to rows as the model takes them.

use std::ops::Range;

use ndarray::{Array2, ArrayView2};

use crate::error::TableError;
use crate::feature::{Encoding, Feature, Missing, Unknown};
use crate::options::{Decimal, Kind};
use crate::schema::{ColumnSchema, Schema};
use crate::words::{flag, generous_flag, number, written};

/// Maps rows of the features' columns, in the table's units, to rows of the model.
#[derive(Debug, Clone)]
pub struct Encoder {
    steps: Vec<Step>,
    sources: Vec<usize>,
    names: Vec<String>,
    width: usize,
}

#[derive(Debug, Clone)]
struct Step {
    /// As the table calls it.
    column: String,
    /// The model's columns that it fills.
    place: Range<usize>,
    how: How,
    shift: f64,
    divisor: f64,
}

#[derive(Debug, Clone)]
enum How {
    /// The value; `missing` instead of not a number.
    Value { missing: f64 },
    /// By the index of the table's label, what the model is given.
    Labels { given: Vec<Given>, missing: Given },
    /// By the number in the table, sorted, what the model is given.
    Numbers {
        given: Vec<(f64, Given)>,
        missing: Given,
        unknown: Given,
    },
}

/// What the model is given for a label.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Given {
    Number(f64),
    /// One in this place, zero in the others; none: all zero.
    Place(Option<usize>),
    Refused,
}

impl Encoder {
    /// How `features`, in the order of the model, are read from a table like `schema`.
    ///
    /// # Errors
    ///
    /// A sentence if a column is not there, or cannot be what the feature asks.
    pub fn new(features: &[Feature], schema: &Schema) -> Result<Self, TableError> {
        let (mut steps, mut sources, mut names) = (Vec::new(), Vec::new(), Vec::new());
        let mut width = 0;
        for feature in features {
            let wrong = |what: String| TableError::Features(format!("feature `{}`: {what}", feature.name));
            let source = schema.position(feature.column()).ok_or_else(|| {
                TableError::Features(format!(
                    "the table has no column `{}`, which the model takes; give its name in `columns` of preprocess.json",
                    feature.column()
                ))
            })?;
            let place = width..width + feature.width();
            width = place.end;
            let how = how(feature, &schema.columns[source]).map_err(wrong)?;
            let scaling = feature.standardise.map_or((0.0, 1.0), |s| (s.mean, s.std));
            if !scaling.0.is_finite() || !scaling.1.is_finite() {
                return Err(wrong("`standardise` must be two numbers".to_owned()));
            }
            names.extend(match feature.encoding() {
                Encoding::OneHot => {
                    let named = |category: &String| format!("{}={category}", feature.name);
                    feature.categories.iter().map(named).collect()
                }
                Encoding::AsIs | Encoding::Codes => vec![feature.name.clone()],
            });
            steps.push(Step {
                column: feature.column().to_owned(),
                place,
                how,
                shift: scaling.0,
                divisor: if scaling.1 == 0.0 { 1.0 } else { scaling.1 },
            });
            sources.push(source);
        }
        Ok(Self {
            steps,
            sources,
            names,
            width,
        })
    }

    /// The table's column of each feature: `table.matrix(encoder.sources())` is what [`Self::encode`] takes.
    pub fn sources(&self) -> &[usize] {
        &self.sources
    }

    /// How many features a row has in the table's units.
    pub fn features(&self) -> usize {
        self.steps.len()
    }

    /// How many numbers a row has for the model.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Names of the model's columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The model's columns that are made of feature `feature`: attributions of these add up to the feature's.
    pub fn columns_of(&self, feature: usize) -> Range<usize> {
        self.steps.get(feature).map_or(0..0, |step| step.place.clone())
    }

    /// Whether the model is given the very numbers of the table.
    pub fn is_identity(&self) -> bool {
        #[expect(clippy::float_cmp, reason = "nothing but exactly nothing is done")]
        self.steps.iter().all(|step| {
            let plain = step.shift == 0.0 && step.divisor == 1.0;
            let same = |(i, given): (usize, &Given)| matches!(given, Given::Number(v) if *v == i as f64);
            plain
                && match &step.how {
                    How::Value { missing } => missing.is_nan(),
                    How::Labels { given, missing } => {
                        given.iter().enumerate().all(same) && matches!(missing, Given::Number(v) if v.is_nan())
                    }
                    How::Numbers { .. } => false,
                }
        })
    }

    /// Whether every feature is a number that is at most shifted and scaled, so that a derivative by it exists.
    pub fn is_smooth(&self) -> bool {
        self.steps.iter().all(|step| matches!(step.how, How::Value { .. }))
    }

    /// What each feature is divided by.
    pub fn divisors(&self) -> Vec<f64> {
        self.steps.iter().map(|step| step.divisor).collect()
    }

    /// Rows `[rows, features]` in the table's units as the model takes them, `[rows, width]`.
    ///
    /// # Errors
    ///
    /// A sentence if the rows have another width, or hold a label that is to be refused.
    #[expect(clippy::needless_pass_by_value, reason = "a view is a value")]
    pub fn encode(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, TableError> {
        if rows.ncols() != self.steps.len() {
            return Err(TableError::Features(format!(
                "a row has {} features, the model takes {}",
                rows.ncols(),
                self.steps.len()
            )));
        }
        let mut out = Array2::zeros((rows.nrows(), self.width));
        for (row, mut into) in rows.outer_iter().zip(out.outer_iter_mut()) {
            for (value, step) in row.iter().zip(&self.steps) {
                match step.given(*value) {
                    Given::Number(number) => into[step.place.start] = (number - step.shift) / step.divisor,
                    Given::Place(None) => {}
                    Given::Place(Some(at)) => into[step.place.start + at] = 1.0,
                    Given::Refused => {
                        return Err(TableError::Features(format!(
                            "column `{}` holds a value that the model does not know, and preprocess.json refuses those",
                            step.column
                        )));
                    }
                }
            }
        }
        Ok(out)
    }
}

impl Step {
    fn given(&self, value: f64) -> Given {
        match &self.how {
            How::Value { missing } => Given::Number(if value.is_nan() { *missing } else { value }),
            How::Labels { given, missing } => {
                let known = (value > -1.0).then(|| given.get(value as usize)).flatten();
                known.copied().unwrap_or(*missing)
            }
            How::Numbers { missing, .. } if value.is_nan() => *missing,
            How::Numbers { given, unknown, .. } => {
                let at = given.binary_search_by(|(number, _)| number.total_cmp(&value));
                // Zero has two signs.
                let at = at.or_else(|_| given.binary_search_by(|(number, _)| number.total_cmp(&(value + 0.0))));
                at.map_or(*unknown, |at| given[at].1)
            }
        }
    }
}

fn how(feature: &Feature, column: &ColumnSchema) -> Result<How, String> {
    let mean = feature.standardise.map(|s| s.mean);
    let constant = |missing: &Missing| match missing {
        Missing::Keep => Ok(f64::NAN),
        Missing::Constant(number) if number.is_finite() => Ok(*number),
        Missing::Constant(_) => Err("`missing` must be a finite number".to_owned()),
        Missing::Mean => mean.ok_or_else(|| "`missing` is `mean`, but `standardise` says none".to_owned()),
        Missing::Label(_) => Err("`missing` names a label, but the feature has no categories".to_owned()),
    };
    if column.kind == Kind::Text {
        return Err(format!(
            "the table's column `{}` is text; say in the data set that it is a number or a category",
            column.name
        ));
    }
    if feature.encoding() == Encoding::AsIs {
        let missing = constant(&feature.missing)?;
        return match column.kind {
            Kind::Category => {
                let read = |label: &String| {
                    let value = number(label, Decimal::Point).map(|n| n.value);
                    value.or_else(|| flag(label).map(|flag| f64::from(u8::from(flag))))
                };
                let numbers: Option<Vec<f64>> = column.labels.iter().map(read).collect();
                let numbers = numbers.ok_or_else(|| {
                    format!(
                        "it is a number for the model, and the table's column `{}` holds words; say its categories in preprocess.json",
                        column.name
                    )
                })?;
                Ok(How::Labels {
                    given: numbers.into_iter().map(Given::Number).collect(),
                    missing: Given::Number(missing),
                })
            }
            _ => Ok(How::Value { missing }),
        };
    }
    if feature.categories.is_empty() {
        return Err("it is a category, but `categories` is empty".to_owned());
    }
    let one_hot = feature.encoding() == Encoding::OneHot;
    let given = |at: usize| {
        if one_hot {
            Given::Place(Some(at))
        } else {
            Given::Number(at as f64)
        }
    };
    let missing = match &feature.missing {
        Missing::Label(label) => {
            let at = feature.categories.iter().position(|category| category == label);
            given(at.ok_or_else(|| format!("`missing` names `{label}`, which is none of its categories"))?)
        }
        Missing::Keep if one_hot => Given::Place(None),
        other if one_hot => {
            let _ = constant(other)?;
            return Err("with one_hot a missing cell is `keep` (zeros) or a label".to_owned());
        }
        other => Given::Number(constant(other)?),
    };
    let unknown = match &feature.unknown {
        Unknown::Missing => missing,
        Unknown::Refuse => Given::Refused,
        Unknown::Constant(_) if one_hot => return Err("with one_hot an unknown label is no number".to_owned()),
        Unknown::Constant(number) => Given::Number(*number),
    };
    if column.kind.has_labels() {
        let lookup = |label: &String| place(&feature.categories, label, column.kind).map_or(unknown, given);
        return Ok(How::Labels {
            given: column.labels.iter().map(lookup).collect(),
            missing,
        });
    }
    let mut numbers: Vec<(f64, Given)> = Vec::new();
    for (at, category) in feature.categories.iter().enumerate() {
        if let Some(found) = number(category, Decimal::Point) {
            numbers.push((found.value + 0.0, given(at)));
        }
    }
    numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
    if numbers.is_empty() {
        return Err(format!(
            "its categories are words, and the table's column `{}` holds numbers",
            column.name
        ));
    }
    Ok(How::Numbers {
        given: numbers,
        missing,
        unknown,
    })
}

/// Where `label` is among `categories`: the same text, the same number, the same truth.
fn place(categories: &[String], label: &str, kind: Kind) -> Option<usize> {
    if let Some(at) = categories.iter().position(|category| category == label) {
        return Some(at);
    }
    if let Some(wanted) = number(label, Decimal::Point) {
        let wanted = written(wanted.value);
        let same = |category: &String| number(category, Decimal::Point).is_some_and(|n| written(n.value) == wanted);
        if let Some(at) = categories.iter().position(same) {
            return Some(at);
        }
    }
    let read = if kind == Kind::Boolean { generous_flag } else { flag };
    let truth = read(label)?;
    categories.iter().position(|category| read(category) == Some(truth))
}
