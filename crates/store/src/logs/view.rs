//! From points to what a chart draws: axis, smoothing, window, buckets.

use glassboard_series::{Block, Blocks, Grid, m4, smooth};
use rayon::prelude::*;

use super::types::{Axis, Mode, NonFinite, ScalarQuery, ScalarSeries};

const MAX_COLUMNS: usize = 10_000;
const MAX_NONFINITE: usize = 1000;

/// A run's points in order of x.
struct Ready {
    run: String,
    axis: Axis,
    /// The earliest time, from which relative time counts.
    start: f64,
    points: Blocks,
}

impl Ready {
    fn new(run: String, points: Blocks, axis: Axis) -> Self {
        let in_order = match axis {
            Axis::Step => points.steps_in_order(),
            Axis::Relative | Axis::Wall => points.walls_in_order(),
        };
        let points = if in_order { points } else { sorted(&points, axis) };
        let start = if axis == Axis::Relative {
            points.first_wall()
        } else {
            0.0
        };
        Self {
            run,
            axis,
            start,
            points,
        }
    }

    fn x(&self, index: usize) -> f64 {
        self.x_in(self.points.locate(index))
    }

    /// The x of a point of a block.
    fn x_in(&self, (block, inside): (&Block, usize)) -> f64 {
        match self.axis {
            Axis::Step => block.step(inside) as f64,
            Axis::Relative => block.wall(inside) - self.start,
            Axis::Wall => block.wall(inside),
        }
    }

