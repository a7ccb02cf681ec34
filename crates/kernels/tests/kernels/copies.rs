//! Copies against indices.

use crate::common::{close, noise, same_under_threads, wide};
use glassboard_kernels::interpolate::{Taps, along};
use glassboard_kernels::remap::{self, Axis};
use glassboard_kernels::{copy, reference};
use proptest::prelude::*;

/// Every index of `shape`.
fn indices(shape: &[usize]) -> Vec<Vec<usize>> {
    shape.iter().fold(vec![vec![]], |all, &d| {
        all.iter()
            .flat_map(|i| (0..d).map(move |k| [i.as_slice(), &[k]].concat()))
            .collect()
    })
}

fn offset(index: &[usize], shape: &[usize]) -> usize {
    index.iter().zip(shape).fold(0, |at, (i, d)| at * d + i)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn permuted_arrays(axes in prop::collection::vec((1usize..20, any::<u32>()), 1..5)) {
        let shape: Vec<usize> = axes.iter().map(|a| a.0).collect();
        prop_assume!(shape.iter().product::<usize>() < 40_000);
        let mut order: Vec<usize> = (0..axes.len()).collect();
        order.sort_by_key(|&i| axes[i].1);
        let x: Vec<u32> = (0..shape.iter().product::<usize>() as u32).collect();
        let to: Vec<usize> = order.iter().map(|&a| shape[a]).collect();
        let want: Vec<u32> = indices(&to).iter().map(|i| {
            let mut from = vec![0; shape.len()];
            for (k, &a) in order.iter().enumerate() { from[a] = i[k]; }
            x[offset(&from, &shape)]
        }).collect();
        prop_assert_eq!(copy::permute(&x, &shape, &order), want);
    }

    #[test]
    fn strided_views(axes in prop::collection::vec((1usize..9, 0usize..5), 1..5), base in 0usize..7) {
        let shape: Vec<usize> = axes.iter().map(|a| a.0).collect();
        let strides: Vec<usize> = axes.iter().map(|a| a.1).collect();
        let end: usize = axes.iter().map(|a| (a.0 - 1) * a.1).sum();
        let x: Vec<u32> = (0..(base + end + 1) as u32).collect();
        let want: Vec<u32> = indices(&shape).iter().map(|i| x[base + i.iter().zip(&strides).map(|(i, s)| i * s).sum::<usize>()]).collect();
        prop_assert_eq!(copy::pack(&x, base, &shape, &strides), want);
    }

    #[test]
    fn joined_arrays(outer in 1usize..5, widths in prop::collection::vec(0usize..9, 1..5)) {
        let parts: Vec<Vec<usize>> = widths.iter().enumerate().map(|(k, w)| (0..outer * w).map(|i| k * 1_000 + i).collect()).collect();
        let slices: Vec<&[usize]> = parts.iter().map(Vec::as_slice).collect();
        let want: Vec<usize> = (0..outer).flat_map(|o| slices.iter().zip(&widths).flat_map(move |(p, w)| p[o * w..(o + 1) * w].to_vec())).collect();
        prop_assert_eq!(copy::join(&slices, &widths, outer), want);
    }

    #[test]
    fn remapped_arrays(axes in prop::collection::vec((1usize..7, prop::option::of(prop::collection::vec(prop::option::weighted(0.9, 0usize..7), 0..9))), 1..5), seed in 0u64..1_000) {
        let shape: Vec<usize> = axes.iter().map(|a| a.0).collect();
        let maps: Vec<Axis> = axes.iter().map(|(d, list)| list.as_ref().map_or(Axis::All, |l| Axis::List(l.iter().map(|i| i.map(|i| i % d)).collect()))).collect();
        let to: Vec<usize> = maps.iter().zip(&shape).map(|(m, &d)| m.len(d)).collect();
        let source = |i: &Vec<usize>| -> Option<usize> {
            let from = i.iter().zip(&maps).map(|(&i, m)| match m { Axis::All => Some(i), Axis::List(l) => l[i] }).collect::<Option<Vec<_>>>()?;
            Some(offset(&from, &shape))
        };
        let x = noise(shape.iter().product(), seed);
        let want: Vec<f32> = indices(&to).iter().map(|i| source(i).map_or(7.0, |at| x[at])).collect();
        prop_assert_eq!(remap::forward(&x, &shape, &maps, 7.0), want.clone());
        let g = noise(want.len(), seed + 1);
        let mut dx = vec![0.0f64; x.len()];
        for (i, g) in indices(&to).iter().zip(&g) {
            if let Some(at) = source(i) { dx[at] += f64::from(*g); }
        }
        prop_assert_eq!(close(&remap::backward(&shape, &maps, &g), &dx, 1e-6), Ok(()));
    }

    #[test]
    fn interpolated_axes(outer in 1usize..4, n in 1usize..9, m in 1usize..9, inner in 1usize..40, taps in 1usize..4, seed in 0u64..1_000) {
        let weights = noise(m * taps, seed);
        let lists: Vec<Vec<(usize, f32)>> = (0..m).map(|o| (0..taps).map(|t| ((o * 5 + t) % n, weights[o * taps + t])).collect()).collect();
        let taps = Taps::new(n, lists);
        for inner in [1, inner] {
            let x = noise(outer * n * inner, seed + 1);
            let y = along(&taps, &x, inner);
            prop_assert_eq!(close(&y, &reference::interpolate::along(&taps, &wide(&x), inner), 1e-6), Ok(()));
            // The adjoint: <g, A x> is <A' g, x>.
            let g = noise(y.len(), seed + 2);
            let dx = along(&taps.transposed(), &g, inner);
            let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
            prop_assert!((dot(&g, &y) - dot(&dx, &x)).abs() < 1e-4);
        }
    }
}

#[test]
fn large_transposes_under_threads() {
    let x = noise(70 * 130 * 90, 1);
    for order in [[0, 2, 1], [2, 1, 0], [1, 0, 2], [2, 0, 1], [1, 2, 0]] {
        same_under_threads("permute", || copy::permute(&x, &[70, 130, 90], &order));
        let y = copy::permute(&x, &[70, 130, 90], &order);
        let mut back = [0; 3];
        for (i, &a) in order.iter().enumerate() {
            back[a] = i;
        }
        let shape = order.map(|a| [70, 130, 90][a]);
        assert_eq!(copy::permute(&y, &shape, &back), x);
    }
    let list = Axis::List((0..180).map(|i| Some(i / 2)).collect());
    same_under_threads("remap", || {
        remap::forward(&x, &[70, 130, 90], &[Axis::All, Axis::All, list.clone()], 0.0)
    });
    let taps = Taps::new(
        130,
        (0..200).map(|o| vec![(o * 129 / 199, 0.25), ((o * 129 / 199 + 1).min(129), 0.75)]),
    );
    same_under_threads("along", || along(&taps, &x, 90));
}
