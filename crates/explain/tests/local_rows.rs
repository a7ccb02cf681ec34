//! Local explanations of rows, on models whose answers are known in closed form: fits, rules, other rows, surrogates.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use glassboard_explain::random::Counter;
use glassboard_explain::rows::in_space;
use glassboard_explain::tables::explain_rows;
use glassboard_explain::{AskRows, Column, Columns, ExplainError, Outcome, Readout, RowExtras, Runner};
use glassboard_model::{Array, Gradient, InputSpec, LayerGradient, Model, ModelError, OutputSpace, Target, View};
use ndarray::{Array2, ArrayD, Axis, s};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A model that is a function of a row of the credit table.
struct Formula(fn(&[f64]) -> Vec<f64>);

impl Model for Formula {
    fn inputs(&self) -> &[InputSpec] {
        &[]
    }

    fn outputs(&self) -> &[String] {
        &[]
    }

    fn forward(&self, _: &View<'_>, _: Option<&str>) -> Result<Array, ModelError> {
        Err(ModelError::Unsupported("rows only".into()))
    }

    fn forward_rows(&self, rows: ndarray::ArrayView2<'_, f64>, _: Option<&str>) -> Result<Array2<f64>, ModelError> {
        let all: Vec<Vec<f64>> = rows.rows().into_iter().map(|r| (self.0)(&r.to_vec())).collect();
        Ok(Array2::from_shape_fn((rows.nrows(), all[0].len()), |(i, j)| all[i][j]))
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
}

const AGE: usize = 0;
const INCOME: usize = 1;
const CITY: usize = 2;
const DEBT: usize = 3;

fn columns() -> Columns {
    Columns {
        names: ["age", "income", "city", "debt"].map(String::from).to_vec(),
        kinds: vec![
            Column::Integer,
            Column::Number,
            Column::Category(["Berlin", "Paris", "Rome"].map(String::from).to_vec()),
            Column::Number,
        ],
    }
}

fn table(rows: usize, seed: u64) -> Array2<f64> {
    Array2::from_shape_fn((rows, 4), |(i, j)| {
        let mut random = Counter::new(seed, 900 + j as u64, i as u64);
        match j {
            AGE => 18.0 + random.below(60) as f64,
            INCOME => (10.0 * (50.0 + 15.0 * random.normal())).round() / 10.0,
            CITY => random.below(3) as f64,
            _ => (100.0 * 30.0 * random.uniform()).round() / 100.0,
        }
    })
}

/// Two classes by a score that every column moves.
fn credit(row: &[f64]) -> Vec<f64> {
    let score = 0.08 * (row[INCOME] - 50.0) - 0.1 * (row[DEBT] - 15.0) + (row[CITY] - 1.0) + 0.02 * (row[AGE] - 48.0);
    vec![0.0, score]
}

/// Class 1 for those over 47 (about half) in Paris.
fn ruled(row: &[f64]) -> Vec<f64> {
    let yes = row[AGE] > 47.0 && (row[CITY] - 1.0).abs() < 0.5;
    if yes { vec![0.0, 4.0] } else { vec![4.0, 0.0] }
}

fn linear(row: &[f64]) -> Vec<f64> {
    vec![3.0 + 0.5 * row[INCOME] - 2.0 * row[DEBT]]
}

#[expect(clippy::too_many_arguments, reason = "everything that a question has")]
fn ask(
    model: fn(&[f64]) -> Vec<f64>,
    space: OutputSpace,
    x: &Array2<f64>,
    background: &Array2<f64>,
    method: &str,
    params: Value,
    batch: Option<usize>,
    seed: u64,
) -> Result<Outcome, ExplainError> {
    let model = Formula(model);
    let mut quiet = |_: f64, _: &str| {};
    let mut run = Runner::new(&model, &mut quiet, &|| false);
    if let Some(batch) = batch {
        run = run.with_batch(batch);
    }
    let width = (model.0)(&x.row(0).to_vec()).len();
    let targets = vec![width - 1; x.nrows()];
    let columns = columns();
    let ask = AskRows::new(x.view(), Readout { output: None, space }, &targets, &columns)?;
    let Value::Object(mut params) = params else {
        panic!("an object")
    };
    explain_rows(
        &mut run,
        &ask,
        method,
        &mut params,
        RowExtras {
            background: background.view(),
            truth: None,
            seed,
        },
    )
}

fn array<'a>(outcome: &'a Outcome, name: &str) -> &'a ArrayD<f64> {
    &outcome.arrays.iter().find(|(n, _)| n == name).unwrap().1
}

