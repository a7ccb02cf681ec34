//! One explanation of a sentence: tokens, prediction, attribution, evidence.

use std::time::Instant;

use glassboard_catalog::{Need, Scope};
use glassboard_engine::{engine_version, instruction_set};
use glassboard_explain::evidence::{Plan, token_sentences, weigh_tokens};
use glassboard_explain::text::{Absent, AskText, explain_text as attribute};
use glassboard_explain::{Ask, Readout, Runner};
use glassboard_jobs::spec::Question;
use glassboard_model::columns::Writer;
use glassboard_model::{Array, Model};
use ndarray::{ArrayD, Axis};
use serde_json::{Map, Value, json};

use crate::input::Input;
use crate::predicted::Predicted;
use crate::reading::{Reading, choose_output, labels};
use crate::text::{Sentence, of_tokens};
use crate::trouble::Trouble;
use crate::warm::Loaded;

/// Most numbers of one array of an answer.
const MOST_NUMBERS: usize = 8 << 20;

/// Whether a method is one for sentences.
pub fn is_for_text(method: &str) -> bool {
    glassboard_catalog::scope(method) == Some(Scope::Text)
}

/// What is explained.
#[derive(Clone, Copy)]
pub struct TextQuery<'a> {
    /// The model.
    pub loaded: &'a Loaded,
    /// The sentences.
    pub input: &'a Input<'a>,
    /// Which of them.
    pub row: usize,
    /// `preprocess.json`, with the place of the vocabulary.
    pub preprocess: &'a Value,
    /// Method, parameters, target and so on.
    pub question: &'a Question,
}

/// An explanation.
#[derive(Debug, Clone)]
pub struct ExplainedText {
    /// The object of `docs/api.md`.
    pub answer: Value,
    /// `[1, tokens]`.
    pub attribution: Array,
    /// The ids, `[1, tokens]`.
    pub x: Array,
    /// The model's output.
    pub prediction: Vec<f32>,
    /// Class explained.
    pub target: usize,
    /// Further arrays by name, without an axis for the sentence: `attention`, `matrix`, `importance`, `error`.
    pub arrays: Vec<(String, ArrayD<f64>)>,
}

impl ExplainedText {
    /// The columns file that goes with [`Self::answer`].
    pub fn columns(&self) -> Vec<u8> {
        let flat = |array: &Array| array.iter().copied().collect::<Vec<f32>>();
        let mut out = Writer::new()
            .f32("attribution", &self.attribution.shape()[1..], &flat(&self.attribution))
            .f32("input", &self.x.shape()[1..], &flat(&self.x));
        for (name, array) in &self.arrays {
            let values: Vec<f32> = array.iter().map(|v| *v as f32).collect();
            out = out.f32(name, array.shape(), &values);
        }
        out.finish()
    }
}

