//! Convolutions, their input gradient and transposed convolutions against f64, under any number of
//! threads.

mod common;

use common::{ACTIVATIONS, bits, difference, in_pools, noise};
use glassboard_kernels::conv::{Conv, ConvTranspose, Space, Window};
use glassboard_kernels::epilogue::{Epilogue, Norm};
use glassboard_kernels::reference::conv::Shape;
use proptest::prelude::*;

fn axis(most: usize) -> impl Strategy<Value = (usize, usize, usize, usize, usize, usize)> {
    (1..=4usize, 1..=3usize, 1..=3usize, 0..=3usize, 0..=3usize, 1..=most)
}

/// A convolution with an output, its extents made to fit where they did not.
fn shape() -> impl Strategy<Value = Shape> {
    let axes = prop_oneof![
        (Just((1, 1, 1, 0, 0, 1)), axis(20), axis(40)),
        (Just((1, 1, 1, 0, 0, 1)), Just((1, 1, 1, 0, 0, 1)), axis(200)),
        (axis(6), axis(8), axis(9)),
    ];
    let channels = prop_oneof![
        4 => (1usize..9, 1usize..20, Just(1usize)),
        1 => (10usize..40, 10usize..40, Just(1usize)),
        1 => (1usize..4, 1usize..4, 2usize..4),
        2 => (Just(1usize), Just(1usize), 1usize..9),
    ];
    (axes, channels, 1usize..4).prop_map(|((z, y, x), (inputs, outputs, groups), batch)| {
        let axes = [z, y, x];
        let window = Window {
            kernel: axes.map(|a| a.0),
            stride: axes.map(|a| a.1),
            dilation: axes.map(|a| a.2),
            before: axes.map(|a| a.3),
            after: axes.map(|a| a.4),
        };
        let input: Space = axes.map(|(kernel, _, dilation, before, after, extent)| {
            extent.max(((kernel - 1) * dilation + 1).saturating_sub(before + after))
        });
        Shape {
            window,
            batch,
            in_channels: inputs * groups,
            out_channels: outputs * groups,
            groups,
            input,
            output: window.output(input),
        }
    })
}

fn sizes(s: &Shape) -> (usize, usize, usize) {
    let volume = |space: Space| space.iter().product::<usize>();
    (
        s.batch * s.in_channels * volume(s.input),
        s.out_channels * s.in_channels / s.groups * volume(s.window.kernel),
        s.batch * s.out_channels * volume(s.output),
    )
}

fn check(s: &Shape, seed: u64) -> Result<(), TestCaseError> {
    let (xs, ws, ys) = sizes(s);
    let (x, w, dy) = (noise(xs, seed), noise(ws, seed + 1), noise(ys, seed + 2));
    let conv = Conv::new(s.window, s.in_channels, s.out_channels, s.groups, &w);
    let y = in_pools(|| {
        let mut y = vec![f32::NAN; ys];
        conv.forward(s.batch, s.input, &x, &Epilogue::default(), &mut y);
        y
    });
    prop_assert!(difference(&y, &s.forward(&w, &x)) <= 1e-5, "forward of {s:?}");
    let dx = in_pools(|| {
        let mut dx = vec![f32::NAN; xs];
        conv.backward_input(s.batch, s.input, &dy, &mut dx);
        dx
    });
    prop_assert!(difference(&dx, &s.backward_input(&w, &dy)) <= 1e-5, "backward of {s:?}");
    // The same two as a transposed convolution from the output's shape to the input's.
    let transpose = ConvTranspose::new(s.window, s.out_channels, s.in_channels, s.groups, &w);
    let mut again = vec![f32::NAN; xs];
    transpose.forward(s.batch, s.output, s.input, &dy, &Epilogue::default(), &mut again);
    prop_assert_eq!(bits(&again), bits(&dx));
    let mut again = vec![f32::NAN; ys];
    transpose.backward_input(s.batch, s.output, s.input, &x, &mut again);
    prop_assert_eq!(bits(&again), bits(&y));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn convolutions_are_convolutions(s in shape(), seed in 0u64..1_000_000) {
        check(&s, seed)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn an_epilogue_is_its_steps(s in shape(), transpose in any::<bool>(), which in 0usize..10, parts in 0u8..8, seed in 0u64..1_000_000) {
        let (xs, ws, ys) = sizes(&s);
        let (channels, len, from) = if transpose { (s.in_channels, xs, ys) } else { (s.out_channels, ys, xs) };
        let (x, w) = (noise(from, seed), noise(ws, seed + 1));
        let [bias, mean, gain, shift] = [2, 3, 4, 5].map(|i| noise(channels, seed + i));
        let residual = noise(len, seed + 6);
        let epilogue = Epilogue {
            bias: (parts & 1 > 0).then_some(&bias[..]),
            norm: (parts & 2 > 0).then_some(Norm { mean: &mean, gain: &gain, bias: &shift }),
            residual: (parts & 4 > 0).then_some(&residual[..]),
            activation: ACTIVATIONS[which],
        };
        let run = |epilogue: &Epilogue<'_>| {
            let mut y = vec![f32::NAN; len];
            if transpose {
                ConvTranspose::new(s.window, s.out_channels, s.in_channels, s.groups, &w)
                    .forward(s.batch, s.output, s.input, &x, epilogue, &mut y);
            } else {
                Conv::new(s.window, s.in_channels, s.out_channels, s.groups, &w)
                    .forward(s.batch, s.input, &x, epilogue, &mut y);
            }
            y
        };
        let fused = run(&epilogue);
        let mut steps = run(&Epilogue::default());
        let plane = len / channels / s.batch;
        for (i, y) in steps.iter_mut().enumerate() {
            let c = i / plane % channels;
            if epilogue.bias.is_some() { *y += bias[c]; }
            if epilogue.norm.is_some() { *y = (*y - mean[c]) * gain[c] + shift[c]; }
            if epilogue.residual.is_some() { *y += residual[i]; }
        }
        ACTIVATIONS[which].run(&mut steps);
        prop_assert_eq!(bits(&fused), bits(&steps));
    }
}

