//! Performance, cohorts and slices on rows whose errors were put there by hand.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]
#![expect(clippy::float_cmp, reason = "counts and ties are exact")]

#[path = "support/made.rs"]
#[expect(dead_code, reason = "trees and passes are for the other test")]
mod made;

use std::collections::BTreeSet;

use glassboard_explain::cohort::{Known, members};
use glassboard_explain::performance::curves::Ranking;
use glassboard_explain::random::Counter;
use glassboard_explain::{AskRows, Column, Outcome};
use made::{Made, Set, cloud};
use ndarray::{Array2, ArrayD};
use proptest::prelude::*;
use serde_json::{Value, json};

fn array(outcome: &Outcome, name: &str) -> ArrayD<f64> {
    let found = outcome.arrays.iter().find(|(other, _)| other == name);
    found.unwrap_or_else(|| panic!("no array {name}")).1.clone()
}

fn figure<'a>(cohort: &'a Value, name: &str) -> &'a Value {
    let figures = cohort["figures"].as_array().unwrap();
    figures.iter().find(|figure| figure["figure"] == name).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_area_is_the_share_of_pairs_in_order(scores in prop::collection::vec((0u8..12, any::<bool>()), 2..60)) {
        let (score, positive): (Vec<f64>, Vec<bool>) = scores.iter().map(|&(s, p)| (f64::from(s), p)).unzip();
        let (mut right, mut pairs) = (0.0, 0.0);
        for i in 0..score.len() {
            for j in 0..score.len() {
                if positive[i] && !positive[j] {
                    pairs += 1.0;
                    right += if score[i] > score[j] { 1.0 } else if score[i] == score[j] { 0.5 } else { 0.0 };
                }
            }
        }
        let ranking = Ranking::new(&score, &positive);
        if pairs > 0.0 {
            prop_assert!((ranking.auc() - right / pairs).abs() < 1e-12);
        } else {
            prop_assert!(ranking.auc().is_nan());
        }
        for at in 0..ranking.thresholds.len() {
            let hits = (0..score.len()).filter(|&i| positive[i] && score[i] >= ranking.thresholds[at]).count();
            prop_assert_eq!(ranking.calls(at).hits, hits as f64);
        }
    }
}

/// Two classes; the model says `p`, and the truth is 1 that often. Rows with `feature 1` above 1 and the label `b` are
/// told the wrong way round.
fn spoiled(rows: usize) -> (Set, Made, Vec<f64>) {
    let mut x = cloud(11, rows, 4);
    x.column_mut(2).mapv_inplace(|v| f64::from(v > 0.0));
    let mut set = Set::new(x);
    set.columns.names[2] = "kind of row".into();
    set.columns.kinds[2] = Column::Category(vec!["a".into(), "b".into()]);
    set.target = 0;
    let model = Made::new(4, 1, |row, out| out[0] = 3.0 * row[0]);
    let truth = (0..rows).map(|i| {
        let row = set.x.row(i);
        let p = 1.0 / (1.0 + (-3.0 * row[0]).exp());
        let hit = Counter::new(5, 3000, i as u64).uniform() < p;
        f64::from(hit != (row[1] > 1.0 && row[2] > 0.5))
    });
    let truth = truth.collect();
    (set, model, truth)
}

