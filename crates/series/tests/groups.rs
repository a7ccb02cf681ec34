//! What groups, joins, stretches and traces promise, for any points: each is held to plain loops.

use std::collections::BTreeMap;

use glassboard_series::{Align, Columns, Fault, Grid, bands, divergence, join, one_per_step, stretch, thin_trace};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![8 => -1e6..1e6, 1 => Just(f64::NAN), 1 => Just(f64::INFINITY)]
}

/// Points of few different steps, in any order, some twice.
fn run() -> impl Strategy<Value = Columns> {
    prop::collection::vec((-20i64..60, value()), 0..60).prop_map(|points| {
        let mut columns = Columns::default();
        for (at, (step, value)) in points.into_iter().enumerate() {
            columns.push(step, at as f64, value);
        }
        columns
    })
}

fn by_step(run: &Columns) -> BTreeMap<i64, f64> {
    run.steps.iter().copied().zip(run.values.iter().copied()).collect()
}

/// The value at `step` by the definition: the point, or the straight line between its neighbours.
fn at(run: &BTreeMap<i64, f64>, step: i64, align: Align) -> Option<f64> {
    if let Some(value) = run.get(&step) {
        return Some(*value);
    }
    let ((a, from), (b, to)) = (run.range(..step).next_back()?, run.range(step..).next()?);
    (align == Align::Linear).then(|| from + (to - from) * ((step - a) as f64 / (b - a) as f64))
}

