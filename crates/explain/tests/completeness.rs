//! Integrated Gradients add up to the change of the output, the better the more steps there are, by every rule of
//! quadrature, on every network.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

#[expect(dead_code, reason = "other tests write other graphs with it")]
mod sketch;

use glassboard_engine::{GraphSpec, Options, Session};
use glassboard_explain::random::Counter;
use glassboard_explain::{Ask, Extras, Readout, Runner, adds_up, explain};
use glassboard_model::{Array, OutputSpace};
use ndarray::{ArrayD, IxDyn};
use serde_json::{Map, Value, json};
use sketch::{densenet, resnet, squeezenet};

const RULES: [&str; 5] = [
    "riemann_left",
    "riemann_right",
    "riemann_middle",
    "riemann_trapezoid",
    "gausslegendre",
];

/// Mean over the rows of how far the sums are from the changes, beside the mean change.
fn gap(spec: &GraphSpec, x: &Array, rule: &str, steps: usize) -> (f64, f64) {
    let session: Session = Session::from_spec(spec, Options::default()).unwrap();
    let (mut quiet, cancelled) = (|_: f64, _: &str| {}, || false);
    let mut run = Runner::new(&session, &mut quiet, &cancelled);
    let targets: Vec<usize> = (0..x.shape()[0]).map(|row| row % 5).collect();
    let readout = Readout {
        output: None,
        space: OutputSpace::Raw,
    };
    let ask = Ask::new(x, readout, &targets).unwrap();
    let zeros = vec![0.0; x.len() / x.shape()[0]];
    let extras = Extras {
        display: None,
        baseline: &zeros,
        background: None,
        seed: 0,
    };
    let given = Map::from_iter([("method".to_owned(), json!(rule)), ("n_steps".to_owned(), json!(steps))]);
    let mut params: Map<String, Value> = glassboard_catalog::validate("integrated_gradients", &given).unwrap();
    let map = explain(&mut run, &ask, "integrated_gradients", &mut params, extras).unwrap();
    let ends = adds_up(&mut run, &ask, "integrated_gradients", extras)
        .unwrap()
        .unwrap();
    let rows = map.outer_iter().zip(ends.values.iter().zip(&ends.base));
    let mut total = (0.0, 0.0);
    for (row, (value, base)) in rows {
        let sum: f64 = row.iter().map(|v| f64::from(*v)).sum();
        let change = f64::from(*value) - f64::from(*base);
        total.0 += (sum - change).abs() / targets.len() as f64;
        total.1 += change.abs() / targets.len() as f64;
    }
    total
}

#[test]
fn more_steps_close_the_gap_on_every_network_by_every_rule() {
    let mut random = Counter::new(3, 77, 0);
    let x = ArrayD::from_shape_fn(IxDyn(&[6, 3, 32, 32]), |_| (random.uniform() * 3.0 - 1.5) as f32);
    for (name, spec) in [
        ("squeezenet", squeezenet()),
        ("resnet", resnet()),
        ("densenet", densenet()),
    ] {
        for rule in RULES {
            let steps = [4, 32, 256];
            let gaps: Vec<(f64, f64)> = steps.iter().map(|steps| gap(&spec, &x, rule, *steps)).collect();
            let [few, some, many] = [gaps[0].0, gaps[1].0, gaps[2].0];
            println!("{name}, {rule}: {few:.2e} {some:.2e} {many:.2e} of {:.2e}", gaps[2].1);
            assert!(
                some < few / 3.0 && many < some / 3.0,
                "{name}, {rule}: {few:.2e}, {some:.2e}, {many:.2e}"
            );
            assert!(
                many < 0.01 * gaps[2].1,
                "{name}, {rule}: {many:.2e} of {:.2e}",
                gaps[2].1
            );
        }
    }
}