    /// How many points are before the border where `before` turns false.
    fn partition(&self, before: impl Fn(f64) -> bool) -> usize {
        let (mut low, mut high) = (0, self.points.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if before(self.x(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    fn ends(&self) -> Option<(f64, f64)> {
        let last = self.points.len().checked_sub(1)?;
        Some((self.x(0), self.x(last)))
    }
}

/// Points by x; those without a time have no place on an axis of time.
fn sorted(points: &Blocks, axis: Axis) -> Blocks {
    let columns = points.columns();
    let mut order: Vec<usize> = (0..columns.len()).collect();
    match axis {
        Axis::Step => order.sort_by_key(|&index| columns.steps[index]),
        Axis::Relative | Axis::Wall => {
            order.retain(|&index| !columns.walls[index].is_nan());
            order.sort_by(|&a, &b| columns.walls[a].total_cmp(&columns.walls[b]));
        }
    }
    Blocks::of(&columns.pick(&order))
}

/// Answers a query; the bucket borders are shared by all series.
pub(crate) fn view(series: Vec<(String, Blocks)>, query: &ScalarQuery) -> Vec<ScalarSeries> {
    let ready: Vec<Ready> = series
        .into_par_iter()
        .map(|(run, points)| Ready::new(run, points, query.axis))
        .collect();
    let ends = ready.iter().filter_map(Ready::ends);
    let (first, last) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(first, last), (from, to)| {
        (first.min(from), last.max(to))
    });
    let grid = Grid {
        from: query.from.unwrap_or(first),
        to: query.to.unwrap_or(last),
        columns: query.columns.unwrap_or(MAX_COLUMNS).clamp(1, MAX_COLUMNS),
    };
    ready.into_par_iter().map(|one| window(&one, query, &grid)).collect()
}

fn window(one: &Ready, query: &ScalarQuery, grid: &Grid) -> ScalarSeries {
    let start = query.from.map_or(0, |from| one.partition(|x| x < from));
    let end = query
        .to
        .map_or(one.points.len(), |to| one.partition(|x| x <= to))
        .max(start);
    let total = end - start;
    let whole = query.columns.is_none() || total <= 4 * grid.columns;
    let kept: Vec<usize> = if whole {
        (start..end).collect()
    } else {
        buckets(one, start, end, grid)
    };
    let smooth = smooth(&one.points, query.smoothing, &kept);
    let (nonfinite, nonfinite_total) = nonfinite(one, start, end);
    let mut shown = ScalarSeries {
        run: one.run.clone(),
        mode: if whole { Mode::Raw } else { Mode::Buckets },
        total,
        x: Vec::with_capacity(kept.len()),
        y: Vec::with_capacity(kept.len()),
        smooth,
        step: Vec::with_capacity(kept.len()),
        wall: Vec::with_capacity(kept.len()),
        nonfinite,
        nonfinite_total,
    };
    let cursor = one.points.cursor();
    for index in kept {
        let (block, inside) = cursor.locate(index);
        shown.x.push(one.x_in((block, inside)));
        shown.y.push(block.value(inside));
        shown.step.push(block.step(inside));
        shown.wall.push(block.wall(inside));
    }
    shown
}

/// Points beyond which a window is looked at by every core.
const MANY: usize = 1 << 18;
/// Parts that such a window is cut into, at borders of columns.
const PARTS: usize = 16;

fn buckets(one: &Ready, start: usize, end: usize, grid: &Grid) -> Vec<usize> {
    let part = |from: usize, to: usize| {
        let cursor = one.points.cursor();
        m4(&one.points, from, to, |index| one.x_in(cursor.locate(index)), grid)
    };
    if end - start < MANY {
        return part(start, end);
    }
    let border = |n: usize| {
        let column = n * grid.columns / PARTS;
        one.partition(|x| grid.from > x || grid.column(x) < column)
            .clamp(start, end)
    };
    let borders: Vec<usize> = [start].into_iter().chain((1..PARTS).map(border)).chain([end]).collect();
    let kept: Vec<Vec<usize>> = borders.par_windows(2).map(|ends| part(ends[0], ends[1])).collect();
    kept.concat()
}

fn nonfinite(one: &Ready, start: usize, end: usize) -> (Vec<NonFinite>, usize) {
    let (mut listed, mut total) = (Vec::new(), 0);
    for (offset, block) in one.points.between(start, end) {
        if block.nonfinite() == 0 {
            continue;
        }
        for index in start.max(offset)..end.min(offset + block.len()) {
            let value = block.value(index - offset);
            if !value.is_finite() {
                total += 1;
                if listed.len() < MAX_NONFINITE {
                    listed.push(NonFinite {
                        x: one.x(index),
                        kind: kind(value),
                    });
                }
            }
        }
    }
    (listed, total)
}

fn kind(value: f64) -> &'static str {
    if value.is_nan() {
        "nan"
    } else if value > 0.0 {
        "inf"
    } else {
        "-inf"
    }
}

#[cfg(test)]
mod tests {
    use glassboard_series::Columns;

    use super::*;

    fn query(columns: usize) -> ScalarQuery {
        ScalarQuery {
            tag: "loss".to_owned(),
            runs: None,
            axis: Axis::Step,
            from: None,
            to: None,
            columns: Some(columns),
            smoothing: 0.0,
            superseded: false,
        }
    }

    fn spiky() -> Blocks {
        let mut points = Columns::default();
        for step in 0..20_000 {
            points.push(
                step,
                1e9 + step as f64,
                if step == 12_345 {
                    99.0
                } else {
                    (step as f64 * 0.01).sin()
                },
            );
        }
        points.values[777] = f64::NAN;
        Blocks::of(&points)
    }

    #[test]
    fn a_spike_stays_visible_and_a_zoom_refines_to_the_points() {
        let whole = &view(vec![("a".to_owned(), spiky())], &query(500))[0];
        assert_eq!((whole.mode, whole.total), (Mode::Buckets, 20_000));
        assert!(whole.x.len() <= 2000 && whole.x.is_sorted());
        assert!(whole.y.contains(&99.0) && whole.step.contains(&12_345));
        assert_eq!((whole.nonfinite_total, whole.nonfinite[0].x), (1, 777.0));

        let zoom = ScalarQuery {
            from: Some(12_300.0),
            to: Some(12_400.0),
            ..query(500)
        };
        let zoom = &view(vec![("a".to_owned(), spiky())], &zoom)[0];
        assert_eq!(
            (zoom.mode, zoom.total, zoom.step[0], zoom.step[100]),
            (Mode::Raw, 101, 12_300, 12_400)
        );
    }

    #[test]
    fn smoothing_runs_over_all_points_whatever_is_shown() {
        let smoothed = ScalarQuery {
            smoothing: 0.9,
            ..query(100)
        };
        let shown = &view(vec![("a".to_owned(), spiky())], &smoothed)[0];
        let all = smooth(&spiky(), 0.9, &(0..20_000).collect::<Vec<_>>());
        assert!(
            shown
                .step
                .iter()
                .zip(&shown.smooth)
                .all(|(&step, y)| all[step as usize].to_bits() == y.to_bits())
        );
    }

    #[test]
    fn relative_time_starts_at_zero_and_any_order_is_sorted() {
        let mut points = Columns::default();
        for (step, wall) in [(2, 102.0), (0, 100.0), (1, 101.0)] {
            points.push(step, wall, wall);
        }
        let points = Blocks::of(&points);
        let relative = ScalarQuery {
            axis: Axis::Relative,
            ..query(10)
        };
        let shown = view(
            vec![
                ("a".to_owned(), points.clone()),
                ("empty".to_owned(), Blocks::default()),
            ],
            &relative,
        );
        assert_eq!(shown[0].step, [0, 1, 2]);
        assert!(shown[1].x.is_empty());
        let reversed = ScalarQuery {
            from: Some(5.0),
            to: Some(1.0),
            ..query(10)
        };
        assert_eq!(view(vec![("a".to_owned(), points)], &reversed)[0].total, 0);
    }
}
