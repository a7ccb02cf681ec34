//! Data sets: effects of columns, permutation importance, performance.

use anyhow::{Context, ensure};
use glassboard_explain::methods::permutation_importance as importance;
use glassboard_explain::methods::{partial_dependence as pdp, partial_dependence_2d as pdp_2d, performance};
use glassboard_explain::performance::curves::Ranking;
use glassboard_explain::scores::Score;
use glassboard_explain::{AskRows, Columns, Readout, Runner};
use glassboard_model::{Model, OutputSpace};
use ndarray::{Array1, Array2, ArrayD, Axis, Ix2, arr0};
use serde_json::Value;

use super::npz::Arrays;
use super::{Case, Gold, Outcome};

/// The methods of [`compute`].
pub const METHODS: &[&str] = &["pdp_ice", "pdp_2d", "permutation_importance", "roc_pr"];

/// Computes the `out_*` arrays of `case` from the `in_*` arrays `given`.
pub fn compute(gold: &mut Gold, case: &Case, given: &Arrays) -> anyhow::Result<Outcome> {
    if case.method == "roc_pr" {
        return roc_pr(given);
    }
    let model = match gold.session(case)? {
        Ok(model) => model,
        Err(why) => return Ok(Outcome::Unsupported(why)),
    };
    // What a regressor predicts is what it gives; the output explained is a column of it.
    let output = case.output.as_ref().context("the case has no output")?;
    ensure!(output.space == "prediction", "output space {}", output.space);
    let target = output.index.as_u64().context("an output by number")? as usize;
    let x = table(given, "in_x")?;
    let (columns, targets) = (Columns::unnamed(x.ncols()), vec![target; x.nrows()]);
    let readout = Readout {
        output: None,
        space: OutputSpace::Raw,
    };
    let ask = AskRows::new(x.view(), readout, &targets, &columns)?;
    let mut quiet = |_: f64, _: &str| {};
    let mut run = Runner::new(model as &dyn Model, &mut quiet, &|| false);
    match case.method.as_str() {
        "pdp_ice" => pdp_ice(&mut run, &ask, case, given),
        "pdp_2d" => surface(&mut run, &ask, case, given),
        _ => permuted(&mut run, &ask, case, given),
    }
}

fn array<'a>(given: &'a Arrays, name: &str) -> anyhow::Result<&'a ArrayD<f64>> {
    given.get(name).with_context(|| format!("the case has no {name}"))
}

fn table(given: &Arrays, name: &str) -> anyhow::Result<Array2<f64>> {
    Ok(array(given, name)?.clone().into_dimensionality::<Ix2>()?)
}

fn whole(value: &Value) -> anyhow::Result<usize> {
    Ok(value.as_u64().context("a whole number was expected")? as usize)
}

/// The grid is made here, as users get it; the one that is given must be the same.
fn same_grid(mine: impl Iterator<Item = f64>, given: &ArrayD<f64>) -> anyhow::Result<()> {
    let mine: Vec<f64> = mine.collect();
    let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-12 * b.abs().max(1.0);
    ensure!(
        mine.len() == given.len() && mine.iter().zip(given).all(near),
        "the grid {mine:?} is not the one given, {given}"
    );
    Ok(())
}

fn named(outcome: glassboard_explain::Outcome, name: &str) -> anyhow::Result<ArrayD<f64>> {
    let found = outcome.arrays.into_iter().find(|(other, _)| other == name);
    Ok(found.with_context(|| format!("no array {name}"))?.1)
}

fn pdp_ice(run: &mut Runner<'_>, ask: &AskRows<'_>, case: &Case, given: &Arrays) -> anyhow::Result<Outcome> {
    let share = &case.params["percentiles"];
    let real = |i: usize| share[i].as_f64().context("two percentiles");
    let options = pdp::Options {
        columns: vec![whole(&case.params["feature"])?],
        points: whole(&case.params["grid_resolution"])?,
        share: (real(0)?, real(1)?),
        curves: ask.x.nrows(),
        centred: false,
        rows: 0,
    };
    let outcome = pdp::partial_dependence(run, ask, &options)?;
    same_grid(named(outcome.clone(), "grid")?.into_iter(), array(given, "in_grid")?)?;
    let mean = named(outcome.clone(), "mean")?.index_axis_move(Axis(0), 0);
    let curves = named(outcome, "curves")?.index_axis_move(Axis(0), 0);
    // The case keeps as many rows as it has room for.
    let kept = case.expected["out_ice"][0];
    let ice = curves.slice_axis(Axis(0), ndarray::Slice::from(0..kept)).to_owned();
    Ok(Outcome::Done(
        [("out_average".into(), mean), ("out_ice".into(), ice)].into(),
    ))
}

