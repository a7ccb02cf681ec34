//! Reductions over any set of axes, and their gradients.
//!
//! Sums run in blocks: short ones in `f32` lanes, the blocks' totals in `f64`, in the order of the
//! array. Where a block ends depends on the shape alone.

use crate::binary::{self, Binary, Shaped};
use crate::lanes;
use crate::parallel::{self, Body, PIECE};
use crate::unary::{self, Unary};
use crate::walk::Walk;

/// A reduction by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reduce {
    /// `sum(x)`.
    Sum,
    /// `sum(x) / count`.
    Mean,
    /// The largest; NaN if one is. Equal ones share the gradient, as torch's `amax` has it.
    Max,
    /// The smallest, likewise.
    Min,
    /// The product.
    Prod,
    /// `sum(|x|)`.
    L1,
    /// `sqrt(sum(x^2))`.
    L2,
    /// `sum(x^2)`.
    SumSquare,
    /// `ln(sum(x))`.
    LogSum,
    /// `ln(sum(exp(x)))`, shifted by the largest.
    LogSumExp,
}

/// The reduction of `x` over `axes` (distinct, in range), row-major over the axes that stay. Over no
/// elements it is the reduction's neutral element (NaN for the mean).
///
/// # Panics
/// Where `x` does not have the size of its shape.
pub fn forward(f: Reduce, x: Shaped<'_, f32>, axes: &[usize]) -> Vec<f32> {
    let groups = groups(x.shape, axes);
    let count: usize = axes.iter().map(|&a| x.shape[a]).product();
    let count = count as f64;
    match f {
        Reduce::Sum => finish(over(Add, x.data, &groups), |v| v),
        Reduce::Mean => finish(over(Add, x.data, &groups), |v| v / count),
        Reduce::Max => finish(over(Largest, x.data, &groups), |v| v),
        Reduce::Min => finish(over(Smallest, x.data, &groups), |v| v),
        Reduce::Prod => finish(over(Product, x.data, &groups), |v| v),
        Reduce::L1 => finish(over(Magnitude, x.data, &groups), |v| v),
        Reduce::L2 => finish(over(Square, x.data, &groups), f64::sqrt),
        Reduce::SumSquare => finish(over(Square, x.data, &groups), |v| v),
        Reduce::LogSum => finish(over(Add, x.data, &groups), f64::ln),
        Reduce::LogSumExp => {
            let kept = kept_shape(x.shape, axes);
            let mut top = forward(Reduce::Max, x, axes);
            // A maximum that is not finite would make the difference NaN.
            for v in &mut top {
                if v.is_infinite() {
                    *v = 0.0;
                }
            }
            let shifted = binary::forward(Binary::Sub, x, Shaped::new(&top, &kept), x.shape);
            let exponents = unary::forward(Unary::Exp, &shifted);
            let sums = over(Add, &exponents, &groups);
            sums.iter()
                .zip(top)
                .map(|(s, t)| (s.ln() + f64::from(t)) as f32)
                .collect()
        }
    }
}

fn finish(sums: Vec<f64>, f: impl Fn(f64) -> f64) -> Vec<f32> {
    sums.into_iter().map(|v| f(v) as f32).collect()
}

/// The shape with ones in place of `axes`.
pub fn kept_shape(shape: &[usize], axes: &[usize]) -> Vec<usize> {
    let size = |(i, &d): (usize, &usize)| if axes.contains(&i) { 1 } else { d };
    shape.iter().enumerate().map(size).collect()
}

/// `x` of shape `from`, summed over the axes along which `to` broadcasts to `from`.
///
/// # Panics
/// Where `to` does not broadcast to `from`.
pub fn sum_to(x: &[f32], from: &[usize], to: &[usize]) -> Vec<f32> {
    let axes = broadcast_axes(from, to);
    if axes.is_empty() {
        return x.to_vec();
    }
    forward(Reduce::Sum, Shaped::new(x, from), &axes)
}

/// [`sum_to`] of a vector that is no longer needed.
///
/// # Panics
/// As [`sum_to`].
pub fn sum_to_owned(x: Vec<f32>, from: &[usize], to: &[usize]) -> Vec<f32> {
    let axes = broadcast_axes(from, to);
    if axes.is_empty() {
        return x;
    }
    forward(Reduce::Sum, Shaped::new(&x, from), &axes)
}

fn broadcast_axes(from: &[usize], to: &[usize]) -> Vec<usize> {
    assert!(to.len() <= from.len(), "{to:?} does not broadcast to {from:?}");
    let lead = from.len() - to.len();
    (0..from.len())
        .filter(|&i| i < lead && from[i] != 1 || i >= lead && to[i - lead] != from[i])
        .collect()
}

