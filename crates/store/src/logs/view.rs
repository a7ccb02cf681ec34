//! From points to what a chart draws: axis, smoothing, window, buckets.

use glassboard_series::{Columns, Grid, m4, smooth};

use super::types::{Axis, Mode, NonFinite, ScalarQuery, ScalarSeries};

const MAX_COLUMNS: usize = 10_000;
const MAX_NONFINITE: usize = 1000;

/// A run's points in order of x.
struct Ready {
    run: String,
    x: Vec<f64>,
    points: Columns,
    smooth: Vec<f64>,
}

/// Answers a query; the bucket borders are shared by all series.
pub(crate) fn view(series: Vec<(String, Columns)>, query: &ScalarQuery) -> Vec<ScalarSeries> {
    let ready: Vec<Ready> = series
        .into_iter()
        .map(|(run, points)| ready(run, points, query))
        .collect();
    let ends = |pick: fn(&Vec<f64>) -> Option<&f64>| ready.iter().filter_map(move |one| pick(&one.x)).copied();
    let grid = Grid {
        from: query
            .from
            .unwrap_or_else(|| ends(|x| x.first()).fold(f64::INFINITY, f64::min)),
        to: query
            .to
            .unwrap_or_else(|| ends(|x| x.last()).fold(f64::NEG_INFINITY, f64::max)),
        columns: query.columns.unwrap_or(MAX_COLUMNS).clamp(1, MAX_COLUMNS),
    };
    ready.into_iter().map(|one| window(&one, query, &grid)).collect()
}

fn ready(run: String, mut points: Columns, query: &ScalarQuery) -> Ready {
    let start = points.walls.first().copied().unwrap_or_default();
    let axis = |points: &Columns| -> Vec<f64> {
        match query.axis {
            Axis::Step => points.steps.iter().map(|&step| step as f64).collect(),
            Axis::Relative => points.walls.iter().map(|wall| wall - start).collect(),
            Axis::Wall => points.walls.clone(),
        }
    };
    let mut x = axis(&points);
    if x.iter().any(|x| x.is_nan()) {
        points.retain(|index| !x[index].is_nan());
        x = axis(&points);
    }
    if !x.is_sorted() {
        let mut order: Vec<usize> = (0..x.len()).collect();
        order.sort_by(|&a, &b| x[a].total_cmp(&x[b]));
        points = points.pick(&order);
        x = order.into_iter().map(|index| x[index]).collect();
    }
    let smooth = smooth(&points.values, query.smoothing);
    Ready { run, x, points, smooth }
}

fn window(one: &Ready, query: &ScalarQuery, grid: &Grid) -> ScalarSeries {
    let start = query.from.map_or(0, |from| one.x.partition_point(|&x| x < from));
    let end = query
        .to
        .map_or(one.x.len(), |to| one.x.partition_point(|&x| x <= to))
        .max(start);
    let total = end - start;
    let whole = query.columns.is_none() || total <= 4 * grid.columns;
    let kept: Vec<usize> = if whole {
        (start..end).collect()
    } else {
        let picked = m4(&one.x[start..end], &one.points.values[start..end], grid);
        picked.into_iter().map(|index| start + index).collect()
    };
    let mut nonfinite = Vec::new();
    let mut nonfinite_total = 0;
    for index in start..end {
        let value = one.points.values[index];
        if !value.is_finite() {
            nonfinite_total += 1;
            if nonfinite.len() < MAX_NONFINITE {
                nonfinite.push(NonFinite {
                    x: one.x[index],
                    kind: kind(value),
                });
            }
        }
    }
    ScalarSeries {
        run: one.run.clone(),
        mode: if whole { Mode::Raw } else { Mode::Buckets },
        total,
        x: kept.iter().map(|&index| one.x[index]).collect(),
        y: kept.iter().map(|&index| one.points.values[index]).collect(),
        smooth: kept.iter().map(|&index| one.smooth[index]).collect(),
        step: kept.iter().map(|&index| one.points.steps[index]).collect(),
        wall: kept.iter().map(|&index| one.points.walls[index]).collect(),
        nonfinite,
        nonfinite_total,
    }
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
