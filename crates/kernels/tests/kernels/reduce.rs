//! Reductions over any set of axes.

use crate::common::{close, noise, same_under_threads, wide};
use glassboard_kernels::arg::{Arg, find};
use glassboard_kernels::binary::Shaped;
use glassboard_kernels::reduce::{Reduce, backward, forward, sum_to};
use glassboard_kernels::reference;
use proptest::prelude::*;

const ALL: [Reduce; 10] = [
    Reduce::Sum,
    Reduce::Mean,
    Reduce::Max,
    Reduce::Min,
    Reduce::Prod,
    Reduce::L1,
    Reduce::L2,
    Reduce::SumSquare,
    Reduce::LogSum,
    Reduce::LogSumExp,
];

fn check(f: Reduce, x: &[f32], shape: &[usize], axes: &[usize]) -> Result<(), String> {
    let shaped = Shaped::new(x, shape);
    let y = forward(f, shaped, axes);
    let wx = wide(x);
    let want = reference::reduce::forward(f, Shaped::new(&wx, shape), axes);
    close(&y, &want, 1e-6)?;
    let g = noise(y.len(), 77);
    let dx = backward(f, x, shape, axes, &y, &g);
    let want = reference::reduce::backward(f, Shaped::new(&wx, shape), axes, &wide(&g));
    close(&dx, &want, 2e-6).map_err(|e| format!("gradient: {e}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_axes_are_the_references(axes in prop::collection::vec((1usize..6, any::<bool>()), 0..6), which in 0usize..10, seed in 0u64..1_000, ties in any::<bool>()) {
        let shape: Vec<usize> = axes.iter().map(|a| a.0).collect();
        let over: Vec<usize> = (0..axes.len()).filter(|&i| axes[i].1).collect();
        let f = ALL[which];
        let mut x = noise(shape.iter().product(), seed);
        if f == Reduce::LogSum {
            for v in &mut x {
*v = v.abs() + 0.1;
}
        } else if ties {
            // Equal elements and zeros.
            for v in &mut x {
*v = (*v * 3.0).round();
}
        }
        prop_assert_eq!(check(f, &x, &shape, &over), Ok(()));
    }

    #[test]
    fn the_found_index_is_the_first_or_last_best(outer in 1usize..4, n in 1usize..9, inner in 1usize..4, largest in any::<bool>(), last in any::<bool>(), seed in 0u64..1_000, nan in any::<bool>()) {
        let mut x: Vec<f32> = noise(outer * n * inner, seed).iter().map(|v| (v * 3.0).round()).collect();
        if nan {
            x[seed as usize % (outer * n * inner)] = f32::NAN;
        }
        let found = find(Arg { largest, last }, &x, outer, n, inner);
        for o in 0..outer {
            for i in 0..inner {
                let line: Vec<f32> = (0..n).map(|k| x[(o * n + k) * inner + i]).collect();
                let best = line.iter().copied().fold(line[0], |a, b| if a.is_nan() || b.is_nan() { f32::NAN } else if largest { a.max(b) } else { a.min(b) });
                let hit = |v: &f32| (v.is_nan() && best.is_nan()) || *v == best;
                let want = if last { line.iter().rposition(hit) } else { line.iter().position(hit) };
                prop_assert_eq!(Some(found[o * inner + i] as usize), want);
            }
        }
    }
}

#[test]
fn long_and_wide_arrays() {
    for (shape, axes) in [
        (vec![60_000], vec![0]),
        (vec![3, 20_001], vec![1]),
        (vec![9_001, 7], vec![0]),
        (vec![301, 300], vec![0]),
        (vec![4, 5, 56 * 56], vec![2]),
        (vec![4, 5, 56 * 56], vec![0, 2]),
        (vec![4, 800, 33], vec![1]),
        (vec![2, 20_000, 3], vec![1]),
    ] {
        let x: Vec<f32> = noise(shape.iter().product(), 8).iter().map(|v| v + 0.5).collect();
        for f in [Reduce::Sum, Reduce::Mean, Reduce::Max, Reduce::L2, Reduce::LogSumExp] {
            check(f, &x, &shape, &axes).unwrap_or_else(|e| panic!("{f:?} {shape:?} over {axes:?}: {e}"));
        }
    }
}

#[test]
fn a_long_sum_keeps_its_digits() {
    // Ten million tenths: a running f32 sum is off by several percent.
    let x = vec![0.1f32; 10_000_000];
    let sum = f64::from(forward(Reduce::Sum, Shaped::new(&x, &[10_000_000]), &[0])[0]);
    let want = f64::from(0.1f32) * 1e7;
    assert!((sum - want).abs() < 1e-6 * want, "{sum}");
}

#[test]
fn empty_and_broken_groups_are_neutral() {
    let empty: Shaped<'_, f32> = Shaped::new(&[], &[2, 0, 3]);
    assert_eq!(forward(Reduce::Sum, empty, &[1]), [0.0; 6]);
    assert_eq!(forward(Reduce::Prod, empty, &[1, 2]), [1.0; 2]);
    assert_eq!(forward(Reduce::Max, empty, &[1]), [f32::NEG_INFINITY; 6]);
    assert_eq!(forward(Reduce::Min, empty, &[1]), [f32::INFINITY; 6]);
    assert_eq!(forward(Reduce::LogSumExp, empty, &[1]), [f32::NEG_INFINITY; 6]);
    assert!(forward(Reduce::Mean, empty, &[1]).iter().all(|v| v.is_nan()));
    let broken = [1.0, f32::NAN, 3.0, f32::INFINITY];
    assert!(forward(Reduce::Max, Shaped::new(&broken, &[4]), &[0])[0].is_nan());
    assert!(forward(Reduce::Min, Shaped::new(&broken, &[2, 2]), &[0])[1].is_nan());
    assert_eq!(
        forward(Reduce::LogSumExp, Shaped::new(&broken[2..], &[2]), &[0]),
        [f32::INFINITY]
    );
}

#[test]
fn threads_never_change_the_bytes() {
    let x = noise(40 * 500 * 33, 6);
    for axes in [vec![0], vec![1], vec![2], vec![0, 2], vec![0, 1, 2]] {
        same_under_threads("reduce", || {
            ALL.map(|f| forward(f, Shaped::new(&x, &[40, 500, 33]), &axes))
                .map(|v| v.into_iter().map(f32::to_bits).collect::<Vec<_>>())
        });
    }
    same_under_threads("sum_to", || sum_to(&x, &[40, 500, 33], &[500, 1]));
}
