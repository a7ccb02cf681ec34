//! Methods that describe a model over a data set, on models whose right answers are known.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

#[path = "support/made.rs"]
mod made;

use glassboard_explain::methods::partial_dependence_2d::interaction;
use glassboard_explain::{AskRows, Column, ExplainError, Outcome};
use made::{Made, Set, cloud, forest};
use ndarray::{Array2, ArrayD, Axis, s};
use proptest::prelude::*;
use serde_json::json;

fn array(outcome: &Outcome, name: &str) -> ArrayD<f64> {
    let found = outcome.arrays.iter().find(|(other, _)| other == name);
    found.unwrap_or_else(|| panic!("no array {name}")).1.clone()
}

/// `2 a + a² - 3 b`, and nothing of the third column.
fn additive() -> Made {
    Made::new(3, 1, |row, out| out[0] = 2.0 * row[0] + row[0] * row[0] - 3.0 * row[1])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn curves_of_an_additive_model_are_its_terms(seed in any::<u64>(), rows in 20usize..60) {
        let set = Set::new(cloud(seed, rows, 3));
        let outcome = set.ask(&additive(), "partial_dependence", json!({"points": 11}), None).unwrap();
        let (grid, mean, spread) = (array(&outcome, "grid"), array(&outcome, "mean"), array(&outcome, "spread"));
        let curves = array(&outcome, "curves");
        let terms: [fn(f64) -> f64; 3] = [|a| 2.0 * a + a * a, |b| -3.0 * b, |_| 0.0];
        for (k, term) in terms.into_iter().enumerate() {
            for j in 1..11 {
                let want = term(grid[[k, j]]) - term(grid[[k, 0]]);
                prop_assert!((mean[[k, j]] - mean[[k, 0]] - want).abs() < 1e-9);
                // Curves of an additive model are parallel.
                prop_assert!((spread[[k, j]] - spread[[k, 0]]).abs() < 1e-9);
                for row in 0..rows {
                    prop_assert!((curves[[k, row, j]] - curves[[k, row, 0]] - want).abs() < 1e-9);
                }
            }
        }
        prop_assert!(outcome.found["columns"][2]["flatness"].as_f64().unwrap() < 1e-9);
        let centred = set.ask(&additive(), "partial_dependence", json!({"points": 11, "centred": true}), None).unwrap();
        prop_assert!(array(&centred, "spread").iter().all(|s| s.abs() < 1e-9));
        prop_assert!(array(&centred, "mean").slice(s![.., 0]).iter().all(|m| *m == 0.0));
    }

    #[test]
    fn trees_in_one_walk_are_the_model(seed in any::<u64>(), single in any::<bool>()) {
        let trees = forest(seed, 4, single);
        let set = Set::new(cloud(seed ^ 1, 30, 4));
        let (walked, asked) = (Made::trees(trees.clone()), Made::new(4, 2, move |row, out| out.copy_from_slice(&trees.margins(row))));
        for params in [json!({"points": 17}), json!({"points": 40, "from": 0.0, "to": 1.0})] {
            let [a, b] = [&walked, &asked].map(|model| set.ask(model, "partial_dependence", params.clone(), None).unwrap());
            // The same bits, not nearly the same.
            prop_assert_eq!(array(&a, "curves"), array(&b, "curves"));
            prop_assert_eq!(array(&a, "mean"), array(&b, "mean"));
        }
        let [a, b] = [&walked, &asked].map(|model| set.ask(model, "partial_dependence_2d", json!({"points": 5, "pairs": "feature 0, feature 2"}), None).unwrap());
        prop_assert_eq!(array(&a, "mean"), array(&b, "mean"));
    }

    #[test]
    fn batches_change_nothing(seed in any::<u64>(), batch in 1usize..70) {
        let set = Set::new(cloud(seed, 40, 3));
        let truth: Vec<f64> = set.x.rows().into_iter().map(|row| row[0] * row[1]).collect();
        let model = Made::new(3, 1, |row, out| out[0] = (row[0] * row[1]).sin() + row[2]);
        for (method, params) in [
            ("partial_dependence", json!({"points": 7})),
            ("partial_dependence_2d", json!({"points": 4})),
            ("accumulated_local_effects", json!({"intervals": 6})),
            ("morris", json!({})),
            ("permutation_importance", json!({"repeats": 2})),
            ("feature_permutation", json!({"repeats": 3})),
            ("cohorts", json!({"cohorts": "\"feature 0\" > 0.2", "resamples": 20})),
            ("error_slices", json!({})),
        ] {
            let whole = set.ask_with(&model, method, params.clone(), Some(&truth), None).unwrap();
            let cut = set.ask_with(&model, method, params, Some(&truth), Some(batch)).unwrap();
            prop_assert_eq!(format!("{whole:?}"), format!("{cut:?}"));
        }
    }

    #[test]
    fn effects_of_correlated_columns_are_right_where_partial_dependence_is_not(seed in any::<u64>()) {
        // The second column follows the first; far from their line, where no row is, the model says 100.
        let mut x = cloud(seed, 400, 2);
        for mut row in x.rows_mut() {
            row[1] = row[0] + 0.01 * row[1];
        }
        let model = Made::new(2, 1, |row, out| out[0] = if (row[0] - row[1]).abs() < 0.3 { row[0] } else { 100.0 });
        let set = Set::new(x);
        let params = json!({"columns": "feature 0"});
        let mut finer = params.clone();
        finer["intervals"] = 40.into();
        let local = set.ask(&model, "accumulated_local_effects", finer, None).unwrap();
        let (grid, effect) = (array(&local, "grid"), array(&local, "effect"));
        let last = grid.shape()[1] - 1;
        for j in 0..=last {
            prop_assert!((effect[[0, j]] - effect[[0, 0]] - (grid[[0, j]] - grid[[0, 0]])).abs() < 1e-9);
        }
        let partial = set.ask(&model, "partial_dependence", params, None).unwrap();
        prop_assert!(array(&partial, "mean").iter().any(|m| *m > 10.0));
    }

    #[test]
    fn effects_have_mean_zero_over_the_rows(seed in any::<u64>(), labels in 3usize..6) {
        let mut x = cloud(seed, 120, 2);
        let count = labels as f64;
        x.column_mut(1).mapv_inplace(|v| ((v + 2.0) / 4.0 * count).floor().clamp(0.0, count - 1.0));
        let mut set = Set::new(x);
        set.columns.kinds[1] = Column::Category((0..labels).map(|i| format!("label {i}")).collect());
        let model = Made::new(2, 1, |row, out| out[0] = row[0] + [3.0, -1.0, 4.0, -1.0, 5.0][row[1] as usize]);
        let outcome = set.ask(&model, "accumulated_local_effects", json!({"columns": "feature 1"}), None).unwrap();
        let (grid, effect, rows) = (array(&outcome, "grid"), array(&outcome, "effect"), array(&outcome, "rows"));
        let weighed: f64 = effect.iter().zip(&rows).map(|(e, n)| e * n).sum();
        prop_assert!(weighed.abs() < 1e-9 * rows.sum());
        let of = |label: f64| [3.0, -1.0, 4.0, -1.0, 5.0][label as usize];
        for j in 1..grid.len() {
            let want = of(grid[[0, j]]) - of(grid[[0, 0]]);
            prop_assert!((effect[[0, j]] - effect[[0, 0]] - want).abs() < 1e-9);
        }
    }

    #[test]
    fn importance_of_a_dead_column_is_nothing(seed in any::<u64>()) {
        let set = Set::new(cloud(seed, 80, 3));
        let value = |row: ndarray::ArrayView1<'_, f64>| 2.0 * row[0] + row[0] * row[0] - 3.0 * row[1];
        let truth: Vec<f64> = set.x.rows().into_iter().map(value).collect();
        for score in ["r2", "mse", "mae"] {
            let outcome = set.ask(&additive(), "permutation_importance", json!({"score": score}), Some(&truth)).unwrap();
            let mean = array(&outcome, "mean");
            prop_assert_eq!((mean[2], array(&outcome, "deviation")[2]), (0.0, 0.0));
            prop_assert!(mean[0] > 0.0 && mean[1] > 0.0);
        }
        let rows = set.ask(&additive(), "feature_permutation", json!({}), None).unwrap();
        let attribution = rows.attribution.unwrap();
        prop_assert!(attribution.index_axis(Axis(1), 2).iter().all(|v| *v == 0.0));
        // What falls in one row rises in another, as every value is dealt once.
        prop_assert!(attribution.sum_axis(Axis(0)).iter().all(|v| v.abs() < 1e-3));
    }

    #[test]
    fn screening_tells_linear_bent_and_dead_columns_apart(seed in any::<u64>()) {
        let x = cloud(seed, 60, 4);
        let spans: Vec<f64> = x.columns().into_iter().map(|c| {
            let all = c.iter().copied();
            all.clone().fold(f64::MIN, f64::max) - all.fold(f64::MAX, f64::min)
        }).collect();
        let model = Made::new(4, 1, |row, out| out[0] = 5.0 * row[0] + 10.0 * row[1] * row[2]);
        let outcome = Set::new(x).ask(&model, "morris", json!({"trajectories": 30}), None).unwrap();
        let (size, sigma) = (array(&outcome, "mu_star"), array(&outcome, "sigma"));
        prop_assert!((size[0] - 5.0 * spans[0]).abs() < 1e-9 && sigma[0] < 1e-9, "{size} {sigma}");
        prop_assert!(sigma[1] > 0.1 && sigma[2] > 0.1);
        prop_assert_eq!((size[3], sigma[3]), (0.0, 0.0));
    }
}

