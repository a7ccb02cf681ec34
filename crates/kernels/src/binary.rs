//! Functions of two numbers, element by element, broadcast as numpy does.

use crate::parallel::{self, Body, PIECE};
use crate::reduce;
use crate::walk::Walk;

/// A function by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    /// `a + b`.
    Add,
    /// `a - b`.
    Sub,
    /// `a * b`.
    Mul,
    /// `a / b`.
    Div,
    /// The larger; NaN if one is. Equal numbers share the gradient.
    Max,
    /// The smaller; NaN if one is. Equal numbers share the gradient.
    Min,
    /// `a ^ b`.
    Pow,
    /// `a` above zero, `a * b` below.
    Prelu,
}

/// One function: its value and its slopes. Every method is inlined always.
trait Function: Copy + Sync {
    fn value(self, a: f32, b: f32) -> f32;
    /// d value / d a.
    fn slope_a(self, a: f32, b: f32) -> f32;
    /// d value / d b.
    fn slope_b(self, a: f32, b: f32) -> f32;
}

macro_rules! function {
    ($name:ident |$a:ident, $b:ident| $value:expr, $slope_a:expr, $slope_b:expr) => {
        #[derive(Clone, Copy)]
        struct $name;

        impl Function for $name {
            #[inline(always)]
            fn value(self, $a: f32, $b: f32) -> f32 {
                $value
            }

            #[inline(always)]
            fn slope_a(self, $a: f32, $b: f32) -> f32 {
                let _ = ($a, $b);
                $slope_a
            }

            #[inline(always)]
            fn slope_b(self, $a: f32, $b: f32) -> f32 {
                let _ = ($a, $b);
                $slope_b
            }
        }
    };
}

function!(Add | a, b | a + b, 1.0, 1.0);
function!(Sub | a, b | a - b, 1.0, -1.0);
function!(Mul | a, b | a * b, b, a);
function!(Div | a, b | a / b, 1.0 / b, -a / (b * b));
function!(
    Max | a,
    b | crate::lanes::larger(a, b),
    share(a > b, a == b),
    share(b > a, a == b)
);
function!(
    Min | a,
    b | crate::lanes::smaller(a, b),
    share(a < b, a == b),
    share(b < a, a == b)
);
function!(
    Pow | a,
    b | a.powf(b),
    if b == 0.0 { 0.0 } else { b * a.powf(b - 1.0) },
    // Zero to a positive power is flat in the exponent; the product below would be 0 * -inf.
    if a == 0.0 && b >= 0.0 { 0.0 } else { a.powf(b) * a.ln() }
);
function!(
    Prelu | a,
    b | if a > 0.0 { a } else { a * b },
    if a > 0.0 { 1.0 } else { b },
    if a > 0.0 { 0.0 } else { a }
);

#[inline(always)]
fn share(wins: bool, equal: bool) -> f32 {
    if wins {
        1.0
    } else if equal {
        0.5
    } else {
        0.0
    }
}

/// Something to do with a function once its type is known.
trait Visit {
    fn visit<F: Function>(self, f: F) -> Vec<f32>;
}

impl Binary {
    fn with(self, v: impl Visit) -> Vec<f32> {
        match self {
            Self::Add => v.visit(Add),
            Self::Sub => v.visit(Sub),
            Self::Mul => v.visit(Mul),
            Self::Div => v.visit(Div),
            Self::Max => v.visit(Max),
            Self::Min => v.visit(Min),
            Self::Pow => v.visit(Pow),
            Self::Prelu => v.visit(Prelu),
        }
    }

    /// Whether [`backward`] reads the inputs at all.
    pub fn slope_from_inputs(self) -> bool {
        !matches!(self, Self::Add | Self::Sub)
    }
}

/// An array with its shape, row-major.
#[derive(Debug, Clone, Copy)]
pub struct Shaped<'a, T> {
    /// The elements.
    pub data: &'a [T],
    /// Their shape.
    pub shape: &'a [usize],
}

impl<'a, T> Shaped<'a, T> {
    /// Pairs elements and shape.
    ///
    /// # Panics
    /// Where they disagree.
    pub fn new(data: &'a [T], shape: &'a [usize]) -> Self {
        assert_eq!(data.len(), shape.iter().product::<usize>());
        Self { data, shape }
    }
}

/// `f(a, b)` in the shape `shape`, to which both broadcast.
///
/// # Panics
/// Where one does not broadcast.
pub fn forward(f: Binary, a: Shaped<'_, f32>, b: Shaped<'_, f32>, shape: &[usize]) -> Vec<f32> {
    f.with(Zip::new(Part::Value, a, b, None, shape))
}

/// The gradient of `a`, in its shape: `gradient`, of shape `shape`, times d f / d a, summed over the
/// axes along which `a` was broadcast. The inputs' elements may be empty where
/// [`Binary::slope_from_inputs`] is false, and `a`'s own for a product or a quotient.
///
/// # Panics
/// Where an array does not have the size of its shape.
pub fn backward_a(f: Binary, a: Shaped<'_, f32>, b: Shaped<'_, f32>, gradient: &[f32], shape: &[usize]) -> Vec<f32> {
    let full = match f {
        Binary::Add | Binary::Sub => return reduce::sum_to(gradient, shape, a.shape),
        _ => f.with(Zip::new(Part::SlopeA, unread(f, a), b, Some(gradient), shape)),
    };
    reduce::sum_to_owned(full, shape, a.shape)
}