fn same(a: &Outcome, b: &Outcome) -> bool {
    let bits = |o: &Outcome| -> Vec<u64> {
        o.arrays
            .iter()
            .flat_map(|(_, v)| v.iter().map(|v| v.to_bits()))
            .collect()
    };
    let map = |o: &Outcome| {
        o.attribution
            .as_ref()
            .map(|m| m.iter().map(|v| v.to_bits()).collect::<Vec<_>>())
    };
    bits(a) == bits(b) && map(a) == map(b) && a.found == b.found
}

fn at(found: &Map<String, Value>, row: usize) -> &Value {
    &found["rows"][row]
}

#[test]
fn batches_never_change_an_answer() {
    let (background, x) = (table(120, 1), table(3, 2));
    for (method, params) in [
        ("lime_tabular", json!({ "samples": 400 })),
        (
            "lime_tabular",
            json!({ "samples": 400, "discretizer": "none", "around_row": true }),
        ),
        (
            "lime_tabular",
            json!({ "samples": 400, "discretizer": "entropy", "feature_selection": "lasso_path" }),
        ),
        ("anchors", json!({ "budget": 5000 })),
        ("counterfactuals", json!({ "kind": "genetic", "tries": 1000 })),
        ("counterfactuals", json!({ "kind": "random", "tries": 1000 })),
        ("counterfactuals", json!({ "kind": "wachter", "tries": 2000 })),
        ("counterfactuals", json!({ "kind": "nearest" })),
    ] {
        let go = |batch, seed| {
            ask(
                credit,
                OutputSpace::Probability,
                &x,
                &background,
                method,
                params.clone(),
                batch,
                seed,
            )
            .unwrap()
        };
        let one = go(None, 5);
        assert!(
            same(&one, &go(Some(1), 5)) && same(&one, &go(Some(64), 5)),
            "{method} {params}"
        );
        if method == "lime_tabular" {
            assert!(!same(&one, &go(None, 6)), "the seed takes part");
        }
        // Rows do not know of each other.
        let last = x.slice(s![2..3, ..]).to_owned();
        let alone = ask(
            credit,
            OutputSpace::Probability,
            &last,
            &background,
            method,
            params.clone(),
            None,
            5,
        )
        .unwrap();
        let (mut a, mut b) = (at(&alone.found, 0).clone(), at(&one.found, 2).clone());
        for value in [&mut a, &mut b] {
            value.as_object_mut().unwrap().remove("passes");
        }
        assert_eq!(a, b, "{method} {params}");
    }
    for (method, params) in [
        ("submodular_pick", json!({ "samples": 300, "rows": 40 })),
        ("surrogate_tree", json!({})),
        ("surrogate_linear", json!({})),
    ] {
        let go = |batch| {
            ask(
                credit,
                OutputSpace::Probability,
                &background,
                &background,
                method,
                params.clone(),
                batch,
                5,
            )
            .unwrap()
        };
        assert!(same(&go(None), &go(Some(7))), "{method}");
    }
}

#[test]
fn lime_finds_a_linear_model() {
    let (background, x) = (table(300, 1), table(4, 2));
    let params = json!({ "discretizer": "none", "feature_selection": "none", "samples": 3000 });
    let found = ask(
        linear,
        OutputSpace::Raw,
        &x,
        &background,
        "lime_tabular",
        params,
        None,
        0,
    )
    .unwrap();
    let spread = |j: usize| background.column(j).std(0.0);
    let map = found.attribution.clone().unwrap();
    for i in 0..4 {
        for (j, want) in [
            (AGE, 0.0),
            (INCOME, 0.5 * spread(INCOME)),
            (CITY, 0.0),
            (DEBT, -2.0 * spread(DEBT)),
        ] {
            assert!(
                (f64::from(map[[i, j]]) - want).abs() < 0.05,
                "{i} {j}: {} {want}",
                map[[i, j]]
            );
        }
        assert!(array(&found, "r2")[[i]] > 0.999);
        let row = at(&found.found, i);
        assert!((row["local_prediction"].as_f64().unwrap() - row["prediction"].as_f64().unwrap()).abs() < 0.2);
    }
}

