//! Softmax and normalisations.

use crate::common::{close, noise, same_under_threads, wide};
use glassboard_kernels::norm::{self, Affine, Norm};
use glassboard_kernels::reference;
use glassboard_kernels::softmax::{self, Softmax};
use proptest::prelude::*;

fn check_norm(norm: &Norm, x: &[f32], parameters: usize) -> Result<(), String> {
    let (gain, bias, g) = (noise(parameters, 2), noise(parameters, 3), noise(x.len(), 4));
    let (wx, wgain, wbias) = (wide(x), wide(&gain), wide(&bias));
    let y = norm::forward(norm, x, &gain, Some(&bias));
    close(&y, &reference::norm::forward(norm, &wx, &wgain, Some(&wbias)), 3e-6)?;
    let y = norm::forward(norm, x, &gain, None);
    close(&y, &reference::norm::forward(norm, &wx, &wgain, None), 3e-6)?;
    let (dx, dgain, dbias) = reference::norm::backward(norm, &wx, &wgain, &wide(&g));
    close(&norm::backward(norm, x, &gain, &g), &dx, 1e-5).map_err(|e| format!("gradient: {e}"))?;
    let parameters = norm::backward_parameters(norm, x, &g);
    close(&parameters.0, &dgain, 1e-5).map_err(|e| format!("gain: {e}"))?;
    close(&parameters.1, &dbias, 1e-5).map_err(|e| format!("bias: {e}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn softmax_is_softmax(log in any::<bool>(), outer in 1usize..5, n in 1usize..70, inner in 1usize..40, scale in 0.1f32..40.0, seed in 0u64..1_000) {
        let form = if log { Softmax::Log } else { Softmax::Plain };
        for inner in [1, inner] {
            let x: Vec<f32> = noise(outer * n * inner, seed).iter().map(|v| v * scale).collect();
            let g = noise(x.len(), seed + 1);
            let y = softmax::forward(form, &x, n, inner);
            let want = reference::softmax::forward(form, &wide(&x), n, inner);
            prop_assert_eq!(close(&y, &want, 1e-6), Ok(()));
            let dx = softmax::backward(form, &y, &g, n, inner);
            let want = reference::softmax::backward(form, &wide(&y), &wide(&g), n, inner);
            prop_assert_eq!(close(&dx, &want, 1e-6), Ok(()));
        }
    }

    #[test]
    fn rows_are_normalised(rows in 1usize..6, width in 2usize..300, centre in any::<bool>(), seed in 0u64..1_000, mean in -30.0f32..30.0) {
        let norm = Norm { width, epsilon: 1e-5, centre, affine: Affine::Element };
        let x: Vec<f32> = noise(rows * width, seed).iter().map(|v| v + mean).collect();
        prop_assert_eq!(check_norm(&norm, &x, width), Ok(()));
    }

    #[test]
    fn groups_are_normalised(samples in 1usize..4, groups in 1usize..4, each in 1usize..4, inner in 2usize..40, seed in 0u64..1_000) {
        let norm = Norm { width: each * inner, epsilon: 1e-3, centre: true, affine: Affine::Channel { groups, inner } };
        let x = noise(samples * groups * each * inner, seed);
        prop_assert_eq!(check_norm(&norm, &x, groups * each), Ok(()));
    }

    #[test]
    fn given_statistics_are_applied(samples in 1usize..4, channels in 1usize..9, inner in 1usize..40, seed in 0u64..1_000) {
        let x = noise(samples * channels * inner, seed);
        let [mean, gain, bias] = [1, 2, 3].map(|k| noise(channels, seed + k));
        let y = norm::with_statistics(&x, inner, &mean, &gain, &bias);
        let want = reference::norm::with_statistics(&wide(&x), inner, &wide(&mean), &wide(&gain), &wide(&bias));
        prop_assert_eq!(close(&y, &want, 1e-6), Ok(()));
    }
}

#[test]
fn extremes_of_softmax() {
    assert_eq!(
        softmax::forward(Softmax::Plain, &[1e30, -1e30, f32::NEG_INFINITY], 3, 1),
        [1.0, 0.0, 0.0]
    );
    let none = [f32::NEG_INFINITY; 2];
    assert!(softmax::forward(Softmax::Plain, &none, 2, 1).iter().all(|v| v.is_nan()));
    assert_eq!(softmax::forward(Softmax::Plain, &[], 0, 1), []);
}

#[test]
fn threads_never_change_the_bytes() {
    let x = noise(100 * 600, 9);
    let (gain, g) = (noise(600, 1), noise(x.len(), 2));
    let norm = Norm {
        width: 600,
        epsilon: 1e-5,
        centre: true,
        affine: Affine::Element,
    };
    same_under_threads("norm", || {
        (
            norm::forward(&norm, &x, &gain, None),
            norm::backward(&norm, &x, &gain, &g),
            norm::backward_parameters(&norm, &x, &g),
        )
    });
    same_under_threads("given", || {
        norm::with_statistics(&x, 100, &gain[..6], &gain[6..12], &gain[12..18])
    });
    for (n, inner) in [(600, 1), (20, 30)] {
        same_under_threads("softmax", || {
            let y = softmax::forward(Softmax::Log, &x, n, inner);
            (softmax::backward(Softmax::Log, &y, &g, n, inner), y)
        });
    }
}
