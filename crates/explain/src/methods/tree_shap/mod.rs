//! Shapley values of ensembles of trees, from the trees themselves.
//!
//! What "not knowing a feature" means is a choice. *Path-dependent*: at a split about it, the way goes on to both sides
//! by the shares of the training rows. *Interventional*: it is taken from background rows, each in turn, all unknown
//! features of one row together; this needs no covers, and is the only one that can explain a probability or a loss.
//!
//! Files: [`path`] a tree by its edges; [`lanes`] eight rows at once; [`drive`] rows and trees to threads;
//! [`path_dependent`], [`interactions`], [`interventional`], [`pairs`] the algorithms; [`covers`] training rows a node;
//! [`scale`] probability and loss. Sums are in double precision, in the order of the trees.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined into the function of an instruction set is not compiled for it"
)]
#![expect(
    clippy::needless_range_loop,
    reason = "arrays of the same lanes go together, and closures would not be compiled for the instruction set"
)]

pub mod coalitions;
pub mod covers;
pub mod drive;
pub mod interactions;
pub mod interventional;
pub mod lanes;
pub mod pairs;
pub mod path;
pub mod path_dependent;
pub mod patterns;
pub mod scale;

mod background;
#[cfg(test)]
mod tests;

use glassboard_model::{ModelError, OutputSpace, TreeEnsemble};
use ndarray::{Array2, Array3};
use serde_json::{Map, Value};

use self::covers::Covers;
use self::path::Paths;
use self::scale::Scale;
use crate::{AskRows, ExplainError, Outcome, RowExtras, Runner};

/// Deepest tree that is walked.
const DEEPEST: usize = 1000;
/// Most numbers of one answer of interactions.
const MOST_INTERACTIONS: usize = 1 << 28;
/// Sums of interactions that are worked on at once.
const INTERACTIONS_AT_ONCE: usize = 1 << 23;

/// How features that are not known are filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Perturbation {
    PathDependent,
    Interventional,
}

/// `tree_shap`: one value a feature; the values of a row and its base add up to the output explained.
pub fn explain(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    params: &mut Map<String, Value>,
    extras: RowExtras<'_>,
) -> Result<Outcome, ExplainError> {
    let ensemble = trees(run, ask)?;
    let loss = params.get("output").and_then(Value::as_str) == Some("log_loss");
    let scale = Scale::of(ensemble, ask.readout.space, loss)?;
    let perturbation = match params.get("perturbation").and_then(Value::as_str) {
        Some("path_dependent") => Perturbation::PathDependent,
        Some("interventional") => Perturbation::Interventional,
        _ if scale == Scale::Raw && ensemble.has_covers() => Perturbation::PathDependent,
        _ => Perturbation::Interventional,
    };
    let name = match perturbation {
        Perturbation::PathDependent => "path_dependent",
        Perturbation::Interventional => "interventional",
    };
    params.insert("perturbation".to_owned(), name.into());
    match perturbation {
        Perturbation::PathDependent if scale != Scale::Raw => Err(ExplainError::parameters(
            "path-dependent values explain the raw output only: shares of training rows are of leaves, not of \
             probabilities or losses; set perturbation to interventional, or explain the raw output",
        )),
        Perturbation::PathDependent => {
            let (covers, from) = covers(ensemble, extras)?;
            let walk = path_dependent::PathDependent {
                features: ensemble.features,
            };
            let values = drive::sums(run, ensemble, Some(&covers), (ask.x, ask.targets), &walk)?;
            let outcome = Outcome::of_rows(&values, bases(ensemble, &covers, ask.targets));
            Ok(from.said_by(outcome).saying("perturbation", name))
        }
        Perturbation::Interventional => {
            let outcome = background::explain(run, ask, ensemble, scale, extras)?;
            Ok(outcome.saying("perturbation", name))
        }
    }
}

/// `tree_shap_interactions`: one value a pair of features, half of it on either side of the diagonal; a feature's row
/// adds up to its value.
pub fn explain_interactions(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    extras: RowExtras<'_>,
) -> Result<Outcome, ExplainError> {
    let ensemble = trees(run, ask)?;
    if ask.readout.space != OutputSpace::Raw {
        return Err(ExplainError::parameters(
            "interactions of trees explain the raw output only; explain the raw output",
        ));
    }
    let (features, rows) = (ensemble.features, ask.x.nrows());
    if rows.saturating_mul(features.saturating_mul(features)) > MOST_INTERACTIONS {
        return Err(ExplainError::parameters(format!(
            "interactions of {features} features of {rows} rows are more than {MOST_INTERACTIONS} numbers; ask for \
             fewer rows"
        )));
    }
    let (covers, from) = covers(ensemble, extras)?;
    let walk = interactions::Interactions { features };
    let step = (INTERACTIONS_AT_ONCE / interactions::width(features)).max(lanes::LANES);
    let mut all = Array3::<f32>::zeros((rows, features, features));
    let mut first = 0;
    while first < rows {
        let last = (first + step).min(rows);
        run.stage("interactions", first as f64 / rows as f64, last as f64 / rows as f64);
        let part = (ask.x.slice(ndarray::s![first..last, ..]), &ask.targets[first..last]);
        let sums = drive::sums(run, ensemble, Some(&covers), part, &walk)?;
        for (row, sums) in sums.rows().into_iter().enumerate() {
            let sums = sums.to_vec();
            for i in 0..features {
                let mut own = sums[i];
                for j in (0..features).filter(|j| *j != i) {
                    let half = 0.5 * sums[interactions::pair(features, i, j)];
                    own -= half;
                    all[[first + row, i, j]] = half as f32;
                }
                all[[first + row, i, i]] = own as f32;
            }
        }
        first = last;
    }
    let mut outcome = Outcome::of(all.into_dyn());
    outcome.base = Some(bases(ensemble, &covers, ask.targets));
    Ok(from.said_by(outcome))
}