#[test]
fn lime_names_the_conditions_and_its_errors_are_honest() {
    let (background, x) = (table(300, 1), table(1, 2));
    let go = |seed| {
        let params = json!({ "samples": 1000, "feature_selection": "none" });
        ask(
            credit,
            OutputSpace::Probability,
            &x,
            &background,
            "lime_tabular",
            params,
            None,
            seed,
        )
        .unwrap()
    };
    let one = go(0);
    let rules: Vec<&str> = at(&one.found, 0)["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["rule"].as_str().unwrap())
        .collect();
    assert_eq!(rules.len(), 4);
    assert!(
        rules.iter().any(|r| r.starts_with("city = ")) && rules.iter().any(|r| r.contains("income")),
        "{rules:?}"
    );
    let runs: Vec<Outcome> = (0..60).map(go).collect();
    for j in 0..4 {
        let values: Vec<f64> = runs
            .iter()
            .map(|r| f64::from(r.attribution.as_ref().unwrap()[[0, j]]))
            .collect();
        let mean = values.iter().sum::<f64>() / 60.0;
        let spread = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 59.0).sqrt();
        let said = runs
            .iter()
            .map(|r| f64::from(r.error.as_ref().unwrap()[[0, j]]))
            .sum::<f64>()
            / 60.0;
        assert!(
            (0.65..1.5).contains(&(said / spread)),
            "column {j}: says {said}, is {spread}"
        );
    }
}

