//! Functions of two numbers, broadcast every way.

use crate::common::{close, noise, same_under_threads, wide};
use glassboard_kernels::binary::{Binary, Shaped, backward_a, backward_b, forward};
use glassboard_kernels::reference;
use proptest::prelude::*;

const ALL: [Binary; 8] = [
    Binary::Add,
    Binary::Sub,
    Binary::Mul,
    Binary::Div,
    Binary::Max,
    Binary::Min,
    Binary::Pow,
    Binary::Prelu,
];

/// Two shapes that broadcast, and what they broadcast to.
fn shapes() -> impl Strategy<Value = (Vec<usize>, Vec<usize>, Vec<usize>)> {
    let axis = (1usize..6, 0u8..4);
    (prop::collection::vec(axis, 0..5), 0usize..3, 0usize..3).prop_map(|(axes, cut_a, cut_b)| {
        let one = |mask: u8| {
            axes.iter()
                .map(|&(d, m)| if m == mask { 1 } else { d })
                .collect::<Vec<_>>()
        };
        let (mut a, mut b) = (one(1), one(2));
        // Leading axes may be missing from one of them.
        if cut_a > 0 && cut_b == 0 {
            a.drain(..cut_a.min(a.len()));
        } else if cut_a == 0 {
            b.drain(..cut_b.min(b.len()));
        }
        let rank = a.len().max(b.len());
        let at = |s: &[usize], i: usize| if i + s.len() >= rank { s[i + s.len() - rank] } else { 1 };
        let to = (0..rank).map(|i| at(&a, i).max(at(&b, i))).collect();
        (a, b, to)
    })
}

fn check(f: Binary, a_shape: &[usize], b_shape: &[usize], shape: &[usize], seed: u64) -> Result<(), String> {
    let size = |s: &[usize]| s.iter().product::<usize>();
    let mut a = noise(size(a_shape), seed);
    let mut b = noise(size(b_shape), seed + 1);
    if matches!(f, Binary::Pow | Binary::Div) {
        for v in &mut a {
            *v = v.abs() + 0.3;
        }
        for v in &mut b {
            *v = v.abs() * 2.0 + 0.3;
        }
    }
    let g = noise(size(shape), seed + 2);
    let (wa, wb) = (wide(&a), wide(&b));
    let (sa, sb) = (Shaped::new(&a, a_shape), Shaped::new(&b, b_shape));
    let (ra, rb) = (Shaped::new(&wa, a_shape), Shaped::new(&wb, b_shape));
    close(
        &forward(f, sa, sb, shape),
        &reference::binary::forward(f, ra, rb, shape),
        1e-6,
    )?;
    // A sum's error grows with the root of its length.
    let tolerance = 2e-7 * (g.len() as f64).sqrt().max(10.0);
    let (da, db) = reference::binary::backward(f, ra, rb, &wide(&g), shape);
    close(&backward_a(f, sa, sb, &g, shape), &da, tolerance).map_err(|e| format!("first input: {e}"))?;
    close(&backward_b(f, sa, sb, &g, shape), &db, tolerance).map_err(|e| format!("second input: {e}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_broadcast_is_the_references((a, b, to) in shapes(), which in 0usize..8, seed in 0u64..1_000) {
        prop_assert_eq!(check(ALL[which], &a, &b, &to, seed), Ok(()));
    }
}

#[test]
fn the_shapes_of_networks() {
    let shapes: [[&[usize]; 3]; 8] = [
        [&[3, 300, 33], &[3, 300, 33], &[3, 300, 33]],
        [&[3, 300, 33], &[33], &[3, 300, 33]],
        [&[3, 300, 33], &[], &[3, 300, 33]],
        [&[2, 10, 40, 41], &[10, 1, 1], &[2, 10, 40, 41]],
        [&[2, 10, 40, 41], &[2, 10, 1, 1], &[2, 10, 40, 41]],
        [&[2, 1, 100, 200], &[2, 3, 1, 200], &[2, 3, 100, 200]],
        [&[20_000, 2], &[2], &[20_000, 2]],
        [&[400, 1], &[1, 300], &[400, 300]],
    ];
    for [a, b, to] in shapes {
        for f in ALL {
            check(f, a, b, to, 9).unwrap_or_else(|e| panic!("{f:?} {a:?} {b:?}: {e}"));
            check(f, b, a, to, 9).unwrap_or_else(|e| panic!("{f:?} {b:?} {a:?}: {e}"));
        }
    }
}

#[test]
fn slopes_of_the_reference_are_differences() {
    for f in ALL {
        for (a, b) in [(0.7, 1.3), (1.9, 0.4), (2.5, 2.0)] {
            let step = 1e-6;
            let (da, db) = reference::binary::slopes(f, a, b);
            let value = |a, b| reference::binary::value(f, a, b);
            let along_a = (value(a + step, b) - value(a - step, b)) / (2.0 * step);
            let along_b = (value(a, b + step) - value(a, b - step)) / (2.0 * step);
            assert!(
                (da - along_a).abs() < 1e-5 && (db - along_b).abs() < 1e-5,
                "{f:?} at {a}, {b}"
            );
        }
    }
}

#[test]
fn threads_never_change_the_bytes() {
    let (a, b) = (noise(60 * 70 * 80, 1), noise(70, 2));
    let (shape, small) = ([60, 70, 80], [70, 1]);
    for f in [Binary::Mul, Binary::Add, Binary::Div] {
        let (a, b) = (Shaped::new(&a, &shape), Shaped::new(&b, &small));
        same_under_threads("binary", || {
            let y = forward(f, a, b, &shape);
            (backward_a(f, a, b, &y, &shape), backward_b(f, a, b, &y, &shape), y)
        });
    }
}
