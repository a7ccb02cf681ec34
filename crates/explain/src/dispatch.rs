//! From a catalogue name and its parameters to the method.

use glassboard_model::{Array, ModelError};
use serde_json::{Map, Value, json};

use crate::backward;
use crate::methods::{
    ablationcam, cam, eigencam, expected_gradients, feature_ablation, grad_cam, gradient, guided_grad_cam,
    input_x_gradient, integrated_gradients, internal_influence, layer_activation, layer_conductance, layer_gradient,
    layer_gradient_x_activation, layer_integrated_gradients, lime_image, neuron_conductance, neuron_gradient,
    neuron_integrated_gradients, occlusion, partition_shap_image, rise, saliency, scorecam, smoothgrad,
};
use crate::quadrature::Rule;
use crate::resize::Interpolation;
use crate::{Ask, ExplainError, Outcome, Runner};

/// What a method may use besides the rows and its parameters.
#[derive(Debug, Clone, Copy)]
pub struct Extras<'a> {
    /// One row that stands for "nothing there".
    pub baseline: &'a [f32],
    /// Rows to compare with, `[k, ...]`.
    pub background: Option<&'a Array>,
    /// The rows as people see them, `[rows, channels, height, width]`, flat, from 0 to 1, where they are pictures and
    /// that is known.
    pub display: Option<&'a [f32]>,
    /// Seed of every random number.
    pub seed: u64,
}

/// Whether [`explain`] knows `method`.
pub fn is_known(method: &str) -> bool {
    glassboard_catalog::find(method).is_some()
}

/// Runs `method` for all it gives: the attribution, and what else the method has found. Parameters as in [`explain`].
pub fn answer(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    method: &str,
    params: &mut Map<String, Value>,
    extras: Extras<'_>,
) -> Result<Outcome, ExplainError> {
    let full = glassboard_catalog::validate(method, params).map_err(|e| ExplainError::parameters(e.to_string()))?;
    match method {
        "lime_image" => {
            *params = full;
            let options = lime_image::Options::from_params(params)?;
            lime_image::lime_image(run, ask, extras.baseline, extras.display, options, extras.seed)
        }
        "partition_shap_image" => {
            *params = full;
            let hide = params.get("hide").and_then(Value::as_str).unwrap_or_default();
            let hiding = partition_shap_image::Hiding::parse(hide)?;
            let most = params.get("evaluations").and_then(Value::as_u64).unwrap_or_default() as usize;
            partition_shap_image::partition_shap_image(run, ask, extras.baseline, hiding, most)
        }
        _ if backward::METHODS.contains(&method) => {
            *params = full;
            let found = backward::backward(run, ask, method, params, extras)?;
            // Of the first row: what its attribution passes through, for the nodes of a graph.
            let first = |shares: &[f64]| shares.first().copied().unwrap_or_default();
            let shares: Vec<Value> = found
                .shares
                .iter()
                .map(|one| json!({ "value": one.value, "sum": first(&one.sum), "magnitude": first(&one.magnitude) }))
                .collect();
            Ok(Outcome::of(found.attribution).saying("shares", shares))
        }
        _ => explain(run, ask, method, params, extras).map(Outcome::of),
    }
}

