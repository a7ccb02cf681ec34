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
    let start = points.walls.iter().copied().reduce(f64::min).unwrap_or_default();
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

#[cfg(test)]
mod tests {
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

    fn spiky() -> Columns {
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
        points
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
        let all = smooth(&spiky().values, 0.9);
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
        let relative = ScalarQuery {
            axis: Axis::Relative,
            ..query(10)
        };
        let shown = view(
            vec![
                ("a".to_owned(), points.clone()),
                ("empty".to_owned(), Columns::default()),
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
