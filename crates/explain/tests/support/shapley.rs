//! Shapley values of a black box.

use anyhow::Context;
use glassboard_explain::game::{Coalition, Game, Link, PictureGame, Shares, TableGame};
use glassboard_explain::methods::exact_interactions::{Index, exact_interactions};
use glassboard_explain::methods::exact_shapley::exact_shapley;
use glassboard_explain::methods::kernel_shap::{Options, kernel_shap, solve};
use glassboard_explain::methods::linear_shap::linear_shares;
use glassboard_explain::methods::partition_shap::{Tree, partition_shap};
use glassboard_explain::methods::permutation_shap::permutation_shap;
use glassboard_explain::shapley::draw::Drawn;
use glassboard_explain::shapley::select::Keep;
use glassboard_explain::{Readout, Runner};
use glassboard_model::{LinearModel, OutputSpace};
use ndarray::{Array2, Array3, ArrayD, ArrayView2, Axis, Ix2, IxDyn};
use serde_json::Value;

use super::npz::Arrays;
use super::{Case, Gold, Outcome};

/// The methods of [`compute`].
pub const METHODS: &[&str] = &[
    "shap_exact",
    "shap_interactions",
    "shap_kernel",
    "shap_kernel_solve",
    "shap_permutation",
    "shap_partition",
    "shap_exact_owen",
    "shapley_values",
    "shapley_tokens",
    "shap_linear",
    "shap_plot_data",
];

fn table<'a>(given: &'a Arrays, name: &str) -> anyhow::Result<ArrayView2<'a, f64>> {
    let array = given.get(name).with_context(|| format!("the case has no {name}"))?;
    Ok(array.view().into_dimensionality::<Ix2>()?)
}

/// Shares of all rows, `[rows, columns, outputs]` (without the last axis where `output` names one), and bases.
struct Rows {
    values: Vec<Array2<f64>>,
    bases: Vec<Vec<f64>>,
}

impl Rows {
    fn values(&self, output: Option<usize>) -> anyhow::Result<ArrayD<f64>> {
        let views: Vec<_> = self.values.iter().map(|v| v.view()).collect();
        let all = ndarray::stack(Axis(0), &views)?;
        Ok(match output {
            Some(output) => all.index_axis_move(Axis(2), output).into_dyn(),
            None if all.shape()[2] == 1 => all.index_axis_move(Axis(2), 0).into_dyn(),
            None => all.into_dyn(),
        })
    }

    fn bases(&self, shape: &[usize]) -> anyhow::Result<ArrayD<f64>> {
        let wanted: usize = shape.iter().product();
        let all: Vec<f64> = self.bases.concat();
        Ok(ArrayD::from_shape_vec(IxDyn(shape), all[..wanted].to_vec())?)
    }
}

