//! Evidence that asks other models: what reads the model notices that it was shuffled, what does not, does not.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use std::path::Path;

use glassboard_engine::{Elem, GraphSpec, NodeSpec, Options, Plain, Port, Session};
use glassboard_explain::evidence::{
    Effort, InputExchange, mprt, random_logit, sensitivity_n, sensitivity_sizes, shuffled, weight_layers,
};
use glassboard_explain::methods::saliency::saliency;
use glassboard_explain::random::Counter;
use glassboard_explain::{Ask, ExplainError, Readout, Runner};
use glassboard_model::{Array, Gradient, InputSpec, LayerGradient, Model, ModelError, OutputSpace, Target, View};
use ndarray::{Axis, IxDyn};

const EFFORT: Effort = Effort { models: 8, noisy: 4 };

fn fixture(name: &str) -> Session {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/goldens/models");
    Session::open(&models.join(name), Options::default()).unwrap()
}

fn raw() -> Readout {
    Readout {
        output: None,
        space: OutputSpace::Raw,
    }
}

fn noise(shape: &[usize], seed: u64) -> Array {
    let mut random = Counter::new(seed, 0, 0);
    Array::from_shape_simple_fn(IxDyn(shape), || random.normal().abs() as f32)
}

fn by_gradient(model: &dyn Model, x: &Array, class: usize) -> Result<Vec<f64>, ExplainError> {
    let mut quiet = |_: f64, _: &str| {};
    let mut run = Runner::new(model, &mut quiet, &|| false);
    let targets = [class];
    let map = saliency(&mut run, &Ask::new(x, raw(), &targets)?, true)?;
    Ok(map.iter().map(|v| f64::from(*v)).collect())
}

/// Says of every model that the input's own values matter.
#[expect(clippy::unnecessary_wraps, reason = "it stands where a method stands that may fail")]
fn by_input(_: &dyn Model, x: &Array, _: usize) -> Result<Vec<f64>, ExplainError> {
    Ok(x.iter().map(|v| f64::from(*v)).collect())
}

/// A correlation of one, but for rounding.
fn whole(similarity: Option<f64>) -> bool {
    similarity.is_some_and(|s| (s - 1.0).abs() < 1e-12)
}

#[test]
fn a_map_that_reads_the_model_notices_and_one_that_does_not_does_not() {
    let model = fixture("cnn8.onnx");
    let layers = weight_layers(&model.weights());
    assert_eq!(layers.len(), 4, "two convolutions and two products: {layers:?}");
    assert!(
        layers.iter().all(|layer| layer.len() == 2),
        "each with its bias: {layers:?}"
    );
    let mut last = Vec::new();
    for seed in 0..6 {
        let x = noise(&[1, 1, 8, 8], 20 + seed);
        let own = by_gradient(&model, &x, 3).unwrap();
        let found = mprt(&model, &x, 3, &own, EFFORT, seed, &mut by_gradient)
            .unwrap()
            .unwrap();
        assert_eq!((found.layers, found.shuffled.as_slice()), (4, [1, 2, 3, 4].as_slice()));
        assert_eq!(found.smooth.as_ref().unwrap().len(), 4);
        assert_eq!(
            found,
            mprt(&model, &x, 3, &own, EFFORT, seed, &mut by_gradient)
                .unwrap()
                .unwrap()
        );
        last.push(found.similarity[3].unwrap());

        let own = by_input(&model, &x, 3).unwrap();
        let blind = mprt(&model, &x, 3, &own, EFFORT, seed, &mut by_input).unwrap().unwrap();
        assert!(blind.similarity.iter().all(|s| whole(*s)), "{blind:?}");
        assert!(blind.entropy_rise.unwrap().abs() < 1e-12);
        let same = random_logit(&model, &x, (3, 10), &own, seed, &mut by_input)
            .unwrap()
            .unwrap();
        assert!(same.class != 3 && whole(same.similarity));
    }
    let mean = last.iter().sum::<f64>() / last.len() as f64;
    assert!(mean < 0.5, "{last:?}");
}

#[test]
fn shuffled_weights_keep_their_numbers_and_nothing_else() {
    let model = fixture("cnn8.onnx");
    let layers = weight_layers(&model.weights());
    let x = noise(&[3, 1, 8, 8], 40);
    let before = model.forward(&x.view(), None).unwrap();
    let all = shuffled(&model, &layers, 0..layers.len(), 1).unwrap();
    assert_ne!(all.forward(&x.view(), None).unwrap(), before);
    let none = shuffled(&model, &layers, 0..0, 1).unwrap();
    assert_eq!(none.forward(&x.view(), None).unwrap(), before);
    for weight in model.weights() {
        let sorted = |model: &dyn Model| {
            let mut numbers: Vec<f32> = model.weight(&weight.name).unwrap().into_iter().collect();
            numbers.sort_by(f32::total_cmp);
            numbers
        };
        assert_eq!(sorted(&model), sorted(&*all), "{}", weight.name);
    }
    // The last layer alone: what comes before is what it was.
    let top = shuffled(&model, &layers, 3..4, 1).unwrap();
    let layer = "/conv2/Conv_output_0";
    assert_eq!(
        model.capture(&x.view(), &[layer]).unwrap(),
        top.capture(&x.view(), &[layer]).unwrap()
    );
}

