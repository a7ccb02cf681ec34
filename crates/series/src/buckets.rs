//! M4: of each column of pixels the first, smallest, largest and last point.

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

/// The indices, in order, of the points that draw like all of them: of each column the first, the smallest
/// finite, the largest finite and the last, and every change between a number and none is not kept (the
/// caller lists what is not finite). `x` is in order and inside the grid.
pub fn m4(x: &[f64], y: &[f64], grid: &Grid) -> Vec<usize> {
    let mut kept = Vec::new();
    let mut start = 0;
    while start < x.len() {
        let column = grid.column(x[start]);
        let end = start + x[start..].partition_point(|&x| grid.column(x) <= column).max(1);
        let (mut least, mut most) = (None, None);
        for index in start..end {
            let value = y[index];
            if value.is_finite() {
                if least.is_none_or(|least: usize| value < y[least]) {
                    least = Some(index);
                }
                if most.is_none_or(|most: usize| value > y[most]) {
                    most = Some(index);
                }
            }
        }
        let mut points = [Some(start), least, most, Some(end - 1)];
        points.sort_unstable();
        for index in points.into_iter().flatten() {
            if kept.last() != Some(&index) {
                kept.push(index);
            }
        }
        start = end;
    }
    kept
}