/// Neighbouring axes of one fate, as one: `(size, whether it is reduced)`.
fn groups(shape: &[usize], axes: &[usize]) -> Vec<(usize, bool)> {
    let mut out: Vec<(usize, bool)> = Vec::with_capacity(shape.len());
    for (i, &size) in shape.iter().enumerate() {
        let reduced = axes.contains(&i);
        match out.last_mut() {
            _ if size == 1 => {}
            Some(last) if last.1 == reduced => last.0 *= size,
            _ => out.push((size, reduced)),
        }
    }
    out
}

/// Reduces one group after another, the last one first.
fn over<F: Fold>(f: F, x: &[f32], groups: &[(usize, bool)]) -> Vec<f64> {
    let Some(last) = groups.iter().rposition(|g| g.1) else {
        return x.iter().map(|&v| f64::from(f.map(v))).collect();
    };
    let size = |groups: &[(usize, bool)]| groups.iter().map(|g| g.0).product::<usize>();
    let sums = single(f, x, size(&groups[..last]), groups[last].0, size(&groups[last + 1..]));
    if !groups[..last].iter().any(|g| g.1) {
        return sums;
    }
    let rest: Vec<_> = groups[..last].iter().chain(&groups[last + 1..]).copied().collect();
    again(f, sums, &rest)
}

/// The later groups, in `f64`: what is left is small.
fn again<F: Fold>(f: F, x: Vec<f64>, groups: &[(usize, bool)]) -> Vec<f64> {
    let Some(last) = groups.iter().rposition(|g| g.1) else {
        return x;
    };
    let size = |groups: &[(usize, bool)]| groups.iter().map(|g| g.0).product::<usize>();
    let (outer, n, inner) = (size(&groups[..last]), groups[last].0, size(&groups[last + 1..]));
    let rest: Vec<_> = groups[..last].iter().chain(&groups[last + 1..]).copied().collect();
    again(f, combine(f, &x, outer, n, inner), &rest)
}

/// `[outer, n, inner]` of partial results over its middle axis.
fn combine<F: Fold>(f: F, x: &[f64], outer: usize, n: usize, inner: usize) -> Vec<f64> {
    let mut y = vec![f64::from(F::START); outer * inner];
    if inner > 0 {
        for (o, y) in y.chunks_exact_mut(inner).enumerate() {
            for row in x[o * n * inner..(o + 1) * n * inner].chunks_exact(inner) {
                for (y, v) in y.iter_mut().zip(row) {
                    *y = f.wide(*y, *v);
                }
            }
        }
    }
    y
}

/// `[outer, n, inner]` over its middle axis.
fn single<F: Fold>(f: F, x: &[f32], outer: usize, n: usize, inner: usize) -> Vec<f64> {
    assert_eq!(x.len(), outer * n * inner);
    if x.is_empty() {
        return vec![f64::from(F::START); outer * inner];
    }
    // Long sums are cut into blocks that threads share; a block reads about one piece.
    let per = if inner == 1 { PIECE } else { (PIECE / inner).max(LEAP) };
    let blocks = n.div_ceil(per);
    let len = outer * blocks * inner;
    let reads = n.min(per);
    let body = Blocks {
        f,
        x,
        n,
        inner,
        per,
        count: blocks,
    };
    let partial = parallel::collect(len, (PIECE / reads).max(1), &body);
    if blocks == 1 {
        return partial;
    }
    combine(f, &partial, outer, blocks, inner)
}

/// Rows that are added up in `f32` before `f64` takes over.
const LEAP: usize = 32;

/// Columns that are reduced together.
const TILE: usize = 32;

struct Blocks<'a, F> {
    f: F,
    x: &'a [f32],
    n: usize,
    inner: usize,
    per: usize,
    count: usize,
}

impl<F: Fold> Body<f64> for Blocks<'_, F> {
    #[inline(always)]
    fn run(&self, start: usize, y: &mut [f64]) {
        let Self {
            f,
            x,
            n,
            inner,
            per,
            count,
        } = *self;
        let mut at = 0;
        while at < y.len() {
            let (row, column) = ((start + at) / inner, (start + at) % inner);
            let (o, block) = (row / count, row % count);
            let (from, to) = (block * per, ((block + 1) * per).min(n));
            if inner == 1 {
                y[at] = f.row(&x[o * n + from..o * n + to]);
                at += 1;
                continue;
            }
            let width = TILE.min(inner - column).min(y.len() - at);
            let rows = &x[(o * n + from) * inner..(o * n + to) * inner];
            columns(f, rows, inner, column, &mut y[at..at + width]);
            at += width;
        }
    }
}

