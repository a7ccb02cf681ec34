//! Where along an axis the largest or smallest element is.

use crate::parallel::{self, Body, PIECE};

/// Which element is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arg {
    /// The largest, else the smallest.
    pub largest: bool,
    /// The last of equal ones, else the first.
    pub last: bool,
}

/// Index along the middle axis of `[outer, n, inner]`, as `[outer, inner]`. A NaN is found before
/// every number, as numpy does.
///
/// # Panics
/// Where `x` has another size, or `n` is zero and the answer is not empty.
pub fn find<T: PartialOrd + Copy + Sync>(arg: Arg, x: &[T], outer: usize, n: usize, inner: usize) -> Vec<i64> {
    assert_eq!(x.len(), outer * n * inner);
    assert!(n > 0 || outer * inner == 0);
    let body = Find { arg, x, n, inner };
    parallel::collect(outer * inner, (PIECE / n.max(1)).max(1), &body)
}

struct Find<'a, T> {
    arg: Arg,
    x: &'a [T],
    n: usize,
    inner: usize,
}

impl<T: PartialOrd + Copy + Sync> Body<i64> for Find<'_, T> {
    #[inline(always)]
    fn run(&self, start: usize, y: &mut [i64]) {
        let Self { arg, x, n, inner } = *self;
        for (k, y) in y.iter_mut().enumerate() {
            let (o, i) = ((start + k) / inner, (start + k) % inner);
            let mut at = o * n * inner + i;
            let (mut best, mut index) = (x[at], 0);
            for j in 1..n {
                at += inner;
                if better(arg, &x[at], &best) {
                    (best, index) = (x[at], j);
                }
            }
            *y = index as i64;
        }
    }
}

#[inline(always)]
fn better<T: PartialOrd>(arg: Arg, new: &T, old: &T) -> bool {
    match new.partial_cmp(old) {
        Some(std::cmp::Ordering::Greater) => arg.largest,
        Some(std::cmp::Ordering::Less) => !arg.largest,
        Some(std::cmp::Ordering::Equal) => arg.last,
        None => {
            let nan = |v: &T| v.partial_cmp(v).is_none();
            nan(new) && (arg.last || !nan(old))
        }
    }
}
