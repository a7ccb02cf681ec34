//! What must hold of backward rules on any graph: DeepLIFT adds up, relevance is kept, batches change no bit, and real
//! files run.

mod sketch;

use std::path::Path;

use glassboard_engine::{Attr, GraphSpec, Options, Session};
use glassboard_explain::backward::{Backward, backward};
use glassboard_explain::deeplift::Rescale;
use glassboard_explain::lrp::{Composite, Lrp, Numbers};
use glassboard_explain::random::Counter;
use glassboard_explain::{Ask, Extras, Readout, Runner, Start, adds_up, explain};
use glassboard_model::{Array, Model, OutputSpace, Target};
use ndarray::{ArrayD, IxDyn};
use serde_json::{Map, Value, json};
use sketch::{Sketch, densenet, resnet, squeezenet};

const COMPOSITES: [&str; 7] = [
    "epsilon",
    "epsilon_plus",
    "epsilon_plus_flat",
    "epsilon_gamma",
    "epsilon_gamma_box",
    "epsilon_alpha2beta1",
    "epsilon_alpha2beta1_flat",
];

fn rows(seed: u64, shape: &[usize]) -> Array {
    let mut random = Counter::new(seed, 77, 0);
    ArrayD::from_shape_fn(IxDyn(shape), |_| (random.uniform() * 3.0 - 1.5) as f32)
}

struct Asked<'a> {
    session: &'a Session,
    x: &'a Array,
    targets: &'a [usize],
    space: OutputSpace,
    baseline: &'a [f32],
    batch: Option<usize>,
}

impl Asked<'_> {
    fn run(&self, method: &str, params: Value) -> Result<(Backward, Vec<f64>), String> {
        let mut quiet = |_: f64, _: &str| {};
        let mut run = Runner::new(self.session, &mut quiet, &|| false);
        if let Some(rows) = self.batch {
            run = run.with_batch(rows);
        }
        let readout = Readout {
            output: None,
            space: self.space,
        };
        let ask = Ask::new(self.x, readout, self.targets).map_err(|e| e.to_string())?;
        let extras = Extras {
            display: None,
            baseline: self.baseline,
            background: None,
            seed: 0,
        };
        let Value::Object(params) = params else {
            panic!("not an object")
        };
        let mut params: Map<String, Value> =
            glassboard_catalog::validate(method, &params).map_err(|e| e.to_string())?;
        let found = backward(&mut run, &ask, method, &mut params, extras).map_err(|e| e.to_string())?;
        let ends = adds_up(&mut run, &ask, method, extras).map_err(|e| e.to_string())?;
        let changes = match ends {
            Some(sums) => {
                assert_eq!(sums.start == Start::Zero, method == "lrp");
                sums.values
                    .iter()
                    .zip(&sums.base)
                    .map(|(x, b)| f64::from(*x) - f64::from(*b))
                    .collect()
            }
            None => Vec::new(),
        };
        Ok((found, changes))
    }
}

fn sums(map: &Array) -> Vec<f64> {
    map.outer_iter()
        .map(|row| row.iter().map(|v| f64::from(*v)).sum())
        .collect()
}

/// The largest |sum - change| over max(1, |change|), with the sums measured here and not taken from the method.
fn worst(map: &Array, changes: &[f64]) -> f64 {
    let pairs = sums(map).into_iter().zip(changes);
    pairs.fold(0.0f64, |m, (sum, change)| {
        m.max((sum - change).abs() / change.abs().max(1.0))
    })
}