/// Columns `column..` of rows of `inner` elements.
#[inline(always)]
fn columns<F: Fold>(f: F, rows: &[f32], inner: usize, column: usize, y: &mut [f64]) {
    y.fill(f64::from(F::START));
    let width = y.len();
    let leap = if F::EXACT { LEAP } else { 1 };
    for rows in rows.chunks(leap * inner) {
        let mut acc = [F::START; TILE];
        for row in rows.chunks_exact(inner) {
            let row = &row[column..column + width];
            if let Ok(row) = <&[f32; TILE]>::try_from(row) {
                for (a, v) in acc.iter_mut().zip(row) {
                    *a = f.join(*a, f.map(*v));
                }
            } else {
                for (a, v) in acc.iter_mut().zip(row) {
                    *a = f.join(*a, f.map(*v));
                }
            }
        }
        for (y, a) in y.iter_mut().zip(acc) {
            *y = f.wide(*y, f64::from(a));
        }
    }
}

/// What is reduced. Every method is inlined always.
trait Fold: Copy + Sync {
    /// The neutral element.
    const START: f32;
    /// Whether a few elements may be joined in `f32`; a product may leave its range at once.
    const EXACT: bool = true;
    fn map(self, x: f32) -> f32;
    fn join(self, a: f32, b: f32) -> f32;
    fn wide(self, a: f64, b: f64) -> f64;
    fn row(self, x: &[f32]) -> f64;
}

macro_rules! sum {
    ($name:ident, |$x:ident| $map:expr) => {
        #[derive(Clone, Copy)]
        struct $name;

        impl Fold for $name {
            const START: f32 = 0.0;

            #[inline(always)]
            fn map(self, $x: f32) -> f32 {
                $map
            }

            #[inline(always)]
            fn join(self, a: f32, b: f32) -> f32 {
                a + b
            }

            #[inline(always)]
            fn wide(self, a: f64, b: f64) -> f64 {
                a + b
            }

            #[inline(always)]
            fn row(self, x: &[f32]) -> f64 {
                lanes::sum(x, |$x| $map)
            }
        }
    };
}

sum!(Add, |x| x);
sum!(Magnitude, |x| x.abs());
sum!(Square, |x| x * x);

macro_rules! extreme {
    ($name:ident, $start:expr, $join:path, $better:tt) => {
        #[derive(Clone, Copy)]
        struct $name;

        impl Fold for $name {
            const START: f32 = $start;

            #[inline(always)]
            fn map(self, x: f32) -> f32 {
                x
            }

            #[inline(always)]
            fn join(self, a: f32, b: f32) -> f32 {
                $join(a, b)
            }

            #[inline(always)]
            fn wide(self, a: f64, b: f64) -> f64 {
                if b $better a || b.is_nan() { b } else { a }
            }

            #[inline(always)]
            fn row(self, x: &[f32]) -> f64 {
                f64::from(lanes::fold(x, $start, $join))
            }
        }
    };
}

extreme!(Largest, f32::NEG_INFINITY, lanes::larger, >);
extreme!(Smallest, f32::INFINITY, lanes::smaller, <);

#[derive(Clone, Copy)]
struct Product;

impl Fold for Product {
    const START: f32 = 1.0;
    const EXACT: bool = false;

    #[inline(always)]
    fn map(self, x: f32) -> f32 {
        x
    }

    #[inline(always)]
    fn join(self, a: f32, b: f32) -> f32 {
        a * b
    }

    #[inline(always)]
    fn wide(self, a: f64, b: f64) -> f64 {
        a * b
    }

    #[inline(always)]
    fn row(self, x: &[f32]) -> f64 {
        x.iter().map(|&v| f64::from(v)).product()
    }
}

impl Reduce {
    /// Whether [`backward`] reads the input and the output.
    pub fn slope_from_values(self) -> bool {
        !matches!(self, Self::Sum | Self::Mean)
    }
}

/// The gradient of `x`: `y` is the output and `gradient` that of the output, both in the order of
/// [`forward`]. The elements of `x` and `y` may be empty where [`Reduce::slope_from_values`] is false.
///
/// # Panics
/// Where an array does not have the size of its shape.
pub fn backward(f: Reduce, x: &[f32], shape: &[usize], axes: &[usize], y: &[f32], gradient: &[f32]) -> Vec<f32> {
    let kept = kept_shape(shape, axes);
    let spread = |y: &[f32], g: &[f32], slope: Slope| spread(x, shape, &kept, y, g, slope);
    let both =
        |y: &[f32], f: fn(f32, f32) -> f32| -> Vec<f32> { y.iter().zip(gradient).map(|(y, g)| f(*y, *g)).collect() };
    match f {
        Reduce::Sum => spread(gradient, gradient, Slope::Same),
        Reduce::Mean => {
            let count: usize = axes.iter().map(|&a| shape[a]).product();
            let each: Vec<f32> = gradient.iter().map(|g| g / count as f32).collect();
            spread(&each, &each, Slope::Same)
        }
        Reduce::SumSquare => spread(gradient, gradient, Slope::Twice),
        Reduce::L1 => spread(gradient, gradient, Slope::Signed),
        // At the origin the norm has no slope; zero is one of its subgradients.
        Reduce::L2 => {
            let each = both(y, |y, g| if y == 0.0 { 0.0 } else { 0.5 * g / y });
            spread(&each, &each, Slope::Twice)
        }
        Reduce::LogSum => {
            let each = both(y, |y, g| g * (-y).exp());
            spread(&each, &each, Slope::Same)
        }
        Reduce::LogSumExp => spread(y, gradient, Slope::Exponent),
        Reduce::Max | Reduce::Min => {
            let ones = vec![1.0; y.len()];
            let equal = spread(y, &ones, Slope::Equal);
            let counts = forward(Reduce::Sum, Shaped::new(&equal, shape), axes);
            let each = both(&counts, |c, g| g / c);
            spread(y, &each, Slope::Equal)
        }
        Reduce::Prod => product(x, shape, axes, gradient, spread),
    }
}

