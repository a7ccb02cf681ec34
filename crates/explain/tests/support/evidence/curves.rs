//! Metrics that take parts away one after another.

use anyhow::Context;
use glassboard_explain::evidence::{
    Direction, InputExchange, aopc, area, ascending_order, changes, counts, curves, descending_order, never_falls,
    patches, sums,
};
use glassboard_explain::{Ask, Runner};
use ndarray::{ArrayD, IxDyn};
use serde_json::Value;

use super::{Arrays, Judging, array};

impl Judging<'_> {
    /// As the library has it: black pixels are put onto the black row, by rising attribution.
    pub(super) fn monotone(&self, run: &mut Runner<'_>, ask: &Ask<'_>, row: usize) -> anyhow::Result<f64> {
        let x = ArrayD::from_shape_vec(IxDyn(&[&[1], ask.row_shape()].concat()), self.black[row].clone())?;
        let black = Ask::new(&x, ask.readout.clone(), &ask.targets[row..=row])?;
        let step = self.whole("features_in_step")?;
        let steps: Vec<usize> = (0..self.size).step_by(step).chain([self.size]).collect();
        let order = ascending_order(self.map(row));
        let mut exchange = InputExchange::new(run, &black, 0, &self.black[row])?;
        let curve = curves(&mut exchange, Direction::Deletion, &[order], &steps)?;
        Ok(f64::from(never_falls(&curve[0])))
    }

    /// Pixels or patches to black, one after another.
    pub(super) fn flipping(&self, side: Option<usize>, as_fall: bool) -> anyhow::Result<Arrays> {
        self.with_run(|run, ask| {
            let picture = ask.picture().context("a picture was expected")?;
            let part_of = patches(picture, side.unwrap_or(1));
            let (mut all, mut areas, mut points) = (Vec::new(), Vec::new(), 0);
            for (row, black) in self.black.iter().enumerate() {
                let sums = sums(self.map(row), &part_of);
                let order = match self.case.params.get("order").and_then(Value::as_str) {
                    None | Some("morf") => descending_order(&sums),
                    Some("lerf") => ascending_order(&sums),
                    Some(other) => anyhow::bail!("order {other}"),
                };
                let last = match self.case.params.get("regions_evaluation").and_then(Value::as_u64) {
                    Some(regions) => (regions as usize).min(order.len()),
                    None => order.len(),
                };
                let step = self
                    .case
                    .params
                    .get("features_in_step")
                    .and_then(Value::as_u64)
                    .unwrap_or(1) as usize;
                let at: Vec<usize> = (0..last).step_by(step).chain([last]).collect();
                let mut exchange = InputExchange::with_parts(run, ask, row, black, part_of.clone())?;
                let curve = curves(&mut exchange, Direction::Deletion, &[order], &at)?.remove(0);
                let values: Vec<f64> = curve[1..]
                    .iter()
                    .map(|v| if as_fall { curve[0] - v } else { *v })
                    .collect();
                let places: Vec<f64> = (0..values.len()).map(|i| i as f64).collect();
                areas.push(area(&places, &values));
                points = values.len();
                all.extend(values);
            }
            let rows = areas.len();
            let mean = areas.iter().sum::<f64>() / rows as f64;
            Ok(Arrays::from([
                ("out_score".to_owned(), array(&[rows, points], all)?),
                ("out_auc".to_owned(), array(&[], vec![mean])?),
            ]))
        })
    }

    pub(super) fn deletion_insertion(&self) -> anyhow::Result<Arrays> {
        let zeros = vec![0.0f32; self.size];
        let at: Vec<usize> = (0..=self.size).step_by(self.whole("step")?).collect();
        let fraction: Vec<f64> = at.iter().map(|c| *c as f64 / self.size as f64).collect();
        self.with_run(|run, ask| {
            let mut out = Arrays::new();
            for (direction, name) in [(Direction::Deletion, "deletion"), (Direction::Insertion, "insertion")] {
                let (mut all, mut areas) = (Vec::new(), Vec::new());
                for row in 0..ask.rows() {
                    let order = descending_order(self.map(row));
                    let mut exchange = InputExchange::new(run, ask, row, &zeros)?;
                    let curve = curves(&mut exchange, direction, &[order], &at)?.remove(0);
                    areas.push(area(&fraction, &curve));
                    all.extend(curve);
                }
                let rows = areas.len();
                out.insert(format!("out_{name}_auc"), array(&[rows], areas)?);
                out.insert(format!("out_{name}_curve"), array(&[rows, at.len()], all)?);
            }
            Ok(out)
        })
    }

    /// Tokens: what is padded takes no part, what is taken away becomes `replace_id`.
    pub(super) fn eraser(&self) -> anyhow::Result<Arrays> {
        let bins: Vec<f64> = serde_json::from_value(self.case.params["ratios"].clone())?;
        let unknown = self.whole("replace_id")? as f32;
        self.with_run(|run, ask| {
            let (mut taken, mut kept) = (Vec::new(), Vec::new());
            for row in 0..ask.rows() {
                let tokens = ask.row(row);
                let real: Vec<usize> = (0..tokens.len()).filter(|j| tokens[*j] != 0.0).collect();
                let bare: Vec<f32> = tokens.iter().map(|t| if *t == 0.0 { 0.0 } else { unknown }).collect();
                let order: Vec<usize> = descending_order(self.map(row))
                    .into_iter()
                    .filter(|j| real.contains(j))
                    .collect();
                let at = counts(&bins, real.len());
                let mut exchange = InputExchange::new(run, ask, row, &bare)?;
                let sets = |from: &dyn Fn(usize) -> Vec<usize>| at.iter().map(|k| from(*k)).collect::<Vec<_>>();
                taken.extend(changes(&mut exchange, &sets(&|k| order[..k].to_vec()))?);
                kept.extend(changes(&mut exchange, &sets(&|k| order[k..].to_vec()))?);
            }
            let mean = |all: &[f64]| all.chunks_exact(bins.len()).map(aopc).collect::<Vec<f64>>();
            let (rows, width) = (ask.rows(), bins.len());
            Ok(Arrays::from([
                ("out_aopc_comp".to_owned(), array(&[rows], mean(&taken))?),
                ("out_aopc_suff".to_owned(), array(&[rows], mean(&kept))?),
                ("out_comprehensiveness".to_owned(), array(&[rows, width], taken)?),
                ("out_sufficiency".to_owned(), array(&[rows, width], kept)?),
            ]))
        })
    }
}
