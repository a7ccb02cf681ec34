//! Matrix products against f64, with every epilogue, under any number of threads.

mod common;

use common::{ACTIVATIONS, bits, difference, in_pools, noise};
use glassboard_kernels::epilogue::{Epilogue, Norm};
use glassboard_kernels::gemm::{Linear, Matrix, batched, product};
use glassboard_kernels::reference;
use proptest::prelude::*;

/// A matrix of random content whose rows and columns lie further apart than they must.
#[derive(Debug, Clone)]
struct Loose {
    data: Vec<f32>,
    rows: usize,
    columns: usize,
    turned: bool,
    gap: usize,
    step: usize,
}

impl Loose {
    fn new(rows: usize, columns: usize, form: (bool, usize, usize), seed: u64) -> Self {
        let (turned, gap, step) = form;
        let (outer, inner) = if turned { (columns, rows) } else { (rows, columns) };
        Self {
            data: noise((outer * (inner * step + gap)).max(1), seed),
            rows,
            columns,
            turned,
            gap,
            step,
        }
    }

    fn view(&self) -> Matrix<'_> {
        let (inner, outer) = if self.turned {
            (self.rows, self.columns)
        } else {
            (self.columns, self.rows)
        };
        let view = Matrix {
            data: &self.data,
            rows: outer,
            columns: inner,
            row_stride: inner * self.step + self.gap,
            column_stride: self.step,
        };
        if self.turned { view.transposed() } else { view }
    }
}