/// Computes the `out_*` arrays of `case` from the `in_*` arrays `given`.
pub fn compute(gold: &mut Gold, case: &Case, given: &Arrays) -> anyhow::Result<Outcome> {
    if case.method == "shap_linear" {
        return linear(given);
    }
    let model = match gold.session(case)? {
        Ok(model) => model,
        Err(why) => return Ok(Outcome::Unsupported(why)),
    };
    let mut quiet = |_: f64, _: &str| {};
    let mut run = Runner::new(model, &mut quiet, &|| false);
    let output = case.output.as_ref().context("the case explains no output")?;
    let space = match output.space.as_str() {
        "probability" => OutputSpace::Probability,
        "logit" | "raw" => OutputSpace::Raw,
        other => return Ok(Outcome::Unsupported(format!("output space {other}"))),
    };
    let readout = Readout { output: None, space };
    if given.contains_key("in_feature_mask") || given.contains_key("in_tokens") {
        return parts(&mut run, case, given, &readout);
    }
    let index = output.index.as_u64().map(|index| index as usize);
    let (x, background) = (table(given, "in_x")?, table(given, "in_background")?);
    let link = Link::parse(case.params.get("link").and_then(Value::as_str).unwrap_or_default());
    let mut out = Arrays::new();
    let mut all = Rows {
        values: Vec::new(),
        bases: Vec::new(),
    };
    for row in x.rows() {
        let game = TableGame::new(row, background, readout.clone(), link, None)?;
        let shares = match case.method.as_str() {
            "shap_exact" | "shap_plot_data" | "shapley_values" => exact_shapley(&mut run, &game, &mut |_, _| false)?,
            "shap_interactions" => {
                let found = exact_interactions(&mut run, &game, Index::Taylor)?;
                let index = index.context("interactions of one output")?;
                let flat = found.values.index_axis(Axis(2), index).to_owned();
                let mut placed = Array3::zeros((x.ncols(), x.ncols(), 1));
                let places: Vec<usize> = game.columns_of().iter().flatten().copied().collect();
                for ((i, j), value) in flat.indexed_iter() {
                    placed[[places[i], places[j], 0]] = *value;
                }
                all.values.push(placed.index_axis_move(Axis(2), 0));
                all.bases.push(vec![found.base[index]]);
                continue;
            }
            "shap_kernel" => {
                let options = Options {
                    coalitions: case.params["nsamples"].as_u64().map(|n| n as usize),
                    keep: keep(&case.params["l1_reg"])?,
                    seed: 0,
                };
                kernel_shap(&mut run, &game, &options, &mut |_, _| false)?
            }
            "shap_kernel_solve" => given_coalitions(&mut run, &game, given, &mut out)?,
            "shap_permutation" => permutation_shap(&mut run, &game, 2000, 0, &mut |_, _| false)?,
            "shap_partition" | "shap_exact_owen" => {
                let places: Vec<usize> = game.columns_of().iter().flatten().copied().collect();
                let tree = Tree::from_linkage(table(given, "in_clustering")?)?.only(&places);
                partition_shap(&mut run, &game, &tree, None, &mut |_, _| false)?
            }
            other => return Ok(Outcome::Unsupported(format!("method {other}"))),
        };
        let mut placed = Array2::zeros((x.ncols(), shares.base.len()));
        for (output, mut column) in placed.columns_mut().into_iter().enumerate() {
            let mut line = vec![0.0; x.ncols()];
            game.on_columns(|player| shares.values[[player, output]], &mut line);
            column.assign(&ndarray::aview1(&line));
        }
        all.values.push(placed);
        all.bases.push(shares.base);
    }
    if case.method == "shap_interactions" {
        let views: Vec<_> = all.values.iter().map(|v| v.view()).collect();
        out.insert("out_values".to_owned(), ndarray::stack(Axis(0), &views)?.into_dyn());
    } else {
        out.insert("out_values".to_owned(), all.values(index)?);
    }
    if case.method == "shap_plot_data" {
        plots(&mut out)?;
    }
    for name in ["out_base_values", "out_expected_value"] {
        if let Some(shape) = case.expected.get(name) {
            out.insert(name.to_owned(), all.bases(shape)?);
        }
    }
    Ok(Outcome::Done(out))
}

fn keep(value: &Value) -> anyhow::Result<Keep> {
    Ok(match value {
        Value::String(text) => Keep::parse(text)?,
        Value::Number(number) => Keep::parse(&number.to_string())?,
        _ => Keep::All,
    })
}

fn given_coalitions(
    run: &mut Runner<'_>,
    game: &TableGame<'_>,
    given: &Arrays,
    out: &mut Arrays,
) -> anyhow::Result<Shares> {
    let masks = table(given, "in_masks")?;
    let weights = given.get("in_kernel_weights").context("no in_kernel_weights")?;
    let places: Vec<usize> = game.columns_of().iter().flatten().copied().collect();
    let drawn: Vec<Drawn> = masks
        .rows()
        .into_iter()
        .zip(weights)
        .map(|(mask, weight)| {
            let members = (0..places.len()).filter(|player| mask[places[*player]] > 0.5);
            Drawn {
                coalition: Coalition::of(places.len(), members),
                weight: *weight,
                group: None,
            }
        })
        .collect();
    let asked: Vec<Coalition> = drawn.iter().map(|one| one.coalition.clone()).collect();
    let values = game.values(run, &asked)?;
    let ends = game.values(run, &[Coalition::empty(places.len()), Coalition::full(places.len())])?;
    let (base, total) = (ends.row(0).to_vec(), ends.row(1).to_vec());
    let shares = solve(&drawn, &values, &base, &total, &Keep::All)?;
    out.insert("out_coalition_values".to_owned(), values.into_dyn());
    Ok(Shares {
        base,
        values: shares,
        error: None,
        evaluations: drawn.len(),
    })
}