#[test]
fn a_surface_shows_interaction_and_only_that() {
    let set = Set::new(cloud(3, 50, 3));
    let model = Made::new(3, 1, |row, out| out[0] = row[0] + 4.0 * row[1] * row[2]);
    let params = json!({"points": 6, "pairs": "feature 0, feature 1; feature 1, feature 2"});
    let outcome = set.ask(&model, "partial_dependence_2d", params, None).unwrap();
    let share = |k: usize| outcome.found["pairs"][k]["interaction"].as_f64().unwrap();
    assert!(share(0) < 1e-9 && share(1) > 0.5, "{} {}", share(0), share(1));
    assert!((interaction(&ndarray::array![[1.0, -1.0], [-1.0, 1.0]]) - 1.0).abs() < 1e-15);
    // Without a pair, the two that move most.
    let chosen = set
        .ask(&additive(), "partial_dependence_2d", json!({"points": 3}), None)
        .unwrap();
    let names = ["first", "second"].map(|side| chosen.found["pairs"][0][side]["column"].as_u64().unwrap());
    assert!(names == [0, 1] || names == [1, 0], "{names:?}");
}

#[test]
fn trees_whose_model_makes_something_of_their_margins_are_asked_themselves() {
    let trees = forest(3, 4, false);
    let set = Set::new(cloud(4, 20, 4));
    let inner = trees.clone();
    let linked = move |row: &[f64], out: &mut [f64]| {
        out.copy_from_slice(&inner.margins(row));
        for v in out.iter_mut() {
            *v = 1.0 / (1.0 + (-*v).exp());
        }
    };
    let mut model = Made::new(4, 2, linked);
    let want = set
        .ask(&model, "partial_dependence", json!({"points": 9}), None)
        .unwrap();
    model.says_it_is(trees);
    let got = set
        .ask(&model, "partial_dependence", json!({"points": 9}), None)
        .unwrap();
    assert_eq!(array(&want, "curves"), array(&got, "curves"));
}

