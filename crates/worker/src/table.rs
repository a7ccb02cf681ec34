//! A table for a model: its typed rows, what stands between them and the model, and the answers it holds.

use std::rc::Rc;

use glassboard_explain::rows::Column as Kind;
use glassboard_explain::{Columns, random::Counter};
use glassboard_jobs::spec::{Changes, Span};
use glassboard_tables::{Encoder, Feature, ModelFeatures, Options, Schema, Table, match_features};
use ndarray::{Array2, ArrayViewMut1};
use serde_json::Value;

use crate::preprocess::Preprocess;
use crate::trouble::Trouble;
use crate::warm::Loaded;

/// Stream of [`Counter`] that draws background rows.
const STREAM: u64 = 30;

/// A table and what is worth knowing of it: read once, asked often.
pub struct Opened {
    /// Its rows.
    pub table: Table,
    /// Counted and summed up.
    pub schema: Schema,
}

impl Opened {
    /// Reads a table with what the user said about it (`options` of its facts).
    pub fn read(bytes: &[u8], facts: &Value) -> Result<Self, Trouble> {
        let options = match &facts["options"] {
            Value::Null => Options::default(),
            given => serde_json::from_value(given.clone())
                .map_err(|e| Trouble::input(format!("what is said of the table is wrong: {e}")))?,
        };
        let table = Table::read(bytes, &options).map_err(|e| Trouble::input(e.to_string()))?;
        Ok(Self::of(table))
    }

    /// Sums up `table`.
    pub fn of(table: Table) -> Self {
        Self {
            schema: table.schema(),
            table,
        }
    }

    /// About how many bytes it holds.
    pub(crate) fn size(&self) -> u64 {
        (self.table.rows() * self.table.columns.len() * size_of::<f64>()) as u64
    }
}

/// A table, the way a model takes it.
pub struct ForModel {
    /// The table.
    pub opened: Rc<Opened>,
    /// From rows in the table's units to rows of the model.
    pub encoder: Encoder,
    /// The features as methods see them.
    pub columns: Columns,
    /// What was guessed, a sentence each.
    pub notes: Vec<String>,
}

/// Puts a table before `model`: by the preprocessing where that says how, else by names, else by position.
pub fn for_model(opened: Rc<Opened>, loaded: &Loaded, preprocess: &Preprocess) -> Result<ForModel, Trouble> {
    let schema = &opened.schema;
    let (features, notes) = features(schema, loaded, preprocess)?;
    let encoder = Encoder::new(&features, schema).map_err(|e| Trouble::input(e.to_string()))?;
    let mut columns = Columns::default();
    for (feature, &source) in features.iter().zip(encoder.sources()) {
        let column = &schema.columns[source];
        columns.names.push(feature.column().to_owned());
        columns.kinds.push(if column.kind.has_labels() {
            Kind::Category(column.labels.clone())
        } else if column.kind == glassboard_tables::Kind::Integer {
            Kind::Integer
        } else {
            Kind::Number
        });
    }
    Ok(ForModel {
        opened,
        encoder,
        columns,
        notes,
    })
}

fn features(schema: &Schema, loaded: &Loaded, preprocess: &Preprocess) -> Result<(Vec<Feature>, Vec<String>), Trouble> {
    let width = loaded.model.inputs().first().and_then(|input| {
        let sizes: Option<Vec<usize>> = input.shape.iter().skip(1).copied().collect();
        sizes.map(|sizes| sizes.iter().product())
    });
    let given = &preprocess.columns;
    if !given.is_empty() && given.iter().all(|feature| schema.position(feature.column()).is_some()) {
        return Ok((given.clone(), Vec::new()));
    }
    let known = ModelFeatures {
        names: if given.is_empty() {
            preprocess.feature_names.clone()
        } else {
            given.iter().map(|feature| feature.name.clone()).collect()
        },
        categories: if given.is_empty() {
            loaded
                .described
                .iter()
                .flat_map(|d| &d.features)
                .map(categories)
                .collect()
        } else {
            given.iter().map(|feature| feature.categories.clone()).collect()
        },
        width,
    };
    let matched = match_features(&known, schema).map_err(|e| Trouble::input(e.to_string()))?;
    if matched.features.len() == given.len() {
        // Another table's columns take the place of those that were named; what is done to them stays.
        let placed = given.iter().zip(matched.features).map(|(given, found)| Feature {
            column: Some(found.column().to_owned()),
            ..given.clone()
        });
        return Ok((placed.collect(), matched.notes));
    }
    let mut features = matched.features;
    if let Some(scale) = &preprocess.standardise {
        if scale.mean.len() != features.len() || scale.std.len() != features.len() {
            return Err(Trouble::input(format!(
                "preprocess.json standardises {} columns and the model takes {}",
                scale.mean.len(),
                features.len()
            )));
        }
        for (feature, (mean, std)) in features.iter_mut().zip(scale.mean.iter().zip(&scale.std)) {
            feature.standardise = Some(glassboard_tables::Standardise { mean: *mean, std: *std });
        }
    }
    Ok((features, matched.notes))
}

