//! Functions of one number against the standard library's in `f64`.

use crate::common::{noise, same_under_threads};
use glassboard_kernels::gelu::Form;
use glassboard_kernels::reference;
use glassboard_kernels::unary::{Reads, Unary, backward, forward};

/// Every function, with the interval on which it is smooth enough to be compared.
fn all() -> Vec<(Unary, f32, f32)> {
    let everywhere = [
        Unary::Relu,
        Unary::LeakyRelu { alpha: 0.2 },
        Unary::ThresholdedRelu { alpha: 0.7 },
        Unary::Elu {
            alpha: 1.3,
            gamma: 1.0,
            scale: 1.0,
        },
        Unary::Elu {
            alpha: 1.673_263_2,
            gamma: 1.050_701,
            scale: 1.0,
        },
        Unary::Elu {
            alpha: 0.7,
            gamma: 1.0,
            scale: 0.7,
        },
        Unary::Sigmoid,
        Unary::HardSigmoid { alpha: 0.2, beta: 0.5 },
        Unary::HardSwish,
        Unary::Swish { alpha: 1.0 },
        Unary::Swish { alpha: 1.702 },
        Unary::Mish,
        Unary::Softplus,
        Unary::Softsign,
        Unary::Gelu(Form::Exact),
        Unary::Gelu(Form::Tanh),
        Unary::Clip { low: -1.5, high: 2.0 },
        Unary::Clip {
            low: f64::NEG_INFINITY,
            high: 6.0,
        },
        Unary::Shrink { lambd: 0.5, bias: 0.3 },
        Unary::Linear {
            scale: 0.3,
            offset: -2.0,
        },
        Unary::Power { exponent: 2.0 },
        Unary::Power { exponent: 3.0 },
        Unary::Abs,
        Unary::Neg,
        Unary::Exp,
        Unary::Erf,
        Unary::Tanh,
        Unary::Sin,
        Unary::Cos,
        Unary::Atan,
        Unary::Sinh,
        Unary::Cosh,
        Unary::Asinh,
        Unary::Floor,
        Unary::Ceil,
        Unary::Round,
        Unary::Sign,
    ];
    let mut out: Vec<_> = everywhere.into_iter().map(|f| (f, -12.0, 12.0)).collect();
    out.extend([
        (Unary::Log, 1e-3, 50.0),
        (Unary::Sqrt, 1e-3, 50.0),
        (Unary::Reciprocal, 0.05, 50.0),
        (Unary::Power { exponent: 0.5 }, 0.01, 50.0),
        (Unary::Power { exponent: -1.0 }, 0.05, 50.0),
        (Unary::Power { exponent: 1.7 }, 0.01, 20.0),
        (Unary::Power { exponent: 5.0 }, -4.0, 4.0),
        (Unary::Tan, -1.4, 1.4),
        (Unary::Asin, -0.95, 0.95),
        (Unary::Acos, -0.95, 0.95),
        (Unary::Acosh, 1.05, 30.0),
        (Unary::Atanh, -0.95, 0.95),
    ]);
    out
}

/// An interval as an odd number of points, so that the last vector is not full.
fn grid(from: f32, to: f32) -> Vec<f32> {
    const N: usize = 40_003;
    (0..N)
        .map(|i| from + (to - from) * (i as f32 / (N - 1) as f32))
        .collect()
}

#[test]
fn values_and_slopes_are_the_references() {
    for (f, from, to) in all() {
        let x = grid(from, to);
        let g = noise(x.len(), 5);
        let y = forward(f, &x);
        let kept = match f.slope_reads() {
            Reads::Output => &y,
            Reads::Input => &x,
            Reads::Nothing => &g,
        };
        let dx = backward(f, kept, &g);
        for i in 0..x.len() {
            let at = f64::from(x[i]);
            let want = reference::unary::value(f, at);
            let got = f64::from(y[i]);
            // The factor in brackets of GELU is between zero and two, whatever comes out.
            let near = if matches!(f, Unary::Gelu(_)) {
                1.2e-7 * at.abs()
            } else {
                0.0
            };
            assert!(
                (got - want).abs() <= 5e-7 * want.abs() + 3e-7 + near,
                "{f:?}({at}) = {got}, {want}"
            );
            let slope = reference::unary::slope(f, at);
            let want = f64::from(g[i]) * slope;
            let got = f64::from(dx[i]);
            assert!(
                (got - want).abs() <= 2e-6 * slope.abs() + 2e-6,
                "{f:?}'({at}) = {got}, {want}"
            );
        }
    }
}

