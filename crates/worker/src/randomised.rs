//! Evidence that asks other models and other classes: whether an explanation notices that the weights are shuffled, and
//! that another class is meant.

use glassboard_explain::evidence::{Effort, RandomLogit, Randomised, mprt, random_logit, weight_layers};
use glassboard_explain::{Ask, ExplainError, Extras, Passes, Runner, explain as attribute};
use glassboard_jobs::protocol::Fault;
use glassboard_model::{Array, Model};
use serde_json::{Map, Value, json};

use crate::trouble::Trouble;

/// Most randomised models.
const MODELS: usize = 8;
/// Noisy copies of the row for the smooth variant.
const NOISY: usize = 10;
/// Passes that all of it may take together.
const LIMIT: u64 = 50_000;
/// A map that keeps this much of its order is hardly the model's.
const KEPT: f64 = 0.5;

/// One explanation, and what it cost.
pub(crate) struct Explained<'a> {
    pub ask: &'a Ask<'a>,
    pub method: &'a str,
    pub params: &'a Map<String, Value>,
    pub extras: Extras<'a>,
    /// Flat.
    pub attribution: &'a [f64],
    pub spent: Passes,
    /// How many classes the output has, and their names.
    pub labels: &'a [String],
    pub classes: usize,
}

/// The evidence as JSON, sentences, and passes; none where the model has no weights and no other class. The explanation
/// stands without it: what went wrong is said in a sentence.
pub(crate) fn weigh(
    model: &dyn Model,
    one: &Explained<'_>,
    cancelled: &dyn Fn() -> bool,
) -> Result<Option<(Value, Vec<String>, Passes)>, Trouble> {
    match measured(model, one, cancelled) {
        Err(trouble) if trouble.fault != Fault::Cancelled => {
            let why = format!("Under shuffled weights nothing could be measured: {}.", trouble.message);
            Ok(Some((json!({}), vec![why], Passes::default())))
        }
        other => other,
    }
}

fn measured(
    model: &dyn Model,
    one: &Explained<'_>,
    cancelled: &dyn Fn() -> bool,
) -> Result<Option<(Value, Vec<String>, Passes)>, Trouble> {
    let mut passes = Passes::default();
    let mut again = |model: &dyn Model, x: &Array, class: usize| -> Result<Vec<f64>, ExplainError> {
        let mut quiet = |_: f64, _: &str| {};
        let mut run = Runner::new(model, &mut quiet, cancelled);
        let targets = [class];
        let ask = Ask::new(x, one.ask.readout.clone(), &targets)?;
        let mut params = one.params.clone();
        let map = attribute(&mut run, &ask, one.method, &mut params, one.extras)?;
        passes.forward += run.passes().forward;
        passes.backward += run.passes().backward;
        Ok(map.iter().map(|v| f64::from(*v)).collect())
    };
    let (x, class, seed) = (one.ask.x, one.ask.targets[0], one.extras.seed);
    let layers = weight_layers(&model.weights()).len();
    let each = (one.spent.forward + one.spent.backward).max(1);
    let affordable = usize::try_from(LIMIT / each).unwrap_or(usize::MAX);
    let models = MODELS.min(layers).min(affordable);
    let left = affordable.saturating_sub(models) / (models + 1).max(1);
    let effort = Effort {
        models,
        noisy: if left < 3 { 0 } else { NOISY.min(left) },
    };
    let mut said = Vec::new();
    let mut out = Map::new();
    if models > 0 {
        if let Some(found) = mprt(model, x, class, one.attribution, effort, seed, &mut again)? {
            said.push(of_models(&found));
            out.insert("mprt".to_owned(), json!(found));
        }
    } else if layers > 0 {
        said.push(format!(
            "Whether this explanation notices shuffled weights was not measured: one takes {each} passes, and the limit is {LIMIT}."
        ));
    }
    if affordable > models
        && let Some(found) = random_logit(model, x, (class, one.classes), one.attribution, seed, &mut again)?
    {
        said.extend(of_class(&found, one.labels));
        out.insert("random_logit".to_owned(), json!(found));
    }
    Ok((!out.is_empty() || !said.is_empty()).then_some((Value::Object(out), said, passes)))
}

fn of_models(found: &Randomised) -> String {
    let (first, last) = (
        found.similarity.first().copied().flatten(),
        found.similarity.last().copied().flatten(),
    );
    let Some(last) = last else {
        return "With every layer's weights shuffled the map is the same everywhere, so it has no order to compare."
            .to_owned();
    };
    let verdict = if last.abs() > KEPT {
        ": much of its order does not come from what the model has learnt"
    } else {
        ""
    };
    let first = first
        .filter(|_| found.similarity.len() > 1)
        .map_or(String::new(), |v| format!(" ({v:.2} with the last layer alone)"));
    let rise = found.entropy_rise.map_or(String::new(), |rise| {
        format!(
            "; the entropy of its values goes {} by {:.0} %",
            if rise < 0.0 { "down" } else { "up" },
            rise.abs() * 100.0
        )
    });
    format!(
        "With the weights of all {} layers shuffled, the order of the map keeps a correlation of {last:.2} with that of the trained model{first}{rise}{verdict}.",
        found.layers
    )
}

fn of_class(found: &RandomLogit, labels: &[String]) -> Option<String> {
    let similarity = found.similarity?;
    let label = labels.get(found.class)?;
    let verdict = if similarity > 0.9 {
        ", so it hardly depends on the class"
    } else {
        ""
    };
    Some(format!(
        "The map for {label} has a correlation of {similarity:.2} with this one{verdict}."
    ))
}
