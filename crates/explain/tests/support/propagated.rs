//! Methods with a backward pass of their own: DeepLIFT, layer-wise relevance propagation, guided backpropagation.

use anyhow::Context;
use glassboard_explain::lrp::{Composite, Rule};
use glassboard_explain::methods::deeplift::{Lifted, deeplift};
use glassboard_explain::methods::guided_backprop::{Rectifier, guided_backprop};
use glassboard_explain::methods::guided_grad_cam::guided_grad_cam;
use glassboard_explain::methods::lrp::lrp;
use glassboard_explain::resize::Interpolation;
use glassboard_explain::{Ask, Readout, Runner};
use glassboard_model::{Array, Model, OutputSpace};
use ndarray::{ArrayD, Axis, IxDyn};
use serde_json::Value;

use super::npz::Arrays;
use super::{Case, Outcome};

/// The methods of [`compute`].
pub const METHODS: &[&str] = &[
    "deeplift",
    "deeplift_shap",
    "shap_deep",
    "guided_backprop",
    "deconvolution",
    "guided_grad_cam",
    "lrp",
    "lrp_composite",
];

fn to_f32(array: &ArrayD<f64>) -> Array {
    array.mapv(|v| v as f32).as_standard_layout().into_owned()
}

fn list(values: Vec<f64>) -> anyhow::Result<ArrayD<f64>> {
    Ok(ArrayD::from_shape_vec(IxDyn(&[values.len()]), values)?)
}

/// Computes the `out_*` arrays of `case` from the `in_*` arrays `given`.
pub fn compute(model: &dyn Model, case: &Case, given: &Arrays) -> anyhow::Result<Outcome> {
    let mut quiet = |_: f64, _: &str| {};
    let mut run = Runner::new(model, &mut quiet, &|| false);
    let x = to_f32(given.get("in_x").context("no in_x")?);
    let targets: Vec<usize> = match given.get("in_target") {
        Some(classes) => classes.iter().map(|v| *v as usize).collect(),
        None => vec![0; x.shape()[0]],
    };
    let readout = Readout {
        output: None,
        space: OutputSpace::Raw,
    };
    if case.method == "shap_deep" {
        return every_class(&mut run, &x, &readout, given);
    }
    let ask = Ask::new(&x, readout, &targets)?;
    let size: usize = ask.row_shape().iter().product();
    let mut out = Arrays::new();
    let mut put = |name: &str, array: ArrayD<f64>| out.insert(name.to_owned(), array);
    match case.method.as_str() {
        "deeplift" | "deeplift_shap" => {
            let references = given.get("in_baseline").or_else(|| given.get("in_background"));
            let references = references.map_or_else(|| vec![0.0; size], |rows| to_f32(rows).into_iter().collect());
            let Lifted { attribution, gaps, .. } = deeplift(&mut run, &ask, &references)?;
            put("out_attr", attribution.mapv(f64::from));
            put("out_convergence_delta", list(gaps.clone())?);
            put("out_completeness_gap", list(gaps)?);
        }
        "guided_backprop" | "deconvolution" => {
            let how = if case.method == "deconvolution" {
                Rectifier::Deconvolution
            } else {
                Rectifier::Guided
            };
            put("out_attr", guided_backprop(&mut run, &ask, how)?.mapv(f64::from));
        }
        "guided_grad_cam" => {
            let layer = case.params["onnx_tensor"].as_str().context("onnx_tensor")?;
            let map = guided_grad_cam(&mut run, &ask, layer, Interpolation::Nearest)?;
            put("out_attr", map.mapv(f64::from));
        }
        _ => {
            let found = lrp(&mut run, &ask, composite(case)?)?;
            put("out_attr", found.attribution.mapv(f64::from));
            // captum takes the sum from the output, not the output from the sum.
            put(
                "out_convergence_delta",
                list(found.gaps.iter().map(|gap| -gap).collect())?,
            );
        }
    }
    out.retain(|name, _| case.expected.contains_key(name));
    Ok(Outcome::Done(out))
}

/// DeepLIFT SHAP of every class, on the last axis.
fn every_class(run: &mut Runner<'_>, x: &Array, readout: &Readout, given: &Arrays) -> anyhow::Result<Outcome> {
    let background = to_f32(given.get("in_background").context("no in_background")?);
    let references: Vec<f32> = background.iter().copied().collect();
    let base = run.predict(&background, None)?.mapv(f64::from);
    let base = base.mean_axis(Axis(0)).context("a background of no rows")?;
    let mut maps = Vec::new();
    for class in 0..base.len() {
        let targets = vec![class; x.shape()[0]];
        let ask = Ask::new(x, readout.clone(), &targets)?;
        maps.push(deeplift(run, &ask, &references)?.attribution.mapv(f64::from));
    }
    let views: Vec<_> = maps.iter().map(|map| map.view()).collect();
    let values = ndarray::stack(Axis(x.ndim()), &views)?;
    Ok(Outcome::Done(Arrays::from([
        ("out_values".to_owned(), values.as_standard_layout().into_owned()),
        ("out_expected_value".to_owned(), base),
    ])))
}

/// The rules of the case, layer by layer. Pools go by the derivative or, which is the same for maxima, by the epsilon rule.
fn composite(case: &Case) -> anyhow::Result<Composite> {
    let rules = case.params["rules"].as_object().context("rules")?;
    let mut named = Vec::new();
    for (layer, told) in rules.iter().filter(|(layer, _)| *layer != "pool") {
        let number = |name: &str| told.get(name).and_then(Value::as_f64).map(|v| v as f32);
        let epsilon = number("epsilon")
            .or_else(|| number("stabilizer"))
            .context("a stabiliser")?;
        let needed = |name: &str| number(name).with_context(|| format!("{name} of {layer}"));
        // captum changes weights alone; zennit also looks at the signs of inputs and outputs.
        let captum = case.method == "lrp";
        let rule = match told["rule"].as_str().context("a rule")? {
            "epsilon" => Rule::Epsilon { epsilon },
            "gamma" if captum => Rule::PlainGamma {
                gamma: needed("gamma")?,
                epsilon,
            },
            "gamma" => Rule::Gamma {
                gamma: needed("gamma")?,
                epsilon,
            },
            "alpha1_beta0" => Rule::PositiveWeights { epsilon },
            "z_plus" => Rule::AlphaBeta {
                alpha: 1.0,
                beta: 0.0,
                epsilon,
            },
            "alpha_beta" => Rule::AlphaBeta {
                alpha: needed("alpha")?,
                beta: needed("beta")?,
                epsilon,
            },
            "z_box" => Rule::ZBox {
                low: needed("low")?,
                high: needed("high")?,
                epsilon,
            },
            "flat" => Rule::Flat { epsilon },
            other => anyhow::bail!("rule {other}"),
        };
        named.push((layer.clone(), rule));
    }
    let epsilon = 1e-9;
    Ok(Composite {
        first: None,
        convolution: Rule::Epsilon { epsilon },
        dense: Rule::Epsilon { epsilon },
        epsilon,
        named,
    })
}
