//! Networks: gradients, class activation maps, layers, perturbation of pictures.

use anyhow::{Context, ensure};
use glassboard_explain::evidence::gaps;
use glassboard_explain::methods::{
    cam, expected_gradients, feature_ablation, grad_cam, gradient, input_x_gradient, integrated_gradients,
    internal_influence, layer_activation, layer_conductance, layer_gradient_x_activation, occlusion, rise, saliency,
    smoothgrad,
};
use glassboard_explain::quadrature::Rule;
use glassboard_explain::resize::Interpolation;
use glassboard_explain::{Ask, Extras, Readout, Runner, adds_up};
use glassboard_model::{Array, Model, OutputSpace};
use ndarray::{ArrayD, IxDyn};
use serde_json::Value;

use super::npz::Arrays;
use super::{Case, Outcome};

/// The methods of [`compute`].
pub const METHODS: &[&str] = &[
    "forward",
    "gradient",
    "saliency",
    "input_x_gradient",
    "integrated_gradients",
    "smoothgrad",
    "expected_gradients",
    "grad_cam",
    "gradcam_pp",
    "xgradcam",
    "hirescam",
    "layercam",
    "occlusion",
    "feature_ablation",
    "rise",
    "layer_activation",
    "layer_gradient_x_activation",
    "layer_conductance",
    "internal_influence",
];

fn to_f32(array: &ArrayD<f64>) -> Array {
    array.mapv(|v| v as f32).as_standard_layout().into_owned()
}

fn sizes(value: &Value) -> anyhow::Result<Vec<usize>> {
    serde_json::from_value(value.clone()).context("a list of sizes was expected")
}

