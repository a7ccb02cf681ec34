//! Shapley methods on models whose shares are known: additive, Boolean, interacting, with duplicated and dead columns.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use glassboard_explain::tables::explain_rows;
use glassboard_explain::{AskRows, Columns, ExplainError, Outcome, Readout, RowExtras, Runner};
use glassboard_model::{Array, Gradient, InputSpec, LayerGradient, Model, ModelError, OutputSpace, Target, View};
use ndarray::{Array2, ArrayView2};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const COLUMNS: usize = 7;

/// A sum of products of columns, then perhaps bent.
#[derive(Debug, Clone)]
struct Products {
    terms: Vec<(Vec<usize>, f64)>,
    bent: bool,
    outputs: Vec<String>,
}

impl Products {
    fn new(terms: &[(Vec<usize>, f64)]) -> Self {
        Self {
            terms: terms.to_vec(),
            bent: false,
            outputs: vec!["y".into()],
        }
    }

    fn answer(&self, row: &[f64]) -> f64 {
        let product = |(members, by): &(Vec<usize>, f64)| by * members.iter().map(|m| row[*m]).product::<f64>();
        let sum: f64 = self.terms.iter().map(product).sum();
        if self.bent { sum.tanh() } else { sum }
    }
}

impl Model for Products {
    fn inputs(&self) -> &[InputSpec] {
        &[]
    }

    fn outputs(&self) -> &[String] {
        &self.outputs
    }

    fn forward(&self, _: &View<'_>, _: Option<&str>) -> Result<Array, ModelError> {
        Err(ModelError::Unsupported("rows only".into()))
    }

    fn capture(&self, _: &View<'_>, _: &[&str]) -> Result<Vec<Array>, ModelError> {
        Err(ModelError::Unsupported("rows only".into()))
    }

    fn gradient(&self, _: &View<'_>, _: &Target) -> Result<Gradient, ModelError> {
        Err(ModelError::Unsupported("rows only".into()))
    }

    fn layer_gradient(&self, _: &View<'_>, _: &str, _: &Target) -> Result<LayerGradient, ModelError> {
        Err(ModelError::Unsupported("rows only".into()))
    }

    fn forward_rows(&self, rows: ArrayView2<'_, f64>, _: Option<&str>) -> Result<Array2<f64>, ModelError> {
        let answers = rows.rows().into_iter().map(|row| self.answer(&row.to_vec())).collect();
        Ok(Array2::from_shape_vec((rows.nrows(), 1), answers).unwrap())
    }
}

fn ask(
    model: &Products,
    x: &[f64],
    background: &Array2<f64>,
    (method, params): (&str, &Value),
    (seed, batch): (u64, Option<usize>),
) -> Result<(Outcome, usize), ExplainError> {
    let x = Array2::from_shape_vec((1, x.len()), x.to_vec()).unwrap();
    let columns = Columns::unnamed(x.ncols());
    let readout = Readout {
        output: None,
        space: OutputSpace::Raw,
    };
    let ask = AskRows::new(x.view(), readout, &[0], &columns)?;
    let mut progress = |_: f64, _: &str| {};
    let mut rounds = 0;
    let mut partial = |_: &Outcome| rounds += 1;
    let mut run = Runner::new(model, &mut progress, &|| false).with_partial(&mut partial);
    if let Some(batch) = batch {
        run = run.with_batch(batch);
    }
    let mut params: Map<String, Value> = params.as_object().unwrap().clone();
    let extras = RowExtras {
        background: background.view(),
        truth: None,
        seed,
    };
    let outcome = explain_rows(&mut run, &ask, method, &mut params, extras)?;
    drop(run);
    Ok((outcome, rounds))
}

fn shares(model: &Products, x: &[f64], background: &Array2<f64>, method: &str, params: &Value) -> Vec<f64> {
    let (outcome, _) = ask(model, x, background, (method, params), (5, None)).unwrap();
    outcome.attribution.unwrap().iter().map(|v| f64::from(*v)).collect()
}

/// Methods that add up, at small budgets.
fn every() -> Vec<(&'static str, Value)> {
    vec![
        ("exact_shapley", json!({})),
        ("kernel_shap", json!({ "coalitions": 40 })),
        ("kernel_shap", json!({ "coalitions": 40, "l1_reg": "num_features(3)" })),
        ("kernel_shap", json!({ "coalitions": 40, "l1_reg": "bic" })),
        ("kernel_shap", json!({ "coalitions": 40, "l1_reg": "0.0001" })),
        ("leverage_shap", json!({ "coalitions": 40 })),
        ("regression_shap", json!({ "coalitions": 60 })),
        ("permutation_shap", json!({ "permutations": 3 })),
        ("sampling_shap", json!({ "samples": 200 })),
        ("partition_shap", json!({})),
        ("partition_shap", json!({ "coalitions": 12 })),
    ]
}

