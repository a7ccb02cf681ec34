//! How fast the kernels move memory: bytes that a kernel must read and write at least, a second.
//!
//! `cargo run --release -p glassboard-kernels --example memory [threads]`

use std::hint::black_box;
use std::time::Instant;

use glassboard_kernels::binary::{self, Binary, Shaped};
use glassboard_kernels::gelu::Form;
use glassboard_kernels::norm::{self, Affine, Norm};
use glassboard_kernels::pool::{self, Window};
use glassboard_kernels::reduce::{self, Reduce};
use glassboard_kernels::softmax::{self, Softmax};
use glassboard_kernels::trees::{Aggregate, Forest, Node, Test};
use glassboard_kernels::unary::{self, Unary};
use glassboard_kernels::{copy, interpolate, remap};

/// Median time of a call, over about a quarter of a second, and the rate for `floats` moved.
fn measure<T>(name: &str, floats: usize, f: impl Fn() -> T) {
    let mut times = Vec::new();
    let begin = Instant::now();
    while times.len() < 5 || begin.elapsed().as_secs_f64() < 0.25 {
        let start = Instant::now();
        black_box(f());
        times.push(start.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    let median = times[times.len() / 2];
    println!(
        "{name:34} {:10.1} us {:7.2} GB/s",
        median * 1e6,
        floats as f64 * 4e-9 / median
    );
}

fn numbers(n: usize) -> Vec<f32> {
    (0..n).map(|i| ((i * 7_919 % 10_007) as f32 / 5_003.0) - 1.0).collect()
}

fn main() {
    let threads = std::env::args().nth(1).and_then(|t| t.parse().ok()).unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    match pool {
        Ok(pool) => pool.install(run),
        Err(_) => run(),
    }
}

fn run() {
    for n in [64, 4_096, 800_000, 8_000_000] {
        let (x, g) = (numbers(n), numbers(n));
        println!("-- {n} elements");
        measure("copy", 2 * n, || x.clone());
        measure("relu", 2 * n, || unary::forward(Unary::Relu, &x));
        measure("relu backward", 3 * n, || unary::backward(Unary::Relu, &x, &g));
        measure("gelu", 2 * n, || unary::forward(Unary::Gelu(Form::Exact), &x));
        measure("gelu backward", 3 * n, || {
            unary::backward(Unary::Gelu(Form::Exact), &x, &g)
        });
        measure("exp", 2 * n, || unary::forward(Unary::Exp, &x));
        let shape = [n];
        let (a, b) = (Shaped::new(&x, &shape), Shaped::new(&g, &shape));
        measure("add", 3 * n, || binary::forward(Binary::Add, a, b, &shape));
        measure("sum", n, || reduce::forward(Reduce::Sum, a, &[0]));
    }
    println!("-- encoder, [128, 768] and [12, 128, 128]");
    let (n, x, g) = (128 * 768, numbers(128 * 768), numbers(128 * 768));
    let bias = numbers(768);
    let (a, b) = (Shaped::new(&x, &[128, 768]), Shaped::new(&bias, &[768]));
    measure("add bias", 2 * n, || binary::forward(Binary::Add, a, b, &[128, 768]));
    let norm = Norm {
        width: 768,
        epsilon: 1e-5,
        centre: true,
        affine: Affine::Element,
    };
    measure("layer norm", 2 * n, || norm::forward(&norm, &x, &bias, Some(&bias)));
    measure("layer norm backward", 3 * n, || norm::backward(&norm, &x, &bias, &g));
    let (n, scores) = (12 * 128 * 128, numbers(12 * 128 * 128));
    measure("softmax", 2 * n, || softmax::forward(Softmax::Plain, &scores, 128, 1));
    measure("softmax backward", 3 * n, || {
        softmax::backward(Softmax::Plain, &scores, &scores, 128, 1)
    });
    let n = x.len();
    measure("heads to the front", 2 * n, || {
        copy::permute(&x, &[128, 12, 64], &[1, 0, 2])
    });
    measure("transpose", 2 * n, || copy::permute(&x, &[12, 128, 64], &[0, 2, 1]));
    println!("-- picture, [64, 112, 112]");
    let (n, x) = (64 * 112 * 112, numbers(64 * 112 * 112));
    let scale = numbers(64);
    measure("batch norm", 2 * n, || {
        norm::with_statistics(&x, 112 * 112, &scale, &scale, &scale)
    });
    let w = Window {
        input: [1, 112, 112],
        output: [1, 56, 56],
        kernel: [1, 3, 3],
        stride: [1, 2, 2],
        dilation: [1; 3],
        pads: [(0, 0), (1, 1), (1, 1)],
    };
    let y = pool::max(&w, &x);
    measure("max pool", n + n / 4, || pool::max(&w, &x));
    measure("max pool backward", 2 * n + n / 2, || {
        pool::max_backward(&w, &x, &y, &y)
    });
    measure("average pool", n + n / 4, || pool::average(&w, &x, true));
    measure("global average", n, || {
        reduce::forward(Reduce::Mean, Shaped::new(&x, &[64, 112 * 112]), &[1])
    });
    measure("channels last", 2 * n, || {
        copy::permute(&x, &[1, 64, 112 * 112], &[0, 2, 1])
    });
    let twice = interpolate::Taps::new(112, (0..224).map(|o| vec![(o / 2, 0.75), ((o / 2 + 1).min(111), 0.25)]));
    measure("linear upsampling, one axis", 3 * n, || {
        interpolate::along(&twice, &x, 1)
    });
    measure("linear upsampling, other axis", 3 * n, || {
        interpolate::along(&twice, &x, 112)
    });
    let list = remap::Axis::List((0..224).map(|i| Some(i / 2)).collect());
    measure("nearest upsampling", 5 * n, || {
        remap::forward(
            &x,
            &[64, 112, 112],
            &[remap::Axis::All, list.clone(), list.clone()],
            0.0,
        )
    });
    println!("-- 500 trees of depth 6, 10,000 rows of 30 features");
    let mut nodes = Vec::new();
    let mut roots = Vec::new();
    for tree in 0..500 {
        let first = nodes.len();
        roots.push(first);
        for i in 0..127 {
            nodes.push(if i < 63 {
                Node::Branch {
                    feature: (tree * 13 + i * 7) % 30,
                    test: Test::LessOrEqual(((tree + i * 31) % 100) as f32 / 50.0 - 1.0),
                    missing_yes: false,
                    yes: first + 2 * i + 1,
                    no: first + 2 * i + 2,
                }
            } else {
                Node::Leaf(vec![(0, i as f64)])
            });
        }
    }
    if let Ok(forest) = Forest::new(&nodes, &roots, 1) {
        let rows = numbers(300_000);
        measure("trees", rows.len(), || forest.predict(&rows, 30, Aggregate::Sum));
    }
}