#[test]
fn passes_are_what_the_catalogue_says() {
    let set = Set::new(cloud(5, 40, 3));
    let truth = vec![0.5; 40];
    let passes = |method: &str, params: serde_json::Value| set.passes(&additive(), method, params, Some(&truth));
    assert_eq!(passes("partial_dependence", json!({"points": 9})), 40 * 9 * 3);
    let pair = json!({"points": 4, "pairs": "feature 0, feature 1"});
    assert_eq!(passes("partial_dependence_2d", pair), 40 * 4 * 4);
    assert_eq!(passes("accumulated_local_effects", json!({})), 2 * 40 * 3);
    assert_eq!(passes("morris", json!({"trajectories": 7})), 7 * 4);
    assert_eq!(
        passes("permutation_importance", json!({"repeats": 2, "score": "mse"})),
        40 * (1 + 3 * 2)
    );
    assert_eq!(passes("performance", json!({})), 40);
    assert_eq!(passes("cohorts", json!({"cohorts": "truth > 0"})), 40);
    assert_eq!(passes("error_slices", json!({})), 40);
}

#[test]
fn labels_and_missing_values_are_points_and_gaps() {
    let x = Array2::from_shape_fn((30, 2), |(i, j)| match j {
        0 => (i % 3) as f64,
        _ if i < 5 => f64::NAN,
        _ => i as f64,
    });
    let mut set = Set::new(x);
    set.columns.kinds[0] = Column::Category(["red", "green", "blue"].map(str::to_owned).into());
    let model = Made::new(2, 1, |row, out| {
        out[0] = row[0] + if row[1].is_nan() { 0.0 } else { row[1] }
    });
    let outcome = set
        .ask(&model, "partial_dependence", json!({"points": 10}), None)
        .unwrap();
    let columns = &outcome.found["columns"];
    assert_eq!(columns[0]["labels"], json!(["red", "green", "blue"]));
    assert_eq!((&columns[0]["points"], &columns[1]["points"]), (&json!(3), &json!(10)));
    assert_eq!(columns[1]["missing"], 5);
    let mean = array(&outcome, "mean");
    assert!((mean[[0, 1]] - mean[[0, 0]] - 1.0).abs() < 1e-12 && mean[[0, 3]].is_nan());
    let empty = Set::new(Array2::from_elem((4, 1), f64::NAN));
    let error = empty.ask(
        &Made::new(1, 1, |_, out| out[0] = 0.0),
        "partial_dependence",
        json!({}),
        None,
    );
    let text = error.unwrap_err().to_string();
    assert_eq!(text, "every value of column `feature 0` is missing; leave it out");
}