/// Methods that are exact where all 126 coalitions fit.
const FULL: [&str; 4] = ["exact_shapley", "kernel_shap", "leverage_shap", "regression_shap"];

fn zeros() -> Array2<f64> {
    Array2::zeros((1, COLUMNS))
}

prop_compose! {
    fn terms(order: usize)(list in prop::collection::vec(
        (prop::collection::btree_set(0..COLUMNS, 1..=order), -2.0f64..2.0), 1..8)) -> Vec<(Vec<usize>, f64)> {
        list.into_iter().map(|(members, by)| (members.into_iter().collect(), by)).collect()
    }
}

prop_compose! {
    fn rows(count: usize)(flat in prop::collection::vec(-2.0f64..2.0, count * COLUMNS)) -> Array2<f64> {
        Array2::from_shape_vec((count, COLUMNS), flat).unwrap()
    }
}

fn near(got: f64, want: f64) -> bool {
    (got - want).abs() <= 1e-5 * (1.0 + want.abs())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// A product of k columns, all zero in the background, is shared by its k columns alike: Boolean games and any other.
    #[test]
    fn products_are_shared_alike(terms in terms(4), x in prop::collection::vec(prop_oneof![Just(1.0), -2.0f64..2.0], COLUMNS)) {
        let model = Products::new(&terms);
        let mut truth = vec![0.0; COLUMNS];
        for (members, by) in &terms {
            let product = by * members.iter().map(|m| x[*m]).product::<f64>();
            for m in members {
                truth[*m] += product / members.len() as f64;
            }
        }
        for method in FULL {
            let got = shares(&model, &x, &zeros(), method, &json!({}));
            prop_assert!(got.iter().zip(&truth).all(|(g, w)| near(*g, *w)), "{method}: {got:?}, not {truth:?}");
        }
    }

    /// Where no more than two columns interact, one order and its reverse are enough; the tree's shares of an additive
    /// model are Shapley's.
    #[test]
    fn antithetic_orders_are_exact_for_pairs(pairs in terms(2), single in terms(1), x in rows(1), background in rows(3)) {
        let x = x.row(0).to_vec();
        for (model, method, params) in [
            (Products::new(&pairs), "permutation_shap", json!({ "permutations": 1 })),
            (Products::new(&single), "partition_shap", json!({ "coalitions": 100_000 })),
            (Products::new(&single), "sampling_shap", json!({ "samples": 40_000 })),
        ] {
            let truth = shares(&model, &x, &background, "exact_shapley", &json!({}));
            let got = shares(&model, &x, &background, method, &params);
            let margin = if method == "sampling_shap" { 0.15 } else { 0.0 };
            prop_assert!(got.iter().zip(&truth).all(|(g, w)| near(*g, *w) || (g - w).abs() < margin), "{method}: {got:?}, not {truth:?}");
        }
    }

    /// Shares add up to what is explained; dead columns get nothing; at any budget.
    #[test]
    fn shares_add_up_and_dead_columns_get_none(terms in terms(3), x in rows(1), background in rows(3), bent in any::<bool>()) {
        let mut model = Products::new(&terms);
        model.bent = bent;
        let x = x.row(0).to_vec();
        let mean = background.rows().into_iter().map(|b| model.answer(&b.to_vec())).sum::<f64>() / 3.0;
        for (method, params) in every() {
            let (outcome, rounds) = ask(&model, &x, &background, (method, &params), (5, None)).unwrap();
            let got = outcome.attribution.unwrap();
            let sum: f64 = got.iter().map(|v| f64::from(*v)).sum();
            prop_assert!((sum - model.answer(&x) + mean).abs() < 1e-4 * (1.0 + sum.abs()), "{method} {params}: {sum}");
            prop_assert!(near(outcome.base.unwrap()[0], mean));
            prop_assert!(rounds > 0, "{} says nothing on its way", method);
            if ["exact_shapley", "permutation_shap", "sampling_shap", "partition_shap"].contains(&method) && params.get("coalitions") != Some(&json!(12)) {
                for column in (0..COLUMNS).filter(|c| !terms.iter().any(|(members, _)| members.contains(c))) {
                    prop_assert!(got[[0, column]].abs() < 1e-6, "{method}: dead column {column} got {}", got[[0, column]]);
                }
            }
        }
    }

    /// Two columns that the model treats alike, with like values, get alike.
    #[test]
    fn twins_get_alike(mut terms in terms(3), x in rows(1), background in rows(3)) {
        let swapped = |members: &Vec<usize>| {
            let mut other: Vec<usize> = members.iter().map(|m| match m { 0 => 1, 1 => 0, other => *other }).collect();
            other.sort_unstable();
            other
        };
        let twins: Vec<_> = terms.iter().map(|(members, by)| (swapped(members), *by)).collect();
        terms.extend(twins);
        let model = Products::new(&terms);
        let (mut x, mut background) = (x.row(0).to_vec(), background);
        x[1] = x[0];
        for mut row in background.rows_mut() {
            row[1] = row[0];
        }
        for method in FULL {
            let got = shares(&model, &x, &background, method, &json!({}));
            prop_assert!(near(got[0], got[1]), "{method}: {got:?}");
        }
    }

    /// The shares of a sum of models are the sums of their shares, for the same draws.
    #[test]
    fn shares_of_a_sum_are_sums(one in terms(3), other in terms(3), x in rows(1), background in rows(3)) {
        let x = x.row(0).to_vec();
        let both: Vec<_> = one.iter().chain(&other).cloned().collect();
        let budget = json!({ "coalitions": 40 });
        for (method, params) in [
            ("exact_shapley", json!({})), ("kernel_shap", budget.clone()), ("leverage_shap", budget),
            ("permutation_shap", json!({ "permutations": 3 })), ("partition_shap", json!({ "coalitions": 100_000 })),
        ] {
            let of = |terms: &[(Vec<usize>, f64)]| shares(&Products::new(terms), &x, &background, method, &params);
            let (a, b, sum) = (of(&one), of(&other), of(&both));
            for column in 0..COLUMNS {
                prop_assert!((a[column] + b[column] - sum[column]).abs() < 1e-4, "{method}: column {column}");
            }
        }
    }

    /// The interactions of a row add up, and a product of two columns, zero in the background, is theirs alone.
    #[test]
    fn interactions_find_the_pair(by in 0.5f64..2.0, own in -2.0f64..2.0, x in prop::collection::vec(0.5f64..2.0, COLUMNS)) {
        let model = Products::new(&[(vec![1, 4], by), (vec![2], own)]);
        for index in ["taylor", "shapley"] {
            let (outcome, _) = ask(&model, &x, &zeros(), ("exact_interactions", &json!({ "index": index })), (0, None)).unwrap();
            let got = outcome.attribution.unwrap();
            for i in 0..COLUMNS {
                for j in 0..COLUMNS {
                    let want = match (i, j) {
                        (1, 4) | (4, 1) => by * x[1] * x[4] / 2.0,
                        (2, 2) => own * x[2],
                        _ => 0.0,
                    };
                    prop_assert!(near(f64::from(got[[0, i, j]]), want), "{index} {i} {j}: {}", got[[0, i, j]]);
                }
            }
        }
    }

    /// How rows are batched changes speed, never a byte.
    #[test]
    fn batches_never_change_the_bytes(terms in terms(3), x in rows(1), background in rows(3), batch in 1usize..70) {
        let mut model = Products::new(&terms);
        model.bent = true;
        let x = x.row(0).to_vec();
        for (method, params) in every() {
            let bits = |batch| {
                let (outcome, _) = ask(&model, &x, &background, (method, &params), (9, batch)).unwrap();
                let errors = outcome.error.map(|e| e.iter().map(|v| v.to_bits()).collect::<Vec<_>>());
                (outcome.attribution.unwrap().iter().map(|v| v.to_bits()).collect::<Vec<_>>(), errors)
            };
            prop_assert_eq!(bits(None), bits(Some(batch)), "{}", method);
        }
    }
}

