//! Metrics that weigh an attribution.

mod curves;
mod moved;

use anyhow::{Context, ensure};
use glassboard_explain::evidence::{
    InputExchange, Normalise, attribution_localisation, complexity, descending_order, effective_complexity, ends,
    faithfulness_estimate, impute, like_answers, localisation_auc, non_sensitivity, pointing_game,
    relevance_mass_accuracy, relevance_rank_accuracy, sparseness, top_k_intersection,
};
use glassboard_explain::{Ask, Readout, Runner};
use glassboard_model::{Array, Model, OutputSpace};
use ndarray::{ArrayD, IxDyn};
use serde_json::Value;

use super::npz::Arrays;
use super::{Case, Gold, Outcome};

/// The methods of [`compute`].
pub const METHODS: &[&str] = &[
    "infidelity",
    "sensitivity_max",
    "sparseness",
    "complexity",
    "effective_complexity",
    "deletion_curve",
    "deletion_insertion",
    "monotonicity",
    "faithfulness_estimate",
    "selectivity",
    "region_perturbation",
    "road",
    "completeness",
    "non_sensitivity",
    "sufficiency",
    "pointing_game",
    "attribution_localisation",
    "top_k_intersection",
    "relevance_rank_accuracy",
    "relevance_mass_accuracy",
    "loc_auc",
    "comprehensiveness_sufficiency",
    "mprt",
];

/// Computes the `out_*` arrays of `case` from the `in_*` arrays `given`.
pub fn compute(gold: &mut Gold, case: &Case, given: &Arrays) -> anyhow::Result<Outcome> {
    if case.method == "mprt" {
        return moved::randomised(gold, case, given);
    }
    let model = match gold.session(case)? {
        Ok(model) => model,
        Err(why) => return Ok(Outcome::Unsupported(why)),
    };
    Judging::new(model, case, given)?.compute()
}

/// A case at work.
struct Judging<'a> {
    model: &'a dyn Model,
    case: &'a Case,
    given: &'a Arrays,
    x: Array,
    readout: Readout,
    targets: Vec<usize>,
    /// The attribution as the case wants it normalised, all rows one after another.
    attribution: Vec<f64>,
    size: usize,
    /// The lowest value of each row, everywhere.
    black: Vec<Vec<f32>>,
}

impl<'a> Judging<'a> {
    fn new(model: &'a dyn Model, case: &'a Case, given: &'a Arrays) -> anyhow::Result<Self> {
        let x = given.get("in_x").or_else(|| given.get("in_tokens"));
        let x = to_f32(x.context("the case has neither in_x nor in_tokens")?);
        let (readout, targets) = asked(case, given, x.shape()[0])?;
        let size: usize = x.shape()[1..].iter().product();
        let mut attribution: Vec<f64> = given
            .get("in_attr")
            .map(|a| a.iter().copied().collect())
            .unwrap_or_default();
        let how = match case.params.get("normalise").and_then(Value::as_str) {
            Some("batch_max_abs") => Normalise::Batch,
            None => Normalise::None,
            Some(other) => anyhow::bail!("normalise {other}"),
        };
        how.apply(&mut attribution, size);
        if case.params.get("abs").and_then(Value::as_bool) == Some(true) {
            for v in &mut attribution {
                *v = v.abs();
            }
        }
        let flat = x.as_slice().context("rows in one piece")?;
        let black = flat.chunks_exact(size).map(|row| {
            let lowest = row.iter().copied().fold(f32::INFINITY, f32::min);
            vec![lowest; size]
        });
        Ok(Self {
            black: black.collect(),
            model,
            case,
            given,
            readout,
            targets,
            attribution,
            size,
            x,
        })
    }

    fn number(&self, name: &str) -> anyhow::Result<f64> {
        self.case
            .params
            .get(name)
            .and_then(Value::as_f64)
            .with_context(|| format!("parameter {name}"))
    }

    fn whole(&self, name: &str) -> anyhow::Result<usize> {
        Ok(self.number(name)? as usize)
    }

    fn map(&self, row: usize) -> &[f64] {
        &self.attribution[row * self.size..][..self.size]
    }

    fn inside(&self, row: usize) -> anyhow::Result<Vec<bool>> {
        let masks = self.given.get("in_segments").context("no in_segments")?;
        Ok(masks
            .iter()
            .skip(row * self.size)
            .take(self.size)
            .map(|v| *v > 0.5)
            .collect())
    }

    fn compute(&self) -> anyhow::Result<Outcome> {
        let threshold = || self.number("eps");
        let done = match self.case.method.as_str() {
            "sparseness" => self.each(|row| Ok(sparseness(self.map(row)))),
            "complexity" => self.each(|row| Ok(complexity(self.map(row)))),
            "effective_complexity" => self.each(|row| Ok(effective_complexity(self.map(row), threshold()?) as f64)),
            "pointing_game" => self.each(|row| Ok(f64::from(pointing_game(self.map(row), &self.inside(row)?)))),
            "attribution_localisation" => {
                self.each(|row| Ok(attribution_localisation(self.map(row), &self.inside(row)?)))
            }
            "top_k_intersection" => {
                let k = self.whole("k")?;
                self.each(|row| Ok(top_k_intersection(self.map(row), &self.inside(row)?, k)))
            }
            "relevance_rank_accuracy" => {
                self.each(|row| Ok(relevance_rank_accuracy(self.map(row), &self.inside(row)?)))
            }
            "relevance_mass_accuracy" => self.each(|row| {
                relevance_mass_accuracy(self.map(row), &self.inside(row)?).context("an attribution without mass")
            }),
            "loc_auc" => {
                self.each(|row| localisation_auc(self.map(row), &self.inside(row)?).context("a mask of one kind"))
            }
            "sufficiency" => self.sufficiency(),
            "road" => self.road(),
            "infidelity" => self.infidelity(),
            "sensitivity_max" => self.sensitivity(),
            "comprehensiveness_sufficiency" => self.eraser(),
            "deletion_insertion" => self.deletion_insertion(),
            "deletion_curve" => self.flipping(None, false),
            "selectivity" => self.flipping(Some(self.whole("patch_size")?), false),
            "region_perturbation" => self.flipping(Some(self.whole("patch_size")?), true),
            _ => self.exchanging(),
        };
        Ok(Outcome::Done(done?))
    }