/// Groups of elements of a picture, or tokens.
fn parts(run: &mut Runner<'_>, case: &Case, given: &Arrays, readout: &Readout) -> anyhow::Result<Outcome> {
    let targets = given.get("in_target").context("no in_target")?;
    let tokens = given.get("in_tokens");
    let x = tokens
        .or_else(|| given.get("in_x"))
        .context("no input")?
        .mapv(|v| v as f32);
    let mut out = Arrays::new();
    let mut lines = Vec::new();
    for (row, target) in x.axis_iter(Axis(0)).zip(targets) {
        let target = *target as usize;
        let replaced = case.params.get("replace_id").and_then(Value::as_f64).unwrap_or(0.0) as f32;
        let mut real = 0..;
        let groups: Vec<Option<usize>> = match given.get("in_feature_mask") {
            Some(mask) => mask.iter().map(|group| Some(*group as usize)).collect(),
            // Padding is no player.
            None => row.iter().map(|v| if *v == 0.0 { None } else { real.next() }).collect(),
        };
        let baseline = vec![replaced; row.len()];
        let game = PictureGame::new(row.view(), &baseline, &groups, readout.clone())?;
        let shares = exact_shapley(run, &game, &mut |_, _| false)?;
        lines.extend(
            groups
                .iter()
                .map(|group| group.map_or(0.0, |group| shares.values[[group, target]])),
        );
        if tokens.is_some() {
            lines.push(shares.base[target]);
        }
    }
    let name = if tokens.is_some() { "out_values" } else { "out_attr" };
    let shape = &case.expected[name];
    out.insert(name.to_owned(), ArrayD::from_shape_vec(IxDyn(shape), lines)?);
    Ok(Outcome::Done(out))
}

/// What a bar chart and a beeswarm order by.
fn plots(out: &mut Arrays) -> anyhow::Result<()> {
    let values = out["out_values"].view().into_dimensionality::<Ix2>()?.mapv(f64::abs);
    let bar: Vec<f64> = values
        .columns()
        .into_iter()
        .map(|c| c.sum() / values.nrows() as f64)
        .collect();
    let most: Vec<f64> = values
        .columns()
        .into_iter()
        .map(|c| c.iter().fold(0.0f64, |m, v| m.max(*v)))
        .collect();
    let mut order: Vec<usize> = (0..bar.len()).collect();
    order.sort_by(|a, b| bar[*b].total_cmp(&bar[*a]));
    let order = order.into_iter().map(|v| v as f64).collect();
    for (name, line) in [("out_bar", bar), ("out_max_abs", most), ("out_order", order)] {
        out.insert(name.to_owned(), ArrayD::from_shape_vec(IxDyn(&[line.len()]), line)?);
    }
    Ok(())
}

fn linear(given: &Arrays) -> anyhow::Result<Outcome> {
    let (mean, scale) = (
        given.get("in_scaler_mean").context("no in_scaler_mean")?,
        given.get("in_scaler_scale").context("no in_scaler_scale")?,
    );
    let scaled = |name: &str| -> anyhow::Result<Array2<f64>> {
        let mut rows = table(given, name)?.to_owned();
        for mut row in rows.rows_mut() {
            for ((value, mean), scale) in row.iter_mut().zip(mean).zip(scale) {
                *value = (*value - mean) / scale;
            }
        }
        Ok(rows)
    };
    let (x, background) = (scaled("in_x_raw")?, scaled("in_background_raw")?);
    let model = LinearModel {
        features: x.ncols(),
        weights: table(given, "in_coef")?
            .rows()
            .into_iter()
            .map(|row| row.to_vec())
            .collect(),
        intercept: given
            .get("in_intercept")
            .context("no in_intercept")?
            .iter()
            .copied()
            .collect(),
    };
    let mut all = Rows {
        values: Vec::new(),
        bases: Vec::new(),
    };
    for row in x.rows() {
        let shares = linear_shares(&model, row, background.view());
        all.values.push(shares.values);
        all.bases.push(shares.base);
    }
    let outputs = all.bases.first().map_or(0, Vec::len);
    let mut out = Arrays::new();
    out.insert("out_expected_value".to_owned(), all.bases(&[outputs])?);
    out.insert("out_values".to_owned(), all.values(None)?);
    Ok(Outcome::Done(out))
}
