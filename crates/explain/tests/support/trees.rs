//! Tree ensembles from their native files.

use anyhow::{Context, bail};
use glassboard_explain::tables::explain_rows;
use glassboard_explain::{AskRows, Columns, Readout, RowExtras, Runner};
use glassboard_glassbox::{Body, Glass, trees_json};
use glassboard_model::trees::{Node, Rule};
use glassboard_model::{OutputSpace, TreeEnsemble};
use ndarray::{Array1, Array2, Axis, Ix2, IxDyn, stack};
use serde_json::{Map, Value};

use super::npz::Arrays;
use super::{Case, Gold, Outcome};

/// The methods of [`compute`].
pub const METHODS: &[&str] = &["tree_shap", "tree_shap_interactions"];

/// Computes the `out_*` arrays of `case` from the `in_*` arrays `given`.
pub fn compute(gold: &mut Gold, case: &Case, given: &Arrays) -> anyhow::Result<Outcome> {
    let rows = matrix(given, "in_x")?;
    let background = match given.get("in_background") {
        Some(rows) => rows.clone().into_dimensionality::<Ix2>()?,
        None => Array2::zeros((0, rows.ncols())),
    };
    let truth = given.get("in_y").map(|y| y.iter().copied().collect::<Vec<f64>>());
    let mut glass = read(gold, case)?;
    let Body::Trees(ensemble) = &mut glass.body else {
        bail!("the native file holds no trees")
    };
    // A forest's arrays name only the columns that are asked about.
    ensemble.features = rows.ncols();
    if text(case, "native")?.ends_with(".trees.json") && background.nrows() > 0 {
        round_thresholds(ensemble);
    }
    let outputs = ensemble.outputs;
    let model = glass.into_model();
    let space = match text(case, "model_output")? {
        "probability" => OutputSpace::Probability,
        "raw" | "log_loss" => OutputSpace::Raw,
        other => return Ok(Outcome::Unsupported(format!("model_output {other}"))),
    };
    let columns = Columns::unnamed(rows.ncols());
    let (mut each, mut bases) = (Vec::new(), Vec::new());
    for output in 0..outputs {
        let targets = vec![output; rows.nrows()];
        let readout = Readout { output: None, space };
        let ask = AskRows::new(rows.view(), readout, &targets, &columns)?;
        let extras = RowExtras {
            background: background.view(),
            truth: truth.as_deref(),
            seed: 0,
        };
        let (mut progress, cancelled) = (|_: f64, _: &str| {}, || false);
        let mut run = Runner::new(model.as_ref(), &mut progress, &cancelled);
        let outcome = explain_rows(&mut run, &ask, &case.method, &mut params(case)?, extras)?;
        each.push(outcome.attribution.context("no attribution")?.mapv(f64::from));
        bases.push(outcome.base.context("no base")?[0]);
    }
    let values = if outputs == 1 {
        each.remove(0)
    } else {
        let views: Vec<_> = each.iter().map(|a| a.view()).collect();
        stack(Axis(each[0].ndim()), &views)?
    };
    let mut arrays = Arrays::new();
    arrays.insert("out_values".to_owned(), values);
    if let Some(shape) = case.expected.get("out_expected_value") {
        let bases = Array1::from_vec(bases).into_shape_with_order(IxDyn(shape))?;
        arrays.insert("out_expected_value".to_owned(), bases);
    }
    Ok(Outcome::Done(arrays))
}

/// The library that made the cases keeps thresholds in 32 bits where it takes features from background rows (and in 64
/// elsewhere, as scikit-learn does). The two differ for a row that lies on a threshold, as rows of the case do.
fn round_thresholds(ensemble: &mut TreeEnsemble) {
    for node in ensemble.trees.iter_mut().flat_map(|tree| &mut tree.nodes) {
        if let Node::Split {
            rule: Rule::AtMost(limit),
            ..
        } = node
        {
            *limit = f64::from(*limit as f32);
        }
    }
}

fn params(case: &Case) -> anyhow::Result<Map<String, Value>> {
    let mut params = Map::new();
    if case.method == "tree_shap" {
        let perturbation = match text(case, "feature_perturbation")? {
            "tree_path_dependent" => "path_dependent",
            other => other,
        };
        params.insert("perturbation".to_owned(), perturbation.into());
        if text(case, "model_output")? == "log_loss" {
            params.insert("output".to_owned(), "log_loss".into());
        }
    }
    Ok(params)
}

fn read(gold: &Gold, case: &Case) -> anyhow::Result<Glass> {
    let path = gold.folder().join(text(case, "native")?);
    let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let combine = case.model.as_deref().and_then(|model| gold.combine(model));
    let plain = path.to_str().is_some_and(|name| name.ends_with(".trees.json"));
    if plain {
        return Ok(trees_json::read(&bytes, combine)?);
    }
    Ok(glassboard_glassbox::read(&bytes)?)
}

fn text<'a>(case: &'a Case, key: &str) -> anyhow::Result<&'a str> {
    let value = case.params.get(key).and_then(Value::as_str);
    value.with_context(|| format!("{} has no parameter {key}", case.id))
}

fn matrix(given: &Arrays, name: &str) -> anyhow::Result<Array2<f64>> {
    let array = given.get(name).with_context(|| format!("{name} is not in the case"))?;
    Ok(array.clone().into_dimensionality::<Ix2>()?)
}