    /// `out_score`, a number a row.
    fn each(&self, score: impl Fn(usize) -> anyhow::Result<f64>) -> anyhow::Result<Arrays> {
        let scores: anyhow::Result<Vec<f64>> = (0..self.targets.len()).map(score).collect();
        let scores = scores?;
        Ok(Arrays::from([(
            "out_score".to_owned(),
            array(&[scores.len()], scores)?,
        )]))
    }

    fn with_run<T>(&self, work: impl FnOnce(&mut Runner<'_>, &Ask<'_>) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let mut quiet = |_: f64, _: &str| {};
        let mut run = Runner::new(self.model, &mut quiet, &|| false);
        let ask = Ask::new(&self.x, self.readout.clone(), &self.targets)?;
        work(&mut run, &ask)
    }

    /// Metrics that exchange pixels of each row for black ones.
    fn exchanging(&self) -> anyhow::Result<Arrays> {
        self.with_run(|run, ask| {
            let mut scores = Vec::new();
            for (row, black) in self.black.iter().enumerate() {
                let map = self.map(row);
                if self.case.method == "monotonicity" {
                    scores.push(self.monotone(run, ask, row)?);
                    continue;
                }
                let mut exchange = InputExchange::new(run, ask, row, black)?;
                scores.push(match self.case.method.as_str() {
                    "faithfulness_estimate" => {
                        let step = self.whole("features_in_step")?;
                        faithfulness_estimate(&mut exchange, map, step)?.context("no correlation")?
                    }
                    "non_sensitivity" => non_sensitivity(&mut exchange, map, self.number("eps")?)? as f64,
                    "completeness" => {
                        let (whole, bare) = ends(&mut exchange)?;
                        f64::from(map.iter().sum::<f64>().total_cmp(&(whole - bare)).is_eq())
                    }
                    other => anyhow::bail!("no method {other}"),
                });
            }
            self.each(|row| Ok(scores[row]))
        })
    }

    fn sufficiency(&self) -> anyhow::Result<Arrays> {
        let threshold = self.number("threshold")?;
        let classes = self.with_run(|run, _| classes(run, &self.x))?;
        let shares = like_answers(&self.attribution, self.size, &classes, threshold);
        self.each(|row| Ok(shares[row]))
    }

    fn road(&self) -> anyhow::Result<Arrays> {
        ensure!(self.number("noise")? == 0.0, "noise is not given");
        let percentages: Vec<f64> = serde_json::from_value(self.case.params["percentages"].clone())?;
        let orders: Vec<Vec<usize>> = serde_json::from_value(self.case.params["pixel_order"].clone())?;
        self.with_run(|run, ask| {
            let [_, height, width] = ask.picture().context("a picture was expected")?;
            let mut shares = Vec::new();
            for q in &percentages {
                let removed = ((height * width) as f64 * q / 100.0).floor() as usize;
                let mut x = self.x.clone();
                for (mut row, order) in x.outer_iter_mut().zip(&orders) {
                    let flat = row.as_slice_mut().context("a row in one piece")?;
                    for channel in flat.chunks_exact_mut(height * width) {
                        impute(channel, (height, width), &order[..removed])?;
                    }
                }
                let classes = classes(run, &x)?;
                let right = classes.iter().zip(&self.targets).filter(|(a, b)| a == b).count();
                shares.push(right as f64 / self.targets.len() as f64);
            }
            Ok(Arrays::from([(
                "out_score".to_owned(),
                array(&[shares.len()], shares)?,
            )]))
        })
    }
}

/// The class each row is given.
fn classes(run: &mut Runner<'_>, x: &Array) -> anyhow::Result<Vec<usize>> {
    let outputs = run.predict(x, None)?;
    let best = |row: ndarray::ArrayViewD<'_, f32>| {
        let values: Vec<f64> = row.iter().map(|v| f64::from(*v)).collect();
        descending_order(&values)[0]
    };
    Ok(outputs.outer_iter().map(best).collect())
}

/// The explained scalar and class of each row.
fn asked(case: &Case, given: &Arrays, rows: usize) -> anyhow::Result<(Readout, Vec<usize>)> {
    let output = case.output.as_ref();
    let space = match output.map(|o| o.space.as_str()) {
        Some("probability") => OutputSpace::Probability,
        None | Some("logit" | "raw") => OutputSpace::Raw,
        Some(other) => anyhow::bail!("output space {other}"),
    };
    let targets = match output.map(|o| &o.index) {
        Some(Value::Number(index)) => vec![index.as_u64().context("a class index")? as usize; rows],
        _ => match given.get("in_target") {
            Some(classes) => classes.iter().map(|v| *v as usize).collect(),
            None => vec![0; rows],
        },
    };
    Ok((Readout { output: None, space }, targets))
}

fn to_f32(array: &ArrayD<f64>) -> Array {
    array.mapv(|v| v as f32).as_standard_layout().into_owned()
}

fn array(shape: &[usize], values: Vec<f64>) -> anyhow::Result<ArrayD<f64>> {
    Ok(ArrayD::from_shape_vec(IxDyn(shape), values)?)
}
