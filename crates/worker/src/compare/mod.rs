//! Two models beside each other: their weights, their explanations of the same inputs, their figures on the same rows.

mod band;
mod drift;
mod file;
mod metrics;
mod side;
mod weights;
mod words;

pub use drift::{DriftQuery, Drifted, Place, drift};
pub use metrics::metrics;
pub(crate) use weights::weights;

use glassboard_jobs::spec::{InputRef, JobSpec};
use serde_json::Value;

use crate::context::Context;
use crate::dispatch::{Answer, hash};
use crate::input::Input;
use crate::trouble::Trouble;
use crate::warm::{Loaded, Warm};

/// A loaded model with what is done to its inputs.
#[derive(Clone, Copy)]
pub struct Model<'a> {
    /// The model.
    pub loaded: &'a Loaded,
    /// `preprocess.json` or null.
    pub preprocess: &'a Value,
}

/// Who hears how far it is, and says whether to go on.
pub struct Ears<'a> {
    /// Hears a fraction and a sentence.
    pub progress: &'a mut dyn FnMut(f64, &str),
    /// Asked between batches.
    pub cancelled: &'a dyn Fn() -> bool,
}

/// A job of this kind.
pub(crate) fn compare(spec: &JobSpec, context: &Context<'_>, warm: &mut Warm) -> Result<Answer, Trouble> {
    let cancelled = || context.cancelled();
    let mut progress = |fraction: f64, message: &str| context.progress(fraction, message);
    let ears = Ears {
        progress: &mut progress,
        cancelled: &cancelled,
    };
    match spec {
        JobSpec::Weights { a, b } => Ok(Answer::of(weights(context, a, b)?)),
        JobSpec::Metrics {
            a,
            b,
            input,
            draws,
            seed,
        } => {
            let [loaded_a, loaded_b] = [&a.model, &b.model].map(|model| warm.get(hash(model), || context.open(model)));
            let (loaded_a, loaded_b) = (loaded_a?, loaded_b?);
            let [a, b] = [(&loaded_a, a), (&loaded_b, b)].map(|(loaded, versus)| Model {
                loaded,
                preprocess: &versus.preprocess,
            });
            let table = open(context, input);
            Ok(Answer::of(metrics(a, b, &table, *draws, *seed, ears)?))
        }
        JobSpec::Drift {
            a,
            b,
            inputs,
            question,
            null,
            background,
        } => {
            let [loaded_a, loaded_b] = [&a.model, &b.model].map(|model| warm.get(hash(model), || context.open(model)));
            let (loaded_a, loaded_b) = (loaded_a?, loaded_b?);
            let [side_a, side_b] = [(&loaded_a, a), (&loaded_b, b)].map(|(loaded, versus)| Model {
                loaded,
                preprocess: &versus.preprocess,
            });
            let places: Vec<Place<'_>> = inputs
                .iter()
                .map(|wanted| Place {
                    hash: hash(&wanted.input.source),
                    name: &wanted.input.name,
                    row: wanted.input.row,
                    rows: wanted.rows,
                })
                .collect();
            let background = background.as_deref().map(|table| open(context, table));
            let query = DriftQuery {
                a: side_a,
                b: side_b,
                places: &places,
                open: &|at| open(context, &inputs[at].input),
                background: background.as_ref(),
                question,
                null,
                load: &mut |versus| warm.get(hash(&versus.model), || context.open(&versus.model)),
            };
            let Drifted { answer, maps } = drift(query, ears)?;
            Ok(Answer {
                result: answer,
                attachments: vec![maps],
            })
        }
        _ => Err(Trouble::internal("this job compares nothing")),
    }
}

fn open<'a>(context: &'a Context<'a>, input: &'a InputRef) -> Input<'a> {
    Input::later(|| context.input(&input.source), &input.facts)
}