/// The trees of the model, if they can be walked with these rows.
fn trees<'a>(run: &Runner<'a>, ask: &AskRows<'_>) -> Result<&'a TreeEnsemble, ExplainError> {
    let Some(ensemble) = run.model().trees() else {
        return Err(ExplainError::parameters(
            "TreeSHAP needs a model that is an ensemble of decision trees and nothing else; this one is not",
        ));
    };
    if ensemble.features != ask.x.ncols() {
        return Err(ModelError::Input(format!(
            "the trees ask about {} columns and the rows have {}",
            ensemble.features,
            ask.x.ncols()
        ))
        .into());
    }
    if let Some(target) = ask.targets.iter().find(|target| **target >= ensemble.outputs) {
        return Err(ModelError::Input(format!(
            "target {target} is out of range: the trees have {} outputs",
            ensemble.outputs
        ))
        .into());
    }
    let deepest = ensemble.trees.iter().map(glassboard_model::trees::Tree::depth).max();
    if deepest.unwrap_or(0) > DEEPEST {
        return Err(ExplainError::parameters(format!(
            "a tree is {} splits deep; TreeSHAP walks trees of up to {DEEPEST}",
            deepest.unwrap_or(0)
        )));
    }
    Ok(ensemble)
}

/// Where covers come from.
enum From {
    File,
    Background { rows: usize, unreached: usize },
}

impl From {
    fn said_by(&self, outcome: Outcome) -> Outcome {
        match self {
            Self::File => outcome.saying("covers", "file"),
            Self::Background { rows, unreached } => outcome
                .saying("covers", "background")
                .saying("cover_rows", *rows)
                .saying("splits_without_rows", *unreached)
                .saying(
                    "sentence",
                    format!(
                        "The model file does not say how many training rows reached each split, so {rows} background rows \
                         were counted through the trees; {unreached} splits were reached by none, and there both sides \
                         count alike."
                    ),
                ),
        }
    }
}

/// The covers of the file, or of the background rows.
fn covers<'a>(ensemble: &'a TreeEnsemble, extras: RowExtras<'_>) -> Result<(Covers<'a>, From), ExplainError> {
    if let Some(covers) = Covers::of_file(ensemble) {
        return Ok((covers, From::File));
    }
    let background = extras.background;
    if background.is_empty() || background.ncols() != ensemble.features {
        return Err(ExplainError::parameters(
            "path-dependent values need the training rows that reached each split, and the model file does not have \
             them; give background rows to count, or set perturbation to interventional",
        ));
    }
    let covers = Covers::recount(ensemble, background);
    let unreached = covers.unreached(ensemble);
    let rows = background.nrows();
    Ok((covers, From::Background { rows, unreached }))
}

/// The mean of the ensemble over the training rows, for each row's target.
fn bases(ensemble: &TreeEnsemble, covers: &Covers<'_>, targets: &[usize]) -> Vec<f64> {
    let mut sums = vec![0.0; ensemble.outputs];
    for (index, tree) in ensemble.trees.iter().enumerate() {
        let paths = Paths::new(tree, Some(covers.of(index)));
        for column in 0..tree.width {
            sums[tree.output + column] += paths.mean(|leaf| tree.value(leaf)[column]);
        }
    }
    let with_base: Vec<f64> = (sums.iter().zip(&ensemble.base))
        .map(|(sum, base)| sum * ensemble.scale + base)
        .collect();
    targets.iter().map(|target| with_base[*target]).collect()
}

/// The sums of the trees in double precision, whatever the library adds them in, `[rows, outputs]`.
fn margins(ensemble: &TreeEnsemble, rows: ndarray::ArrayView2<'_, f64>) -> Array2<f64> {
    let mut all = Array2::zeros((rows.nrows(), ensemble.outputs));
    for (row, mut sums) in rows.rows().into_iter().zip(all.rows_mut()) {
        let row = ensemble.compared(&row.to_vec());
        for tree in &ensemble.trees {
            for (column, value) in tree.value(tree.leaf(&row)).iter().enumerate() {
                sums[tree.output + column] += value;
            }
        }
        for (sum, base) in sums.iter_mut().zip(&ensemble.base) {
            *sum = *sum * ensemble.scale + base;
        }
    }
    all
}