/// Convolutions, batch norms, an overlapping pool and two paths that meet.
fn residual(seed: u32) -> GraphSpec {
    let mut s = Sketch::new(4);
    s.seed = seed;
    s.takes(&[2, 11, 11]);
    let first = s.conv("x", 2, 6, 3, 1);
    let first = s.norm(&first, 6);
    let first = s.relu(&first);
    let ints = |v: Vec<i64>| Attr::Ints(v);
    let pooled = s.node(
        "MaxPool",
        &[&first],
        &[
            ("kernel_shape", ints(vec![3, 3])),
            ("strides", ints(vec![2, 2])),
            ("pads", ints(vec![1; 4])),
        ],
    );
    let main = s.conv(&pooled, 6, 6, 3, 1);
    let main = s.node("LeakyRelu", &[&main], &[]);
    let main = s.conv(&main, 6, 6, 3, 1);
    let main = s.norm(&main, 6);
    let sum = s.node("Add", &[&main, &pooled], &[]);
    let sum = s.relu(&sum);
    let last = s.node(
        "MaxPool",
        &[&sum],
        &[("kernel_shape", ints(vec![2, 2])), ("strides", ints(vec![1, 1]))],
    );
    s.head(&last, 6, 4)
}

/// A block of a transformer: layer norm, two heads of attention, GELU; the norms and GELU as single nodes or as many.
fn transformer(seed: u32, in_pieces: bool) -> GraphSpec {
    const WIDTH: usize = 8;
    let mut s = Sketch::new(4);
    s.seed = seed;
    s.takes(&[5, WIDTH]);
    let norm = |s: &mut Sketch, x: &str| {
        let (scale, bias) = (s.weight(&[WIDTH]), s.weight(&[WIDTH]));
        if !in_pieces {
            let epsilon = ("epsilon", Attr::Float(1e-12));
            return s.node("LayerNormalization", &[x, &scale, &bias], &[epsilon]);
        }
        // As opset 16 writes it, with the square as a product, which is not put together again.
        let last = || ("axes", Attr::Ints(vec![-1]));
        let mean = s.node("ReduceMean", &[x], &[last()]);
        let centred = s.node("Sub", &[x, &mean], &[]);
        let square = s.node("Mul", &[&centred, &centred], &[]);
        let variance = s.node("ReduceMean", &[&square], &[last()]);
        let epsilon = s.number(1e-2);
        let variance = s.node("Add", &[&variance, &epsilon], &[]);
        let deviation = s.node("Sqrt", &[&variance], &[]);
        let normed = s.node("Div", &[&centred, &deviation], &[]);
        let scaled = s.node("Mul", &[&normed, &scale], &[]);
        s.node("Add", &[&scaled, &bias], &[])
    };
    let dense = |s: &mut Sketch, x: &str, from: usize, to: usize| {
        let (w, b) = (s.weight(&[from, to]), s.weight(&[to]));
        let product = s.node("MatMul", &[x, &w], &[]);
        s.node("Add", &[&product, &b], &[])
    };
    let normed = norm(&mut s, "x");
    let heads: Vec<String> = (0..3)
        .map(|part| {
            let made = dense(&mut s, &normed, WIDTH, WIDTH);
            s.seed += 1;
            let shape = format!("shape{}", s.seed);
            let plain = glassboard_engine::Plain::int(vec![4], glassboard_engine::Elem::I64, vec![0, 5, 2, 4]);
            s.spec.initializers.push((shape.clone(), plain.into()));
            let split = s.node("Reshape", &[&made, &shape], &[]);
            let order = if part == 1 { vec![0, 2, 3, 1] } else { vec![0, 2, 1, 3] };
            s.node("Transpose", &[&split], &[("perm", Attr::Ints(order))])
        })
        .collect();
    let scores = s.node("MatMul", &[&heads[0], &heads[1]], &[]);
    let half = s.number(0.5);
    let scores = s.node("Mul", &[&scores, &half], &[]);
    let weights = s.node("Softmax", &[&scores], &[("axis", Attr::Int(-1))]);
    let mixed = s.node("MatMul", &[&weights, &heads[2]], &[]);
    let mixed = s.node("Transpose", &[&mixed], &[("perm", Attr::Ints(vec![0, 2, 1, 3]))]);
    s.seed += 1;
    let shape = format!("shape{}", s.seed);
    let plain = glassboard_engine::Plain::int(vec![3], glassboard_engine::Elem::I64, vec![0, 5, WIDTH as i64]);
    s.spec.initializers.push((shape.clone(), plain.into()));
    let joined = s.node("Reshape", &[&mixed, &shape], &[]);
    let sum = s.node("Add", &["x", &joined], &[]);
    let normed = norm(&mut s, &sum);
    let wide = dense(&mut s, &normed, WIDTH, 16);
    let root = s.number(std::f32::consts::SQRT_2);
    let scaled = s.node("Div", &[&wide, &root], &[]);
    let erf = s.node("Erf", &[&scaled], &[]);
    let one = s.number(1.0);
    let shifted = s.node("Add", &[&erf, &one], &[]);
    let gated = s.node("Mul", &[&wide, &shifted], &[]);
    let half = s.number(0.5);
    let active = s.node("Mul", &[&gated, &half], &[]);
    let narrow = dense(&mut s, &active, 16, WIDTH);
    let sum = s.node("Add", &[&sum, &narrow], &[]);
    let mean = s.node(
        "ReduceMean",
        &[&sum],
        &[("axes", Attr::Ints(vec![1])), ("keepdims", Attr::Int(0))],
    );
    let (w, b) = (s.weight(&[4, WIDTH]), s.weight(&[4]));
    s.named("Gemm", &[&mean, &w, &b], &[("transB", Attr::Int(1))], "y");
    s.spec
}

