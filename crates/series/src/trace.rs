//! A line whose x may go back and forth, as it does over another metric.

use crate::{Grid, m4};

/// The indices, in order, of the points that draw like all of them. Where x only goes up these are those of
/// [`m4`]; elsewhere the line is cut into as many pieces as there are columns, and each keeps its ends and its
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
        return m4(x, y, &grid);
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