/// Labels of a feature as the model counts them; none for numbers.
fn categories(feature: &glassboard_glassbox::Feature) -> Vec<String> {
    match &feature.kind {
        glassboard_glassbox::FeatureKind::Number => Vec::new(),
        glassboard_glassbox::FeatureKind::Category { labels } => labels.clone(),
    }
}

impl ForModel {
    /// How many rows the table has.
    pub fn count(&self) -> usize {
        self.opened.table.rows()
    }

    /// Row `row` alone, `[1, features]`, or the sentence that there is none.
    pub fn row(&self, row: usize) -> Result<Array2<f64>, Trouble> {
        let own = self.rows(Span { from: row, count: 1 });
        if own.is_empty() {
            return Err(Trouble::input(format!(
                "the table has {} rows, so there is no row {row} (the first is 0)",
                self.count()
            )));
        }
        Ok(own)
    }

    /// Puts `changes` into a row of [`Self::rows`]: numbers, labels by their name, null for a missing value.
    pub fn change(&self, mut row: ArrayViewMut1<'_, f64>, changes: &Changes) -> Result<(), Trouble> {
        for (name, value) in changes {
            let at = self.columns.names.iter().position(|known| known == name);
            let at = at.ok_or_else(|| {
                Trouble::input(format!(
                    "the model takes no column `{name}`; its columns are {}",
                    self.columns.names.join(", ")
                ))
            })?;
            row[at] = match (&self.columns.kinds[at], value) {
                (_, Value::Null) => f64::NAN,
                (Kind::Category(labels), given) => {
                    let text = given.as_str().map_or_else(|| given.to_string(), str::to_owned);
                    let index = labels.iter().position(|label| *label == text);
                    index.ok_or_else(|| {
                        Trouble::input(format!(
                            "column `{name}` has no label `{text}`; it has {}",
                            labels.join(", ")
                        ))
                    })? as f64
                }
                (_, given) => {
                    let number = given.as_f64().or_else(|| given.as_str()?.trim().parse().ok());
                    number
                        .filter(|n| n.is_finite())
                        .ok_or_else(|| Trouble::input(format!("column `{name}` holds numbers, and {given} is none")))?
                }
            };
        }
        Ok(())
    }

    /// All rows, or those of `span`, in the table's units: `[rows, features]`.
    pub fn rows(&self, span: Span) -> Array2<f64> {
        let end = span.from.saturating_add(span.count).min(self.opened.table.rows());
        let rows: Vec<usize> = (span.from.min(end)..end).collect();
        self.opened.table.matrix_of(&rows, self.encoder.sources())
    }

    /// `count` rows drawn from the table without repetition, in its order; all of them where it has no more.
    pub fn sample(&self, count: usize, seed: u64) -> Array2<f64> {
        let all = self.opened.table.rows();
        let mut rows: Vec<usize> = if count >= all {
            (0..all).collect()
        } else {
            let mut drawn = Counter::new(seed, STREAM, 0).permutation(all);
            drawn.truncate(count);
            drawn
        };
        rows.sort_unstable();
        self.opened.table.matrix_of(&rows, self.encoder.sources())
    }

    /// The answers of the rows of `span` that the table's target column holds: class indices by `labels` (or by the
    /// column's own labels), or numbers. None where there is no target column.
    pub fn truth(&self, span: Span, labels: &[String]) -> Option<Vec<f64>> {
        let column = self.opened.table.columns.get(self.opened.table.target?)?;
        let end = span.from.saturating_add(span.count).min(self.opened.table.rows());
        let by_name: Vec<Option<usize>> = column
            .labels
            .iter()
            .map(|label| labels.iter().position(|known| known == label))
            .collect();
        let named = !by_name.is_empty() && by_name.iter().all(Option::is_some);
        let value = |v: f64| match by_name.get(v as usize) {
            Some(Some(class)) if named && v >= 0.0 => *class as f64,
            _ => v,
        };
        Some(
            column.values[span.from.min(end)..end]
                .iter()
                .map(|v| value(*v))
                .collect(),
        )
    }

    /// What was said of the table rather than guessed; none where nothing was.
    pub fn edits(&self) -> Option<&Options> {
        Some(&self.opened.schema.options).filter(|options| **options != Options::default())
    }

    /// Labels of the target column, where it holds labels.
    pub fn target_labels(&self) -> &[String] {
        let column = self
            .opened
            .table
            .target
            .and_then(|at| self.opened.table.columns.get(at));
        column.map_or(&[], |column| &column.labels)
    }
}