/// A product's slope is the product of the others: of all where nothing is zero, of the rest at the
/// only zero, and nothing elsewhere.
fn product(
    x: &[f32],
    shape: &[usize],
    axes: &[usize],
    gradient: &[f32],
    spread: impl Fn(&[f32], &[f32], Slope) -> Vec<f32>,
) -> Vec<f32> {
    let others: Vec<f32> = x.iter().map(|&v| if v == 0.0 { 1.0 } else { v }).collect();
    let zeros: Vec<f32> = x.iter().map(|&v| f32::from(u8::from(v == 0.0))).collect();
    let others = forward(Reduce::Prod, Shaped::new(&others, shape), axes);
    let zeros = forward(Reduce::Sum, Shaped::new(&zeros, shape), axes);
    let pick = |want: f32| -> Vec<f32> {
        let some = others.iter().zip(&zeros).zip(gradient);
        some.map(|((p, z), g)| if *z == want { g * p } else { 0.0 }).collect()
    };
    spread(&pick(1.0), &pick(0.0), Slope::Quotient)
}

/// How an element's gradient comes from `x` and its group's `y` and `g`.
#[derive(Clone, Copy)]
enum Slope {
    /// `g`.
    Same,
    /// `2 x g`.
    Twice,
    /// `sign(x) g`.
    Signed,
    /// `exp(x - y) g`.
    Exponent,
    /// `g` where `x` is `y`.
    Equal,
    /// `g / x`, or `y` where `x` is zero.
    Quotient,
}

fn spread(x: &[f32], shape: &[usize], kept: &[usize], y: &[f32], g: &[f32], slope: Slope) -> Vec<f32> {
    let len: usize = shape.iter().product();
    let walk = Walk::broadcast(shape, [shape, kept]);
    assert!(matches!(slope, Slope::Same) || x.len() == len);
    parallel::collect(len, PIECE, &Spread { x, y, g, walk, slope })
}

struct Spread<'a> {
    x: &'a [f32],
    y: &'a [f32],
    g: &'a [f32],
    walk: Walk<2>,
    slope: Slope,
}

impl Body<f32> for Spread<'_> {
    #[inline(always)]
    fn run(&self, start: usize, dx: &mut [f32]) {
        if !matches!(self.slope, Slope::Same) {
            dx.copy_from_slice(&self.x[start..start + dx.len()]);
        }
        match self.slope {
            Slope::Same => self.each(start, dx, |_, _, g| g),
            Slope::Twice => self.each(start, dx, |x, _, g| 2.0 * x * g),
            Slope::Signed => self.each(start, dx, |x, _, g| {
                if x > 0.0 {
                    g
                } else if x < 0.0 {
                    -g
                } else {
                    0.0
                }
            }),
            Slope::Exponent => self.each(start, dx, |x, y, g| crate::vector::exp(x - y) * g),
            Slope::Equal => self.each(start, dx, |x, y, g| if x == y { g } else { 0.0 }),
            Slope::Quotient => self.each(start, dx, |x, y, g| if x == 0.0 { y } else { g / x }),
        }
    }
}

impl Spread<'_> {
    #[inline(always)]
    fn each(&self, start: usize, dx: &mut [f32], set: impl Fn(f32, f32, f32) -> f32) {
        let flat = self.walk.inner().steps[1] == 0;
        self.walk.runs(start, dx.len(), |at, len, [_, i]| {
            let dx = &mut dx[at..at + len];
            if flat {
                let (y, g) = (self.y[i], self.g[i]);
                for dx in dx {
                    *dx = set(*dx, y, g);
                }
            } else {
                for ((dx, y), g) in dx.iter_mut().zip(&self.y[i..i + len]).zip(&self.g[i..i + len]) {
                    *dx = set(*dx, *y, *g);
                }
            }
        });
    }
}