#[test]
fn wrong_wishes_get_a_sentence() {
    let set = Set::new(cloud(1, 20, 3));
    let say = |method: &str, params: serde_json::Value, truth: Option<&[f64]>| match set.ask(
        &additive(),
        method,
        params,
        truth,
    ) {
        Err(ExplainError::Parameters(text)) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        say("performance", json!({}), None),
        "the true answers are not known; choose the table's target column"
    );
    assert!(say("partial_dependence", json!({"columns": "height"}), None).starts_with("there is no column `height`"));
    assert!(say("partial_dependence", json!({"from": 0.9, "to": 0.1}), None).contains("the first must be the lower"));
    assert!(say("partial_dependence_2d", json!({"pairs": "feature 1"}), None).contains("is not a pair"));
    assert!(say("morris", json!({"levels": 5}), None).contains("even number"));
    let numbers = vec![0.5; 20];
    assert!(say("permutation_importance", json!({"score": "auc"}), Some(&numbers)).contains("use r2, mse or mae"));
    assert!(say("cohorts", json!({}), None).starts_with("no cohort is given"));
    assert!(say("cohorts", json!({"cohorts": "age >"}), None).contains("a value is missing"));
    assert!(say("cohorts", json!({"cohorts": "age > 3"}), None).contains("the table has no column `age`"));
    assert!(say("cohorts", json!({"cohorts": "min(\"feature 1\") > 3"}), None).contains("one value a row"));
}

#[test]
fn a_row_that_is_asked_about_needs_its_class() {
    let set = Set::new(cloud(1, 20, 3));
    let targets = vec![1; 20];
    let ask = AskRows::new(set.x.view(), made::raw(), &targets, &set.columns).unwrap();
    let error = made::run(&additive(), &ask, "partial_dependence", json!({}), None, None).unwrap_err();
    assert!(error.to_string().contains("target 1 is out of range"), "{error}");
}