/// f(x) = x0 + 2 x1 + 3 x2 + ...: no weights that could be shuffled.
struct Sum {
    inputs: Vec<InputSpec>,
    outputs: Vec<String>,
}

impl Sum {
    fn of(width: usize) -> Self {
        Self {
            inputs: vec![InputSpec {
                name: "x".into(),
                shape: vec![None, Some(width)],
            }],
            outputs: vec!["y".into()],
        }
    }
}

impl Model for Sum {
    fn inputs(&self) -> &[InputSpec] {
        &self.inputs
    }

    fn outputs(&self) -> &[String] {
        &self.outputs
    }

    fn forward(&self, x: &View<'_>, _: Option<&str>) -> Result<Array, ModelError> {
        let rows = x.axis_iter(Axis(0));
        let sums: Vec<f32> = rows
            .map(|row| row.iter().enumerate().map(|(i, v)| (i + 1) as f32 * v).sum())
            .collect();
        Array::from_shape_vec(IxDyn(&[sums.len(), 1]), sums).map_err(|e| ModelError::Failed(e.to_string()))
    }

    fn capture(&self, _: &View<'_>, layers: &[&str]) -> Result<Vec<Array>, ModelError> {
        Err(ModelError::NoSuchValue(layers.concat()))
    }

    fn gradient(&self, _: &View<'_>, _: &Target) -> Result<Gradient, ModelError> {
        Err(ModelError::Unsupported("no gradients here".into()))
    }

    fn layer_gradient(&self, _: &View<'_>, layer: &str, _: &Target) -> Result<LayerGradient, ModelError> {
        Err(ModelError::NoSuchValue(layer.to_owned()))
    }
}

#[test]
fn what_was_not_trained_is_no_weight_and_stays() {
    let plain = |shape: &[usize], data: Vec<f32>| Plain::float(shape.to_vec(), Elem::F32, data).into();
    let node = |op: &str, inputs: &[&str], output: &str| NodeSpec {
        op: op.into(),
        inputs: inputs.iter().map(|s| (*s).to_owned()).collect(),
        outputs: vec![output.to_owned()],
        ..NodeSpec::default()
    };
    let spec = GraphSpec {
        inputs: vec![Port::tensor("x", Elem::F32, [None, Some(1), Some(2), Some(2)])],
        outputs: vec![Port::bare("y")],
        initializers: vec![
            ("scales".to_owned(), plain(&[4], vec![1.0, 1.0, 2.0, 2.0])),
            ("kernel".to_owned(), plain(&[1, 1, 2, 2], vec![1.0, 2.0, 3.0, 4.0])),
            (
                "mask".to_owned(),
                plain(&[1, 1, 3, 3], vec![0.0, 0.0, 0.0, -1e9, 0.0, 0.0, -1e9, -1e9, 0.0]),
            ),
            ("power".to_owned(), plain(&[], vec![2.0])),
        ],
        nodes: vec![
            node("Resize", &["x", "", "scales"], "large"),
            node("Conv", &["large", "kernel"], "maps"),
            node("Pow", &["maps", "power"], "square"),
            node("Add", &["square", "mask"], "y"),
        ],
        opsets: [(String::new(), 17)].into(),
        ..GraphSpec::default()
    };
    let model: Session = Session::from_spec(&spec, Options::default()).unwrap();
    let layers = weight_layers(&model.weights());
    assert_eq!(layers, [vec!["kernel"], vec!["mask"]], "no scales, no exponent");
    let other = shuffled(&model, &layers, 0..2, 3).unwrap();
    assert_eq!(other.weight("mask").unwrap(), model.weight("mask").unwrap());
    assert_ne!(other.weight("kernel").unwrap(), model.weight("kernel").unwrap());
    let x = noise(&[1, 1, 2, 2], 60);
    assert_eq!(other.forward(&x.view(), None).unwrap().shape(), [1, 1, 3, 3]);
}

#[test]
fn sums_of_true_shares_move_the_model_at_every_size() {
    let model = Sum::of(20);
    let x = noise(&[1, 20], 50);
    let shares: Vec<f64> = x
        .iter()
        .enumerate()
        .map(|(i, v)| (i + 1) as f64 * f64::from(*v))
        .collect();
    let mut backwards = shares.clone();
    backwards.reverse();
    let sizes = sensitivity_sizes(20, 0.8, 5);
    assert_eq!((sizes[0], *sizes.last().unwrap()), (1, 16));
    let measured = |shares: &[f64]| {
        let mut quiet = |_: f64, _: &str| {};
        let mut run = Runner::new(&model, &mut quiet, &|| false);
        let ask = Ask::new(&x, raw(), &[0]).unwrap();
        let zeros = vec![0.0f32; 20];
        let mut exchange = InputExchange::new(&mut run, &ask, 0, &zeros).unwrap();
        sensitivity_n(&mut exchange, shares, &sizes, 60, 1).unwrap()
    };
    let (right, wrong) = (measured(&shares), measured(&backwards));
    assert!(right.correlation.iter().all(|c| c.unwrap() > 0.999), "{right:?}");
    assert!(wrong.mean().unwrap() < 0.8, "{wrong:?}");
    let nothing = mprt(&model, &x, 0, &shares, EFFORT, 0, &mut by_input).unwrap();
    assert!(nothing.is_none(), "no weights, no test");
    assert!(
        random_logit(&model, &x, (0, 1), &shares, 0, &mut by_input)
            .unwrap()
            .is_none()
    );
}