/// Computes the `out_*` arrays of `case` from the `in_*` arrays `given`.
pub fn compute(model: &dyn Model, case: &Case, given: &Arrays) -> anyhow::Result<Outcome> {
    let mut quiet = |_: f64, _: &str| {};
    let mut run = Runner::new(model, &mut quiet, &|| false);
    let x = given
        .get("in_x")
        .or_else(|| given.get("in_tokens"))
        .context("the case has no in_x")?;
    let x = to_f32(x);
    if case.method == "forward" {
        return forward(&mut run, case, &x);
    }
    let output = case.output.as_ref();
    let space = match output.map(|o| o.space.as_str()) {
        Some("probability") => OutputSpace::Probability,
        None | Some("logit" | "raw") => OutputSpace::Raw,
        Some(other) => return Ok(Outcome::Unsupported(format!("output space {other}"))),
    };
    let targets: Vec<usize> = match output.map(|o| &o.index) {
        None => vec![0; x.shape()[0]],
        Some(Value::Number(index)) => vec![index.as_u64().context("a class index")? as usize; x.shape()[0]],
        Some(Value::String(name)) if given.contains_key(name) => given[name].iter().map(|v| *v as usize).collect(),
        Some(other) => return Ok(Outcome::Unsupported(format!("output index {other}"))),
    };
    let ask = Ask::new(&x, Readout { output: None, space }, &targets)?;
    let size: usize = ask.row_shape().iter().product();
    let baseline = match given.get("in_baseline") {
        Some(rows) => to_f32(rows).into_iter().collect(),
        None => vec![0.0f32; size],
    };
    ensure!(baseline.len() == size, "the baseline is not one row");
    let layer = case
        .params
        .get("onnx_tensor")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let flag = |name: &str| case.params.get(name).and_then(Value::as_bool).unwrap_or_default();
    let steps = case.params.get("n_steps").and_then(Value::as_u64).unwrap_or(50) as usize;

    let mut out = Arrays::new();
    let mut put = |name: &str, array: &Array| out.insert(name.to_owned(), array.mapv(f64::from));
    match case.method.as_str() {
        "gradient" => put("out_attr", &gradient::gradient(&mut run, &ask)?),
        "saliency" => put("out_attr", &saliency::saliency(&mut run, &ask, flag("abs"))?),
        "input_x_gradient" => put("out_attr", &input_x_gradient::input_x_gradient(&mut run, &ask)?),
        "integrated_gradients" => {
            let rule = Rule::parse(case.params["method"].as_str().unwrap_or_default())?;
            let map = integrated_gradients::integrated_gradients(&mut run, &ask, &baseline, rule, steps)?;
            let extras = Extras {
                display: None,
                baseline: &baseline,
                background: None,
                seed: 0,
            };
            let sums = adds_up(&mut run, &ask, &case.method, extras)?.context("it has a sum")?;
            put("out_attr", &map);
            let gaps = gaps(&map, &sums.values, &sums.base);
            out.insert(
                "out_convergence_delta".to_owned(),
                ArrayD::from_shape_vec(IxDyn(&[gaps.len()]), gaps)?,
            )
        }
        "smoothgrad" => {
            let noise = to_f32(given.get("in_noise").context("no in_noise")?);
            let flat = noise.as_slice().context("noise in one piece")?;
            let maps = smoothgrad::smoothgrad(&mut run, &ask, noise.shape()[0], |k, row| {
                row.iter_mut().zip(&flat[k * size..]).for_each(|(value, n)| *value += n);
            })?;
            put("out_smoothgrad_sq", &maps.square);
            put("out_vargrad", &maps.variance);
            put("out_attr", &maps.mean)
        }
        "expected_gradients" => {
            let background = to_f32(given.get("in_background").context("no in_background")?);
            let alphas = given.get("in_alphas").context("no in_alphas")?;
            let draws: Vec<_> = alphas.iter().copied().enumerate().collect();
            let rows = background.as_slice().context("background in one piece")?;
            put(
                "out_attr",
                &expected_gradients::expected_gradients(&mut run, &ask, rows, &draws)?,
            )
        }
        "grad_cam" => {
            let map = grad_cam::grad_cam(&mut run, &ask, layer, flag("relu"))?;
            put(
                "out_upsampled_bilinear",
                &grad_cam::enlarge(&map, &ask, Interpolation::Bilinear)?,
            );
            put(
                "out_upsampled_nearest",
                &grad_cam::enlarge(&map, &ask, Interpolation::Nearest)?,
            );
            put("out_attr", &map)
        }
        "gradcam_pp" => put("out_attr", &flat_cam(&mut run, &ask, layer, cam::Cam::PlusPlus)?),
        "xgradcam" => put("out_attr", &flat_cam(&mut run, &ask, layer, cam::Cam::X)?),
        "hirescam" => put("out_attr", &flat_cam(&mut run, &ask, layer, cam::Cam::HiRes)?),
        "layercam" => put("out_attr", &flat_cam(&mut run, &ask, layer, cam::Cam::Layer)?),
        "occlusion" => {
            let (window, stride) = (sizes(&case.params["window"])?, sizes(&case.params["stride"])?);
            put(
                "out_attr",
                &occlusion::occlusion(&mut run, &ask, &baseline, &window, &stride)?,
            )
        }
        "feature_ablation" => {
            let groups: Vec<usize> = match given.get("in_feature_mask") {
                Some(mask) => mask.iter().map(|v| *v as usize).collect(),
                None => (0..size).collect(),
            };
            put(
                "out_attr",
                &feature_ablation::feature_ablation(&mut run, &ask, &baseline, &groups)?,
            )
        }
        "rise" => {
            let grid = to_f32(given.get("in_grid").context("no in_grid")?);
            let &[count, 1, gh, gw] = grid.shape() else {
                anyhow::bail!("in_grid has shape {:?}", grid.shape())
            };
            let &[_, h, w] = ask.row_shape() else {
                anyhow::bail!("a picture was expected")
            };
            let flat = grid.as_slice().context("grid in one piece")?;
            let mask = |k: usize| rise::from_grid(&flat[k * gh * gw..][..gh * gw], (gh, gw), (h, w));
            let p = case.params["p"].as_f64().context("p")?;
            put("out_attr", &rise::rise(&mut run, &ask, count, p, mask)?)
        }
        "layer_activation" => put("out_attr", &layer_activation::layer_activation(&mut run, &ask, layer)?),
        "layer_gradient_x_activation" => put(
            "out_attr",
            &layer_gradient_x_activation::layer_gradient_x_activation(&mut run, &ask, layer)?,
        ),
        "layer_conductance" => put(
            "out_attr",
            &layer_conductance::layer_conductance(&mut run, &ask, layer, &baseline, steps)?,
        ),
        "internal_influence" => put(
            "out_attr",
            &internal_influence::internal_influence(&mut run, &ask, layer, &baseline, steps)?,
        ),
        other => return Ok(Outcome::Unsupported(format!("method {other}"))),
    };
    Ok(Outcome::Done(out))
}

/// The map without its channel axis, as pytorch-grad-cam has it.
fn flat_cam(run: &mut Runner<'_>, ask: &Ask<'_>, layer: &str, kind: cam::Cam) -> anyhow::Result<Array> {
    let map = cam::cam(run, ask, layer, kind)?;
    Ok(map.index_axis_move(ndarray::Axis(1), 0))
}

/// `out_logits` is the first output, `out_probs` its softmax, `out_pred` the probabilities or the value
/// of a classical model, any other `out_<name>` the output of that name.
fn forward(run: &mut Runner<'_>, case: &Case, x: &Array) -> anyhow::Result<Outcome> {
    let outputs = run.model().outputs().to_vec();
    let named = |name: &str| outputs.iter().find(|o| *o == name).map(String::as_str);
    let mut out = Arrays::new();
    for (name, shape) in &case.expected {
        let wanted = match name.as_str() {
            "out_logits" | "out_probs" => None,
            "out_pred" => named("probabilities"),
            other => named(other.trim_start_matches("out_")),
        };
        let mut values = run.predict(x, wanted)?;
        if name == "out_probs" {
            for mut row in values.rows_mut() {
                let softmax = glassboard_explain::softmax(&row.to_vec());
                row.assign(&ndarray::aview1(&softmax));
            }
        }
        let values = values
            .as_standard_layout()
            .into_owned()
            .into_shape_with_order(IxDyn(shape))?;
        out.insert(name.clone(), values.mapv(f64::from));
    }
    Ok(Outcome::Done(out))
}
