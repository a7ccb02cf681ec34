//! Sums along a row, in one fixed order that vector code can follow.

/// Folds in sixteen lanes and then across them.
#[inline(always)]
pub fn fold(row: &[f32], start: f32, f: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [start; 16];
    let (blocks, rest) = row.as_chunks::<16>();
    for block in blocks {
        for (lane, v) in lanes.iter_mut().zip(block) {
            *lane = f(*lane, *v);
        }
    }
    for (lane, v) in lanes.iter_mut().zip(rest) {
        *lane = f(*lane, *v);
    }
    across(lanes, f)
}

/// Sixteen lanes into one number, as a tree.
#[inline(always)]
pub fn across(mut lanes: [f32; 16], f: impl Fn(f32, f32) -> f32) -> f32 {
    let mut half = 8;
    while half > 0 {
        for i in 0..half {
            lanes[i] = f(lanes[i], lanes[i + half]);
        }
        half /= 2;
    }
    lanes[0]
}

/// Elements that `f32` lanes add up before `f64` takes over: 32 a lane, so that the rounding of a
/// sum does not grow with the length of the row.
const BLOCK: usize = 512;

/// `sum(f(x))`.
#[inline(always)]
pub fn sum(row: &[f32], f: impl Fn(f32) -> f32) -> f64 {
    let mut total = 0.0;
    for part in row.chunks(BLOCK) {
        let mut lanes = [0.0f32; 16];
        let (blocks, rest) = part.as_chunks::<16>();
        for block in blocks {
            for (lane, v) in lanes.iter_mut().zip(block) {
                *lane += f(*v);
            }
        }
        for (lane, v) in lanes.iter_mut().zip(rest) {
            *lane += f(*v);
        }
        total += f64::from(across(lanes, |a, b| a + b));
    }
    total
}

/// `sum(f(x))` and `sum(f(x)^2)`.
#[inline(always)]
pub fn moments(row: &[f32], f: impl Fn(f32) -> f32) -> (f64, f64) {
    let (mut first, mut second) = (0.0, 0.0);
    for part in row.chunks(BLOCK) {
        let (mut sums, mut squares) = ([0.0f32; 16], [0.0f32; 16]);
        let (blocks, rest) = part.as_chunks::<16>();
        for block in blocks {
            for ((sum, square), v) in sums.iter_mut().zip(&mut squares).zip(block) {
                let v = f(*v);
                *sum += v;
                *square += v * v;
            }
        }
        for ((sum, square), v) in sums.iter_mut().zip(&mut squares).zip(rest) {
            let v = f(*v);
            *sum += v;
            *square += v * v;
        }
        first += f64::from(across(sums, |a, b| a + b));
        second += f64::from(across(squares, |a, b| a + b));
    }
    (first, second)
}

/// `sum(f(a, b))` of two rows of one length.
#[inline(always)]
pub fn sum2(a: &[f32], b: &[f32], f: impl Fn(f32, f32) -> f32) -> f64 {
    let mut total = 0.0;
    for (a, b) in a.chunks(BLOCK).zip(b.chunks(BLOCK)) {
        let mut lanes = [0.0f32; 16];
        let ((blocks_a, rest_a), (blocks_b, rest_b)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
        for (a, b) in blocks_a.iter().zip(blocks_b) {
            for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
                *lane += f(*a, *b);
            }
        }
        for (lane, (a, b)) in lanes.iter_mut().zip(rest_a.iter().zip(rest_b)) {
            *lane += f(*a, *b);
        }
        total += f64::from(across(lanes, |a, b| a + b));
    }
    total
}

/// The larger; a NaN wins.
#[inline(always)]
pub fn larger(a: f32, b: f32) -> f32 {
    // One condition, not two branches.
    if (b > a) | b.is_nan() { b } else { a }
}

/// The smaller; a NaN wins.
#[inline(always)]
pub fn smaller(a: f32, b: f32) -> f32 {
    if (b < a) | b.is_nan() { b } else { a }
}