#[test]
fn a_slice_that_was_spoiled_is_found_and_its_query_is_a_cohort() {
    let (set, model, truth) = spoiled(4000);
    let outcome = set.ask(&model, "error_slices", json!({}), Some(&truth)).unwrap();
    let slices = outcome.found["slices"].as_array().unwrap();
    let first = &slices[0];
    let columns: BTreeSet<u64> = first["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c.as_u64().unwrap())
        .collect();
    assert_eq!(columns, BTreeSet::from([1, 2]), "{first}");
    assert!(
        first["effect"].as_f64().unwrap() > 0.5 && first["adjusted_p"].as_f64().unwrap() < 1e-6,
        "{first}"
    );
    let loss = array(&outcome, "loss");
    let targets = vec![0; 4000];
    let ask = AskRows::new(set.x.view(), made::raw(), &targets, &set.columns).unwrap();
    for slice in slices {
        let rows = members(&ask, &Known::default(), slice["query"].as_str().unwrap()).unwrap();
        assert_eq!(rows.len() as f64, slice["rows"].as_f64().unwrap(), "{slice}");
        let mean = rows.iter().map(|&row| loss[row]).sum::<f64>() / rows.len() as f64;
        assert!(
            (mean - slice["mean_loss"].as_f64().unwrap()).abs() < 1e-9,
            "{slice} {mean}"
        );
    }
    let worst: Vec<f64> = array(&outcome, "rows").iter().map(|&row| loss[row as usize]).collect();
    assert!(worst.windows(2).all(|pair| pair[0] >= pair[1]));
    assert_eq!(worst[0], loss.iter().copied().fold(f64::MIN, f64::max));
}

#[test]
fn where_nothing_is_spoiled_little_is_found() {
    // Of sets without any slice, at most about one in twenty may show one.
    let mut shown = 0;
    for seed in 0..40 {
        let set = Set::new(cloud(seed, 600, 4));
        let truth: Vec<f64> = (0..600).map(|i| Counter::new(seed, 3001, i).normal()).collect();
        let model = Made::new(4, 1, |_, out| out[0] = 0.0);
        let outcome = set.ask(&model, "error_slices", json!({}), Some(&truth)).unwrap();
        shown += usize::from(outcome.found["significant"].as_u64().unwrap() > 0);
    }
    assert!(shown <= 6, "{shown} of 40 sets without a slice show one");
}

#[test]
fn cohorts_are_asked_for_as_runs_are_and_compared_with_the_rest() {
    let (set, model, truth) = spoiled(2000);
    let cohorts =
        "\"feature 1\" > 1 and \"kind of row\" = b; not (\"feature 1\" > 1); correct = 0; \"kind of row\" = \"c;d\"";
    let outcome = set
        .ask(&model, "cohorts", json!({"cohorts": cohorts}), Some(&truth))
        .unwrap();
    let list = outcome.found["cohorts"].as_array().unwrap();
    assert_eq!(list.len(), 4);
    let spoiled = (0..2000)
        .filter(|&i| set.x[[i, 1]] > 1.0 && set.x[[i, 2]] > 0.5)
        .count();
    assert_eq!(list[0]["rows"], spoiled);
    let accuracy = figure(&list[0], "accuracy");
    assert!(accuracy["difference_high"].as_f64().unwrap() < -0.3, "{accuracy}");
    let area = figure(&list[0], "auc");
    assert!(
        area["value"].as_f64().unwrap() < 0.3 && area["difference_high"].as_f64().unwrap() < -0.3,
        "{area}"
    );
    assert!(area["low"].as_f64().unwrap() < area["value"].as_f64().unwrap());
    // Every row of the third is wrong, and none of the fourth is there.
    assert_eq!(figure(&list[2], "accuracy")["value"], 0.0);
    assert_eq!(
        (&list[3]["rows"], &figure(&list[3], "accuracy")["value"]),
        (&json!(0), &Value::Null)
    );
    let members = array(&outcome, "members");
    assert_eq!(members.index_axis(ndarray::Axis(0), 0).sum(), spoiled as f64);
    let without = set
        .ask(
            &model,
            "cohorts",
            json!({"cohorts": cohorts.replace("correct = 0", "prediction > 0")}),
            None,
        )
        .unwrap();
    assert_eq!(without.found["cohorts"][0]["figures"].as_array().unwrap().len(), 1);
}

/// An interval of 95 % holds the truth in about 95 % of sets.
#[test]
fn intervals_hold_the_difference_as_often_as_they_say() {
    let mut held = [0.0; 3];
    let sets = 150;
    for seed in 0..sets {
        let set = Set::new(cloud(seed, 300, 2));
        // Positive with probability 0.6 where the first column is positive, else 0.3; the model always says 0.8.
        let truth: Vec<f64> = (0..300)
            .map(|i| {
                f64::from(Counter::new(seed, 3002, i as u64).uniform() < if set.x[[i, 0]] > 0.0 { 0.6 } else { 0.3 })
            })
            .collect();
        let model = Made::new(2, 1, |row, out| out[0] = row[1] + 3.0);
        let outcome = set
            .ask(
                &model,
                "cohorts",
                json!({"cohorts": "\"feature 0\" > 0", "resamples": 200}),
                Some(&truth),
            )
            .unwrap();
        let cohort = &outcome.found["cohorts"][0];
        for (k, (name, want)) in [("positive_rate", 0.3), ("mean_prediction", 0.0), ("auc", 0.0)]
            .into_iter()
            .enumerate()
        {
            let figure = figure(cohort, name);
            let [low, high] = ["difference_low", "difference_high"].map(|key| figure[key].as_f64().unwrap());
            held[k] += f64::from(low <= want && want <= high) / sets as f64;
        }
    }
    assert!(held.iter().all(|share| (0.89..=1.0).contains(share)), "{held:?}");
}

#[test]
fn figures_of_two_classes_are_those_of_scikit_learn() {
    // sklearn.metrics on p = .1 .4 .35 .8 .65 .9, y = 0 0 1 1 0 1
    let p = [0.1, 0.4, 0.35, 0.8, 0.65, 0.9f64];
    let x = Array2::from_shape_fn((6, 1), |(i, _)| (p[i] / (1.0 - p[i])).ln());
    let truth = [0.0, 0.0, 1.0, 1.0, 0.0, 1.0];
    let set = Set::new(x);
    let outcome = set
        .ask(
            &Made::new(1, 1, |row, out| out[0] = row[0]),
            "performance",
            json!({}),
            Some(&truth),
        )
        .unwrap();
    let figures = &outcome.found["figures"];
    for (name, want) in WANT_BINARY {
        assert!(
            (figures[name].as_f64().unwrap() - want).abs() < 1e-9,
            "{name}: {} is not {want}",
            figures[name]
        );
    }
    assert_eq!(
        array(&outcome, "confusion"),
        ndarray::array![[2.0, 1.0], [1.0, 2.0]].into_dyn()
    );
    assert_eq!(outcome.found["positive"], 1);
}

const WANT_BINARY: [(&str, f64); 8] = [
    ("accuracy", 2.0 / 3.0),
    ("balanced_accuracy", 2.0 / 3.0),
    ("log_loss", 0.507_389_075_898_868_2),
    ("brier", 0.177_5),
    ("auc", 7.0 / 9.0),
    ("average_precision", 0.866_666_666_666_667),
    ("f1", 2.0 / 3.0),
    ("matthews", 1.0 / 3.0),
];

#[test]
fn figures_of_many_classes_and_of_numbers() {
    let set = Set::new(cloud(2, 300, 3));
    let model = Made::new(3, 3, |row, out| out.copy_from_slice(row));
    // The class with the largest column: the model is always right.
    let truth: Vec<f64> = set
        .x
        .rows()
        .into_iter()
        .map(|row| (0..3).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap() as f64)
        .collect();
    let outcome = set.ask(&model, "performance", json!({}), Some(&truth)).unwrap();
    let figures = &outcome.found["figures"];
    assert_eq!(
        (&figures["accuracy"], &figures["matthews"], &figures["f1"]),
        (&json!(1.0), &json!(1.0), &json!(1.0))
    );
    assert_eq!(outcome.found["classes"].as_array().unwrap().len(), 3);
    assert_eq!(outcome.found["probabilities"], "made from the outputs");
    let numbers: Vec<f64> = set.x.rows().into_iter().map(|row| row[0] + 0.5).collect();
    let outcome = set.ask(&model, "performance", json!({}), Some(&numbers)).unwrap();
    let figures = &outcome.found["figures"];
    assert!((figures["mae"].as_f64().unwrap() - 0.5).abs() < 1e-12);
    assert!((figures["mean_residual"].as_f64().unwrap() - 0.5).abs() < 1e-12);
    assert!((figures["rmse"].as_f64().unwrap() - 0.5).abs() < 1e-12);
    assert_eq!(array(&outcome, "residuals").shape(), [300, 3]);
}

#[test]
fn large_curves_are_thinned_and_their_areas_are_not() {
    let set = Set::new(cloud(9, 20_000, 1));
    let truth: Vec<f64> = (0..20_000)
        .map(|i| f64::from(Counter::new(1, 3003, i as u64).uniform() < set.x[[i, 0]] / 4.0 + 0.5))
        .collect();
    let model = Made::new(1, 1, |row, out| out[0] = row[0]);
    let outcome = set.ask(&model, "performance", json!({}), Some(&truth)).unwrap();
    let positive: Vec<bool> = truth.iter().map(|&t| t > 0.5).collect();
    let ranking = Ranking::new(&set.x.column(0).to_vec(), &positive);
    let class = &outcome.found["classes"][1];
    assert!((class["auc"].as_f64().unwrap() - ranking.auc()).abs() < 1e-12);
    assert!(class["thresholds"].as_u64().unwrap() > 15_000);
    let roc = array(&outcome, "roc_1");
    assert!(roc.shape()[0] <= 500 && array(&outcome, "precision_recall_1").shape()[0] <= 500);
    // Area of the thinned curve.
    let area: f64 = (1..roc.shape()[0])
        .map(|i| (roc[[i, 1]] - roc[[i - 1, 1]]) * f64::midpoint(roc[[i, 2]], roc[[i - 1, 2]]))
        .sum();
    let off = class["curves_off_by_at_most"].as_f64().unwrap();
    assert!(
        off < 0.01 && (area - ranking.auc()).abs() < 2.0 * off,
        "{off} {area} {}",
        ranking.auc()
    );
}
