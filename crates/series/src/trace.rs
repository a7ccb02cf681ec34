//! A line whose x may go back and forth, as it does over another metric.

use crate::{Blocks, Columns, Grid, smooth};

/// The indices, in order, of the points that draw like all of them. Where x only goes up these are those of
/// [`thin_line`]; elsewhere the line is cut into as many pieces as there are columns, and each keeps its ends and its
/// extremes in both directions. Every x and y is finite or the caller lists what is not.
#[must_use]
pub fn thin_trace(x: &[f64], y: &[f64], columns: usize) -> Vec<usize> {
    let columns = columns.max(1);
    if x.len() <= 4 * columns {
        return (0..x.len()).collect();
    }
    if x.is_sorted() {
        let grid = Grid {
            from: x[0],
            to: x[x.len() - 1],
            columns,
        };
        return thin_line(x, y, &grid);
    }
    let piece = x.len().div_ceil(columns);
    let mut kept = Vec::with_capacity(6 * columns);
    for start in (0..x.len()).step_by(piece) {
        let end = x.len().min(start + piece);
        let mut ends = vec![start, end - 1];
        for line in [x, y] {
            let finite = || (start..end).filter(|&index| line[index].is_finite());
            ends.extend(finite().min_by(|&a, &b| line[a].total_cmp(&line[b])));
            ends.extend(finite().max_by(|&a, &b| line[a].total_cmp(&line[b])));
        }
        ends.sort_unstable();
        ends.dedup();
        kept.extend(ends);
    }
    kept
}

/// M4 over plain columns: of each column of pixels the first, the smallest finite, the largest finite and the last
/// point. `x` is in order and inside the grid. (`m4` does the same over blocks, by their summaries.)
pub(crate) fn thin_line(x: &[f64], y: &[f64], grid: &Grid) -> Vec<usize> {
    let mut kept: Vec<usize> = Vec::new();
    let mut start = 0;
    while start < x.len() {
        let column = grid.column(x[start]);
        let end = start + x[start..].partition_point(|&x| grid.column(x) <= column).max(1);
        let (mut least, mut most) = (None::<usize>, None::<usize>);
        for index in (start..end).filter(|&index| y[index].is_finite()) {
            least = Some(least.filter(|&least| y[least] <= y[index]).unwrap_or(index));
            most = Some(most.filter(|&most| y[most] >= y[index]).unwrap_or(index));
        }
        let mut chosen = [Some(start), least, most, Some(end - 1)];
        chosen.sort_unstable();
        for index in chosen.into_iter().flatten() {
            if kept.last() != Some(&index) {
                kept.push(index);
            }
        }
        start = end;
    }
    kept
}

/// [`smooth`] over plain values, at every one of them.
#[must_use]
pub fn smooth_line(values: &[f64], weight: f64) -> Vec<f64> {
    let points = Columns {
        steps: (0..values.len() as i64).collect(),
        walls: vec![0.0; values.len()],
        values: values.to_vec(),
    };
    let all: Vec<usize> = (0..values.len()).collect();
    smooth(&Blocks::of(&points), weight, &all)
}
