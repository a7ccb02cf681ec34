//! Methods on inner values, concepts and weights, on networks whose truth is known.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use std::collections::BTreeMap;
use std::path::Path;

use glassboard_engine::{Attr, Elem, GraphSpec, NodeSpec, Options, Plain, Port, Session};
use glassboard_explain::inner::Inside;
use glassboard_explain::methods::ablationcam::{Fill, ablationcam};
use glassboard_explain::methods::eigencam::{Sign, eigencam};
use glassboard_explain::methods::integrated_gradients::integrated_gradients;
use glassboard_explain::methods::layer_integrated_gradients::layer_integrated_gradients;
use glassboard_explain::methods::neuron_conductance::neuron_conductance;
use glassboard_explain::methods::scorecam::scorecam;
use glassboard_explain::methods::tcav::{Test, tcav};
use glassboard_explain::methods::tracin::{Influence, Known, Loss, tracin};
use glassboard_explain::quadrature::Rule;
use glassboard_explain::random::Counter;
use glassboard_explain::{Ask, Readout, Runner, softmax};
use glassboard_model::{Array, Model, OutputSpace};
use ndarray::{Array2, Axis, IxDyn};

const CONV2: &str = "/conv2/Conv_output_0";
const HIDDEN: &str = "/0/Gemm_output_0";

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
    Array::from_shape_simple_fn(IxDyn(shape), || random.normal() as f32)
}

fn with_run<T>(model: &dyn Model, batch: Option<usize>, work: impl FnOnce(&mut Runner<'_>) -> T) -> T {
    let mut quiet = |_: f64, _: &str| {};
    let mut run = Runner::new(model, &mut quiet, &|| false);
    if let Some(rows) = batch {
        run = run.with_batch(rows);
    }
    work(&mut run)
}

fn node(op: &str, inputs: &[&str], output: &str, attrs: &[(&str, Attr)]) -> NodeSpec {
    NodeSpec {
        op: op.into(),
        inputs: inputs.iter().map(|s| (*s).to_owned()).collect(),
        outputs: vec![output.to_owned()],
        attrs: attrs.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect(),
        ..NodeSpec::default()
    }
}

fn built(input: &[Option<usize>], weights: &[(&str, &[usize], Vec<f32>)], nodes: Vec<NodeSpec>) -> Session {
    let mut spec = GraphSpec {
        inputs: vec![Port::tensor("x", Elem::F32, input.to_vec())],
        outputs: vec![Port::bare("y")],
        opsets: BTreeMap::from([(String::new(), 17)]),
        nodes,
        ..GraphSpec::default()
    };
    for (name, shape, data) in weights {
        let plain = Plain::float(shape.to_vec(), Elem::F32, data.clone());
        spec.initializers.push(((*name).to_owned(), plain.into()));
    }
    Session::from_spec(&spec, Options::default()).unwrap()
}

/// A picture through three channels, the second of which is dead, to two numbers.
fn with_dead_channel(of_dead: f32) -> Session {
    let head = vec![1.0, of_dead, 0.5, -0.5, -of_dead, 1.0];
    built(
        &[None, Some(1), Some(4), Some(4)],
        &[
            ("k", &[3, 1, 1, 1], vec![1.0, 0.0, -1.0]),
            ("b", &[3], vec![0.0, 0.0, 1.0]),
            ("w", &[2, 3], head),
        ],
        vec![
            node("Conv", &["x", "k", "b"], "maps", &[]),
            node("GlobalAveragePool", &["maps"], "pooled", &[]),
            node("Flatten", &["pooled"], "flat", &[]),
            node("Gemm", &["flat", "w"], "y", &[("transB", Attr::Int(1))]),
        ],
    )
}

#[test]
fn a_dead_channel_has_no_part_in_ablation_cam() {
    let x = noise(&[2, 1, 4, 4], 1).mapv(f32::abs);
    let ask = Ask::new(&x, raw(), &[0, 1]).unwrap();
    let map = |of_dead: f32| {
        let model = with_dead_channel(of_dead);
        with_run(&model, None, |run| ablationcam(run, &ask, "maps", Fill::Zero).unwrap())
    };
    assert_eq!(map(0.0), map(1000.0), "whatever is behind it");
    assert!(map(0.0).iter().any(|v| *v > 0.5));
}

#[test]
fn maps_and_shares_are_the_same_at_any_batch() {
    let model = fixture("cnn8.onnx");
    let x = noise(&[5, 1, 8, 8], 2).mapv(f32::abs);
    let ask = Ask::new(&x, raw(), &[0, 1, 2, 3, 4]).unwrap();
    let all = |batch: usize| {
        with_run(&model, Some(batch), |run| {
            [
                scorecam(run, &ask, CONV2).unwrap(),
                ablationcam(run, &ask, CONV2, Fill::Zero).unwrap(),
                eigencam(run, &ask, CONV2, Sign::WithMean).unwrap(),
                layer_integrated_gradients(run, &ask, CONV2, &[0.0; 64], Rule::Middle, 7).unwrap(),
                neuron_conductance(run, &ask, (CONV2, 70), &[0.0; 64], Rule::Trapezoid, 7).unwrap(),
            ]
        })
    };
    let (one, many) = (all(1), all(64));
    for (k, (a, b)) in one.iter().zip(&many).enumerate() {
        let bits = |map: &Array| map.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(a), bits(b), "number {k}");
    }
}