fn same(a: f64, b: f64) -> bool {
    (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-9 * (1.0 + a.abs().max(b.abs()))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn bands_are_what_plain_loops_say(runs in prop::collection::vec(run(), 0..6), linear in any::<bool>()) {
        let align = if linear { Align::Linear } else { Align::Exact };
        let found = bands(&runs, align);
        let maps: Vec<_> = runs.iter().map(by_step).collect();
        let steps: std::collections::BTreeSet<i64> = maps.iter().flat_map(|run| run.keys().copied()).collect();
        prop_assert_eq!(&found.steps, &steps.into_iter().collect::<Vec<_>>());
        for (i, &step) in found.steps.iter().enumerate() {
            let values: Vec<f64> = maps.iter().filter_map(|run| at(run, step, align)).filter(|v| v.is_finite()).collect();
            let n = values.len() as f64;
            prop_assert_eq!(found.count[i] as usize, values.len());
            let mean = values.iter().sum::<f64>() / n;
            prop_assert!(same(found.mean[i], mean));
            if values.len() > 1 {
                let std = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
                prop_assert!(same(found.std[i], std));
            }
            prop_assert!(same(found.min[i], values.iter().copied().reduce(f64::min).unwrap_or(f64::NAN)));
            prop_assert!(same(found.max[i], values.iter().copied().reduce(f64::max).unwrap_or(f64::NAN)));
        }
    }

    #[test]
    fn thinned_bands_keep_every_extreme(runs in prop::collection::vec(run(), 1..4), columns in 1usize..8) {
        let all = bands(&runs, Align::Exact);
        prop_assume!(!all.is_empty());
        let grid = Grid { from: all.steps[0] as f64, to: all.steps[all.len() - 1] as f64, columns };
        let kept = all.pick(&all.thin(0, all.len(), &grid));
        prop_assert!(kept.steps.is_sorted());
        let column = |step: i64| grid.column(step as f64);
        for at in 0..columns {
            let extremes = |from: &glassboard_series::Bands| {
                let here: Vec<usize> = (0..from.len()).filter(|&i| column(from.steps[i]) == at).collect();
                let finite = |line: Vec<f64>| {
                    let line: Vec<f64> = line.into_iter().filter(|v| v.is_finite()).collect();
                    (line.iter().copied().reduce(f64::min), line.iter().copied().reduce(f64::max))
                };
                [
                    finite(here.iter().map(|&i| from.mean[i]).collect()),
                    finite(here.iter().map(|&i| from.mean[i] + from.std[i]).collect()),
                    finite(here.iter().map(|&i| from.mean[i] - from.std[i]).collect()),
                    finite(here.iter().map(|&i| from.min[i]).collect()),
                    finite(here.iter().map(|&i| from.max[i]).collect()),
                ]
            };
            prop_assert_eq!(extremes(&kept), extremes(&all));
        }
    }

    #[test]
    fn a_join_is_what_plain_loops_say(y in run(), x in run(), linear in any::<bool>()) {
        let align = if linear { Align::Linear } else { Align::Exact };
        let (found, kept) = join(&y, &x, align);
        let (ys, xs) = (by_step(&y), by_step(&x));
        let expected: Vec<(i64, f64)> = ys.keys().filter_map(|&step| Some((step, at(&xs, step, align).filter(|v| v.is_finite())?))).collect();
        prop_assert_eq!(&kept.steps, &expected.iter().map(|e| e.0).collect::<Vec<_>>());
        prop_assert!(found.iter().zip(&expected).all(|(a, b)| same(*a, b.1)));
        prop_assert!(kept.steps.iter().zip(&kept.values).all(|(step, value)| ys[step].to_bits() == value.to_bits()));
    }

    #[test]
    fn one_a_step_keeps_the_last_written(points in run()) {
        let kept = one_per_step(&points);
        let expected = by_step(&points);
        prop_assert_eq!(&kept.steps, &expected.keys().copied().collect::<Vec<_>>());
        prop_assert!(kept.values.iter().zip(expected.values()).all(|(a, b)| a.to_bits() == b.to_bits()));
    }

    #[test]
    fn a_stretch_is_what_plain_loops_say(values in prop::collection::vec(value(), 0..50), a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>()) {
        let (a, b) = (a.index(values.len() + 1), b.index(values.len() + 1));
        let (start, end) = (a.min(b), a.max(b));
        let found = stretch(&values, start, end);
        let finite: Vec<usize> = (start..end).filter(|&i| values[i].is_finite()).collect();
        prop_assert_eq!((found.n, found.nonfinite), (end - start, end - start - finite.len()));
        prop_assert_eq!((found.first, found.last), (finite.first().copied(), finite.last().copied()));
        let picked = |index: Option<usize>| index.map(|i| values[i]);
        let numbers = || finite.iter().map(|&i| values[i]);
        prop_assert_eq!(picked(found.least), numbers().reduce(f64::min));
        prop_assert_eq!(picked(found.most), numbers().reduce(f64::max));
        prop_assert!(same(found.mean, numbers().sum::<f64>() / finite.len() as f64));
    }

    #[test]
    fn a_thin_trace_keeps_ends_and_extremes(points in prop::collection::vec((-1e3..1e3, -1e3..1e3), 1..400), columns in 1usize..30) {
        let (x, y): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
        let kept = thin_trace(&x, &y, columns);
        prop_assert!(kept.is_sorted_by(|a, b| a < b) && kept.len() <= 6 * columns);
        prop_assert_eq!((kept[0], kept[kept.len() - 1]), (0, x.len() - 1));
        let ends = |line: &[f64], of: &mut dyn Iterator<Item = usize>| of.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), i| (a.min(line[i]), b.max(line[i])));
        for line in [&x, &y] {
            prop_assert_eq!(ends(line, &mut kept.iter().copied()), ends(line, &mut (0..x.len())));
        }
    }

    #[test]
    fn what_never_grows_never_explodes(values in prop::collection::vec(-5.0..5.0, 0..200), lift in 1.0..4.0) {
        // Twenty values of size 1 to 5 before any point: nothing here is ten times that.
        let calm: Vec<f64> = values.iter().map(|v: &f64| v.signum() * (v.abs().min(4.0) + lift)).collect();
        prop_assert_eq!(divergence(&calm), None);
    }
}

#[test]
fn a_loss_that_runs_away_is_found_where_it_starts_and_a_spike_is_not() {
    let mut loss: Vec<f64> = (0..100).map(|i| 2.0 / (1.0 + f64::from(i))).collect();
    loss[60] = 1e3;
    assert_eq!(divergence(&loss), None, "one spike is no divergence");
    loss.extend([50.0, 80.0, 1e3, 1e5, 1e9, 1e20]);
    assert_eq!(divergence(&loss), Some((100, Fault::Explosion)));
    loss.push(f64::NAN);
    assert_eq!(
        divergence(&loss),
        Some((100, Fault::Explosion)),
        "the earlier of the two"
    );
    assert_eq!(divergence(&[1.0, f64::NEG_INFINITY]), Some((1, Fault::Infinite)));
    assert_eq!(divergence(&[f64::NAN, 1.0]), Some((0, Fault::Nan)));
    assert_eq!(divergence(&[0.0; 50]), None);
}