/// Runs `method`. Parameters that were left for the model to choose (a layer, a window) are written into
/// `params`, so that the result says what was used.
pub fn explain(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    method: &str,
    params: &mut Map<String, Value>,
    extras: Extras<'_>,
) -> Result<Array, ExplainError> {
    let full = glassboard_catalog::validate(method, params).map_err(|e| ExplainError::parameters(e.to_string()))?;
    *params = full;
    let flag = |name: &str| params.get(name).and_then(Value::as_bool).unwrap_or_default();
    let whole = |name: &str| params.get(name).and_then(Value::as_u64).unwrap_or_default() as usize;
    let real = |name: &str| params.get(name).and_then(Value::as_f64).unwrap_or_default();
    let text = |name: &str| params.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let Extras { baseline, seed, .. } = extras;

    match method {
        "saliency" => saliency::saliency(run, ask, flag("abs")),
        "gradient" => gradient::gradient(run, ask),
        "input_x_gradient" => input_x_gradient::input_x_gradient(run, ask),
        "integrated_gradients" => {
            let rule = Rule::parse(&text("method"))?;
            integrated_gradients::integrated_gradients(run, ask, baseline, rule, whole("n_steps"))
        }
        "smoothgrad" => {
            let noise = smoothgrad::seeded(ask, real("noise"), seed);
            let maps = smoothgrad::smoothgrad(run, ask, whole("samples"), noise)?;
            Ok(match text("kind").as_str() {
                "smoothgrad_sq" => maps.square,
                "vargrad" => maps.variance,
                _ => maps.mean,
            })
        }
        "expected_gradients" => {
            let rows = references(method, extras)?;
            let count = rows.len() / baseline.len().max(1);
            let draws = expected_gradients::draws(count, whole("samples"), seed);
            expected_gradients::expected_gradients(run, ask, &rows, &draws)
        }
        "deeplift" | "deeplift_shap" | "lrp" | "guided_backprop" | "deconvolution" => {
            Ok(backward::backward(run, ask, method, params, extras)?.attribution)
        }
        "guided_grad_cam" => {
            let how = Interpolation::parse(&text("interpolation"));
            let layer = layer(run, ask, params)?;
            guided_grad_cam::guided_grad_cam(run, ask, &layer, how)
        }
        "grad_cam" => {
            let how = Interpolation::parse(&text("interpolation"));
            let relu = flag("relu");
            let layer = layer(run, ask, params)?;
            let map = grad_cam::grad_cam(run, ask, &layer, relu)?;
            grad_cam::enlarge(&map, ask, how)
        }
        "gradcam_pp" | "xgradcam" | "hirescam" | "layercam" => {
            let kind = match method {
                "gradcam_pp" => cam::Cam::PlusPlus,
                "xgradcam" => cam::Cam::X,
                "hirescam" => cam::Cam::HiRes,
                _ => cam::Cam::Layer,
            };
            let layer = layer(run, ask, params)?;
            cam::cam(run, ask, &layer, kind)
        }
        "eigencam" => {
            let layer = layer(run, ask, params)?;
            eigencam::eigencam(run, ask, &layer, eigencam::Sign::WithMean)
        }
        "scorecam" => {
            let layer = layer(run, ask, params)?;
            scorecam::scorecam(run, ask, &layer)
        }
        "ablationcam" => {
            let fill = ablationcam::Fill::parse(&text("fill"));
            let layer = layer(run, ask, params)?;
            ablationcam::ablationcam(run, ask, &layer, fill)
        }
        "occlusion" => {
            let (window, stride) = occlusion::geometry(ask.row_shape(), whole("window"), whole("stride"));
            params.insert("window".into(), window.last().copied().unwrap_or(1).into());
            params.insert("stride".into(), stride.last().copied().unwrap_or(1).into());
            // Along the channels one window covers all, so the step there does not matter.
            occlusion::occlusion(run, ask, baseline, &window, &stride)
        }
        "feature_ablation" => {
            let groups = feature_ablation::grid(ask.row_shape(), whole("cell"));
            feature_ablation::feature_ablation(run, ask, baseline, &groups)
        }
        "rise" => {
            let Some([_, h, w]) = ask.picture() else {
                return Err(ExplainError::parameters("RISE needs a picture; this input is not one"));
            };
            let (cells, p) = (whole("grid").min(h).min(w), real("p"));
            rise::rise(run, ask, whole("masks"), p, |k| rise::seeded(seed, k, cells, p, (h, w)))
        }
        "layer_activation" => {
            let layer = layer(run, ask, params)?;
            layer_activation::layer_activation(run, ask, &layer)
        }
        "layer_gradient_x_activation" => {
            let layer = layer(run, ask, params)?;
            layer_gradient_x_activation::layer_gradient_x_activation(run, ask, &layer)
        }
        "layer_conductance" => {
            let steps = whole("n_steps");
            let layer = layer(run, ask, params)?;
            layer_conductance::layer_conductance(run, ask, &layer, baseline, steps)
        }
        "internal_influence" => {
            let steps = whole("n_steps");
            let layer = layer(run, ask, params)?;
            internal_influence::internal_influence(run, ask, &layer, baseline, steps)
        }
        "layer_gradient" => {
            let abs = flag("abs");
            let layer = layer(run, ask, params)?;
            layer_gradient::layer_gradient(run, ask, &layer, abs)
        }
        "layer_integrated_gradients" => {
            let (rule, steps) = (Rule::parse(&text("method"))?, whole("n_steps"));
            let layer = layer(run, ask, params)?;
            layer_integrated_gradients::layer_integrated_gradients(run, ask, &layer, baseline, rule, steps)
        }
        "neuron_gradient" => {
            let neuron = whole("neuron");
            let layer = layer(run, ask, params)?;
            neuron_gradient::neuron_gradient(run, ask, &layer, neuron)
        }
        "neuron_integrated_gradients" => {
            let (rule, steps, neuron) = (Rule::parse(&text("method"))?, whole("n_steps"), whole("neuron"));
            let at = layer(run, ask, params)?;
            neuron_integrated_gradients::neuron_integrated_gradients(run, ask, (&at, neuron), baseline, rule, steps)
        }
        "neuron_conductance" => {
            let (rule, steps, neuron) = (Rule::parse(&text("method"))?, whole("n_steps"), whole("neuron"));
            let at = layer(run, ask, params)?;
            neuron_conductance::neuron_conductance(run, ask, (&at, neuron), baseline, rule, steps)
        }
        "lime_image" | "partition_shap_image" => answer(run, ask, method, params, extras)?
            .attribution
            .ok_or_else(|| ExplainError::parameters(format!("{method} gave no attribution"))),
        _ => Err(ExplainError::parameters(format!("there is no method `{method}`"))),
    }
}

