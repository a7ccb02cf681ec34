//! Inner values: maps of a layer without gradients, neurons, embeddings.

use anyhow::Context;
use glassboard_explain::methods::ablationcam::{Fill, ablationcam};
use glassboard_explain::methods::eigencam::{Sign, eigencam};
use glassboard_explain::methods::expected_gradients::{draws, expected_gradients};
use glassboard_explain::methods::layer_gradient::layer_gradient;
use glassboard_explain::methods::layer_gradient_x_activation::layer_gradient_x_activation;
use glassboard_explain::methods::layer_integrated_gradients::layer_integrated_gradients;
use glassboard_explain::methods::neuron_conductance::neuron_conductance;
use glassboard_explain::methods::neuron_gradient::neuron_gradient;
use glassboard_explain::methods::neuron_integrated_gradients::neuron_integrated_gradients;
use glassboard_explain::methods::scorecam::scorecam;
use glassboard_explain::methods::tcav::{Score, directional};
use glassboard_explain::methods::tracin::{Known, Loss, tracin};
use glassboard_explain::quadrature::Rule;
use glassboard_explain::{Ask, Readout, Runner};
use glassboard_model::{Array, OutputSpace};
use ndarray::{ArrayD, Axis, IxDyn};
use serde_json::Value;

use super::npz::Arrays;
use super::{Case, Gold, Outcome};

/// The methods of [`compute`].
pub const METHODS: &[&str] = &[
    "eigencam",
    "scorecam",
    "ablationcam",
    "neuron_gradient",
    "neuron_conductance",
    "neuron_integrated_gradients",
    "embedding_gradient",
    "embedding_input_x_gradient",
    "layer_integrated_gradients",
    "shap_gradient",
    "tcav",
    "tracin",
];

fn to_f32(array: &ArrayD<f64>) -> Array {
    array.mapv(|v| v as f32).as_standard_layout().into_owned()
}

/// Computes the `out_*` arrays of `case` from the `in_*` arrays `given`.
pub fn compute(gold: &mut Gold, case: &Case, given: &Arrays) -> anyhow::Result<Outcome> {
    if case.method == "tracin" {
        return influence(gold, case, given);
    }
    let model = match gold.session(case)? {
        Ok(model) => model,
        Err(why) => return Ok(Outcome::Unsupported(why)),
    };
    let mut quiet = |_: f64, _: &str| {};
    let mut run = Runner::new(model, &mut quiet, &|| false);
    let x = given.get("in_x").or_else(|| given.get("in_tokens"));
    let x = to_f32(x.context("the case has neither in_x nor in_tokens")?);
    let readout = Readout {
        output: None,
        space: OutputSpace::Raw,
    };
    if case.method == "shap_gradient" {
        return every_class(&mut run, case, given, &x, &readout);
    }
    let targets: Vec<usize> = match given.get("in_target") {
        Some(classes) => classes.iter().map(|v| *v as usize).collect(),
        None => vec![0; x.shape()[0]],
    };
    let ask = Ask::new(&x, readout, &targets)?;
    let text = |name: &str| case.params.get(name).and_then(Value::as_str).unwrap_or_default();
    let whole = |name: &str| case.params.get(name).and_then(Value::as_u64).unwrap_or_default() as usize;
    let (layer, size) = (text("onnx_tensor"), x.len() / x.shape()[0]);
    let zeros = vec![0.0f32; size];
    let at = (layer, whole("neuron"));
    let rule = || Rule::parse(text("method"));
    let map = match case.method.as_str() {
        "eigencam" => {
            let signs: Vec<f64> = serde_json::from_value(case.params["sign"].clone())?;
            flat(eigencam(&mut run, &ask, layer, Sign::Given(&signs))?)
        }
        "scorecam" => flat(scorecam(&mut run, &ask, layer)?),
        "ablationcam" => flat(ablationcam(&mut run, &ask, layer, Fill::FarBelow)?),
        "neuron_gradient" => neuron_gradient(&mut run, &ask, at.0, at.1)?,
        "neuron_conductance" => neuron_conductance(&mut run, &ask, at, &zeros, rule()?, whole("n_steps"))?,
        "neuron_integrated_gradients" => {
            neuron_integrated_gradients(&mut run, &ask, at, &zeros, rule()?, whole("n_steps"))?
        }
        "tcav" => {
            let cav: Vec<f32> = to_f32(given.get("in_cav").context("no in_cav")?).into_iter().collect();
            let along = directional(&mut run, &ask, layer, &[&cav])?.column(0).to_vec();
            let score = ArrayD::from_elem(IxDyn(&[]), Score::of(&along).share);
            return Ok(Outcome::Done(Arrays::from([
                (
                    "out_directional".to_owned(),
                    ArrayD::from_shape_vec(IxDyn(&[along.len()]), along)?,
                ),
                ("out_score".to_owned(), score),
            ])));
        }
        "embedding_gradient" => {
            let abs = case.params.get("abs").and_then(Value::as_bool).unwrap_or_default();
            return Ok(tokens(&layer_gradient(&mut run, &ask, layer, abs)?));
        }
        "embedding_input_x_gradient" => return Ok(tokens(&layer_gradient_x_activation(&mut run, &ask, layer)?)),
        "layer_integrated_gradients" => {
            let baseline = vec![whole("baseline_id") as f32; size];
            let map = layer_integrated_gradients(&mut run, &ask, layer, &baseline, rule()?, whole("n_steps"))?;
            return Ok(tokens(&map));
        }
        other => return Ok(Outcome::Unsupported(format!("method {other}"))),
    };
    Ok(Outcome::Done(Arrays::from([(
        "out_attr".to_owned(),
        map.mapv(f64::from),
    )])))
}

