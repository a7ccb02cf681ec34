//! Pooling against plain loops.

use crate::common::{close, noise, same_under_threads, wide};
use glassboard_kernels::pool::{self, Window};
use glassboard_kernels::reference;
use proptest::prelude::*;

/// A window over random sizes; the last one may reach beyond the padding, as with a rounded up size.
fn windows() -> impl Strategy<Value = Window> {
    let axis = (
        1usize..9,
        1usize..4,
        1usize..4,
        1usize..3,
        0usize..3,
        0usize..3,
        any::<bool>(),
    );
    prop::array::uniform3(axis).prop_filter_map("the window does not fit", |axes| {
        let mut w = Window {
            input: [0; 3],
            output: [0; 3],
            kernel: [0; 3],
            stride: [0; 3],
            dilation: [0; 3],
            pads: [(0, 0); 3],
        };
        for (i, (n, k, s, d, before, after, up)) in axes.into_iter().enumerate() {
            let free = (n + before + after).checked_sub((k - 1) * d + 1)?;
            let mut out = if up { free.div_ceil(s) } else { free / s } + 1;
            if up && (out - 1) * s >= n + before {
                out -= 1;
            }
            (
                w.input[i],
                w.output[i],
                w.kernel[i],
                w.stride[i],
                w.dilation[i],
                w.pads[i],
            ) = (n, out, k, s, d, (before, after));
        }
        (w.output.iter().product::<usize>() > 0).then_some(w)
    })
}

fn check(w: &Window, planes: usize, seed: u64, ties: bool, padding: bool) -> Result<(), String> {
    let mut x = noise(planes * w.input.iter().product::<usize>(), seed);
    if ties {
        for v in &mut x {
            *v = (*v * 2.0).round();
        }
    }
    let wx = wide(&x);
    let y = pool::max(w, &x);
    let g = noise(y.len(), seed + 1);
    let wg = wide(&g);
    close(&y, &reference::pool::max(w, &wx), 0.0)?;
    if pool::max_positions(w, &x) != reference::pool::max_positions(w, &wx) {
        return Err("positions".into());
    }
    close(
        &pool::max_backward(w, &x, &y, &g),
        &reference::pool::max_backward(w, &wx, &wg),
        1e-6,
    )?;
    close(
        &pool::average(w, &x, padding),
        &reference::pool::average(w, &wx, padding),
        1e-6,
    )?;
    close(
        &pool::average_backward(w, &g, padding),
        &reference::pool::average_backward(w, &wg, padding),
        1e-6,
    )?;
    for p in [1.0f32, 2.0, 3.0] {
        let y = pool::lp(w, &x, p);
        close(&y, &reference::pool::lp(w, &wx, f64::from(p)), 2e-6)?;
        close(
            &pool::lp_backward(w, &x, &y, &g, p),
            &reference::pool::lp_backward(w, &wx, &wg, f64::from(p)),
            1e-5,
        )?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn windows_are_the_references(w in windows(), planes in 1usize..4, seed in 0u64..1_000, ties in any::<bool>(), padding in any::<bool>()) {
        prop_assert_eq!(check(&w, planes, seed, ties, padding), Ok(()));
    }
}

/// `3 x 3` windows of a picture.
fn picture(stride: usize) -> Window {
    Window {
        input: [1, 56, 56],
        output: [1, (56 - 1) / stride + 1, (56 - 1) / stride + 1],
        kernel: [1, 3, 3],
        stride: [1, stride, stride],
        dilation: [1; 3],
        pads: [(0, 0), (1, 1), (1, 1)],
    }
}

#[test]
fn pictures() {
    for stride in 1..4 {
        check(&picture(stride), 20, 4, false, true).unwrap();
    }
    let mut x = noise(56 * 56, 3);
    x[500] = f32::NAN;
    assert_eq!(pool::max(&picture(1), &x).iter().filter(|v| v.is_nan()).count(), 9);
}

#[test]
fn threads_never_change_the_bytes() {
    let (w, x) = (picture(2), noise(40 * 56 * 56, 2));
    same_under_threads("pool", || {
        let y = pool::max(&w, &x);
        let dx = pool::max_backward(&w, &x, &y, &y);
        (
            pool::average_backward(&w, &y, true),
            pool::average(&w, &x, false),
            pool::max_positions(&w, &x),
            y,
            dx,
        )
    });
}