/// The rows that a method compares with, one after another: the background, or the baseline alone.
pub(crate) fn references(method: &str, extras: Extras<'_>) -> Result<Vec<f32>, ExplainError> {
    if starts(method) != Some(Start::Background) {
        return Ok(extras.baseline.to_vec());
    }
    let rows = extras.background.filter(|rows| !rows.is_empty());
    let title = glassboard_catalog::find(method).map_or(method, |entry| entry.title);
    let rows =
        rows.ok_or_else(|| ExplainError::parameters(format!("{title} needs background rows; give a table of them")))?;
    Ok(rows.iter().copied().collect())
}

/// What the attributions of a method start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// The output at the baseline.
    Baseline,
    /// The mean output over the background rows.
    Background,
    /// Nothing: they add up to the output itself.
    Zero,
}

fn starts(method: &str) -> Option<Start> {
    Some(match method {
        "integrated_gradients" | "deeplift" => Start::Baseline,
        "expected_gradients" | "deeplift_shap" => Start::Background,
        "lrp" => Start::Zero,
        _ => return None,
    })
}

/// What the attributions of a method should add up to.
#[derive(Debug, Clone, PartialEq)]
pub struct Sums {
    /// What they start from.
    pub start: Start,
    /// The explained number of each row.
    pub values: Vec<f32>,
    /// The same at the start.
    pub base: Vec<f32>,
}

/// What the attributions of `method` should add up to; `None` where they have no sum.
pub fn adds_up(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    method: &str,
    extras: Extras<'_>,
) -> Result<Option<Sums>, ExplainError> {
    let Some(start) = starts(method) else { return Ok(None) };
    let rows = ask.rows();
    let references = if start == Start::Zero {
        Vec::new()
    } else {
        references(method, extras)?
    };
    let shape = ask.row_shape().to_vec();
    let size: usize = shape.iter().product();
    let count = references.len() / size.max(1);
    if references.len() != count * size {
        return Err(ModelError::Input("the rows to compare with have another size than the input".to_owned()).into());
    }
    // The rows, then every reference for each row's class.
    let values = run.forward(
        &shape,
        rows * (1 + count),
        &ask.readout,
        |i| ask.targets[i % rows],
        |i, row| match i / rows {
            0 => row.copy_from_slice(ask.row(i)),
            k => row.copy_from_slice(&references[(k - 1) * size..][..size]),
        },
    )?;
    let base = (0..rows).map(|row| {
        let sum: f64 = (1..=count).map(|k| f64::from(values[k * rows + row])).sum();
        (sum / count.max(1) as f64) as f32
    });
    Ok(Some(Sums {
        start,
        base: base.collect(),
        values: values[..rows].to_vec(),
    }))
}

/// The layer that was named, or the default one, which is then written into `params`.
fn layer(run: &mut Runner<'_>, ask: &Ask<'_>, params: &mut Map<String, Value>) -> Result<String, ExplainError> {
    if let Some(name) = params.get("layer").and_then(Value::as_str) {
        return Ok(name.to_owned());
    }
    let first = ask.x.slice_axis(ndarray::Axis(0), ndarray::Slice::from(0..1));
    let name = run.default_layer(&first)?;
    params.insert("layer".into(), name.clone().into());
    Ok(name)
}
