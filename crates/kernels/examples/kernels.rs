//! Speed of products and convolutions beside this machine's peak, measured in the same run.
//!
//! `cargo run --release --workspace --example kernels [resnet|gradient|cnn|bert|mlp] [batch]`; every line is the
//! median of several runs.

#![expect(clippy::print_stdout, reason = "it is a report")]

use std::hint::black_box;
use std::time::Instant;

use glassboard_kernels::activation::Activation;
use glassboard_kernels::conv::{Conv, Window};
use glassboard_kernels::epilogue::Epilogue;
use glassboard_kernels::gelu::Form;
use glassboard_kernels::gemm::{Linear, Matrix, batched};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// Fused multiplications and additions in registers alone.
struct Peak;

impl WithSimd for Peak {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        const ROUNDS: usize = 200_000;
        let (a, b) = (simd.splat_f32s(black_box(0.999)), simd.splat_f32s(black_box(0.001)));
        let mut best = f64::MAX;
        for _ in 0..9 {
            let mut sums = [simd.splat_f32s(black_box(1.0)); 12];
            let start = Instant::now();
            for _ in 0..ROUNDS {
                for sum in &mut sums {
                    *sum = simd.mul_add_f32s(*sum, a, b);
                }
            }
            let seconds = start.elapsed().as_secs_f64();
            black_box(sums);
            best = best.min(seconds);
        }
        (ROUNDS * 12 * S::F32_LANES * 2) as f64 / best / 1e9
    }
}

fn peak() -> f64 {
    let threads = rayon::current_num_threads();
    let each: Vec<f64> = (0..threads)
        .into_par_iter()
        .with_max_len(1)
        .map(|_| Arch::new().dispatch(Peak))
        .collect();
    each.iter().sum()
}

/// Seconds of one call: the median by the clock, and the mean of all threads' processor time.
#[derive(Clone, Copy)]
struct Seconds {
    wall: f64,
    cpu: f64,
}

/// Processor seconds of this process so far, as Linux counts them; zero elsewhere.
fn processor() -> f64 {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else {
        return 0.0;
    };
    let nanoseconds = |task: std::fs::DirEntry| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    };
    tasks.flatten().filter_map(nanoseconds).sum::<f64>() / 1e9
}

fn time(mut f: impl FnMut()) -> Seconds {
    f();
    let start = Instant::now();
    f();
    let once = start.elapsed().as_secs_f64();
    let reps = ((0.4 / once) as usize).clamp(5, 200);
    let before = processor();
    let mut times: Vec<f64> = (0..reps)
        .map(|_| {
            let start = Instant::now();
            f();
            start.elapsed().as_secs_f64()
        })
        .collect();
    let cpu = (processor() - before) / reps as f64;
    times.sort_by(f64::total_cmp);
    Seconds {
        wall: times[times.len() / 2],
        cpu,
    }
}

fn noise(len: usize) -> Vec<f32> {
    (0..len)
        .map(|i| ((i * 7919 % 1009) as f32 / 504.5 - 1.0) * 0.5)
        .collect()
}

/// The share of the peak is that of the processor time: what other programs take does not count.
fn line(name: &str, count: usize, flops: f64, s: Seconds, peak: f64) -> Seconds {
    let threads = rayon::current_num_threads() as f64;
    println!(
        "{name:<40} {count:>2} x {:>9.3} ms {:>9.3} cpu ms {:>6.1} GFLOP/s {:>5.1} % of peak",
        s.wall * 1e3,
        s.cpu * 1e3,
        flops / s.wall / 1e9,
        100.0 * flops / s.cpu / 1e9 / (peak / threads),
    );
    Seconds {
        wall: s.wall * count as f64,
        cpu: s.cpu * count as f64,
    }
}

impl std::ops::AddAssign for Seconds {
    fn add_assign(&mut self, other: Self) {
        self.wall += other.wall;
        self.cpu += other.cpu;
    }
}

const NONE: Seconds = Seconds { wall: 0.0, cpu: 0.0 };

/// Channels in and out, extent of the input, kernel, stride, how often.
type Layer = (usize, usize, usize, usize, usize, usize);

/// Those of a small network on pictures of 32x32, as `bench/engine` has it.
const CNN: &[Layer] = &[(1, 16, 32, 3, 1, 1), (16, 16, 16, 3, 1, 2), (16, 32, 8, 3, 1, 1)];

const RESNET18: &[Layer] = &[
    (3, 64, 224, 7, 2, 1),
    (64, 64, 56, 3, 1, 4),
    (64, 128, 56, 3, 2, 1),
    (64, 128, 56, 1, 2, 1),
    (128, 128, 28, 3, 1, 3),
    (128, 256, 28, 3, 2, 1),
    (128, 256, 28, 1, 2, 1),
    (256, 256, 14, 3, 1, 3),
    (256, 512, 14, 3, 2, 1),
    (256, 512, 14, 1, 2, 1),
    (512, 512, 7, 3, 1, 3),
];

