//! From a catalogue name and its parameters to the method.

use glassboard_model::Array;
use serde_json::{Map, Value};

use crate::methods::{
    cam, expected_gradients, feature_ablation, grad_cam, gradient, input_x_gradient, integrated_gradients,
    internal_influence, layer_activation, layer_conductance, layer_gradient_x_activation, lime_image, occlusion,
    partition_shap_image, rise, saliency, smoothgrad,
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
    let Extras {
        baseline,
        background,
        seed,
        ..
    } = extras;

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
            let rows = background.filter(|rows| !rows.is_empty());
            let rows = rows.ok_or_else(|| {
                ExplainError::parameters("expected gradients need background rows; give a table of them")
            })?;
            let standard = rows.as_standard_layout();
            let draws = expected_gradients::draws(rows.shape()[0], whole("samples"), seed);
            expected_gradients::expected_gradients(run, ask, standard.as_slice().unwrap_or_default(), &draws)
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
        "lime_image" | "partition_shap_image" => answer(run, ask, method, params, extras)?
            .attribution
            .ok_or_else(|| ExplainError::parameters(format!("{method} gave no attribution"))),
        _ => Err(ExplainError::parameters(format!("there is no method `{method}`"))),
    }
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
