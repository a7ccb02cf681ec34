//! Which column of a table is which feature of a model.

use crate::error::TableError;
use crate::feature::{Encoding, Feature, FeatureKind};
use crate::options::{Decimal, Kind};
use crate::schema::{ColumnSchema, Schema};
use crate::words::number;

/// What a model's file says of its features.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelFeatures {
    /// In the model's order; empty where the file has none.
    pub names: Vec<String>,
    /// Labels of each feature as the model counts them; empty for numbers, and where the file does not say.
    pub categories: Vec<Vec<String>>,
    /// How many numbers a row has.
    pub width: Option<usize>,
}

/// Features and how sure they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Matched {
    /// In the model's order.
    pub features: Vec<Feature>,
    /// What was guessed, a sentence each.
    pub notes: Vec<String>,
}

/// Reads `model`'s features from a table like `schema`: by name, else by position.
///
/// # Errors
///
/// A sentence that names the first feature without a column, or says that the counts differ.
pub fn match_features(model: &ModelFeatures, schema: &Schema) -> Result<Matched, TableError> {
    let mut notes = Vec::new();
    if !model.names.is_empty() {
        match by_name(model, schema, &mut notes) {
            Ok(features) => return Ok(Matched { features, notes }),
            Err(Unmatched { first, matched }) => {
                let usable = schema.features();
                if matched > 0 && !model.names.iter().all(|name| is_counted(name)) {
                    return Err(TableError::Features(format!(
                        "the table has no column `{first}`, which the model takes; say which column it is in `columns` of preprocess.json"
                    )));
                }
                if usable.len() == model.names.len() && !model.names.iter().all(|name| is_counted(name)) {
                    notes.push("none of the model's names is a column's, so columns are taken in order".to_owned());
                }
            }
        }
    }
    let width = if model.names.is_empty() {
        model.width
    } else {
        Some(model.names.len())
    };
    let usable = by_position(schema, width)?;
    let mut features = Vec::with_capacity(usable.len());
    for (at, source) in usable.into_iter().enumerate() {
        let column = &schema.columns[source];
        let name = model.names.get(at).unwrap_or(&column.name);
        features.push(feature(name, categories(model, at), column, &mut notes));
    }
    if model.names.is_empty() {
        notes.push("the model has no names for its features, so columns are taken in order".to_owned());
    }
    Ok(Matched { features, notes })
}

struct Unmatched {
    first: String,
    matched: usize,
}

fn by_name(model: &ModelFeatures, schema: &Schema, notes: &mut Vec<String>) -> Result<Vec<Feature>, Unmatched> {
    let mut features: Vec<Feature> = Vec::new();
    let (mut first, mut matched) = (None, 0);
    for (at, name) in model.names.iter().enumerate() {
        if let Some(source) = find(schema, name) {
            features.push(feature(name, categories(model, at), &schema.columns[source], notes));
            matched += 1;
        } else if let Some((source, label)) = dummy(schema, name) {
            let column = &schema.columns[source].name;
            matched += 1;
            match features.last_mut() {
                Some(last) if last.encoding == Some(Encoding::OneHot) && last.name == *column => {
                    last.categories.push(label);
                }
                _ => features.push(Feature {
                    encoding: Some(Encoding::OneHot),
                    ..Feature::category(column, vec![label])
                }),
            }
        } else if first.is_none() {
            first = Some(name.clone());
        }
    }
    match first {
        Some(first) => Err(Unmatched { first, matched }),
        None => Ok(features),
    }
}

/// The column called `name`, or the only one that is called so apart from case and signs.
fn find(schema: &Schema, name: &str) -> Option<usize> {
    schema.position(name).or_else(|| {
        let wanted = folded(name);
        let mut alike = schema
            .columns
            .iter()
            .enumerate()
            .filter(|(_, c)| folded(&c.name) == wanted);
        let found = alike.next()?.0;
        (!wanted.is_empty() && alike.next().is_none()).then_some(found)
    })
}

fn folded(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// The category and the label of a name such as `job_teacher` or `job=teacher`.
fn dummy(schema: &Schema, name: &str) -> Option<(usize, String)> {
    schema.columns.iter().enumerate().find_map(|(at, column)| {
        if !column.kind.has_labels() {
            return None;
        }
        let rest = name.strip_prefix(column.name.as_str())?;
        let label = rest
            .strip_prefix("__")
            .or_else(|| rest.strip_prefix(['_', '=', '.', ':', '-', ' ']))?;
        let known = column
            .labels
            .iter()
            .find(|known| *known == label || folded(known) == folded(label))?;
        Some((at, known.clone()))
    })
}

/// Names that libraries count features with where they have none.
fn is_counted(name: &str) -> bool {
    let digits = name.trim_start_matches(|c: char| c.is_alphabetic() || c == '_');
    let word = &name[..name.len() - digits.len()];
    !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
        && [
            "",
            "f",
            "x",
            "X",
            "Column_",
            "feature_",
            "Feature_",
            "feature",
            "input",
            "col",
            "float_input",
        ]
        .contains(&word)
}

fn categories(model: &ModelFeatures, at: usize) -> &[String] {
    model.categories.get(at).map_or(&[], Vec::as_slice)
}

fn by_position(schema: &Schema, width: Option<usize>) -> Result<Vec<usize>, TableError> {
    let usable = schema.features();
    match width {
        None => Ok(usable),
        Some(width) if width == usable.len() => Ok(usable),
        Some(width) if width == schema.columns.len() => Ok((0..width).collect()),
        Some(width) => {
            let without = match &schema.target {
                Some(target) => format!(", `{target}` as the answer and texts left out"),
                None => ", texts left out".to_owned(),
            };
            Err(TableError::Features(format!(
                "the table has {} columns that may be features{without}, and the model takes {width}; say which in `columns` of preprocess.json",
                usable.len()
            )))
        }
    }
}

fn feature(name: &str, categories: &[String], column: &ColumnSchema, notes: &mut Vec<String>) -> Feature {
    let mut out = if categories.is_empty() {
        Feature::number(name)
    } else {
        Feature::category(name, categories.to_vec())
    };
    if name != column.name {
        out.column = Some(column.name.clone());
    }
    let words = || {
        column
            .labels
            .iter()
            .any(|label| number(label, Decimal::Point).is_none())
    };
    if categories.is_empty() && column.kind == Kind::Category && words() {
        out.kind = FeatureKind::Category;
        out.categories.clone_from(&column.labels);
        notes.push(format!(
            "the model's file has no categories for `{name}`, so the labels of this table are counted in their order"
        ));
    }
    out
}