fn convolutions(layers: &[Layer], batch: usize, gradient: bool, peak: f64) {
    let (mut total, mut work) = (NONE, 0.0);
    for &(inputs, outputs, extent, k, stride, count) in layers {
        let window = Window::new(&[k, k], &[stride, stride], &[1, 1], &[(k / 2, k / 2); 2]);
        let input = [1, extent, extent];
        let plane: usize = window.output(input).iter().product();
        let conv = Conv::new(window, inputs, outputs, 1, &noise(outputs * inputs * k * k));
        let mut x = noise(batch * inputs * extent * extent);
        let mut y = noise(batch * outputs * plane);
        let bias = noise(outputs);
        let epilogue = Epilogue {
            bias: Some(&bias),
            activation: Activation::Relu,
            ..Epilogue::default()
        };
        let flops = 2.0 * (batch * outputs * inputs * k * k * plane) as f64;
        let seconds = if gradient {
            time(|| conv.backward_input(batch, input, &y, &mut x))
        } else {
            time(|| conv.forward(batch, input, &x, &epilogue, &mut y))
        };
        let what = if gradient { "gradient" } else { "conv" };
        let name = format!("{what} b{batch} {inputs}->{outputs} {extent}x{extent} {k}x{k}/{stride}");
        total += line(&name, count, flops, seconds, peak);
        work += flops * count as f64;
    }
    line(&format!("all of them, batch {batch}"), 1, work, total, peak);
}

fn bert(peak: f64) {
    let rows = 128;
    let (mut total, mut work) = (NONE, 0.0);
    for (inputs, outputs, activation, count) in [
        (768, 768, Activation::Identity, 48),
        (768, 3072, Activation::Gelu(Form::Exact), 12),
        (3072, 768, Activation::Identity, 12),
    ] {
        // As many layers as the model has, so that their weights do not stay in the cache.
        let weights = noise(inputs * outputs);
        let layers: Vec<Linear> = (0..count)
            .map(|_| Linear::new(Matrix::new(&weights, inputs, outputs)))
            .collect();
        let (x, bias, mut y) = (noise(rows * inputs), noise(outputs), noise(rows * outputs));
        let epilogue = Epilogue {
            bias: Some(&bias),
            activation,
            ..Epilogue::default()
        };
        let all = time(|| layers.iter().for_each(|l| l.forward(&x, &epilogue, &mut y)));
        let seconds = Seconds {
            wall: all.wall / count as f64,
            cpu: all.cpu / count as f64,
        };
        let flops = 2.0 * (rows * inputs * outputs) as f64;
        total += line(
            &format!("linear {rows}x{inputs}x{outputs}"),
            count,
            flops,
            seconds,
            peak,
        );
        work += flops * count as f64;
    }
    let (heads, width) = (12, 64);
    let (q, k) = (noise(heads * rows * width), noise(heads * rows * width));
    let offsets: Vec<usize> = (0..heads).map(|i| i * rows * width).collect();
    let across: Vec<usize> = (0..heads).map(|i| i * rows * rows).collect();
    let mut scores = noise(heads * rows * rows);
    let flops = 2.0 * (heads * rows * rows * width) as f64;
    let (left, right) = (Matrix::new(&q, rows, width), Matrix::new(&k, rows, width));
    let seconds = time(|| batched(left, &offsets, right.transposed(), &offsets, &mut scores));
    total += line("attention scores 12x128x64x128", 12, flops, seconds, peak);
    let mut out = noise(heads * rows * width);
    let seconds = time(|| batched(Matrix::new(&scores, rows, rows), &across, right, &offsets, &mut out));
    total += line("attention values 12x128x128x64", 12, flops, seconds, peak);
    work += 24.0 * flops;
    line("all products of BERT-base, 128 tokens", 1, work, total, peak);
}

fn mlp(peak: f64) {
    let rows = 204_800;
    for (inputs, outputs) in [(30, 64), (64, 32), (32, 2)] {
        let layer = Linear::new(Matrix::new(&noise(inputs * outputs), inputs, outputs));
        let (x, bias, mut y) = (noise(rows * inputs), noise(outputs), noise(rows * outputs));
        let epilogue = Epilogue {
            bias: Some(&bias),
            activation: Activation::Relu,
            ..Epilogue::default()
        };
        let seconds = time(|| layer.forward(&x, &epilogue, &mut y));
        line(
            &format!("linear {rows}x{inputs}x{outputs}"),
            1,
            2.0 * (rows * inputs * outputs) as f64,
            seconds,
            peak,
        );
    }
}

fn main() {
    // On the kernels' own threads, as the engine calls them.
    rayon::scope(|_| report());
}

fn report() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let what = arguments.first().map_or("all", String::as_str);
    let batches = match arguments.get(1).and_then(|b| b.parse().ok()) {
        Some(batch) => vec![batch],
        None => vec![1, 16],
    };
    let peak = peak();
    println!("{} threads, {peak:.1} GFLOP/s at most", rayon::current_num_threads());
    for batch in batches {
        if ["all", "resnet"].contains(&what) {
            convolutions(RESNET18, batch, false, peak);
        }
        if ["all", "gradient"].contains(&what) {
            convolutions(RESNET18, batch, true, peak);
        }
    }
    if ["all", "cnn"].contains(&what) {
        convolutions(CNN, 64, false, peak);
    }
    if ["all", "bert"].contains(&what) {
        bert(peak);
    }
    if ["all", "mlp"].contains(&what) {
        mlp(peak);
    }
}