#[test]
fn eigen_cam_rises_with_the_mean_of_the_channels() {
    let model = fixture("cnn8.onnx");
    let x = noise(&[6, 1, 8, 8], 3).mapv(f32::abs);
    let ask = Ask::new(&x, raw(), &[0; 6]).unwrap();
    let map = with_run(&model, None, |run| eigencam(run, &ask, CONV2, Sign::WithMean).unwrap());
    let layer = model.capture(&x.view(), &[CONV2]).unwrap().swap_remove(0);
    let mean = layer.mean_axis(Axis(1)).unwrap();
    for (map, mean) in map.outer_iter().zip(mean.outer_iter()) {
        // The layer has the size of the picture, so places are compared one by one; the map is cut at zero.
        let (map, mean): (Vec<f32>, Vec<f32>) = (map.iter().copied().collect(), mean.iter().copied().collect());
        assert_eq!(map.len(), mean.len());
        let middle = |v: &[f32]| v.iter().sum::<f32>() / v.len() as f32;
        let (a, b) = (middle(&map), middle(&mean));
        let along: f32 = map.iter().zip(&mean).map(|(m, v)| (m - a) * (v - b)).sum();
        assert!(along > 0.0, "{along}");
    }
}

#[test]
fn conductances_of_all_neurons_add_up_to_integrated_gradients() {
    let model = fixture("mlp10.onnx");
    let x = noise(&[3, 10], 4);
    let ask = Ask::new(&x, raw(), &[0, 1, 1]).unwrap();
    let (zeros, rule) = ([0.0; 10], Rule::GaussLegendre);
    with_run(&model, None, |run| {
        let width = run.capture(&x, HIDDEN).unwrap().shape()[1];
        let whole = integrated_gradients(run, &ask, &zeros, rule, 20).unwrap();
        let mut sum = Array::zeros(x.raw_dim());
        for neuron in 0..width {
            sum += &neuron_conductance(run, &ask, (HIDDEN, neuron), &zeros, rule, 20).unwrap();
        }
        let off = (&sum - &whole).iter().fold(0.0f32, |m, v| m.max(v.abs()));
        assert!(off < 1e-4, "{off}");
        let missing = neuron_conductance(run, &ask, (HIDDEN, width), &zeros, rule, 2).unwrap_err();
        assert!(missing.to_string().contains("there is no neuron"), "{missing}");
    });
}