#[test]
fn the_references_slopes_are_its_differences() {
    let kinks = |x: f64| {
        [-6.0f64, -3.0, -1.5, -0.5, 0.0, 0.5, 0.7, 2.0, 2.5, 3.0, 6.0]
            .iter()
            .any(|k| (x - k).abs() < 2e-3)
    };
    for (f, from, to) in all() {
        let rounds = matches!(f, Unary::Floor | Unary::Ceil | Unary::Round);
        let jumps = |x: f64| rounds && (x * 2.0 - (x * 2.0).round()).abs() < 1e-2;
        let smooth = |x: f64| !kinks(x) && !jumps(x);
        for x in grid(from, to)
            .into_iter()
            .step_by(97)
            .map(f64::from)
            .filter(|&x| smooth(x))
        {
            let step = 1e-5;
            let difference =
                (reference::unary::value(f, x + step) - reference::unary::value(f, x - step)) / (2.0 * step);
            let slope = reference::unary::slope(f, x);
            assert!(
                (difference - slope).abs() <= 1e-4 * slope.abs().max(1.0),
                "{f:?}'({x}) = {slope}, {difference}"
            );
        }
    }
}

/// Distance in units of the last place of the true value.
fn units(got: f32, want: f64) -> f64 {
    let near = want as f32;
    let unit = f64::from(near.next_up()) - f64::from(near);
    (f64::from(got) - want).abs() / unit.abs().max(f64::from(f32::from_bits(1)))
}

#[test]
fn elementary_functions_keep_their_last_digits() {
    let small: Vec<f32> = (1..30_000).map(|i| (i as f32 * 1e-3 - 30.0).exp()).collect();
    let both = |x: &[f32]| -> Vec<f32> { x.iter().flat_map(|&v| [v, -v]).collect() };
    let cases = [
        (Unary::Exp, grid(-87.0, 88.7), 3.0),
        (Unary::Log, small.clone(), 3.0),
        (Unary::Log, grid(1e-38, 3.0e38), 3.0),
        (Unary::Log, grid(0.5, 2.0), 3.0),
        (Unary::Tanh, both(&small), 4.0),
        (Unary::Sigmoid, grid(-80.0, 40.0), 4.0),
        (Unary::Softplus, grid(-80.0, 40.0), 4.0),
        (
            Unary::Elu {
                alpha: 1.0,
                gamma: 1.0,
                scale: 1.0,
            },
            both(&small),
            4.0,
        ),
        (Unary::Erf, both(&small), 5.0),
    ];
    for (f, x, most) in cases {
        let y = forward(f, &x);
        let worst = x
            .iter()
            .zip(&y)
            .map(|(&x, &y)| (units(y, reference::unary::value(f, f64::from(x))), x));
        let worst = worst.fold((0.0, 0.0), |a, b| if b.0 > a.0 { b } else { a });
        assert!(worst.0 <= most, "{f:?}({}) is off by {} units", worst.1, worst.0);
    }
}

#[test]
fn limits_are_exact_and_nans_stay() {
    let at = |f, x| forward(f, &[x])[0];
    let (inf, none) = (f32::INFINITY, f32::NEG_INFINITY);
    assert_eq!(
        [at(Unary::Exp, inf), at(Unary::Exp, none), at(Unary::Exp, 0.0)],
        [inf, 0.0, 1.0]
    );
    assert_eq!(
        [at(Unary::Log, inf), at(Unary::Log, 0.0), at(Unary::Log, 1.0)],
        [inf, none, 0.0]
    );
    assert!(at(Unary::Log, -1.0).is_nan());
    assert!((at(Unary::Log, f32::from_bits(1)) - f32::from_bits(1).ln()).abs() < 1e-5);
    assert_eq!(
        at(
            Unary::Elu {
                alpha: 1.0,
                gamma: 1.0,
                scale: 1.0
            },
            none
        ),
        -1.0
    );
    assert_eq!([at(Unary::Sigmoid, inf), at(Unary::Sigmoid, none)], [1.0, 0.0]);
    assert_eq!([at(Unary::Tanh, inf), at(Unary::Tanh, none)], [1.0, -1.0]);
    assert_eq!([at(Unary::Softplus, inf), at(Unary::Softplus, none)], [inf, 0.0]);
    assert_eq!(
        [
            at(Unary::Gelu(Form::Exact), inf),
            at(Unary::Gelu(Form::Exact), -1e30).abs()
        ],
        [inf, 0.0]
    );
    assert_eq!([at(Unary::Relu, inf), at(Unary::Relu, none)], [inf, 0.0]);
    for (f, _, _) in all() {
        assert!(
            at(f, f32::NAN).is_nan() || matches!(f, Unary::ThresholdedRelu { .. } | Unary::Shrink { .. }),
            "{f:?} of NaN"
        );
    }
}

#[test]
fn threads_never_change_the_bytes() {
    let x: Vec<f32> = noise(100_003, 3).iter().map(|v| v * 6.0).collect();
    let g = noise(x.len(), 4);
    for (f, _, _) in all() {
        same_under_threads(&format!("{f:?}"), || {
            let bits = |v: Vec<f32>| v.into_iter().map(f32::to_bits).collect::<Vec<_>>();
            (bits(forward(f, &x)), bits(backward(f, &x, &g)))
        });
    }
}
