//! LIME for rows of a table, submodular pick, surrogates.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use glassboard_explain::lime::bins;
use glassboard_explain::lime::fit::{Selection, distances, fit, weights};
use glassboard_explain::methods::{submodular_pick, surrogate_tree};
use glassboard_explain::surrogate::Goal;
use glassboard_explain::verdict::Verdict;
use glassboard_explain::{Columns, Readout, Runner};
use glassboard_model::{Model, OutputSpace};
use ndarray::{Array2, ArrayD, Ix2, arr0};
use serde_json::Value;

use super::npz::Arrays;
use super::{Case, Gold, Outcome};

/// The methods of [`compute`].
pub const METHODS: &[&str] = &["lime_tabular", "lime_discretizer", "sp_lime", "surrogate_tree"];

/// Computes the `out_*` arrays of `case` from the `in_*` arrays `given`.
pub fn compute(gold: &mut Gold, case: &Case, given: &Arrays) -> anyhow::Result<Outcome> {
    match case.method.as_str() {
        "sp_lime" => {
            let count = case.params["num_exps"].as_u64().context("num_exps")? as usize;
            let picks = submodular_pick::pick(table(given, "in_W")?.view(), count);
            let rows = picks.rows.iter().map(|r| *r as f64).collect();
            Ok(Outcome::Done(Arrays::from([("out_picked".to_owned(), list(rows))])))
        }
        "lime_discretizer" => discretizer(case, given),
        _ => match gold.session(case)? {
            Err(why) => Ok(Outcome::Unsupported(why)),
            Ok(model) if case.method == "surrogate_tree" => surrogate(model, case, given),
            Ok(model) => lime(model, case, given),
        },
    }
}

fn table(given: &Arrays, name: &str) -> anyhow::Result<Array2<f64>> {
    let array = given.get(name).with_context(|| format!("no {name}"))?;
    Ok(array.clone().into_dimensionality::<Ix2>()?)
}

fn list(values: Vec<f64>) -> ArrayD<f64> {
    ndarray::Array1::from(values).into_dyn()
}

fn outputs(model: &dyn Model, x: &Array2<f64>, space: OutputSpace) -> anyhow::Result<Array2<f64>> {
    let mut quiet = |_: f64, _: &str| {};
    let mut run = Runner::new(model, &mut quiet, &|| false);
    let readout = Readout { output: None, space };
    Ok(run.rows(x.ncols(), x.nrows(), &readout, |i, row| {
        row.iter_mut().zip(x.row(i)).for_each(|(to, from)| *to = *from);
    })?)
}

fn lime(model: &dyn Model, case: &Case, given: &Arrays) -> anyhow::Result<Outcome> {
    let output = case.output.as_ref().context("an output")?;
    let space = match output.space.as_str() {
        "probability" => OutputSpace::Probability,
        "raw" | "logit" => OutputSpace::Raw,
        other => bail!("output space {other}"),
    };
    let number = |name: &str| {
        case.params
            .get(name)
            .and_then(Value::as_f64)
            .with_context(|| name.to_owned())
    };
    let label = number("label")? as usize;
    let selection = Selection::parse(case.params["feature_selection"].as_str().context("feature_selection")?)?;
    let labels = outputs(model, &table(given, "in_perturbed")?, space)?;
    let seen = table(given, "in_interpretable")?;
    let distances = distances(seen.view());
    let near = weights(&distances, number("kernel_width")?);
    let fit = fit(
        seen.view(),
        &labels.column(label).to_vec(),
        &near,
        selection,
        number("num_features")? as usize,
    );
    let mut out = Arrays::new();
    let mut put = |name: &str, array| out.insert(name.to_owned(), array);
    put("out_labels", labels.into_dyn());
    put("out_distances", list(distances));
    put("out_weights", list(near));
    put("out_coef", list(fit.line.coefficients.clone()));
    put("out_intercept", arr0(fit.line.intercept).into_dyn());
    put("out_local_pred", arr0(fit.prediction).into_dyn());
    put("out_score", arr0(fit.r2).into_dyn());
    Ok(Outcome::Done(out))
}

/// The first text is that of column 0, as the reference writes it: with two decimals.
fn discretizer(case: &Case, given: &Arrays) -> anyhow::Result<Outcome> {
    let x = table(given, "in_x")?;
    let of: Vec<usize> = given
        .get("in_y")
        .context("no in_y")?
        .iter()
        .map(|v| *v as usize)
        .collect();
    let goal = Goal::Classes {
        count: 1 + of.iter().max().copied().unwrap_or(0),
        of: &of,
    };
    let cut = |values: &[f64]| -> anyhow::Result<Vec<f64>> {
        Ok(match case.params["kind"].as_str().context("kind")? {
            "quartile" => bins::at_shares(values, &bins::QUARTILES),
            "decile" => bins::at_shares(values, &bins::DECILES),
            "entropy" => bins::by_tree(values, goal)?,
            other => bail!("discretizer {other}"),
        })
    };
    let rows = case
        .expected
        .get("out_codes")
        .and_then(|shape| shape.first())
        .copied()
        .context("out_codes")?;
    let mut codes = Array2::zeros((rows, x.ncols()));
    let (mut out, mut texts) = (Arrays::new(), BTreeMap::new());
    for (j, column) in x.columns().into_iter().enumerate() {
        let edges = cut(&column.to_vec())?;
        for i in 0..rows {
            codes[[i, j]] = bins::code(&edges, x[[i, j]]) as f64;
        }
        if j == 0 {
            texts.insert("out_bins_0_label".to_owned(), bins::text(&edges, 0, "f0", Some(2)));
        }
        out.insert(format!("out_bins_{j}"), list(edges));
    }
    out.insert("out_codes".to_owned(), codes.into_dyn());
    Ok(Outcome::Worded(out, texts))
}

fn surrogate(model: &dyn Model, case: &Case, given: &Arrays) -> anyhow::Result<Outcome> {
    let x = table(given, "in_x")?;
    let outputs = outputs(model, &x, OutputSpace::Raw)?;
    let readout = Readout {
        output: None,
        space: OutputSpace::Raw,
    };
    let answers = Verdict::of(outputs.ncols(), &readout);
    let classes: Vec<usize> = outputs.rows().into_iter().map(|row| answers.class(row)).collect();
    // Depth 2 and one more for each further figure that is expected.
    let count = case
        .expected
        .get("out_fidelity")
        .and_then(|shape| shape.first())
        .copied()
        .context("out_fidelity")?;
    let depths: Vec<usize> = (2..2 + count).collect();
    let columns = Columns::unnamed(x.ncols());
    let fidelity = surrogate_tree::agreement_by_depth(x.view(), &columns, &classes, outputs.ncols(), &depths)?;
    Ok(Outcome::Done(Arrays::from([(
        "out_fidelity".to_owned(),
        list(fidelity),
    )])))
}
