//! Metrics of inputs that moved, and of models that were randomised.

use anyhow::{Context, ensure};
use glassboard_explain::evidence::{infidelity, relative_change, similarity};
use glassboard_explain::methods::{gradient::gradient, saliency::saliency};
use glassboard_explain::{Ask, Runner};
use glassboard_model::Array;
use serde_json::Value;

use super::super::{Case, Gold, Outcome};
use super::{Arrays, Judging, array, asked, to_f32};

impl Judging<'_> {
    pub(super) fn infidelity(&self) -> anyhow::Result<Arrays> {
        let steps = to_f32(self.given.get("in_perturbations").context("no in_perturbations")?);
        let steps: Vec<f32> = steps.into_iter().collect();
        let scaled = self.case.params.get("normalize").and_then(Value::as_bool) == Some(true);
        self.with_run(|run, ask| {
            let tries = steps.len() / self.size;
            self.each_with(|row| {
                let shape = ask.row_shape().to_vec();
                let mut values = run.forward(
                    &shape,
                    tries + 1,
                    &ask.readout,
                    |_| ask.targets[row],
                    |k, out| {
                        out.copy_from_slice(ask.row(row));
                        if let Some(step) = steps.chunks_exact(self.size).nth(k) {
                            out.iter_mut().zip(step).for_each(|(v, i)| *v -= i);
                        }
                    },
                )?;
                let whole = f64::from(values.pop().context("a value")?);
                let moved: Vec<f64> = values.into_iter().map(|v| whole - f64::from(v)).collect();
                let said = steps.chunks_exact(self.size).map(|step| {
                    let pairs = self.map(row).iter().zip(step);
                    pairs.map(|(a, i)| a * f64::from(*i)).sum()
                });
                let found = infidelity(&said.collect::<Vec<f64>>(), &moved);
                Ok(if scaled { found.scaled } else { found.value })
            })
        })
    }

    pub(super) fn each_with(&self, score: impl FnMut(usize) -> anyhow::Result<f64>) -> anyhow::Result<Arrays> {
        let scores: anyhow::Result<Vec<f64>> = (0..self.targets.len()).map(score).collect();
        let scores = scores?;
        self.each(|row| Ok(scores[row]))
    }

    pub(super) fn sensitivity(&self) -> anyhow::Result<Arrays> {
        ensure!(self.case.params["norm"] == "fro" && self.case.params["explainer_method"] == "gradient");
        let steps = to_f32(self.given.get("in_perturbations").context("no in_perturbations")?);
        self.with_run(|run, ask| {
            let still = gradient(run, ask)?;
            let mut most = vec![0.0f64; ask.rows()];
            for step in steps.outer_iter() {
                let x = &self.x + &step;
                let moved = gradient(run, &Ask::new(&x, ask.readout.clone(), ask.targets)?)?;
                for (row, most) in most.iter_mut().enumerate() {
                    let flat = |map: &Array| -> Vec<f64> {
                        map.iter()
                            .skip(row * self.size)
                            .take(self.size)
                            .map(|v| f64::from(*v))
                            .collect()
                    };
                    let change = relative_change(&flat(&still), &flat(&moved)).context("an attribution of zeros")?;
                    *most = most.max(change);
                }
            }
            self.each(|row| Ok(most[row]))
        })
    }
}

/// Saliency before and after layers were randomised.
pub(super) fn randomised(gold: &mut Gold, case: &Case, given: &Arrays) -> anyhow::Result<Outcome> {
    let text = |name: &str| case.params.get(name).and_then(Value::as_str).unwrap_or_default();
    if (text("explainer_method"), text("statistic")) != ("saliency", "spearman") {
        return Ok(Outcome::Unsupported("another explainer or statistic".to_owned()));
    }
    let x = to_f32(given.get("in_x").context("no in_x")?);
    let (readout, targets) = asked(case, given, x.shape()[0])?;
    let size: usize = x.shape()[1..].iter().product();
    let ask = Ask::new(&x, readout, &targets)?;
    let names: Vec<String> = serde_json::from_value(case.params["checkpoints"].clone())?;
    let own = case.model.clone().context("the case has no model")?;
    let mut maps: Vec<Vec<f64>> = Vec::new();
    for name in std::iter::once(&own).chain(&names) {
        let model = match gold.model(name)? {
            Ok(model) => model,
            Err(why) => return Ok(Outcome::Unsupported(why)),
        };
        let mut quiet = |_: f64, _: &str| {};
        let map = saliency(&mut Runner::new(model, &mut quiet, &|| false), &ask, true)?;
        maps.push(map.iter().map(|v| f64::from(*v)).collect());
    }
    let mut all = Vec::new();
    for map in &maps[1..] {
        for one in similarity(&maps[0], map, size) {
            all.push(one.context("a map without variation")?);
        }
    }
    let shape = [names.len(), targets.len()];
    Ok(Outcome::Done(Arrays::from([(
        "out_similarity".to_owned(),
        array(&shape, all)?,
    )])))
}