/// Two branches multiplied, divided, chosen between, reduced to their largest, and steps that have no derivative.
fn branches(seed: u32) -> GraphSpec {
    let mut s = Sketch::new(4);
    s.seed = seed;
    s.takes(&[6, 3]);
    let both = |s: &mut Sketch, op: &str| {
        let w = s.weight(&[3, 5]);
        let made = s.node("MatMul", &["x", &w], &[]);
        s.node(op, &[&made], &[])
    };
    let (a, b) = (both(&mut s, "Tanh"), both(&mut s, "Sigmoid"));
    let product = s.node("Mul", &[&a, &b], &[]);
    let square = s.node("Mul", &[&a, &a], &[]);
    let one = s.number(1.0);
    let divisor = s.node("Add", &[&square, &one], &[]);
    let quotient = s.node("Div", &[&product, &divisor], &[]);
    let zero = s.number(0.0);
    let positive = s.node("Greater", &[&a, &zero], &[]);
    let chosen = s.node("Where", &[&positive, &quotient, &b], &[]);
    let four = s.number(4.0);
    let many = s.node("Mul", &[&b, &four], &[]);
    let steps = s.node("Floor", &[&many], &[]);
    let smaller = s.node("Min", &[&chosen, &product], &[]);
    let sum = s.node("Sum", &[&chosen, &steps, &smaller], &[]);
    let axes = |axis: i64| [("axes", Attr::Ints(vec![axis])), ("keepdims", Attr::Int(0))];
    let largest = s.node("ReduceMax", &[&sum], &axes(1));
    let length = s.node("ReduceL2", &[&product], &axes(1));
    let soft = s.node("ReduceLogSumExp", &[&chosen], &axes(1));
    let joined = s.node("Concat", &[&largest, &length, &soft], &[("axis", Attr::Int(1))]);
    let logs = s.node("LogSoftmax", &[&joined], &[("axis", Attr::Int(-1))]);
    let (w, b) = (s.weight(&[4, 15]), s.weight(&[4]));
    s.named("Gemm", &[&logs, &w, &b], &[("transB", Attr::Int(1))], "y");
    s.spec
}

