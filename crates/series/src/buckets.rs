//! M4: of each column of pixels the first, smallest, largest and last point.

use crate::Blocks;

/// Columns of pixels over a window of x, shared by every run of a chart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// The window's left end.
    pub from: f64,
    /// The window's right end.
    pub to: f64,
    /// How many columns, at least 1.
    pub columns: usize,
}

impl Grid {
    /// The column of `x`, which lies in the window.
    pub fn column(&self, x: f64) -> usize {
        let width = self.to - self.from;
        if width.is_nan() || width <= 0.0 {
            return 0;
        }
        let column = (x - self.from) / width * self.columns as f64;
        (column as usize).min(self.columns.saturating_sub(1))
    }
}

/// Of the points from `start` to `end` the indices, in order, of those that draw like all of them: of each column
/// the first, the smallest finite, the largest finite and the last (what is not finite the caller lists). `x` answers
/// a point's place on the axis by its index; it grows, and is inside the grid.
pub fn m4(points: &Blocks, start: usize, end: usize, x: impl Fn(usize) -> f64, grid: &Grid) -> Vec<usize> {
    let mut kept: Vec<usize> = Vec::new();
    let mut first = start;
    // What the column before held is a good guess of what this one holds.
    let mut guess = 1;
    while first < end {
        let column = grid.column(x(first));
        let next = first + gallop(end - first, guess, |ahead| grid.column(x(first + ahead)) <= column);
        guess = next - first;
        let (mut least, mut most) = (None::<(f64, usize)>, None::<(f64, usize)>);
        for (offset, block) in points.between(first, next) {
            let inside = first.saturating_sub(offset)..(next - offset).min(block.len());
            if let Some((low, high)) = block.extremes(inside) {
                let (low, high) = ((block.value(low), offset + low), (block.value(high), offset + high));
                least = Some(least.filter(|least| least.0 <= low.0).unwrap_or(low));
                most = Some(most.filter(|most| most.0 >= high.0).unwrap_or(high));
            }
        }
        let mut chosen = [Some(first), least.map(|p| p.1), most.map(|p| p.1), Some(next - 1)];
        chosen.sort_unstable();
        for index in chosen.into_iter().flatten() {
            if kept.last() != Some(&index) {
                kept.push(index);
            }
        }
        first = next;
    }
    kept
}

/// How many of `n` things are inside, where the first is and the others are up to some place near `guess`.
fn gallop(n: usize, guess: usize, inside: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (1, n);
    let mut step = 1;
    let mut at = guess.clamp(1, n);
    // Widen from the guess until the border is between `low` (all before are inside) and `high`.
    if at < n && inside(at) {
        low = at + 1;
        loop {
            at = low + step;
            if at >= n {
                break;
            }
            if !inside(at) {
                high = at;
                break;
            }
            low = at + 1;
            step *= 2;
        }
    } else {
        high = at;
        while let Some(before) = high.checked_sub(step).filter(|&before| before > low) {
            if inside(before) {
                low = before + 1;
                break;
            }
            high = before;
            step *= 2;
        }
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if inside(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}
