//! From a job's spec to the handler of its kind.

use glassboard_jobs::spec::{InputRef, JobSpec, Source};
use serde_json::Value;

use crate::context::Context;
use crate::explain::Query;
use crate::explain_rows::{Hooks, RowQuery};
use crate::explain_sets::{Ears, SetsQuery};
use crate::input::Input;
use crate::trouble::Trouble;
use crate::warm::{Loaded, Warm};
use crate::{
    activations, calibrate, compare, erase, explain, explain_rows, explain_sets, explain_text, inspect, parity,
    predict, project, rows, scan, strongest, text,
};

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
            let (result, attachments) = inspect::inspect(&context.input(&input.source)?, &input.name, &input.facts)?;
            Ok(Answer { result, attachments })
        }
        JobSpec::Vocabulary { file } => Ok(Answer::of(text::look(&context.input(file)?)?)),
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
            let held = held(context, warm, input);
            let found = rows::rows(&held, wanted)?;
            keep(warm, input, &held);
            Ok(Answer::of(found))
        }
        JobSpec::Parity {
            model,
            input,
            preprocess,
            asked,
        } => {
            let loaded = warm.get(hash(model), || context.open(model))?;
            let bytes = context.input(&input.source)?;
            let query = parity::Query {
                loaded: &loaded,
                input: &bytes,
                facts: &input.facts,
                preprocess,
                asked,
            };
            Ok(Answer::of(parity::compare(query)?))
        }
        JobSpec::Predict { model, input, .. }
        | JobSpec::Calibrate { model, input, .. }
        | JobSpec::Explain { model, input, .. }
        | JobSpec::Activations { model, input, .. } => {
            let loaded = warm.get(hash(model), || context.open(model))?;
            let held = held(context, warm, input);
            let answer = ask(spec, context, warm, &loaded, &held)?;
            keep(warm, input, &held);
            Ok(answer)
        }
        JobSpec::Strongest {
            model,
            inputs,
            preprocess,
            layer,
            most,
        } => {
            let loaded = warm.get(hash(model), || context.open(model))?;
            let mut open = |input| held(context, warm, input);
            let told = strongest::strongest(&loaded, inputs, &mut open, preprocess, layer, *most)?;
            Ok(Answer::of(told))
        }
        JobSpec::Weights { .. } | JobSpec::Drift { .. } | JobSpec::Metrics { .. } => {
            compare::compare(spec, context, warm)
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

/// What is asked of a model about an input.
fn ask(
    spec: &JobSpec,
    context: &Context<'_>,
    warm: &mut Warm,
    loaded: &Loaded,
    held: &Input<'_>,
) -> Result<Answer, Trouble> {
    match spec {
        JobSpec::Predict {
            input,
            preprocess,
            changes,
            erased,
            ..
        } => Ok(Answer::of(match (changes, erased) {
            (Some(changes), _) => predict::predict_row(loaded, held, input.row, preprocess, changes)?,
            (None, Some(erased)) => erase::predict_erased(loaded, held, input.row, preprocess, erased)?,
            (None, None) => predict::predict(loaded, held, input.row, preprocess)?,
        })),
        JobSpec::Calibrate { preprocess, .. } => Ok(Answer::of(calibrate::calibrate(loaded, held, preprocess)?)),
        JobSpec::Explain {
            input,
            preprocess,
            question,
            background,
            changes,
            ..
        } if explain_rows::is_for_rows(&question.method) => {
            let other = background
                .as_deref()
                .filter(|table| hash(&table.source) != hash(&input.source));
            let other_held = other.map(|table| self::held(context, warm, table));
            let query = RowQuery {
                loaded,
                table: held,
                table_hash: hash(&input.source),
                row: input.row,
                background: other_held.as_ref(),
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
            if let Some((table, held)) = other.zip(other_held.as_ref()) {
                keep(warm, table, held);
            }
            let columns = explained.columns();
            Ok(Answer {
                result: explained.answer,
                attachments: vec![columns],
            })
        }
        JobSpec::Explain {
            input,
            preprocess,
            question,
            changes: None,
            company,
            ..
        } if explain_sets::is_for_sets(&question.method) => {
            let sources = company.as_deref().cloned().unwrap_or_default();
            let members: Vec<Input<'_>> = sources
                .members
                .iter()
                .map(|one| self::held(context, warm, one))
                .collect();
            let steps = sources.steps.clone();
            let query = SetsQuery {
                loaded,
                input: held,
                row: input.row,
                preprocess,
                question,
                members: &members,
                step: &mut |k| {
                    let source = steps
                        .get(k)
                        .ok_or_else(|| Trouble::internal("a checkpoint did not come with the job"))?;
                    warm.get(hash(source), || context.open(source))
                },
            };
            let ears = Ears {
                progress: &mut |fraction, message| context.progress(fraction, message),
                cancelled: &|| context.cancelled(),
            };
            let explained = explain_sets::explain_sets(query, ears)?;
            for (one, held) in sources.members.iter().zip(&members) {
                keep(warm, one, held);
            }
            let columns = explained.columns();
            Ok(Answer {
                result: explained.answer,
                attachments: vec![columns],
            })
        }
        JobSpec::Explain {
            input,
            preprocess,
            question,
            changes: None,
            ..
        } if explain_text::is_for_text(&question.method) => {
            let query = explain_text::TextQuery {
                loaded,
                input: held,
                row: input.row,
                preprocess,
                question,
            };
            let mut progress = |fraction: f64, message: &str| context.progress(fraction, message);
            let explained = explain_text::explain_text(query, &mut progress, &|| context.cancelled())?;
            let columns = explained.columns();
            Ok(Answer {
                result: explained.answer,
                attachments: vec![columns],
            })
        }
        JobSpec::Explain {
            question,
            changes: Some(_),
            ..
        } => Err(Trouble::input(format!(
            "`{}` does not work in the table's units, so it cannot explain an edited row; choose a method for rows",
            question.method
        ))),
        JobSpec::Explain {
            input,
            preprocess,
            question,
            ..
        } => {
            let query = Query {
                loaded,
                input: held,
                row: input.row,
                preprocess,
                question,
                background: None,
                baseline: None,
            };
            let hooks = explain::Hooks {
                progress: &mut |fraction, message| context.progress(fraction, message),
                cancelled: &|| context.cancelled(),
                partial: &mut |known| context.partial(known.answer.clone(), &[known.columns()]),
            };
            let explained = explain::explain(query, hooks)?;
            let columns = explained.columns();
            Ok(Answer {
                result: explained.answer,
                attachments: vec![columns],
            })
        }
        JobSpec::Activations {
            input,
            preprocess,
            layer,
            ..
        } => {
            let (result, columns) = activations::activations(loaded, held, input.row, preprocess, layer)?;
            Ok(Answer {
                result,
                attachments: vec![columns],
            })
        }
        _ => Err(Trouble::internal("this job asks nothing of a model")),
    }
}

pub(crate) fn hash(source: &Source) -> &str {
    let (Source::Blob { hash, .. } | Source::Attached { hash, .. }) = source;
    hash
}

/// Which table an input is, read which way; none for bytes that are kept nowhere.
fn key(input: &InputRef) -> Option<String> {
    match &input.source {
        Source::Blob { hash, .. } => Some(format!("{hash} {}", input.facts["options"])),
        Source::Attached { .. } => None,
    }
}

fn held<'a>(context: &'a Context<'a>, warm: &mut Warm, input: &'a InputRef) -> Input<'a> {
    let known = key(input).and_then(|key| warm.table(&key));
    Input::held(|| context.input(&input.source), &input.facts, known)
}

/// A table that was opened stays open for the next question about it.
fn keep(warm: &mut Warm, input: &InputRef, held: &Input<'_>) {
    if let (Some(key), Some(table)) = (key(input), held.opened()) {
        warm.keep_table(key, std::rc::Rc::clone(table));
    }
}