fn surface(run: &mut Runner<'_>, ask: &AskRows<'_>, case: &Case, given: &Arrays) -> anyhow::Result<Outcome> {
    let features = &case.params["features"];
    let options = pdp_2d::Options {
        pairs: vec![(whole(&features[0])?, whole(&features[1])?)],
        points: whole(&case.params["grid_resolution"])?,
        share: (0.05, 0.95),
        rows: 0,
    };
    let outcome = pdp_2d::partial_dependence_2d(run, ask, &options)?;
    for (mine, theirs) in [("grid_first", "in_grid0"), ("grid_second", "in_grid1")] {
        same_grid(named(outcome.clone(), mine)?.into_iter(), array(given, theirs)?)?;
    }
    let mean = named(outcome, "mean")?.index_axis_move(Axis(0), 0);
    Ok(Outcome::Done([("out_average".into(), mean)].into()))
}

fn permuted(run: &mut Runner<'_>, ask: &AskRows<'_>, case: &Case, given: &Arrays) -> anyhow::Result<Outcome> {
    let orders = table(given, "in_perms")?;
    let truth: Vec<f64> = array(given, "in_y")?.iter().copied().collect();
    let options = importance::Options {
        columns: (0..ask.columns.len()).collect(),
        repeats: orders.nrows(),
        score: case.params["score"].as_str().context("a score")?.to_owned(),
        task: None,
    };
    // The same orders for every column.
    let order = |_: usize, repeat: usize, _: usize| orders.row(repeat).iter().map(|&i| i as usize).collect();
    let outcome = importance::permutation_importance(run, ask, Some(&truth), &options, order)?;
    let baseline = outcome.found["baseline"].as_f64().context("a baseline")?;
    let falls = named(outcome, "falls")?;
    Ok(Outcome::Done(
        [
            ("out_importance".into(), falls),
            ("out_baseline".into(), arr0(baseline).into_dyn()),
        ]
        .into(),
    ))
}

/// scikit-learn's curves: ROC by falling threshold, precision over recall by rising.
fn roc_pr(given: &Arrays) -> anyhow::Result<Outcome> {
    let scores: Vec<f64> = array(given, "in_score")?.iter().copied().collect();
    let positive: Vec<bool> = array(given, "in_y")?.iter().map(|&y| y > 0.5).collect();
    let ranking = Ranking::new(&scores, &positive);
    let line = |points: &[[f64; 3]], k: usize| -> ArrayD<f64> {
        points.iter().map(|point| point[k]).collect::<Array1<f64>>().into_dyn()
    };
    let roc = ranking.roc();
    let mut recall = ranking.precision_recall();
    recall.reverse();
    let probability = Array2::from_shape_fn(
        (scores.len(), 2),
        |(i, class)| {
            if class == 1 { scores[i] } else { 1.0 - scores[i] }
        },
    );
    let truth: Vec<usize> = positive.iter().map(|&hit| usize::from(hit)).collect();
    let answers = glassboard_explain::answers::Answers::Classes {
        probability: probability.clone(),
        truth: truth.clone(),
    };
    let confusion = performance::confusion(&probability, &truth, 0.5);
    Ok(Outcome::Done(
        [
            ("out_fpr".into(), line(&roc, 1)),
            ("out_tpr".into(), line(&roc, 2)),
            ("out_auc".into(), arr0(Score::Auc.of(&answers)).into_dyn()),
            ("out_recall".into(), line(&recall, 1)),
            ("out_precision".into(), line(&recall, 2)),
            ("out_ap".into(), arr0(ranking.average_precision()).into_dyn()),
            ("out_confusion".into(), confusion.into_dyn()),
        ]
        .into(),
    ))
}