/// Image by image, the bits of the batch.
fn alone(s: &Shape, seed: u64) -> Result<(), TestCaseError> {
    let (xs, ws, ys) = sizes(s);
    let (x, w, dy) = (noise(xs, seed), noise(ws, seed + 1), noise(ys, seed + 2));
    let conv = Conv::new(s.window, s.in_channels, s.out_channels, s.groups, &w);
    let (mut y, mut dx) = (vec![f32::NAN; ys], vec![f32::NAN; xs]);
    conv.forward(s.batch, s.input, &x, &Epilogue::default(), &mut y);
    conv.backward_input(s.batch, s.input, &dy, &mut dx);
    let (x_one, y_one) = (xs / s.batch, ys / s.batch);
    for i in 0..s.batch {
        let (at_x, at_y) = (i * x_one..(i + 1) * x_one, i * y_one..(i + 1) * y_one);
        let (mut y_own, mut dx_own) = (vec![f32::NAN; y_one], vec![f32::NAN; x_one]);
        conv.forward(1, s.input, &x[at_x.clone()], &Epilogue::default(), &mut y_own);
        conv.backward_input(1, s.input, &dy[at_y.clone()], &mut dx_own);
        prop_assert_eq!(bits(&y_own), bits(&y[at_y]), "forward of {:?}", s);
        prop_assert_eq!(bits(&dx_own), bits(&dx[at_x]), "backward of {:?}", s);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn an_image_has_the_same_bits_in_any_batch(s in shape(), seed in 0u64..1_000_000) {
        alone(&s, seed)?;
    }

    /// The shapes that Winograd's tiles take, or nearly.
    #[test]
    fn an_image_has_the_same_bits_in_any_batch_of_three_by_three(
        (inputs, outputs) in (16usize..80, 16usize..80), side in 4usize..30, batch in 2usize..12, seed in 0u64..1_000_000,
    ) {
        let window = Window {
            kernel: [1, 3, 3],
            stride: [1; 3],
            dilation: [1; 3],
            before: [0, 1, 1],
            after: [0, 1, 1],
        };
        let input = [1, side, side + 1];
        let output = window.output(input);
        alone(&Shape { window, batch, in_channels: inputs, out_channels: outputs, groups: 1, input, output }, seed)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Extents and channels for which the tiled form is chosen, and some for which it is not.
    #[test]
    fn three_by_three(
        inputs in 8usize..70, outputs in 8usize..70, high in 5usize..40, wide in 5usize..40,
        pads in [0usize..4, 0usize..4, 0usize..4, 0usize..4], batch in 1usize..4, seed in 0u64..1_000_000,
    ) {
        let window = Window::new(&[3, 3], &[1, 1], &[1, 1], &[(pads[0], pads[1]), (pads[2], pads[3])]);
        let input = [1, high, wide];
        let output = window.output(input);
        check(&Shape { window, batch, in_channels: inputs, out_channels: outputs, groups: 1, input, output }, seed)?;
    }
}

#[test]
fn large_three_by_three_layers_keep_transformed_weights() {
    let window = Window::new(&[3, 3], &[1, 1], &[1, 1], &[(1, 1), (1, 1)]);
    let conv = Conv::new(window, 32, 32, 1, &noise(32 * 32 * 9, 1));
    let bytes = conv.bytes();
    let (x, mut y) = (noise(32 * 32 * 32, 2), vec![0.0; 32 * 32 * 32]);
    conv.forward(1, [1, 32, 32], &x, &Epilogue::default(), &mut y);
    assert!(conv.bytes() >= bytes + 36 * 32 * 32 * 4);
}

#[test]
fn layers_of_known_networks() {
    // Channels in and out, groups, extent, kernel, stride, padding.
    for (i, o, groups, extent, k, stride, pad) in [
        (3, 64, 1, 64, 7, 2, 3),
        (64, 64, 1, 28, 3, 1, 1),
        (64, 128, 1, 28, 3, 2, 1),
        (64, 128, 1, 28, 1, 2, 0),
        (128, 64, 1, 14, 1, 1, 0),
        (256, 256, 1, 7, 3, 1, 1),
        (96, 96, 96, 28, 3, 1, 1),
        (96, 96, 96, 28, 5, 2, 2),
        (64, 64, 16, 14, 3, 1, 1),
    ] {
        for batch in [1, 3] {
            let window = Window::new(&[k, k], &[stride, stride], &[1, 1], &[(pad, pad), (pad, pad)]);
            let input = [1, extent, extent];
            let shape = Shape {
                window,
                batch,
                in_channels: i,
                out_channels: o,
                groups,
                input,
                output: window.output(input),
            };
            check(&shape, 7).unwrap();
        }
    }
}