/// Without the channel axis, as pytorch-grad-cam has it.
fn flat(map: Array) -> Array {
    map.index_axis_move(Axis(1), 0)
}

/// The values of an embedding and, by token, their sum.
fn tokens(map: &Array) -> Outcome {
    let map = map.mapv(f64::from);
    let sums = map.sum_axis(Axis(2));
    Outcome::Done(Arrays::from([
        ("out_attr".to_owned(), map),
        ("out_token_scores".to_owned(), sums),
    ]))
}

/// Expected gradients of every class, outputs on the last axis.
fn every_class(
    run: &mut Runner<'_>,
    case: &Case,
    given: &Arrays,
    x: &Array,
    readout: &Readout,
) -> anyhow::Result<Outcome> {
    let background = to_f32(given.get("in_background").context("no in_background")?);
    let shape = case.expected.get("out_values").context("no out_values")?;
    let (rows, classes) = (x.shape()[0], *shape.last().context("no shape")?);
    let samples = case
        .params
        .get("nsamples")
        .and_then(Value::as_u64)
        .context("nsamples")?;
    let draws = draws(background.shape()[0], samples as usize, 0);
    let mut parts = Vec::new();
    for class in 0..classes {
        let targets = vec![class; rows];
        let ask = Ask::new(x, readout.clone(), &targets)?;
        let map = expected_gradients(run, &ask, background.as_slice().context("one piece")?, &draws)?;
        parts.push(map.mapv(f64::from));
    }
    let views: Vec<_> = parts.iter().map(|p| p.view()).collect();
    let values = ndarray::stack(Axis(x.ndim()), &views)?
        .as_standard_layout()
        .into_owned();
    let values = ArrayD::from_shape_vec(IxDyn(shape), values.into_raw_vec_and_offset().0)?;
    Ok(Outcome::Done(Arrays::from([("out_values".to_owned(), values)])))
}

/// The sum over checkpoints of products of gradients.
fn influence(gold: &mut Gold, case: &Case, given: &Arrays) -> anyhow::Result<Outcome> {
    let loss = match case.params.get("loss_fn").and_then(Value::as_str) {
        Some("cross_entropy") => Loss::CrossEntropy,
        Some("mse") => Loss::Squared,
        other => return Ok(Outcome::Unsupported(format!("loss {other:?}"))),
    };
    let rate = case.params.get("learning_rate").and_then(Value::as_f64).unwrap_or(1.0);
    let names: Vec<String> = serde_json::from_value(case.params["checkpoints"].clone())?;
    let array = |name: &str| given.get(name).with_context(|| format!("no {name}"));
    let (test, train) = (to_f32(array("in_x_test")?), to_f32(array("in_x_train")?));
    let truth = |name: &str| -> anyhow::Result<Vec<f64>> { Ok(array(name)?.iter().copied().collect()) };
    let (of_test, of_train) = (truth("in_y_test")?, truth("in_y_train")?);
    let mut sum = ArrayD::zeros(IxDyn(&[of_test.len(), of_train.len()]));
    for name in &names {
        let model = match gold.model(name)? {
            Ok(model) => model,
            Err(why) => return Ok(Outcome::Unsupported(why)),
        };
        let mut quiet = |_: f64, _: &str| {};
        let mut run = Runner::new(model, &mut quiet, &|| false);
        let asked = Known {
            x: &test,
            truth: &of_test,
        };
        let training = Known {
            x: &train,
            truth: &of_train,
        };
        sum += &(tracin(&mut run, asked, training, None, loss)?.pairs.into_dyn() * rate);
    }
    Ok(Outcome::Done(Arrays::from([("out_influence".to_owned(), sum)])))
}