/// The gradient of `b`, as [`backward_a`].
///
/// # Panics
/// As [`backward_a`].
pub fn backward_b(f: Binary, a: Shaped<'_, f32>, b: Shaped<'_, f32>, gradient: &[f32], shape: &[usize]) -> Vec<f32> {
    let full = match f {
        Binary::Add => return reduce::sum_to(gradient, shape, b.shape),
        Binary::Sub => {
            let mut sum = reduce::sum_to(gradient, shape, b.shape);
            for v in &mut sum {
                *v = -*v;
            }
            return sum;
        }
        _ => f.with(Zip::new(Part::SlopeB, a, unread(f, b), Some(gradient), shape)),
    };
    reduce::sum_to_owned(full, shape, b.shape)
}

/// The input whose own slope does not read it, where its elements were not kept: any one number does.
fn unread(f: Binary, own: Shaped<'_, f32>) -> Shaped<'_, f32> {
    let free = matches!(f, Binary::Mul | Binary::Div);
    if free && own.data.is_empty() && !own.shape.contains(&0) {
        return Shaped::new(&[1.0], &[]);
    }
    own
}

#[derive(Clone, Copy)]
enum Part {
    Value,
    SlopeA,
    SlopeB,
}

/// One pass over both inputs and, backward, a gradient of the full shape.
struct Zip<'a> {
    part: Part,
    a: &'a [f32],
    b: &'a [f32],
    gradient: Option<&'a [f32]>,
    len: usize,
    walk: Walk<2>,
}

impl<'a> Zip<'a> {
    fn new(part: Part, a: Shaped<'a, f32>, b: Shaped<'a, f32>, gradient: Option<&'a [f32]>, shape: &[usize]) -> Self {
        let len = shape.iter().product();
        assert!(gradient.is_none_or(|g| g.len() == len));
        assert_eq!(a.data.len(), a.shape.iter().product::<usize>());
        assert_eq!(b.data.len(), b.shape.iter().product::<usize>());
        Self {
            part,
            a: a.data,
            b: b.data,
            gradient,
            len,
            walk: Walk::broadcast(shape, [a.shape, b.shape]),
        }
    }
}

/// Rows shorter than this are joined, where the shorter input repeats, by writing it out several times.
const SHORT: usize = 128;

impl Visit for Zip<'_> {
    fn visit<F: Function>(self, f: F) -> Vec<f32> {
        // `[rows, few] + [few]`: the same sums with rows of many, one short one at the end.
        if let [rows, inner] = self.walk.axes()
            && inner.size < SHORT
            && rows.steps[1] == 0
            && inner.steps == [1, 1]
        {
            let times = SHORT.div_ceil(inner.size).min(rows.size);
            let width = inner.size * times;
            let repeated = self.b[..inner.size].repeat(times);
            let walk = Walk::new(&[self.len.div_ceil(width), width], [&[width, 1], &[0, 1]]);
            let zip = Zip {
                walk,
                b: &repeated,
                ..self
            };
            return collect(&Zipped { f, zip });
        }
        collect(&Zipped { f, zip: self })
    }
}

fn collect<F: Function>(body: &Zipped<'_, F>) -> Vec<f32> {
    parallel::collect(body.zip.len, PIECE, body)
}

struct Zipped<'a, F> {
    f: F,
    zip: Zip<'a>,
}

impl<F: Function> Body<f32> for Zipped<'_, F> {
    #[inline(always)]
    fn run(&self, start: usize, y: &mut [f32]) {
        let f = self.f;
        if let Some(g) = self.zip.gradient {
            y.copy_from_slice(&g[start..start + y.len()]);
        }
        match self.zip.part {
            Part::Value => self.each(start, y, |a, b, _| f.value(a, b)),
            Part::SlopeA => self.each(start, y, |a, b, g| g * f.slope_a(a, b)),
            Part::SlopeB => self.each(start, y, |a, b, g| g * f.slope_b(a, b)),
        }
    }
}

impl<F: Function> Zipped<'_, F> {
    /// Sets every element from its two inputs and what it was.
    #[inline(always)]
    fn each(&self, start: usize, y: &mut [f32], set: impl Fn(f32, f32, f32) -> f32) {
        let (a, b) = (self.zip.a, self.zip.b);
        let steps = self.zip.walk.inner().steps;
        self.zip.walk.runs(start, y.len(), |at, len, [ia, ib]| {
            let y = &mut y[at..at + len];
            match steps {
                [0, 0] => {
                    let (a, b) = (a[ia], b[ib]);
                    for y in y {
                        *y = set(a, b, *y);
                    }
                }
                [0, _] => {
                    let a = a[ia];
                    for (b, y) in b[ib..ib + len].iter().zip(y) {
                        *y = set(a, *b, *y);
                    }
                }
                [_, 0] => {
                    let b = b[ib];
                    for (a, y) in a[ia..ia + len].iter().zip(y) {
                        *y = set(*a, b, *y);
                    }
                }
                _ => {
                    for ((a, b), y) in a[ia..ia + len].iter().zip(&b[ib..ib + len]).zip(y) {
                        *y = set(*a, *b, *y);
                    }
                }
            }
        });
    }
}
