//! Methods on a model whose right answers are known in closed form.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use glassboard_explain::{Ask, ExplainError, Extras, Passes, Readout, Runner, explain};
use glassboard_model::{Array, Gradient, InputSpec, LayerGradient, Model, ModelError, OutputSpace, Target, View};
use ndarray::{ArrayD, Axis, IxDyn};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const FEATURES: usize = 5;
const CLASSES: usize = 2;

/// Class c of a row: sum over i of `linear[c][i] * x_i + square[c][i] * x_i * x_i`.
#[derive(Debug, Clone)]
struct Additive {
    inputs: Vec<InputSpec>,
    outputs: Vec<String>,
    linear: [[f32; FEATURES]; CLASSES],
    square: [[f32; FEATURES]; CLASSES],
}

impl Additive {
    fn new(linear: [[f32; FEATURES]; CLASSES], square: [[f32; FEATURES]; CLASSES]) -> Self {
        Self {
            inputs: vec![InputSpec {
                name: "x".into(),
                shape: vec![None, Some(FEATURES)],
            }],
            outputs: vec!["y".into()],
            linear,
            square,
        }
    }

    /// What feature `i` adds to class `class` when it goes from `b` to `x`.
    fn part(&self, class: usize, i: usize, x: f32, b: f32) -> f64 {
        let [w, q, x, b] = [self.linear[class][i], self.square[class][i], x, b].map(f64::from);
        w * (x - b) + q * (x * x - b * b)
    }
}

impl Model for Additive {
    fn inputs(&self) -> &[InputSpec] {
        &self.inputs
    }

    fn outputs(&self) -> &[String] {
        &self.outputs
    }

    fn forward(&self, x: &View<'_>, _: Option<&str>) -> Result<Array, ModelError> {
        let mut y = ArrayD::zeros(IxDyn(&[x.shape()[0], CLASSES]));
        for (row, mut out) in x.axis_iter(Axis(0)).zip(y.axis_iter_mut(Axis(0))) {
            for class in 0..CLASSES {
                out[class] = row
                    .iter()
                    .enumerate()
                    .map(|(i, &v)| self.part(class, i, v, 0.0))
                    .sum::<f64>() as f32;
            }
        }
        Ok(y)
    }

    fn capture(&self, _: &View<'_>, layers: &[&str]) -> Result<Vec<Array>, ModelError> {
        Err(ModelError::NoSuchValue(layers.join(", ")))
    }

    fn gradient(&self, x: &View<'_>, target: &Target) -> Result<Gradient, ModelError> {
        assert_eq!(target.space, OutputSpace::Raw);
        let y = self.forward(x, None)?;
        let mut gradient = x.to_owned();
        for (row, (mut g, class)) in gradient.axis_iter_mut(Axis(0)).zip(&target.targets).enumerate() {
            for (i, v) in g.iter_mut().enumerate() {
                let at = x[[row, i]];
                *v = self.linear[*class][i] + 2.0 * self.square[*class][i] * at;
            }
        }
        let values = target.targets.iter().enumerate().map(|(r, c)| y[[r, *c]]).collect();
        Ok(Gradient { values, gradient })
    }

    fn layer_gradient(&self, _: &View<'_>, layer: &str, _: &Target) -> Result<LayerGradient, ModelError> {
        Err(ModelError::NoSuchValue(layer.to_owned()))
    }
}

struct Asked {
    rows: Vec<[f32; FEATURES]>,
    baseline: [f32; FEATURES],
    class: usize,
}

fn run(
    model: &Additive,
    asked: &Asked,
    method: &str,
    params: &Value,
    batch: usize,
) -> Result<(Array, Passes), ExplainError> {
    let x = ArrayD::from_shape_vec(IxDyn(&[asked.rows.len(), FEATURES]), asked.rows.concat()).unwrap();
    let targets = vec![asked.class; asked.rows.len()];
    let readout = Readout {
        output: None,
        space: OutputSpace::Raw,
    };
    let ask = Ask::new(&x, readout, &targets)?;
    let mut progress = |_: f64, _: &str| {};
    let mut runner = Runner::new(model, &mut progress, &|| false).with_batch(batch);
    let mut params: Map<String, Value> = params.as_object().unwrap().clone();
    let extras = Extras {
        baseline: &asked.baseline,
        background: Some(&x),
        display: None,
        seed: 11,
    };
    let map = explain(&mut runner, &ask, method, &mut params, extras)?;
    Ok((map, runner.passes()))
}

fn numbers() -> impl Strategy<Value = [f32; FEATURES]> {
    prop::array::uniform5(-3.0f32..3.0)
}

prop_compose! {
    fn models()(linear in prop::array::uniform2(numbers()), square in prop::array::uniform2(numbers())) -> Additive {
        Additive::new(linear, square)
    }
}

prop_compose! {
    fn questions()(
        rows in prop::collection::vec(numbers(), 1..4),
        baseline in numbers(),
        class in 0..CLASSES,
    ) -> Asked {
        Asked { rows, baseline, class }
    }
}

impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "class {} of {:?} from {:?}", self.class, self.rows, self.baseline)
    }
}

fn close(got: f32, want: f64) -> bool {
    (f64::from(got) - want).abs() <= 1e-3 * (1.0 + want.abs())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// In an additive model every way of asking gives a feature exactly what it adds.
    #[test]
    fn additive_parts_are_found(model in models(), asked in questions()) {
        let ways = [
            ("integrated_gradients", json!({ "method": "gausslegendre", "n_steps": 4 })),
            ("integrated_gradients", json!({ "method": "riemann_middle", "n_steps": 3 })),
            ("occlusion", json!({ "window": 1, "stride": 1 })),
            ("feature_ablation", json!({})),
        ];
        for (method, params) in ways {
            let (map, _) = run(&model, &asked, method, &params, 64).unwrap();
            for (r, row) in asked.rows.iter().enumerate() {
                for i in 0..FEATURES {
                    let want = model.part(asked.class, i, row[i], asked.baseline[i]);
                    prop_assert!(close(map[[r, i]], want), "{method} {params}: {} is not {want}", map[[r, i]]);
                }
            }
        }
    }

    #[test]
    fn gradients_are_the_derivative(model in models(), asked in questions()) {
        let (signed, _) = run(&model, &asked, "gradient", &json!({}), 64).unwrap();
        let (unsigned, _) = run(&model, &asked, "saliency", &json!({}), 64).unwrap();
        let (product, _) = run(&model, &asked, "input_x_gradient", &json!({}), 64).unwrap();
        for (r, row) in asked.rows.iter().enumerate() {
            for (i, v) in row.iter().enumerate() {
                let slope = model.linear[asked.class][i] + 2.0 * model.square[asked.class][i] * v;
                prop_assert!(close(signed[[r, i]], f64::from(slope)));
                prop_assert!(close(unsigned[[r, i]], f64::from(slope.abs())));
                prop_assert!(close(product[[r, i]], f64::from(slope) * f64::from(*v)));
            }
        }
    }

    /// How rows are batched changes speed, never a byte nor the count of passes.
    #[test]
    fn batches_never_change_the_bytes(model in models(), asked in questions(), batch in 1usize..9) {
        let methods = [
            ("saliency", json!({})),
            ("integrated_gradients", json!({})),
            ("smoothgrad", json!({ "samples": 7 })),
            ("expected_gradients", json!({ "samples": 9 })),
            ("feature_ablation", json!({})),
        ];
        for (method, params) in methods {
            let one = run(&model, &asked, method, &params, 64).unwrap();
            let other = run(&model, &asked, method, &params, batch).unwrap();
            let bits = |map: &Array| map.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&one.0), bits(&other.0), "{}", method);
            prop_assert_eq!(one.1, other.1, "{}", method);
        }
    }
}

#[test]
fn passes_are_counted_exactly() {
    let model = Additive::new([[1.0; FEATURES]; CLASSES], [[0.5; FEATURES]; CLASSES]);
    let asked = Asked {
        rows: vec![[1.0; FEATURES], [2.0; FEATURES]],
        baseline: [0.0; FEATURES],
        class: 1,
    };
    let spent = |method, params| run(&model, &asked, method, &params, 64).unwrap().1;
    let passes = |forward, backward| Passes { forward, backward };
    assert_eq!(spent("saliency", json!({})), passes(2, 2));
    assert_eq!(spent("integrated_gradients", json!({ "n_steps": 10 })), passes(20, 20));
    assert_eq!(
        spent("feature_ablation", json!({})),
        passes(2 * (1 + FEATURES as u64), 0)
    );
}

#[test]
fn a_cancelled_run_stops_between_batches() {
    let model = Additive::new([[1.0; FEATURES]; CLASSES], [[0.5; FEATURES]; CLASSES]);
    let x = ArrayD::ones(IxDyn(&[1, FEATURES]));
    let readout = Readout {
        output: None,
        space: OutputSpace::Raw,
    };
    let ask = Ask::new(&x, readout, &[0]).unwrap();
    let told = std::cell::Cell::new(0);
    let mut progress = |_: f64, _: &str| told.set(told.get() + 1);
    let cancelled = || told.get() >= 3;
    let mut runner = Runner::new(&model, &mut progress, &cancelled).with_batch(1);
    let mut params = json!({ "n_steps": 50 }).as_object().unwrap().clone();
    let extras = Extras {
        baseline: &[0.0; FEATURES],
        background: None,
        display: None,
        seed: 0,
    };
    let error = explain(&mut runner, &ask, "integrated_gradients", &mut params, extras).unwrap_err();
    assert!(error.to_string().contains("cancelled"), "{error}");
    assert_eq!(
        runner.passes(),
        Passes {
            forward: 3,
            backward: 3
        }
    );
}
