//! Convolutions and pools against plain loops.

use std::collections::BTreeMap;

use glassboard_engine::{Attr, Elem, GraphSpec, NodeSpec, Options, Plain, Port, Session};
use glassboard_model::Model;
use ndarray::{ArrayD, IxDyn};
use proptest::prelude::*;

fn port(name: &str, shape: &[usize]) -> Port {
    Port::tensor(name, Elem::F32, shape.iter().copied())
}

/// A graph of one node: `x` and constants in, `y` out.
fn graph(op: &str, shape: &[usize], constants: Vec<Plain>, attrs: Vec<(&str, Attr)>) -> GraphSpec {
    let names: Vec<String> = (0..constants.len()).map(|i| format!("c{i}")).collect();
    let mut inputs = vec!["x".to_owned()];
    inputs.extend(names.clone());
    GraphSpec {
        inputs: vec![port("x", shape)],
        outputs: vec![Port::bare("y")],
        initializers: names.into_iter().zip(constants.into_iter().map(Into::into)).collect(),
        nodes: vec![NodeSpec {
            op: op.into(),
            inputs,
            outputs: vec!["y".into()],
            attrs: attrs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
            ..NodeSpec::default()
        }],
        opsets: BTreeMap::from([(String::new(), 18)]),
        ..GraphSpec::default()
    }
}

/// Numbers away from each other and from zero.
fn numbers(n: usize, seed: u64) -> Vec<f32> {
    (0..n)
        .map(|i| {
            let k = ((i as u64 * 7 + seed * 13) % 31) as f32;
            (k - 15.3) * 0.11
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Convolution against six loops.
    #[test]
    fn convolutions_agree_with_loops(groups in 1usize..3, per in 1usize..3, outs in 1usize..3, h in 3usize..7, w in 3usize..7, k in 1usize..4, stride in 1usize..3, dilation in 1usize..3, pads in prop::array::uniform4(0usize..3), seed in 0u64..9) {
        let reach = (k - 1) * dilation + 1;
        prop_assume!(h + pads[0] + pads[2] >= reach && w + pads[1] + pads[3] >= reach);
        let (ci, co) = (groups * per, groups * outs);
        let weight = numbers(co * per * k * k, seed + 1);
        let attrs = vec![
            ("group", Attr::Int(groups as i64)),
            ("strides", Attr::Ints(vec![stride as i64; 2])),
            ("dilations", Attr::Ints(vec![dilation as i64; 2])),
            ("pads", Attr::Ints(pads.iter().map(|&p| p as i64).collect())),
        ];
        let spec = graph("Conv", &[1, ci, h, w], vec![Plain::float(vec![co, per, k, k], Elem::F32, weight.clone())], attrs);
        let x = ArrayD::from_shape_vec(IxDyn(&[1, ci, h, w]), numbers(ci * h * w, seed)).unwrap();
        let session: Session = Session::from_spec(&spec, Options::default()).unwrap();
        let y = session.forward(&x.view(), None).unwrap();
        let (oh, ow) = ((h + pads[0] + pads[2] - reach) / stride + 1, (w + pads[1] + pads[3] - reach) / stride + 1);
        prop_assert_eq!(y.shape(), &[1, co, oh, ow]);
        for o in 0..co { for i in 0..oh { for j in 0..ow {
            let mut sum = 0.0f64;
            for c in 0..per { for a in 0..k { for b in 0..k {
                let (r, s) = ((i * stride + a * dilation) as i64 - pads[0] as i64, (j * stride + b * dilation) as i64 - pads[1] as i64);
                if r >= 0 && s >= 0 && (r as usize) < h && (s as usize) < w {
                    sum += f64::from(x[[0, o / outs * per + c, r as usize, s as usize]]) * f64::from(weight[((o * per + c) * k + a) * k + b]);
                }
            }}}
            prop_assert!((sum - f64::from(y[[0, o, i, j]])).abs() < 1e-4, "{} {} {}", o, i, j);
        }}}
    }

    /// Pools against loops, with `ceil_mode` and padding.
    #[test]
    fn pools_agree_with_loops(max in any::<bool>(), include in any::<bool>(), ceil in any::<bool>(), h in 3usize..8, w in 3usize..8, k in 2usize..4, stride in 1usize..4, pads in prop::array::uniform4(0usize..2), seed in 0u64..9) {
        let spec = graph(if max { "MaxPool" } else { "AveragePool" }, &[1, 2, h, w], vec![], vec![
            ("kernel_shape", Attr::Ints(vec![k as i64; 2])),
            ("strides", Attr::Ints(vec![stride as i64; 2])),
            ("pads", Attr::Ints(pads.iter().map(|&p| p as i64).collect())),
            ("ceil_mode", Attr::Int(i64::from(ceil))),
        ].into_iter().chain((!max).then_some(("count_include_pad", Attr::Int(i64::from(include))))).collect());
        let x = ArrayD::from_shape_fn(IxDyn(&[1, 2, h, w]), |d| (((d[1] * 64 + d[2] * 8 + d[3]) as u64 * 37 + seed) % 128) as f32 * 0.03 - 2.0);
        let session: Session = Session::from_spec(&spec, Options::default()).unwrap();
        let y = session.forward(&x.view(), None).unwrap();
        let extent = |n: usize, a: usize, b: usize| {
            let free = n + a + b - k;
            let mut out = if ceil { free.div_ceil(stride) } else { free / stride } + 1;
            if ceil && (out - 1) * stride >= n + a { out -= 1; }
            out
        };
        let (oh, ow) = (extent(h, pads[0], pads[2]), extent(w, pads[1], pads[3]));
        prop_assert_eq!(y.shape(), &[1, 2, oh, ow]);
        for c in 0..2 { for i in 0..oh { for j in 0..ow {
            let (mut best, mut sum, mut real, mut padded) = (f32::NEG_INFINITY, 0.0f64, 0.0f64, 0.0f64);
            for a in 0..k { for b in 0..k {
                let (r, s) = ((i * stride + a) as i64 - pads[0] as i64, (j * stride + b) as i64 - pads[1] as i64);
                if r < (h + pads[2]) as i64 && s < (w + pads[3]) as i64 { padded += 1.0; }
                if r >= 0 && s >= 0 && (r as usize) < h && (s as usize) < w {
                    let v = x[[0, c, r as usize, s as usize]];
                    best = best.max(v);
                    sum += f64::from(v);
                    real += 1.0;
                }
            }}
            let want = if max { f64::from(best) } else { sum / if include { padded } else { real } };
            prop_assert!((want - f64::from(y[[0, c, i, j]])).abs() < 1e-4, "{} {} {}: {} {}", c, i, j, want, y[[0, c, i, j]]);
        }}}
    }
}