#[test]
fn shares_of_an_embedding_add_up_while_the_mask_stays() {
    let model = fixture("text_tx.onnx");
    let layer = "/emb/Gather_output_0";
    let x = Array::from_shape_fn(IxDyn(&[2, 12]), |i| {
        if i[1] < 5 + i[0] { (3 + 2 * i[1]) as f32 } else { 0.0 }
    });
    let ask = Ask::new(&x, raw(), &[1, 0]).unwrap();
    with_run(&model, None, |run| {
        let shares = layer_integrated_gradients(run, &ask, layer, &[0.0; 12], Rule::Middle, 2000).unwrap();
        let bare = run.capture(&Array::zeros(x.raw_dim()), layer).unwrap();
        let shape = bare.shape()[1..].to_vec();
        let flat: Vec<f32> = bare.iter().copied().collect();
        let size = flat.len() / 2;
        let inside = Inside {
            layer,
            shape: &shape,
            count: 2,
            row: &|i| i,
        };
        let without = run
            .forward_from(&ask, &inside, |i, values| {
                values.copy_from_slice(&flat[i * size..][..size]);
            })
            .unwrap();
        let whole = run.forward(
            &[12],
            2,
            &raw(),
            |i| ask.targets[i],
            |i, row| row.copy_from_slice(ask.row(i)),
        );
        for ((shares, whole), without) in shares.outer_iter().zip(whole.unwrap()).zip(without) {
            let gap = shares.sum() - (whole - without);
            assert!(gap.abs() < 1e-3, "{} for {}", shares.sum(), whole - without);
            assert!((whole - without).abs() > 0.01, "something is shared out");
        }
    });
}

/// y = (2 x0 - x3, x1): a concept along x0 raises the first number, one along x3 lowers it.
fn linear() -> Session {
    let eye = (0..16).map(|i| if i % 5 == 0 { 1.0 } else { 0.0 }).collect();
    built(
        &[None, Some(4)],
        &[
            ("eye", &[4, 4], eye),
            ("w", &[4, 2], vec![2.0, 0.0, 0.0, 1.0, 0.0, 0.0, -1.0, 0.0]),
        ],
        vec![
            node("MatMul", &["x", "eye"], "layer", &[]),
            node("MatMul", &["layer", "w"], "y", &[]),
        ],
    )
}

#[test]
fn a_concept_has_the_sign_of_its_direction() {
    let model = linear();
    let (x, random) = (noise(&[20, 4], 5), noise(&[60, 4], 6));
    let ask = Ask::new(&x, raw(), &[0; 20]).unwrap();
    let test = Test {
        runs: 20,
        penalty: 0.01,
        folds: 5,
        seed: 0,
    };
    let along = |axis: usize| {
        let mut concept = noise(&[30, 4], 7);
        concept.index_axis_mut(Axis(1), axis).mapv_inplace(|v| v + 5.0);
        with_run(&model, None, |run| {
            tcav(run, &ask, "layer", (&concept, &random), test).unwrap()
        })
    };
    let (up, down) = (along(0), along(3));
    assert_eq!((up.score.share, down.score.share), (1.0, 0.0));
    assert!(up.cav.direction[0] > 0.95 && up.accuracy.unwrap() > 0.95, "{up:?}");
    assert!(
        up.directional
            .iter()
            .all(|d| (d - 2.0 * f64::from(up.cav.direction[0]) + f64::from(up.cav.direction[3])).abs() < 1e-5)
    );
    assert!(up.p_value.unwrap() < 0.01, "{up:?}");
    assert!(
        (0.0..1.0).contains(&(up.random_scores.iter().sum::<f64>() / 20.0)),
        "chance goes both ways"
    );

    // Rows like the others are no concept.
    let like = with_run(&model, None, |run| {
        tcav(run, &ask, "layer", (&noise(&[30, 4], 8), &random), test).unwrap()
    });
    assert!((like.accuracy.unwrap() - 0.5).abs() < 0.2, "{like:?}");
    let again = with_run(&model, Some(1), |run| {
        tcav(run, &ask, "layer", (&noise(&[30, 4], 8), &random), test).unwrap()
    });
    assert_eq!(
        (again.cav, again.directional),
        (like.cav, like.directional),
        "any batch, the same bytes"
    );
}

fn loss(model: &dyn Model, x: &Array, truth: &[f64]) -> f64 {
    let outputs = model.forward(&x.view(), None).unwrap().mapv(f64::from);
    let rows = outputs.outer_iter().zip(truth);
    rows.map(|(row, y)| {
        let highest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = row.iter().map(|v| (v - highest).exp()).sum();
        total.ln() + highest - row[*y as usize]
    })
    .sum()
}

fn influence(model: &dyn Model, batch: Option<usize>, a: (&Array, &[f64]), b: (&Array, &[f64])) -> Influence {
    let known = |(x, truth)| Known { x, truth };
    with_run(model, batch, |run| {
        tracin(run, known(a), known(b), None, Loss::CrossEntropy).unwrap()
    })
}

