//! One question at work: the method on some of the rows, and the evidence for one of them.

#![expect(
    clippy::needless_pass_by_value,
    reason = "views and ears are values: small, and handed on"
)]

use glassboard_catalog::{Entry, Need};
use glassboard_explain::evidence::{Judged, RowPlan, RowWords, row_baselines, row_sentences, weigh_rows};
use glassboard_explain::tables::explain_rows as attribute;
use glassboard_explain::{AskRows, Columns, ExplainError, Outcome, Passes, Readout, RowExtras, Runner};
use glassboard_jobs::spec::Question;
use glassboard_model::Model;
use ndarray::{Array2, ArrayD, ArrayView2, Axis};
use serde_json::Value;

use crate::table::ForModel;
use crate::trouble::Trouble;

/// Who hears how far it is, and says whether to go on.
pub(super) struct Ears<'a> {
    pub progress: &'a mut dyn FnMut(f64, &str),
    pub cancelled: &'a dyn Fn() -> bool,
}

/// What is the same for every part.
pub(super) struct Setting<'a> {
    pub entry: &'static Entry,
    pub question: &'a Question,
    pub model: &'a dyn Model,
    /// The model behind the encoder, for methods that need its inside.
    pub inner: &'a dyn Model,
    pub data: &'a ForModel,
    pub background: Array2<f64>,
    pub readout: Readout,
    pub target: usize,
}

impl Setting<'_> {
    /// Explains some of the rows; `partial` hears what a method that works in rounds knows so far.
    pub(super) fn part(
        &self,
        x: ArrayView2<'_, f64>,
        truth: Option<&[f64]>,
        params: &mut serde_json::Map<String, Value>,
        stage: (f64, f64),
        ears: Ears<'_>,
        partial: &mut dyn FnMut(&Outcome),
    ) -> Result<(Outcome, Passes), Trouble> {
        let targets = vec![self.target; x.nrows()];
        let inside = self.entry.needs.contains(&Need::Trees) || self.entry.needs.contains(&Need::Linear);
        if inside && !self.data.encoder.is_identity() {
            return self.part_inside(x, truth, params, stage, ears, &targets);
        }
        let mut run = Runner::new(self.model, ears.progress, ears.cancelled).with_partial(partial);
        run.stage(self.entry.title, stage.0, stage.1);
        let ask = AskRows::new(x, self.readout.clone(), &targets, &self.data.columns)?;
        let extras = RowExtras {
            background: self.background.view(),
            truth,
            seed: self.question.seed,
        };
        let outcome = attribute(&mut run, &ask, self.entry.name, params, extras)?;
        Ok((outcome, run.passes()))
    }

    /// Explains the model behind the encoder by its own columns, and adds these up by the table's.
    fn part_inside(
        &self,
        x: ArrayView2<'_, f64>,
        truth: Option<&[f64]>,
        params: &mut serde_json::Map<String, Value>,
        stage: (f64, f64),
        ears: Ears<'_>,
        targets: &[usize],
    ) -> Result<(Outcome, Passes), Trouble> {
        let encoder = &self.data.encoder;
        let encoded = |rows: ArrayView2<'_, f64>| encoder.encode(rows).map_err(|e| Trouble::input(e.to_string()));
        let (inner_x, background) = (encoded(x)?, encoded(self.background.view())?);
        let columns = Columns {
            names: encoder.names().to_vec(),
            kinds: vec![glassboard_explain::Column::Number; encoder.width()],
        };
        let mut run = Runner::new(self.inner, ears.progress, ears.cancelled);
        run.stage(self.entry.title, stage.0, stage.1);
        let ask = AskRows::new(inner_x.view(), self.readout.clone(), targets, &columns)?;
        let extras = RowExtras {
            background: background.view(),
            truth,
            seed: self.question.seed,
        };
        let mut outcome = attribute(&mut run, &ask, self.entry.name, params, extras)?;
        let features = encoder.features();
        // Every axis that runs over the model's columns is added up over the columns of a feature.
        let fold = |array: &ArrayD<f64>| -> ArrayD<f64> {
            let mut out = array.clone();
            for axis in 1..array.ndim() {
                if out.len_of(Axis(axis)) == encoder.width() {
                    let parts: Vec<_> = (0..features)
                        .map(|f| {
                            let range = encoder.columns_of(f);
                            out.slice_axis(Axis(axis), ndarray::Slice::from(range))
                                .sum_axis(Axis(axis))
                        })
                        .collect();
                    let views: Vec<_> = parts.iter().map(|p| p.view()).collect();
                    out = ndarray::stack(Axis(axis), &views).unwrap_or(out);
                }
            }
            out
        };
        outcome.attribution = outcome.attribution.map(|a| fold(&a.mapv(f64::from)).mapv(|v| v as f32));
        for (_, array) in &mut outcome.arrays {
            *array = fold(array);
        }
        Ok((outcome, run.passes()))
    }
}

impl Setting<'_> {
    /// The evidence of one row's attribution, in the unit that was explained; none for many rows, and for what is no
    /// attribution.
    pub(super) fn weigh(
        &self,
        x: &Array2<f64>,
        params: &serde_json::Map<String, Value>,
        outcome: &Outcome,
        quantity: &str,
        ears: Ears<'_>,
    ) -> Result<Option<(Value, Vec<String>, Passes)>, Trouble> {
        let Some(attribution) = outcome
            .attribution
            .as_ref()
            .filter(|a| a.shape() == x.shape() && x.nrows() == 1)
        else {
            return Ok(None);
        };
        let Some(plan) = RowPlan::parse(&self.question.evidence)? else {
            return Ok(None);
        };
        let columns = &self.data.columns;
        let baselines = row_baselines(columns, &self.background.view(), plan.sample, self.question.seed)?;
        let targets = [self.target];
        let ask = AskRows::new(x.view(), self.readout.clone(), &targets, columns)?;
        let flat: Vec<f64> = attribution.iter().map(|v| f64::from(*v)).collect();
        let mut run = Runner::new(self.model, ears.progress, ears.cancelled);
        run.stage("Evidence", 0.8, 0.99);
        let mut again = |_: &mut Runner<'_>, rows: ArrayView2<'_, f64>| {
            let mut quiet = |_: f64, _: &str| {};
            let mut params = params.clone();
            let answer = self.part(
                rows,
                None,
                &mut params,
                (0.0, 1.0),
                Ears {
                    progress: &mut quiet,
                    cancelled: ears.cancelled,
                },
                &mut |_| {},
            );
            let answer = answer.map_err(|trouble| ExplainError::parameters(trouble.message))?;
            let attribution = answer
                .0
                .attribution
                .ok_or_else(|| ExplainError::parameters("no attribution"))?;
            let shape = (rows.nrows(), rows.ncols());
            let flat: Vec<f64> = attribution.iter().map(|v| f64::from(*v)).collect();
            Array2::from_shape_vec(shape, flat).map_err(|e| ExplainError::parameters(e.to_string()))
        };
        let judged = Judged {
            attribution: &flat,
            base: outcome
                .base
                .as_ref()
                .filter(|_| self.entry.complete)
                .and_then(|base| base.first().copied()),
            shares: self.entry.complete,
            others: &[],
            again: Some((&mut again, self.background.view())),
        };
        let evidence = weigh_rows(&mut run, &ask, 0, judged, &baselines, &plan, self.question.seed)?;
        let said = row_sentences(
            &evidence,
            RowWords {
                quantity,
                names: &columns.names,
            },
        );
        let json = serde_json::to_value(&evidence).map_err(|e| Trouble::internal(e.to_string()))?;
        Ok(Some((json, said, run.passes())))
    }
}