fn made(seed: u32) -> [(&'static str, GraphSpec, Vec<usize>); 4] {
    [
        ("residual", residual(seed), vec![3, 2, 11, 11]),
        ("transformer", transformer(seed, false), vec![3, 5, 8]),
        ("transformer in pieces", transformer(seed, true), vec![3, 5, 8]),
        ("branches", branches(seed), vec![3, 6, 3]),
    ]
}

#[test]
fn deeplift_adds_up_on_every_net() {
    let (mut largest, mut furthest) = (0.0f64, 0.0f64);
    for seed in 0..2u32 {
        for (name, spec, shape) in made(1 + 100 * seed) {
            let session: Session = Session::from_spec(&spec, Options::default()).unwrap();
            let x = rows(u64::from(seed), &shape);
            let size: usize = shape[1..].iter().product();
            let zeros = vec![0.0; size];
            let other: Vec<f32> = rows(u64::from(seed) + 1000, &[size]).into_iter().collect();
            for (kind, baseline) in [("zeros", &zeros), ("random", &other)] {
                for space in [OutputSpace::Raw, OutputSpace::Probability] {
                    let asked = Asked {
                        session: &session,
                        x: &x,
                        targets: &[0, 3, 1],
                        space,
                        baseline,
                        batch: None,
                    };
                    let (found, changes) = asked.run("deeplift", json!({})).unwrap();
                    let gap = worst(&found.attribution, &changes);
                    assert!(gap <= 1e-3, "{name} {seed} from {kind} in {space:?}: off by {gap:.2e}");
                    largest = changes.iter().fold(largest, |m, v| m.max(v.abs()));
                    furthest = furthest.max(gap);
                    // What the method says is what was measured.
                    for ((sum, change), said) in sums(&found.attribution).iter().zip(&changes).zip(found.gaps.unwrap())
                    {
                        assert!((sum - change - said).abs() < 1e-4, "{name}: says {said}");
                    }
                }
            }
        }
    }
    assert!(largest > 1.0, "no output moves by more than {largest}");
    println!("furthest off: {furthest:.2e} of changes up to {largest:.2}");
}

/// Every value that the whole graph flows through accounts for the whole change.
#[test]
fn shares_of_a_cut_are_the_whole() {
    let spec = residual(5);
    let session: Session = Session::from_spec(&spec, Options::default()).unwrap();
    let x = rows(3, &[2, 2, 11, 11]);
    let asked = Asked {
        session: &session,
        x: &x,
        targets: &[2, 1],
        space: OutputSpace::Raw,
        baseline: &[0.1; 2 * 11 * 11],
        batch: None,
    };
    let cuts = ["Conv", "BatchNormalization", "GlobalAveragePool", "Flatten"];
    let (lifted, changes) = asked.run("deeplift", json!({})).unwrap();
    let names: Vec<&str> = lifted.shares.iter().map(|share| share.value.as_str()).collect();
    assert_eq!((names[0], names[names.len() - 1]), ("x", "y"));
    let before_the_fork = names.iter().position(|n| n.starts_with("maxpool")).unwrap();
    let whole = |name: &str| {
        names.iter().position(|n| *n == name).unwrap() <= before_the_fork
            || cuts[2..].iter().any(|op| name.starts_with(&op.to_lowercase()))
    };
    let mut seen = 0;
    for share in lifted.shares.iter().filter(|share| whole(&share.value)) {
        seen += 1;
        for ((sum, magnitude), change) in share.sum.iter().zip(&share.magnitude).zip(&changes) {
            assert!(
                (sum - change).abs() < 1e-3 * change.abs().max(1.0),
                "{}: {sum} of {change}",
                share.value
            );
            assert!(*magnitude >= sum.abs() - 1e-6);
        }
    }
    assert!(seen >= 7, "{seen} values of {names:?}");
}

/// The graph with every bias and shift at zero.
fn without_bias(mut spec: GraphSpec) -> GraphSpec {
    let mut zeros: Vec<String> = Vec::new();
    for node in &spec.nodes {
        match node.op.as_str() {
            "Conv" | "Gemm" => zeros.extend(node.inputs.get(2).cloned()),
            "BatchNormalization" => zeros.extend([node.inputs[2].clone(), node.inputs[3].clone()]),
            _ => {}
        }
    }
    for (name, constant) in &mut spec.initializers {
        if zeros.contains(name) {
            let shape = constant.shape.clone();
            let n = shape.iter().product();
            *constant = glassboard_engine::Plain::float(shape, glassboard_engine::Elem::F32, vec![0.0; n]).into();
        }
    }
    spec
}

#[test]
fn relevance_is_kept_where_nothing_absorbs_it() {
    for (name, spec, shape) in [
        ("residual", residual(9), vec![3, 2, 11, 11]),
        ("squeezenet", squeezenet(), vec![3, 3, 32, 32]),
        ("resnet", resnet(), vec![3, 3, 32, 32]),
        ("densenet", densenet(), vec![3, 3, 32, 32]),
    ] {
        let session: Session = Session::from_spec(&without_bias(spec), Options::default()).unwrap();
        let x = rows(4, &shape);
        let baseline = vec![0.0; shape[1..].iter().product()];
        // Z-plus keeps the relevance of what is positive, as it is in a net of rectifiers alone; with beta, what an output
        // without negative parts should hand on has nowhere to go.
        let keeps = |rules: &&&str| !rules.contains("beta") && (name == "squeezenet" || !rules.contains("plus"));
        for composite in COMPOSITES.iter().filter(keeps) {
            let asked = Asked {
                session: &session,
                x: &x,
                targets: &[0, 3, 1],
                space: OutputSpace::Raw,
                baseline: &baseline,
                batch: None,
            };
            let (found, scores) = asked
                .run("lrp", json!({ "composite": composite, "epsilon": 1e-9 }))
                .unwrap();
            assert!(scores.iter().all(|v| v.abs() > 1e-4), "{name}: {scores:?}");
            assert!(found.assumed.is_empty(), "{name}: {:?}", found.assumed);
            let kept = sums(&found.attribution)
                .iter()
                .zip(&scores)
                .fold(0.0f64, |m, (sum, score)| m.max((sum / score - 1.0).abs()));
            assert!(
                kept <= 2e-3,
                "{name} by {composite}: {kept:.2e} of the relevance is lost or made"
            );
        }
    }
}

/// By their catalogue names, each with its passes counted as its cost says.
#[test]
fn the_catalogue_runs_them() {
    let session: Session = Session::from_spec(&resnet(), Options::default()).unwrap();
    let x = rows(6, &[1, 3, 32, 32]);
    let background = rows(7, &[3, 3, 32, 32]);
    let readout = Readout {
        output: None,
        space: OutputSpace::Raw,
    };
    let ask = Ask::new(&x, readout, &[2]).unwrap();
    let extras = Extras {
        display: None,
        baseline: &[0.0; 3 * 32 * 32],
        background: Some(&background),
        seed: 0,
    };
    let mut maps: Vec<Array> = Vec::new();
    for method in [
        "deeplift",
        "deeplift_shap",
        "lrp",
        "guided_backprop",
        "deconvolution",
        "guided_grad_cam",
        "gradient",
    ] {
        let mut quiet = |_: f64, _: &str| {};
        let mut run = Runner::new(&session, &mut quiet, &|| false);
        let mut params = Map::new();
        let map = explain(&mut run, &ask, method, &mut params, extras).unwrap();
        assert_eq!(map.shape(), x.shape(), "{method}");
        assert!(maps.iter().all(|other| *other != map), "{method} is another method");
        let known = |name: &str| (name == "background").then_some(3.0);
        let cost = glassboard_catalog::find(method).unwrap().cost.count(&known).unwrap();
        let passes = run.passes();
        // The graph says the shape of its last convolution, so finding it takes no pass.
        assert_eq!(passes.forward, cost.forward as u64, "{method}");
        assert_eq!(passes.backward, cost.backward as u64, "{method}");
        maps.push(map);
    }
    let extras = Extras {
        display: None,
        background: None,
        ..extras
    };
    let mut quiet = |_: f64, _: &str| {};
    let mut run = Runner::new(&session, &mut quiet, &|| false);
    let refused = explain(&mut run, &ask, "deeplift_shap", &mut Map::new(), extras).unwrap_err();
    assert!(refused.to_string().contains("needs background rows"), "{refused}");
}

/// With biases the gap is what the method says, and a larger stabiliser absorbs more.
#[test]
fn the_gap_of_relevance_is_told() {
    let session: Session = Session::from_spec(&resnet(), Options::default()).unwrap();
    let x = rows(8, &[2, 3, 32, 32]);
    let asked = Asked {
        session: &session,
        x: &x,
        targets: &[0, 3],
        space: OutputSpace::Raw,
        baseline: &[0.0; 3 * 32 * 32],
        batch: None,
    };
    let masses = [1e-6, 0.1, 1.0].map(|epsilon| {
        let (found, scores) = asked
            .run("lrp", json!({ "composite": "epsilon_plus", "epsilon": epsilon }))
            .unwrap();
        for ((sum, score), said) in sums(&found.attribution).iter().zip(&scores).zip(found.gaps.unwrap()) {
            assert!((sum - score - said).abs() < 1e-4);
        }
        found.attribution.iter().map(|v| f64::from(v.abs())).sum::<f64>()
    });
    assert!(masses[0] > masses[1] && masses[1] > masses[2], "{masses:?}");
    let refused = asked.run(
        "lrp",
        json!({ "composite": "epsilon_gamma_box", "low": -0.5, "high": 2.0 }),
    );
    assert!(refused.unwrap_err().contains("outside the bounds"));
}

#[test]
fn batches_change_no_bit() {
    for (name, spec, shape) in made(31).into_iter().filter(|(name, ..)| !name.ends_with("pieces")) {
        let session: Session = Session::from_spec(&spec, Options::default()).unwrap();
        let mut shape = shape;
        shape[0] = 5;
        let x = rows(12, &shape);
        let baseline: Vec<f32> = rows(13, &[shape[1..].iter().product()]).into_iter().collect();
        let targets = [0, 1, 2, 3, 2];
        for (method, params) in [
            ("deeplift", json!({})),
            ("lrp", json!({ "composite": "epsilon_alpha2beta1_flat" })),
            ("lrp", json!({ "composite": "epsilon_gamma_box" })),
        ] {
            let bits = [1, 64].map(|batch| {
                let asked = Asked {
                    session: &session,
                    x: &x,
                    targets: &targets,
                    space: OutputSpace::Raw,
                    baseline: &baseline,
                    batch: Some(batch),
                };
                let (found, _) = asked.run(method, params.clone()).unwrap();
                let shares: Vec<u64> = found
                    .shares
                    .iter()
                    .flat_map(|s| s.sum.iter().map(|v| v.to_bits()))
                    .collect();
                let map: Vec<u32> = found.attribution.iter().map(|v| v.to_bits()).collect();
                (map, shares)
            });
            assert!(bits[0] == bits[1], "{name}: {method} {params}");
        }
    }
}

/// Attention and normalisations have rules; relevance stays in the order of what is explained.
#[test]
fn a_transformer_has_a_rule_for_every_node() {
    for in_pieces in [false, true] {
        let session: Session = Session::from_spec(&transformer(3, in_pieces), Options::default()).unwrap();
        let x = rows(2, &[2, 5, 8]);
        let asked = Asked {
            session: &session,
            x: &x,
            targets: &[1, 2],
            space: OutputSpace::Raw,
            baseline: &[0.0; 40],
            batch: None,
        };
        let (found, scores) = asked.run("lrp", json!({})).unwrap();
        assert!(found.assumed.is_empty(), "{:?}", found.assumed);
        assert!(found.attribution.iter().all(|v| v.is_finite()));
        let total: f64 = found.attribution.iter().map(|v| f64::from(v.abs())).sum();
        assert!(total > 1e-3 && total < 1e3 * scores[0].abs().max(1.0), "{total}");
    }
}

/// Tokens have no gradient, but the value they are looked up into is reached, and accounts for the whole change.
#[test]
fn a_layer_is_reached_behind_tokens() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/goldens/models/text_tx.onnx");
    let session: Session = Session::open(&file, Options::default()).unwrap();
    let length = session.inputs()[0].shape[1].unwrap_or(8);
    let tokens = Array::from_shape_fn(IxDyn(&[3, length]), |i| (2 + (i[0] * 7 + i[1] * 3) % 20) as f32);
    let unknown = Array::ones(tokens.raw_dim());
    let target = Target {
        output: None,
        space: OutputSpace::Raw,
        targets: vec![0, 1, 0],
    };
    let embedded = session
        .values()
        .into_iter()
        .find(|value| value.op == "Gather")
        .unwrap()
        .name;
    let at = Some(embedded.as_str());
    let lifted = session
        .propagate(&tokens.view(), Some(&unknown.view()), &target, &Rescale, at)
        .unwrap();
    let values = session.capture(&tokens.view(), &[&embedded]).unwrap().swap_remove(0);
    let references = session.capture(&unknown.view(), &[&embedded]).unwrap().swap_remove(0);
    assert_eq!(lifted.arrived.shape(), values.shape());
    let shares = lifted.arrived * (values - references);
    let changes = lifted.scores.iter().zip(&lifted.reference_scores);
    let changes: Vec<f64> = changes.map(|(x, b)| f64::from(*x) - f64::from(*b)).collect();
    assert!(changes.iter().any(|change| change.abs() > 0.1), "{changes:?}");
    assert!(worst(&shares, &changes) < 1e-3, "{:?} of {changes:?}", sums(&shares));
    assert_eq!(lifted.shares[0].value, embedded);

    let numbers = Numbers {
        epsilon: 1e-6,
        gamma: 0.25,
        bounds: [0.0, 1.0],
    };
    let way = Lrp::new(Composite::named("epsilon", numbers).unwrap());
    let found = session.propagate(&tokens.view(), None, &target, &way, at).unwrap();
    assert!(way.assumed().is_empty(), "{:?}", way.assumed());
    assert!(found.arrived.iter().all(|v| v.is_finite()) && found.arrived.iter().any(|v| v.abs() > 1e-3));
    // From the tokens themselves nothing comes back, and that is said.
    let refused = session
        .propagate(&tokens.view(), None, &target, &way, None)
        .unwrap_err();
    assert!(refused.to_string().contains("nothing of"), "{refused}");
}