#[test]
fn influence_is_symmetric_and_never_negative_on_oneself() {
    let model = fixture("mlp10.onnx");
    let (x, truth) = (noise(&[7, 10], 9), [0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0]);
    let found = influence(&model, None, (&x, &truth), (&x, &truth));
    for i in 0..7 {
        assert!(found.own[i] >= 0.0);
        assert_eq!(found.own[i].to_bits(), found.pairs[[i, i]].to_bits());
        for j in 0..7 {
            assert_eq!(found.pairs[[i, j]].to_bits(), found.pairs[[j, i]].to_bits());
        }
    }
    assert_eq!(
        found,
        influence(&model, Some(1), (&x, &truth), (&x, &truth)),
        "any batch, the same bytes"
    );
}

#[test]
fn influence_is_what_a_step_of_training_does() {
    for (name, shape, classes) in [
        ("mlp10.onnx", vec![10], 2.0),
        ("cnn8.onnx", vec![1, 8, 8], 10.0),
        ("cnn32.onnx", vec![1, 32, 32], 10.0),
    ] {
        let model = fixture(name);
        let full: Vec<usize> = std::iter::once(1).chain(shape).collect();
        // As pictures are, so that no answer is certain to the last bit.
        let (test, train) = (noise(&full, 10), noise(&full, 11));
        let (test, train) = (test.mapv(|v| v.abs() * 0.3), train.mapv(|v| v.abs() * 0.3));
        let (of_test, of_train) = ([1.0], [classes - 1.0]);
        let said = influence(&model, None, (&test, &of_test), (&train, &of_train)).pairs[[0, 0]];

        // The gradient at the training row, and the model one small step down it, and up.
        let outputs = model.forward(&train.view(), None).unwrap();
        let mut slope = softmax(outputs.as_slice().unwrap());
        slope[of_train[0] as usize] -= 1.0;
        let slope = Array2::from_shape_vec((1, slope.len()), slope).unwrap();
        let gradient = model.weight_gradients(&train.view(), None, slope.view()).unwrap();
        let length = gradient.iter().map(|v| v * v).sum::<f32>().sqrt();
        let stepped = |step: f32| {
            let mut at = 0;
            let mut changed = Vec::new();
            for weight in model.weights() {
                let mut numbers = model.weight(&weight.name).unwrap();
                for v in &mut numbers {
                    *v -= step * gradient[[0, at]];
                    at += 1;
                }
                changed.push((weight.name, numbers));
            }
            assert_eq!(at, gradient.ncols());
            loss(&*model.with_weights(changed).unwrap(), &test, &of_test)
        };
        let step = 1e-3 / length;
        let happened = (stepped(-step) - stepped(step)) / (2.0 * f64::from(step));
        assert!(
            (said - happened).abs() < 0.02 * said.abs().max(0.05 * f64::from(length)),
            "{name}: {said} against {happened}"
        );
    }
}

#[test]
fn weights_are_what_was_trained_and_go_back_as_they_were() {
    let model = fixture("cnn32.onnx");
    let weights = model.weights();
    let running = |name: &str| name.contains("running");
    assert!(
        !weights.is_empty() && !weights.iter().any(|w| running(&w.name)),
        "{weights:?}"
    );
    assert!(
        weights.iter().any(|w| w.op == "BatchNormalization"),
        "its scale and shift are trained"
    );
    let x = noise(&[3, 1, 32, 32], 12);
    let same = weights
        .iter()
        .map(|w| (w.name.clone(), model.weight(&w.name).unwrap()))
        .collect();
    let twin = model.with_weights(same).unwrap();
    assert_eq!(
        model.forward(&x.view(), None).unwrap(),
        twin.forward(&x.view(), None).unwrap()
    );
    let wrong = model.with_weights(vec![(weights[0].name.clone(), Array::zeros(IxDyn(&[1])))]);
    assert!(wrong.err().unwrap().to_string().contains("has shape"));
    let none = model.with_weights(vec![("nothing".to_owned(), Array::zeros(IxDyn(&[1])))]);
    assert!(none.is_err());
}