/// A model in which everything interacts, and rows for it.
fn hard() -> (Products, Vec<f64>, Array2<f64>) {
    let terms = [
        (vec![0, 1, 2], 1.0),
        (vec![3, 4], -0.7),
        (vec![2, 5, 6], 0.8),
        (vec![0], 0.5),
        (vec![1, 3, 5], 0.6),
    ];
    let mut model = Products::new(&terms);
    model.bent = true;
    let mut random = glassboard_explain::random::Counter::new(3, 99, 0);
    let background = Array2::from_shape_simple_fn((20, COLUMNS), || random.normal());
    (model, vec![1.2, -0.8, 1.5, 0.7, -1.1, 0.9, 1.3], background)
}

fn distance(got: &[f64], want: &[f64]) -> f64 {
    got.iter().zip(want).map(|(g, w)| (g - w).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn sets_of_ones_own_err_less_than_half_as_much() {
    let (model, x, background) = hard();
    let truth = shares(&model, &x, &background, "exact_shapley", &json!({}));
    let error = |method: &str| -> f64 {
        let one = |seed| {
            let params = json!({ "coalitions": 50 });
            let (outcome, _) = ask(&model, &x, &background, (method, &params), (seed, None)).unwrap();
            let got: Vec<f64> = outcome.attribution.unwrap().iter().map(|v| f64::from(*v)).collect();
            distance(&got, &truth)
        };
        (0..20).map(one).sum::<f64>() / 20.0
    };
    let (kernel, leverage) = (error("kernel_shap"), error("leverage_shap"));
    assert!(leverage <= 0.5 * kernel, "{leverage} is not half of {kernel}");
}

#[test]
fn standard_errors_are_of_the_size_of_the_errors() {
    let (model, x, background) = hard();
    let truth = shares(&model, &x, &background, "exact_shapley", &json!({}));
    for (method, params) in [
        ("kernel_shap", json!({ "coalitions": 60 })),
        ("leverage_shap", json!({ "coalitions": 60 })),
        ("permutation_shap", json!({ "permutations": 12 })),
        ("sampling_shap", json!({ "samples": 2000 })),
    ] {
        let (mut squares, mut expected) = (0.0, 0.0);
        for seed in 0..20 {
            let (outcome, _) = ask(&model, &x, &background, (method, &params), (seed, None)).unwrap();
            let (got, error) = (outcome.attribution.unwrap(), outcome.error.unwrap());
            for column in 0..COLUMNS {
                squares += (f64::from(got[[0, column]]) - truth[column]).powi(2);
                expected += f64::from(error[[0, column]]).powi(2);
            }
        }
        let ratio = (squares / expected).sqrt();
        assert!(
            (0.3..2.0).contains(&ratio),
            "{method}: errors are {ratio} of what they should be"
        );
    }
}

#[test]
fn a_tolerance_stops_early_and_costs_less() {
    let (model, x, background) = hard();
    for (method, budget) in [
        ("kernel_shap", json!({ "coalitions": 100, "tolerance": 0.9 })),
        ("leverage_shap", json!({ "coalitions": 100, "tolerance": 0.9 })),
        ("permutation_shap", json!({ "permutations": 100, "tolerance": 0.9 })),
        ("sampling_shap", json!({ "samples": 4000, "tolerance": 0.9 })),
    ] {
        let spent = |params: &Value| {
            let (outcome, _) = ask(&model, &x, &background, (method, params), (1, None)).unwrap();
            outcome.found["evaluations"].as_u64().unwrap()
        };
        let early = spent(&budget);
        let mut whole = budget.clone();
        whole["tolerance"] = json!(0.0);
        assert!(early < spent(&whole), "{method} did not stop");
    }
}

#[test]
fn what_cannot_be_is_said() {
    let many = Array2::zeros((1, 25));
    let model = Products::new(&[(vec![0], 1.0)]);
    let refuse = |x: &[f64], background: &Array2<f64>, method: &str, params: Value| {
        ask(&model, x, background, (method, &params), (0, None))
            .unwrap_err()
            .to_string()
    };
    assert!(refuse(&[1.0; 25], &many, "exact_shapley", json!({})).contains("2^25 coalitions"));
    assert!(refuse(&[1.0; 3], &Array2::zeros((0, 3)), "kernel_shap", json!({})).contains("need background rows"));
    assert!(refuse(&[1.0; 3], &Array2::zeros((1, 3)), "linear_shap", json!({})).contains("needs a linear model"));
    let groups = json!({ "groups": "feature 0+nothing" });
    assert!(refuse(&[1.0; 3], &Array2::zeros((1, 3)), "kernel_shap", groups).contains("no column `nothing`"));
    let keep = json!({ "l1_reg": "some" });
    assert!(refuse(&[1.0; 3], &Array2::zeros((1, 3)), "kernel_shap", keep).contains("l1_reg must be"));
}

#[test]
fn columns_in_a_group_share_what_the_group_gets() {
    let model = Products::new(&[(vec![0, 1], 2.0), (vec![2], 1.0)]);
    let params = json!({ "groups": "feature 0 + feature 1" });
    let got = shares(
        &model,
        &[1.0, 3.0, 5.0],
        &Array2::zeros((1, 3)),
        "exact_shapley",
        &params,
    );
    assert_eq!(got, [3.0, 3.0, 5.0]);
}