/// Files of others: every rule runs, and DeepLIFT adds up.
#[test]
fn real_files_run() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/real/onnx");
    if !folder.exists() {
        println!("skipped: no real data");
        return;
    }
    let files = [
        "tracel-ai+burn-onnx/examples/onnx-inference/src/model/mnist.onnx",
        "NeuralNetworkVerification+Marabou/resources/onnx/model-german-traffic-sign-fast.onnx",
        "NeuralNetworkVerification+Marabou/resources/onnx/cifar10/cifar_base_kw.onnx",
        "ShiqiYu+libfacedetection.train/onnx/yunet_n_320_320.onnx",
        "Linzaer+Ultra-Light-Fast-Generic-Face-Detector-1MB/models/onnx/version-RFB-320.onnx",
    ];
    for file in files {
        let session: Session = Session::open(&folder.join(file), Options::default()).unwrap();
        let shape: Vec<usize> = session.inputs()[0].shape.iter().map(|d| d.unwrap_or(1)).collect();
        let x = rows(1, &[&[1], &shape[1..]].concat());
        let baseline = vec![0.0; x.len()];
        let asked = Asked {
            session: &session,
            x: &x,
            targets: &[0],
            space: OutputSpace::Raw,
            baseline: &baseline,
            batch: None,
        };
        let (lifted, changes) = asked
            .run("deeplift", json!({}))
            .unwrap_or_else(|e| panic!("{file}: {e}"));
        let gap = worst(&lifted.attribution, &changes);
        assert!(gap <= 1e-3, "{file}: off by {gap:.2e} of {changes:?}");
        for composite in ["epsilon_plus_flat", "epsilon_gamma_box", "epsilon_alpha2beta1"] {
            let (found, _) = asked
                .run("lrp", json!({ "composite": composite }))
                .unwrap_or_else(|e| panic!("{file} by {composite}: {e}"));
            assert!(found.attribution.iter().all(|v| v.is_finite()), "{file} by {composite}");
            // Of all operators in these files, one has no rule.
            let known = found.assumed.iter().all(|node| node.ends_with("(LogSoftmax)"));
            assert!(known, "{file}: {:?}", found.assumed);
        }
    }
}