#[test]
fn the_planted_rule_is_found_and_holds_afresh() {
    let background = table(600, 1);
    let mut x = table(1, 2);
    x.row_mut(0).assign(&ndarray::arr1(&[60.0, 50.0, 1.0, 10.0]));
    let found = ask(ruled, OutputSpace::Raw, &x, &background, "anchors", json!({}), None, 3).unwrap();
    let row = at(&found.found, 0);
    assert_eq!(row["reached"], true, "{row}");
    let texts: Vec<&str> = row["conditions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["column"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["age", "city"], "{row}");
    assert!(row["rule"].as_str().unwrap().contains("city = Paris"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// On rows of another draw that meet the rule, the answer is kept as often as the threshold asks.
    #[test]
    fn precision_holds_on_rows_never_seen(seed in 0u64..1000, threshold in 0.8f64..0.97) {
        let (background, x) = (table(500, seed), table(1, seed + 5000));
        let found = ask(credit, OutputSpace::Probability, &x, &background, "anchors", json!({ "threshold": threshold }), None, seed).unwrap();
        let row = at(&found.found, 0);
        prop_assert!(row["sentence"].as_str().unwrap().contains('%'));
        if row["reached"] == true {
            let class = credit(&x.row(0).to_vec())[1] > 0.0;
            let fits = |r: &[f64]| row["conditions"].as_array().unwrap().iter().all(|c| {
                let v = r[columns().names.iter().position(|n| *n == c["column"]).unwrap()];
                let label = c["label"].as_f64().is_none_or(|l| (l - v).abs() < 0.5);
                label && c["above"].as_f64().is_none_or(|e| v > e) && c["at_most"].as_f64().is_none_or(|e| v <= e)
            });
            prop_assert!(fits(&x.row(0).to_vec()), "the row meets its own rule");
            let fresh = table(20_000, seed + 9000);
            let met: Vec<bool> = fresh.rows().into_iter().map(|r| r.to_vec()).filter(|r| fits(r)).map(|r| (credit(&r)[1] > 0.0) == class).collect();
            if met.len() > 200 {
                let share = met.iter().filter(|m| **m).count() as f64 / met.len() as f64;
                // The background is 500 rows of the same law: its own error is allowed for.
                prop_assert!(share >= threshold - 0.04, "{share} {row}");
            }
        }
    }

    /// Every row given has the wanted class, and nothing changed that may not.
    #[test]
    fn counterfactuals_are_valid_and_keep_the_limits(seed in 0u64..1000, kind in 0usize..4) {
        let kind = ["genetic", "random", "wachter", "nearest"][kind];
        let (background, x) = (table(200, seed), table(2, seed + 5000));
        let params = json!({ "kind": kind, "tries": 3000, "fixed": "city", "only_up": "age", "ranges": "income:30..70, debt:..25" });
        let found = ask(credit, OutputSpace::Probability, &x, &background, "counterfactuals", params, None, seed).unwrap();
        let rows = array(&found, "counterfactuals");
        for i in 0..2 {
            let from = x.row(i).to_vec();
            let count = array(&found, "found")[[i]] as usize;
            prop_assert_eq!(at(&found.found, i)["counterfactuals"].as_array().unwrap().len(), count);
            if count == 0 {
                prop_assert!(at(&found.found, i)["sentence"].as_str().unwrap().starts_with("No row"));
            }
            for k in 0..count {
                let to: Vec<f64> = rows.slice(s![i, k, ..]).to_vec();
                // Read as the question reads it: a score of 1e-17 is an even probability, and even is class 0.
                let class = |row: &[f64]| {
                    let p = in_space(ndarray::aview1(&credit(row)), OutputSpace::Probability);
                    p[1] > p[0]
                };
                prop_assert!(class(&to) != class(&from), "{from:?} {to:?}");
                prop_assert_eq!(to[CITY].to_bits(), from[CITY].to_bits());
                prop_assert!(to[AGE] >= from[AGE] && to[AGE].fract() == 0.0);
                let kept = |j: usize| to[j].to_bits() == from[j].to_bits();
                prop_assert!(kept(INCOME) || (30.0..=70.0).contains(&to[INCOME]));
                prop_assert!(kept(DEBT) || to[DEBT] <= 25.0);
                prop_assert!(kept(INCOME) || (to[INCOME] * 10.0 - (to[INCOME] * 10.0).round()).abs() < 1e-6);
            }
        }
    }
}

#[test]
fn a_search_finds_what_is_there_and_says_when_nothing_is() {
    let (background, x) = (table(300, 1), table(6, 2));
    for kind in ["genetic", "random", "wachter", "nearest"] {
        let go = |params: Value| {
            ask(
                credit,
                OutputSpace::Probability,
                &x,
                &background,
                "counterfactuals",
                params,
                None,
                0,
            )
            .unwrap()
        };
        let found = go(json!({ "kind": kind }));
        assert!(
            array(&found, "found").iter().all(|n| *n >= 1.0),
            "{kind}: {}",
            array(&found, "found")
        );
        let none = go(json!({ "kind": kind, "fixed": "age, income, city, debt" }));
        assert!(array(&none, "found").iter().all(|n| *n == 0.0), "{kind}");
    }
    // The genetic search is at least as near as the nearest real row.
    let near = |kind: &str| -> f64 {
        let found = ask(
            credit,
            OutputSpace::Probability,
            &x,
            &background,
            "counterfactuals",
            json!({ "kind": kind, "diversity": 0.0 }),
            None,
            0,
        )
        .unwrap();
        let best = |i: usize| {
            at(&found.found, i)["counterfactuals"]
                .as_array()
                .unwrap()
                .iter()
                .map(|c| c["distance"].as_f64().unwrap())
                .fold(f64::INFINITY, f64::min)
        };
        (0..6).map(best).sum()
    };
    assert!(near("genetic") <= near("nearest") && near("wachter") <= near("nearest"));
}

#[test]
fn wrong_wishes_get_a_sentence() {
    let (background, x) = (table(50, 1), table(1, 2));
    let say = |params: Value| {
        ask(
            credit,
            OutputSpace::Raw,
            &x,
            &background,
            "counterfactuals",
            params,
            None,
            0,
        )
        .unwrap_err()
        .to_string()
    };
    assert!(say(json!({ "fixed": "sex" })).contains("`sex`, which is no column"));
    assert!(say(json!({ "ranges": "city:Oslo" })).contains("has the labels Berlin, Paris, Rome"));
    assert!(say(json!({ "ranges": "age:9..3" })).contains("low..high"));
    assert!(say(json!({ "only_up": "city" })).contains("they have no order"));
    assert!(say(json!({ "desired": "7" })).contains("classes 0 to 1"));
    let number = ask(
        linear,
        OutputSpace::Raw,
        &x,
        &background,
        "counterfactuals",
        json!({}),
        None,
        0,
    )
    .unwrap_err();
    assert!(number.to_string().contains("desired=100..200"));
    let low = ask(
        linear,
        OutputSpace::Raw,
        &x,
        &background,
        "counterfactuals",
        json!({ "desired": "..-20" }),
        None,
        0,
    )
    .unwrap();
    assert!(array(&low, "found")[[0]] >= 1.0);
}

#[test]
fn surrogates_say_how_faithful_they_are() {
    let set = table(600, 1);
    let tree = ask(
        ruled,
        OutputSpace::Raw,
        &set,
        &set,
        "surrogate_tree",
        json!({ "depth": 3 }),
        None,
        0,
    )
    .unwrap();
    assert!(
        tree.found["fidelity"].as_f64().unwrap() > 0.99,
        "{}",
        tree.found["sentence"]
    );
    assert!(tree.found["chance"].as_f64().unwrap() < 0.95);
    let rules: Vec<&str> = tree.found["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["rule"].as_str().unwrap())
        .collect();
    assert!(
        rules
            .iter()
            .any(|r| r.contains("city is Paris") && r.contains("age > 47")),
        "{rules:?}"
    );
    let held = tree.found["held_out_rows"].as_u64().unwrap();
    assert_eq!((held, tree.found["fitted_rows"].as_u64().unwrap()), (180, 420));

    let line = ask(
        linear,
        OutputSpace::Raw,
        &set,
        &set,
        "surrogate_linear",
        json!({ "alpha": 0.0 }),
        None,
        0,
    )
    .unwrap();
    assert!(line.found["fidelity"].as_f64().unwrap() > 0.999_999);
    let debt = line.found["terms"]
        .as_array()
        .unwrap()
        .iter()
        .find(|t| t["term"] == "debt")
        .unwrap();
    assert!((debt["per_unit"].as_f64().unwrap() + 2.0).abs() < 1e-6, "{debt}");
    let odds = ask(
        credit,
        OutputSpace::Probability,
        &set,
        &set,
        "surrogate_linear",
        json!({}),
        None,
        0,
    )
    .unwrap();
    assert!(
        odds.found["kind"] == "logistic" && odds.found["fidelity"].as_f64().unwrap() > 0.93,
        "{}",
        odds.found["sentence"]
    );
    // A line cannot say what a rule says; the fidelity must not pretend otherwise.
    let poor = ask(
        ruled,
        OutputSpace::Raw,
        &set,
        &set,
        "surrogate_linear",
        json!({ "kind": "ridge" }),
        None,
        0,
    )
    .unwrap();
    assert!(poor.found["fidelity"].as_f64().unwrap() < 0.7);
}

#[test]
fn picked_rows_cover_more_than_any_other_first_row() {
    let set = table(200, 1);
    let params = json!({ "samples": 500, "count": 4, "rows": 60, "features": 2 });
    let found = ask(
        credit,
        OutputSpace::Probability,
        &set,
        &set,
        "submodular_pick",
        params,
        None,
        0,
    )
    .unwrap();
    let covered = array(&found, "covered");
    assert_eq!(covered.len(), 4);
    assert!(covered.iter().zip(covered.iter().skip(1)).all(|(a, b)| a <= b));
    assert_eq!(array(&found, "coefficients").len_of(Axis(1)), 4);
}