/// Computes what `query` asks; `progress` hears a fraction and a sentence, `cancelled` is asked between batches.
pub fn explain_text(
    query: TextQuery<'_>,
    progress: &mut dyn FnMut(f64, &str),
    cancelled: &dyn Fn() -> bool,
) -> Result<ExplainedText, Trouble> {
    let began = Instant::now();
    let TextQuery { loaded, question, .. } = query;
    let entry = glassboard_catalog::find(&question.method)
        .ok_or_else(|| Trouble::input(format!("there is no method `{}`", question.method)))?;
    progress(0.0, "Reading the sentence");
    let reading = Reading::new(loaded, query.input, query.row, query.preprocess)?;
    let Some(sentence) = &reading.sentence else {
        return Err(Trouble::input(format!(
            "{} needs a sentence: this model does not read tokens",
            entry.title
        )));
    };
    let view = of_tokens(loaded, Some(sentence));
    let model: &dyn Model = view.as_deref().unwrap_or(&*loaded.model);
    let (x, preprocess) = (&reading.prepared.x, &reading.preprocess);
    let output = choose_output(model, question.output.as_deref())?;

    let mut run = Runner::new(model, progress, cancelled);
    let Predicted {
        prediction,
        probability,
        target,
        space,
        probable,
    } = Predicted::new(&mut run, x, output.as_deref(), question)?;
    let targets = [target];
    let ask = |space| {
        let readout = Readout {
            output: output.clone(),
            space,
        };
        let (parts, words) = (sentence.encoded.parts(), sentence.encoded.words_of_parts());
        AskText::new(
            Ask::new(x, readout, &targets)?,
            (sentence.pad, sentence.unk),
            vec![parts],
            vec![words],
        )
    };
    let text = ask(space)?;
    let plan = Plan::parse(&question.evidence, x.len())?;
    run.stage(entry.title, 0.02, if plan.is_some() { 0.6 } else { 0.98 });
    let mut params = chosen(question.params.clone(), sentence);
    let outcome = attribute(&mut run, &text, &question.method, &mut params, question.seed)?;
    let attribution = outcome.attribution.clone().unwrap_or_default();
    if attribution.iter().any(|v| !v.is_finite()) {
        return Err(Trouble::internal(format!(
            "{} gave values that are not numbers for this sentence",
            entry.title
        )));
    }

    let mut said = Vec::new();
    if entry.needs.contains(&Need::Gradients) {
        said.extend(model.notes());
    }
    let names = labels(preprocess, prediction.len());
    let mut gap = None;
    if let Some(base) = outcome.base.as_ref().and_then(|base| base.first()) {
        let whole = match outcome.found.get("values").and_then(|values| values[0].as_f64()) {
            Some(whole) => whole,
            None => f64::from(
                run.forward(
                    &x.shape()[1..],
                    1,
                    &text.readout,
                    |_| target,
                    |_, out| {
                        out.copy_from_slice(text.row(0));
                    },
                )?[0],
            ),
        };
        let sum: f64 = attribution.iter().map(|v| f64::from(*v)).sum();
        let missing = sum - (whole - base);
        said.push(format!(
            "The tokens' values add up to {sum:.4}; the output changes by {:.4} from {} to this sentence (gap {missing:.4}).",
            whole - base,
            begins(&params),
        ));
        gap = Some(missing);
    }
    let mut evidence = json!({});
    if let Some(plan) = plan {
        run.stage("Evidence", 0.6, 0.98);
        let ways: Vec<(&'static str, Absent)> =
            [("unk", Absent::Unk, sentence.unk), ("pad", Absent::Pad, sentence.pad)]
                .into_iter()
                .filter(|(_, _, id)| *id >= 0.0)
                .map(|(name, absent, _)| (name, absent))
                .collect();
        let flat: Vec<f32> = attribution.iter().copied().collect();
        let weighing = ask(probable)?;
        if let Some(weighed) = weigh_tokens(&mut run, &weighing, 0, &flat, &ways, plan, question.seed)? {
            if probability.is_some() {
                said.extend(token_sentences(&weighed, &names[target]));
            }
            evidence = serde_json::to_value(&weighed).map_err(|e| Trouble::internal(e.to_string()))?;
        }
    }
    let mut arrays = Vec::new();
    for (name, array) in outcome.arrays {
        arrays.push((name, array.index_axis_move(Axis(0), 0)));
    }
    if let Some(error) = outcome.error {
        arrays.push(("error".to_owned(), error.mapv(f64::from).index_axis_move(Axis(0), 0)));
    }
    if let Some((name, array)) = arrays.iter().find(|(_, array)| array.len() > MOST_NUMBERS) {
        return Err(Trouble::input(format!(
            "`{name}` has {} numbers for {} tokens; {MOST_NUMBERS} is the most that can be shown: shorten the sentence",
            array.len(),
            x.len()
        )));
    }
    let passes = run.passes();
    let answer = json!({
        "method": entry.name,
        "title": entry.title,
        "params": params,
        "target": target,
        "target_label": names[target],
        "on": question.on,
        "output": output,
        "baseline": begins(&params),
        "seed": question.seed,
        "evidence_level": question.evidence,
        "model_hash": loaded.hash,
        "row": query.row,
        "engine_version": engine_version(),
        "instruction_set": instruction_set(),
        "passes": passes,
        "seconds": began.elapsed().as_secs_f64(),
        "prediction": prediction,
        "probability": probability,
        "labels": names,
        "classes": preprocess.labels,
        "sentence": sentence.text,
        "tokens": sentence.tokens(),
        "found": outcome.found,
        "base": outcome.base.as_ref().and_then(|base| base.first()),
        "shape": &attribution.shape()[1..],
        "completeness_gap": gap,
        "evidence": evidence,
        "sentences": said,
        "notice": entry.notice,
        "preprocess": preprocess,
    });
    Ok(ExplainedText {
        answer,
        attribution,
        x: x.clone(),
        prediction,
        target,
        arrays,
    })
}

/// Where a vocabulary has no unknown token, tokens are taken away as padding, and the other way round.
fn chosen(mut params: Map<String, Value>, sentence: &Sentence) -> Map<String, Value> {
    let (pad, unk) = (sentence.pad >= 0.0, sentence.unk >= 0.0);
    for key in ["absent", "from"] {
        let Some(now) = params.get(key).and_then(Value::as_str) else {
            continue;
        };
        match now {
            "unk" if !unk && pad => params.insert(key.to_owned(), "pad".into()),
            "pad" if !pad && unk => params.insert(key.to_owned(), "unk".into()),
            _ => None,
        };
    }
    params
}

/// What stands where nothing of the sentence is known, in words.
fn begins(params: &Map<String, Value>) -> &'static str {
    let named = |key: &str| params.get(key).and_then(Value::as_str);
    match named("absent").or_else(|| named("from")) {
        Some("unk") => "the unknown token at every place",
        Some("pad") => "padding at every place",
        Some("delete") => "an empty sentence",
        _ => "none",
    }
}
