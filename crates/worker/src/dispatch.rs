//! From a job's spec to the handler of its kind.

use glassboard_jobs::spec::{InputRef, JobSpec, Source};
use serde_json::Value;

use crate::context::Context;
use crate::explain::Query;
use crate::explain_rows::{Hooks, RowQuery};
use crate::trouble::Trouble;
use crate::warm::Warm;
use crate::{activations, calibrate, explain, explain_rows, inspect, parity, predict, project, rows, scan};

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
            let (result, picture) = inspect::inspect(&context.input(&input.source)?, &input.facts)?;
            Ok(Answer {
                result,
                attachments: picture.into_iter().collect(),
            })
        }
        JobSpec::Rows {
            input,
            count,
            sort,
            filter,
        } => {
            let wanted = rows::Wanted {
                from: input.row,
                count: *count,
                sort: sort.as_deref(),
                filter: filter.as_deref(),
            };
            Ok(Answer::of(rows::rows(
                &context.input(&input.source)?,
                &input.facts,
                wanted,
            )?))
        }
        JobSpec::Parity {
            model,
            input,
            preprocess,
            asked,
        } => {
            let (loaded, bytes) = both(context, warm, model, input)?;
            let query = parity::Query {
                loaded: &loaded,
                input: &bytes,
                facts: &input.facts,
                preprocess,
                asked,
            };
            Ok(Answer::of(parity::compare(query)?))
        }
        JobSpec::Predict {
            model,
            input,
            preprocess,
            changes,
        } => {
            let (loaded, bytes) = both(context, warm, model, input)?;
            if let Some(changes) = changes {
                return Ok(Answer::of(predict::predict_row(
                    &loaded,
                    (&bytes, &input.facts),
                    input.row,
                    preprocess,
                    changes,
                )?));
            }
            Ok(Answer::of(predict::predict(
                &loaded,
                &bytes,
                input.row,
                preprocess,
                &input.facts,
            )?))
        }
        JobSpec::Calibrate {
            model,
            input,
            preprocess,
        } => {
            let (loaded, bytes) = both(context, warm, model, input)?;
            let found = calibrate::calibrate(&loaded, &bytes, &input.facts, preprocess)?;
            Ok(Answer::of(found))
        }
        JobSpec::Explain {
            model,
            input,
            preprocess,
            question,
            background,
            changes,
        } => {
            let (loaded, bytes) = both(context, warm, model, input)?;
            if explain_rows::is_for_rows(&question.method) {
                let background = background.as_ref().filter(|b| hash(&b.source) != hash(&input.source));
                let rows = background.map(|table| context.input(&table.source)).transpose()?;
                let query = RowQuery {
                    loaded: &loaded,
                    table: &bytes,
                    table_hash: hash(&input.source),
                    facts: &input.facts,
                    row: input.row,
                    background: rows.as_deref().zip(background.map(|table| &table.facts)),
                    preprocess,
                    question,
                    changes: changes.as_ref(),
                };
                let hooks = Hooks {
                    progress: &mut |fraction, message| context.progress(fraction, message),
                    cancelled: &|| context.cancelled(),
                    partial: &mut |known| context.partial(known.answer.clone(), &[known.columns()]),
                };
                let explained = explain_rows::explain_rows(query, hooks)?;
                let columns = explained.columns();
                return Ok(Answer {
                    result: explained.answer,
                    attachments: vec![columns],
                });
            }
            if changes.is_some() {
                return Err(Trouble::input(format!(
                    "`{}` does not work in the table's units, so it cannot explain an edited row; choose a method for rows",
                    question.method
                )));
            }
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
            let (result, columns) =
                activations::activations(&loaded, &bytes, input.row, preprocess, &input.facts, layer)?;
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

fn hash(source: &Source) -> &str {
    let (Source::Blob { hash, .. } | Source::Attached { hash, .. }) = source;
    hash
}

fn both(context: &Context<'_>, warm: &mut Warm, model: &Source, input: &InputRef) -> Result<Both, Trouble> {
    let bytes = context.input(&input.source)?;
    let loaded = warm.get(hash(model), || context.open(model))?;
    Ok((loaded, bytes))
}