fn form() -> impl Strategy<Value = (bool, usize, usize)> {
    (any::<bool>(), 0usize..5, 1usize..3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn products_are_products(
        (m, k, n) in prop_oneof![(1usize..20, 0usize..40, 1usize..40), (1usize..150, 1usize..700, 1usize..150)],
        a in form(), b in form(), seed in 0u64..1_000_000,
    ) {
        let (a, b) = (Loose::new(m, k, a, seed), Loose::new(k, n, b, seed + 1));
        let got = in_pools(|| {
            let mut c = vec![f32::NAN; m * n];
            product(a.view(), b.view(), &Epilogue::default(), &mut c);
            c
        });
        let want = reference::gemm::product(a.view(), b.view());
        prop_assert!(difference(&got, &want) <= 1e-5);
    }

    #[test]
    fn constant_weights_change_nothing(m in 1usize..40, k in 1usize..600, n in 1usize..200, turned in any::<bool>(), seed in 0u64..1_000_000) {
        let (x, w) = (noise(m * k, seed), Loose::new(k, n, (turned, 0, 1), seed + 1));
        let linear = Linear::new(w.view());
        let y = in_pools(|| {
            let mut y = vec![f32::NAN; m * n];
            linear.forward(&x, &Epilogue::default(), &mut y);
            y
        });
        let x = Matrix::new(&x, m, k);
        prop_assert!(difference(&y, &reference::gemm::product(x, w.view())) <= 1e-5);
        let mut c = vec![f32::NAN; m * n];
        product(x, w.view(), &Epilogue::default(), &mut c);
        prop_assert_eq!(bits(&c), bits(&y));
        // The gradient of the input.
        let bytes = linear.bytes();
        let dx = in_pools(|| {
            let mut dx = vec![f32::NAN; m * k];
            linear.backward_input(&y, &mut dx);
            dx
        });
        prop_assert!(linear.bytes() > bytes);
        let dy = Matrix::new(&y, m, n);
        prop_assert!(difference(&dx, &reference::gemm::product(dy, w.view().transposed())) <= 1e-5);
    }

    #[test]
    fn a_row_has_the_same_bits_among_any_others(m in 2usize..60, k in 1usize..600, n in 1usize..200, seed in 0u64..1_000_000) {
        let (x, w) = (noise(m * k, seed), noise(k * n, seed + 1));
        let linear = Linear::new(Matrix::new(&w, k, n));
        let (mut y, mut dx) = (vec![f32::NAN; m * n], vec![f32::NAN; m * k]);
        linear.forward(&x, &Epilogue::default(), &mut y);
        linear.backward_input(&y, &mut dx);
        for i in 0..m {
            let (mut own, mut dx_own) = (vec![f32::NAN; n], vec![f32::NAN; k]);
            linear.forward(&x[i * k..(i + 1) * k], &Epilogue::default(), &mut own);
            linear.backward_input(&own, &mut dx_own);
            prop_assert_eq!(bits(&own), bits(&y[i * n..(i + 1) * n]));
            prop_assert_eq!(bits(&dx_own), bits(&dx[i * k..(i + 1) * k]));
        }
    }

    #[test]
    fn an_epilogue_is_its_steps(m in 1usize..60, k in 1usize..350, n in 1usize..120, which in 0usize..10, parts in 0u8..8, seed in 0u64..1_000_000) {
        let (a, b) = (noise(m * k, seed), noise(k * n, seed + 1));
        let (a, b) = (Matrix::new(&a, m, k), Matrix::new(&b, k, n));
        let [bias, mean, gain, shift] = [2, 3, 4, 5].map(|i| noise(n, seed + i));
        let residual = noise(m * n, seed + 6);
        let epilogue = Epilogue {
            bias: (parts & 1 > 0).then_some(&bias[..]),
            norm: (parts & 2 > 0).then_some(Norm { mean: &mean, gain: &gain, bias: &shift }),
            residual: (parts & 4 > 0).then_some(&residual[..]),
            activation: ACTIVATIONS[which],
        };
        let mut fused = vec![f32::NAN; m * n];
        product(a, b, &epilogue, &mut fused);
        let mut steps = vec![f32::NAN; m * n];
        product(a, b, &Epilogue::default(), &mut steps);
        for (i, y) in steps.iter_mut().enumerate() {
            let c = i % n;
            if epilogue.bias.is_some() { *y += bias[c]; }
            if epilogue.norm.is_some() { *y = (*y - mean[c]) * gain[c] + shift[c]; }
            if epilogue.residual.is_some() { *y += residual[i]; }
        }
        ACTIVATIONS[which].run(&mut steps);
        prop_assert_eq!(bits(&fused), bits(&steps));
    }

    #[test]
    fn batches_are_their_items(batch in 1usize..9, m in 1usize..70, k in 1usize..70, n in 1usize..70, turned in any::<bool>(), seed in 0u64..1_000_000) {
        let (a, b) = (noise(batch * m * k, seed), noise(2 * k * n, seed + 1));
        let a_offsets: Vec<usize> = (0..batch).rev().map(|i| i * m * k).collect();
        let b_offsets: Vec<usize> = (0..batch).map(|i| i % 2 * k * n).collect();
        let left = Matrix::new(&a, m, k);
        let right = if turned { Matrix::new(&b, n, k).transposed() } else { Matrix::new(&b, k, n) };
        let got = in_pools(|| {
            let mut c = vec![f32::NAN; batch * m * n];
            batched(left, &a_offsets, right, &b_offsets, &mut c);
            c
        });
        let want: Vec<f64> = (0..batch)
            .flat_map(|i| reference::gemm::product(left.at(a_offsets[i]), right.at(b_offsets[i])))
            .collect();
        prop_assert!(difference(&got, &want) <= 1e-5);
    }
}

#[test]
fn products_large_enough_for_every_cut() {
    for (m, k, n) in [
        (3, 900, 1100),
        (300, 300, 300),
        (2100, 70, 33),
        (33, 70, 2100),
        (128, 768, 768),
    ] {
        let (a, b) = (noise(m * k, 1), noise(k * n, 2));
        let (a, b) = (Matrix::new(&a, m, k), Matrix::new(&b, k, n));
        let got = in_pools(|| {
            let mut c = vec![f32::NAN; m * n];
            product(a, b, &Epilogue::default(), &mut c);
            c
        });
        let apart = difference(&got, &reference::gemm::product(a, b));
        assert!(apart <= 1e-5, "{m} {k} {n}: {apart}");
    }
}
