//! From a job's spec to the handler of its kind.

use glassboard_jobs::spec::{InputRef, JobSpec, Source};
use serde_json::Value;

use crate::context::Context;
use crate::explain::Query;
use crate::trouble::Trouble;
use crate::warm::Warm;
use crate::{activations, explain, inspect, predict, project, rows, scan};

/// What goes back: JSON, and the big arrays.
pub(crate) struct Answer {
    pub result: Value,
    pub attachments: Vec<Vec<u8>>,
}

impl Answer {
    pub(crate) fn of(result: Value) -> Self {
        Self {
            result,
            attachments: Vec::new(),
        }
    }
}

pub(crate) fn dispatch(spec: &JobSpec, context: &Context<'_>, warm: &mut Warm) -> Result<Answer, Trouble> {
    match spec {
        JobSpec::Scan { model, name, graph } => scan::scan(context, model, name, graph.as_ref()),
        JobSpec::Inspect { input } => {
            let (result, picture) = inspect::inspect(&context.input(&input.source)?)?;
            Ok(Answer {
                result,
                attachments: picture.into_iter().collect(),
            })
        }
        JobSpec::Rows { input, count } => Ok(Answer::of(rows::rows(
            &context.input(&input.source)?,
            input.row,
            *count,
        )?)),
        JobSpec::Predict {
            model,
            input,
            preprocess,
        } => {
            let (loaded, bytes) = both(context, warm, model, input)?;
            Ok(Answer::of(predict::predict(&loaded, &bytes, input.row, preprocess)?))
        }
        JobSpec::Explain {
            model,
            input,
            preprocess,
            question,
        } => {
            let (loaded, bytes) = both(context, warm, model, input)?;
            let query = Query {
                loaded: &loaded,
                input: &bytes,
                row: input.row,
                preprocess,
                question,
                background: None,
                baseline: None,
            };
            let mut progress = |fraction: f64, message: &str| context.progress(fraction, message);
            let explained = explain::explain(query, &mut progress, &|| context.cancelled())?;
            let columns = explained.columns();
            Ok(Answer {
                result: explained.answer,
                attachments: vec![columns],
            })
        }
        JobSpec::Activations {
            model,
            input,
            preprocess,
            layer,
        } => {
            let (loaded, bytes) = both(context, warm, model, input)?;
            let (result, columns) = activations::activations(&loaded, &bytes, input.row, preprocess, layer)?;
            Ok(Answer {
                result,
                attachments: vec![columns],
            })
        }
        JobSpec::Project {
            points,
            width,
            question,
        } => {
            let (result, places) = project::place(context, points, *width, question)?;
            Ok(Answer {
                result,
                attachments: vec![places],
            })
        }
    }
}

type Both = (std::rc::Rc<crate::warm::Loaded>, Vec<u8>);

fn both(context: &Context<'_>, warm: &mut Warm, model: &Source, input: &InputRef) -> Result<Both, Trouble> {
    let bytes = context.input(&input.source)?;
    let (Source::Blob { hash, .. } | Source::Attached { hash, .. }) = model;
    let loaded = warm.get(hash, || context.open(model))?;
    Ok((loaded, bytes))
}
