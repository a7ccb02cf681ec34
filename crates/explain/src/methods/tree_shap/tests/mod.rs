//! Every algorithm against the definition, and what must hold for trees too large for it.

mod brute;
mod grow;

use glassboard_model::trees::{Link, Node, Rule};
use glassboard_model::{OutputSpace, TreeEnsemble};
use ndarray::{Array2, ArrayView2, s};
use proptest::prelude::*;
use serde_json::{Value, json};

use self::grow::{Shape, Trees};
use super::covers::Covers;
use crate::{AskRows, Columns, ExplainError, Outcome, Readout, RowExtras, Runner};

const SMALL: Shape = Shape {
    features: 5,
    trees: 3,
    depth: 6,
    split: 0.9,
    outputs: 2,
};

struct Question<'a> {
    method: &'a str,
    params: Value,
    space: OutputSpace,
    targets: Vec<usize>,
    background: Option<&'a Array2<f64>>,
    truth: Option<&'a [f64]>,
}

impl Default for Question<'_> {
    fn default() -> Self {
        Self {
            method: "tree_shap",
            params: json!({}),
            space: OutputSpace::Raw,
            targets: Vec::new(),
            background: None,
            truth: None,
        }
    }
}

fn ask(model: &Trees, rows: ArrayView2<'_, f64>, question: &Question<'_>) -> Result<Outcome, ExplainError> {
    let columns = Columns::unnamed(rows.ncols());
    let readout = Readout {
        output: None,
        space: question.space,
    };
    let targets = if question.targets.is_empty() {
        vec![0; rows.nrows()]
    } else {
        question.targets.clone()
    };
    let ask = AskRows::new(rows, readout, &targets, &columns)?;
    let none = Array2::zeros((0, rows.ncols()));
    let extras = RowExtras {
        background: question.background.unwrap_or(&none).view(),
        truth: question.truth,
        seed: 0,
    };
    let mut progress = |_: f64, _: &str| {};
    let cancelled = || false;
    let mut run = Runner::new(model, &mut progress, &cancelled);
    let Value::Object(mut params) = question.params.clone() else {
        panic!("parameters are an object")
    };
    crate::tables::explain_rows(&mut run, &ask, question.method, &mut params, extras)
}

fn values(outcome: &Outcome) -> Vec<f64> {
    outcome
        .attribution
        .as_ref()
        .unwrap()
        .iter()
        .map(|v| f64::from(*v))
        .collect()
}

fn close(got: &[f64], want: &[f64]) -> Result<(), TestCaseError> {
    prop_assert_eq!(got.len(), want.len());
    let scale = want.iter().fold(1.0f64, |m, v| m.max(v.abs()));
    for (got, want) in got.iter().zip(want) {
        prop_assert!((got - want).abs() <= 3e-7 * scale, "{:?} for {:?}", got, want);
    }
    Ok(())
}

fn targets(seed: u64, rows: usize) -> Vec<usize> {
    (0..rows).map(|row| (seed as usize >> (row % 60)) & 1).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn path_dependent_values_and_interactions_are_those_of_the_definition(seed: u64) {
        let model = Trees(grow::ensemble(seed, SMALL));
        let rows = grow::rows(seed, 11, SMALL.features);
        let targets = targets(seed, 11);
        let (mut want, mut pairs, mut base) = (Vec::new(), Vec::new(), Vec::new());
        for (row, target) in rows.rows().into_iter().zip(&targets) {
            let game = brute::path_dependent(&model.0, &row.to_vec(), *target);
            let phi = brute::shapley(SMALL.features, &game);
            for i in 0..SMALL.features {
                let mut line: Vec<f64> = (0..SMALL.features)
                    .map(|j| if i == j { 0.0 } else { brute::interaction(SMALL.features, &game, i, j) })
                    .collect();
                line[i] = phi[i] - line.iter().sum::<f64>();
                pairs.extend(line);
            }
            want.extend(phi);
            base.push(game[0]);
        }
        let outcome = ask(&model, rows.view(), &Question { targets: targets.clone(), ..Question::default() }).unwrap();
        close(&values(&outcome), &want)?;
        close(outcome.base.as_ref().unwrap(), &base)?;
        let question = Question { method: "tree_shap_interactions", targets, ..Question::default() };
        let outcome = ask(&model, rows.view(), &question).unwrap();
        prop_assert_eq!(outcome.attribution.as_ref().unwrap().shape(), &[11, SMALL.features, SMALL.features]);
        close(&values(&outcome), &pairs)?;
    }

    #[test]
    fn interventional_values_are_those_of_the_definition(seed: u64) {
        let model = Trees(grow::ensemble(seed, SMALL));
        let rows = grow::rows(seed, 10, SMALL.features);
        let background = grow::rows(seed ^ 0x4d, 13, SMALL.features);
        let targets = targets(seed, 10);
        let truth: Vec<f64> = targets.iter().map(|t| 1.0 - *t as f64).collect();
        type Function = fn(f64, f64) -> f64;
        let scales: [(OutputSpace, Value, Function); 3] = [
            (OutputSpace::Raw, json!({"perturbation": "interventional"}), |m, _| m),
            (OutputSpace::Probability, json!({}), |m, _| 1.0 / (1.0 + (-m).exp())),
            (OutputSpace::Raw, json!({"output": "log_loss"}), |m, y| (1.0 + m.exp()).ln() - y * m),
        ];
        for (space, params, scale) in scales {
            let mut want = vec![0.0; rows.len()];
            let mut base = vec![0.0; rows.nrows()];
            for (i, row) in rows.rows().into_iter().enumerate() {
                for other in background.rows() {
                    let game = brute::mixed(&model.0, &row.to_vec(), &other.to_vec(), targets[i]);
                    let (from, to) = (game[0], game[game.len() - 1]);
                    let change = scale(to, truth[i]) - scale(from, truth[i]);
                    // Of a pair that does not differ in its margin, the slope.
                    let slope = (scale(to + 1e-6, truth[i]) - scale(to - 1e-6, truth[i])) / 2e-6;
                    let same = (to - from).abs() < 1e-12;
                    let factor = if same { slope } else { change / (to - from) };
                    let phi = brute::shapley(SMALL.features, &game);
                    for (j, phi) in phi.iter().enumerate() {
                        want[i * SMALL.features + j] += factor * phi / background.nrows() as f64;
                    }
                    base[i] += scale(from, truth[i]) / background.nrows() as f64;
                }
            }
            let outcome = ask(&model, rows.view(), &Question {
                params, space, targets: targets.clone(), background: Some(&background), truth: Some(&truth),
                ..Question::default()
            }).unwrap();
            close(&values(&outcome), &want)?;
            close(outcome.base.as_ref().unwrap(), &base)?;
        }
    }

    #[test]
    fn counted_patterns_and_single_pairs_agree(seed: u64) {
        let shape = Shape { features: 20, trees: 2, depth: 14, split: 0.85, outputs: 1 };
        let model = Trees(grow::ensemble(seed, shape));
        let rows = grow::rows(seed, 9, 20);
        let background = grow::rows(seed ^ 5, 17, 20);
        let blocks = super::lanes::blocks(&model.0, background.view(), &[0; 17]);
        let weights = super::coalitions::Weights::new(14);
        let common = || super::interventional::Interventional { features: 20, background: &blocks, weights: &weights };
        let (mut progress, cancelled) = (|_: f64, _: &str| {}, || false);
        let mut run = Runner::new(&model, &mut progress, &cancelled);
        let part = (rows.view(), &[0usize; 9][..]);
        let counted = super::drive::sums(&mut run, &model.0, None, part, &common()).unwrap();
        let even = vec![vec![1.0 / 17.0; 17]; 9];
        let factors = Some(super::pairs::Factors { of_row: &even });
        let pairs = super::pairs::Pairs { common: common(), count: 17, factors };
        let each = super::drive::sums(&mut run, &model.0, None, part, &pairs).unwrap();
        for (a, b) in counted.iter().zip(&each) {
            prop_assert!((a - b).abs() < 1e-12, "{} for {}", a, b);
        }
    }

    #[test]
    fn values_add_up_at_depth_thirty(seed: u64) {
        // A few long paths: the deeper, the rarer.
        let shape = Shape { features: 40, trees: 3, depth: 30, split: 0.6, outputs: 1 };
        let mut ensemble = grow::ensemble(seed, shape);
        ensemble.trees.push(chain(30, 40, false));
        ensemble.trees.push(chain(30, 40, true));
        let model = Trees(ensemble);
        let rows = grow::rows(seed, 9, 40);
        let background = grow::rows(seed ^ 3, 5, 40);
        for perturbation in ["path_dependent", "interventional"] {
            let outcome = ask(&model, rows.view(), &Question {
                params: json!({"perturbation": perturbation}), background: Some(&background), ..Question::default()
            }).unwrap();
            let (phi, base) = (values(&outcome), outcome.base.unwrap());
            let truth = super::margins(&model.0, rows.view());
            for (i, phi) in phi.chunks(40).enumerate() {
                let sum = phi.iter().sum::<f64>() + base[i];
                let scale = phi.iter().map(|v| v.abs()).sum::<f64>().max(1.0);
                prop_assert!((sum - truth[[i, 0]]).abs() <= 1e-6 * scale, "{} for {}", sum, truth[[i, 0]]);
            }
        }
    }

    #[test]
    fn other_rows_and_threads_do_not_change_a_byte(seed: u64) {
        let shape = Shape { features: 12, trees: 20, depth: 9, split: 0.9, outputs: 2 };
        let model = Trees(grow::ensemble(seed, shape));
        let rows = grow::rows(seed, 37, 12);
        let background = grow::rows(seed ^ 9, 21, 12);
        let targets = targets(seed, 37);
        let questions = [
            ("tree_shap", json!({"perturbation": "path_dependent"}), OutputSpace::Raw),
            ("tree_shap", json!({"perturbation": "interventional"}), OutputSpace::Raw),
            ("tree_shap", json!({}), OutputSpace::Probability),
            ("tree_shap_interactions", json!({}), OutputSpace::Raw),
        ];
        for (method, params, space) in questions {
            let run = |threads: usize, from: usize, to: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let question = Question {
                    method, params: params.clone(), space, targets: targets[from..to].to_vec(),
                    background: Some(&background), ..Question::default()
                };
                let outcome = pool.install(|| ask(&model, rows.slice(s![from..to, ..]), &question)).unwrap();
                outcome.attribution.unwrap().iter().map(|v| v.to_bits()).collect::<Vec<u32>>()
            };
            let all = run(1, 0, 37);
            prop_assert_eq!(&all, &run(2, 0, 37));
            let apart: Vec<u32> = [(0, 1), (1, 20), (20, 37)].iter().flat_map(|(a, b)| run(2, *a, *b)).collect();
            prop_assert_eq!(&all, &apart);
        }
    }

    #[test]
    fn ensembles_add_and_what_no_split_asks_about_gets_nothing(seed: u64) {
        let shape = Shape { features: 6, outputs: 1, ..SMALL };
        let (mut one, mut two) = (grow::ensemble(seed, shape), grow::ensemble(seed ^ 1, shape));
        for ensemble in [&mut one, &mut two] {
            ensemble.features = 7;
            ensemble.scale = 1.0;
        }
        let mut both = one.clone();
        both.trees.extend(two.trees.iter().cloned());
        let rows = grow::rows(seed, 9, 7);
        let background = grow::rows(seed ^ 8, 9, 7);
        for perturbation in ["path_dependent", "interventional"] {
            let [one, two, both] = [&one, &two, &both].map(|ensemble| {
                values(&ask(&Trees(ensemble.clone()), rows.view(), &Question {
                    params: json!({"perturbation": perturbation}), background: Some(&background), ..Question::default()
                }).unwrap())
            });
            let sum: Vec<f64> = one.iter().zip(&two).map(|(a, b)| a + b).collect();
            close(&both, &sum)?;
            prop_assert!(both.chunks(7).all(|row| row[6].to_bits() == 0));
        }
    }
}

/// A tree that is one long path; with `same`, it asks about one feature again and again.
fn chain(depth: usize, features: usize, same: bool) -> glassboard_model::trees::Tree {
    let mut tree = glassboard_model::trees::Tree {
        width: 1,
        ..Default::default()
    };
    for level in 0..depth {
        let at = tree.nodes.len() as u32;
        tree.nodes.push(Node::Split {
            feature: if same { 3 } else { (level % features) as u32 },
            rule: Rule::AtMost(6.0 - level as f64 * 0.2),
            missing: glassboard_model::trees::Missing::Left,
            left: at + 2,
            right: at + 1,
        });
        tree.nodes.push(Node::Leaf(level as u32));
        tree.cover
            .extend([1.0 / (level + 1) as f64, 1.0 / ((level + 1) * (level + 2)) as f64]);
        tree.values.push((level as f64).sin());
    }
    tree.nodes.push(Node::Leaf(depth as u32));
    tree.cover.push(1.0 / (depth + 1) as f64);
    tree.values.push(1.0);
    tree
}

#[test]
fn two_features_that_do_the_same_get_the_same() {
    let mut ensemble = grow::ensemble(3, Shape { outputs: 1, ..SMALL });
    let mirrored: Vec<_> = ensemble
        .trees
        .iter()
        .map(|tree| {
            let mut tree = tree.clone();
            for node in &mut tree.nodes {
                if let Node::Split { feature, .. } = node {
                    *feature = [1, 0, 2, 3, 4][*feature as usize];
                }
            }
            tree
        })
        .collect();
    ensemble.trees.extend(mirrored);
    let model = Trees(ensemble);
    let mut rows = grow::rows(3, 9, 5);
    let mut background = grow::rows(4, 9, 5);
    for table in [&mut rows, &mut background] {
        let first = table.column(0).to_owned();
        table.column_mut(1).assign(&first);
    }
    for perturbation in ["path_dependent", "interventional"] {
        let question = Question {
            params: json!({"perturbation": perturbation}),
            background: Some(&background),
            ..Question::default()
        };
        let values = values(&ask(&model, rows.view(), &question).unwrap());
        assert!(values.chunks(5).all(|v| (v[0] - v[1]).abs() < 1e-6));
        assert!(values.chunks(5).any(|v| v[0].abs() > 1e-3));
    }
}

fn without_covers() -> (Trees, TreeEnsemble, Array2<f64>) {
    let mut ensemble = grow::ensemble(11, Shape { outputs: 1, ..SMALL });
    let rows = grow::rows(12, 300, SMALL.features);
    let counted = Covers::recount(&ensemble, rows.view());
    let mut with = ensemble.clone();
    for (index, tree) in with.trees.iter_mut().enumerate() {
        tree.cover = counted.of(index).to_vec();
    }
    ensemble.trees.iter_mut().for_each(|tree| tree.cover.clear());
    (Trees(ensemble), with, rows)
}

#[test]
fn covers_are_counted_from_the_background_where_the_file_has_none() {
    let (model, with, rows) = without_covers();
    assert!((with.trees[0].cover[0] - 300.0).abs() < 1e-9);
    let question = Question {
        params: json!({"perturbation": "path_dependent"}),
        background: Some(&rows),
        ..Question::default()
    };
    let counted = ask(&model, rows.slice(s![..20, ..]), &question).unwrap();
    assert_eq!(counted.found["covers"], "background");
    assert_eq!(counted.found["cover_rows"], 300);
    let sentence = counted.found["sentence"].as_str().unwrap();
    assert!(sentence.contains("300 background rows"), "{sentence}");
    let file = ask(&Trees(with), rows.slice(s![..20, ..]), &question).unwrap();
    assert_eq!(file.found["covers"], "file");
    assert_eq!(counted.attribution, file.attribution);
}

#[test]
fn what_was_chosen_is_told_and_what_cannot_be_is_refused() {
    let (model, with, rows) = without_covers();
    let full = Trees(with);
    let part = rows.slice(s![..3, ..]);
    let chosen = |model: &Trees, space| {
        let outcome = ask(
            model,
            part,
            &Question {
                space,
                background: Some(&rows),
                ..Question::default()
            },
        );
        outcome.unwrap().found["perturbation"].clone()
    };
    assert_eq!(chosen(&full, OutputSpace::Raw), "path_dependent");
    assert_eq!(chosen(&full, OutputSpace::Probability), "interventional");
    assert_eq!(chosen(&model, OutputSpace::Raw), "interventional");

    let refused = |model: &Trees, question: &Question<'_>| ask(model, part, question).unwrap_err().to_string();
    let question = |params: Value, space| Question {
        params,
        space,
        ..Question::default()
    };
    let path = json!({"perturbation": "path_dependent"});
    let told = refused(&full, &question(path.clone(), OutputSpace::Probability));
    assert!(
        told.starts_with("path-dependent values explain the raw output only"),
        "{told}"
    );
    let told = refused(&model, &question(path, OutputSpace::Raw));
    assert!(told.contains("give background rows to count"), "{told}");
    let told = refused(&full, &question(json!({"output": "log_loss"}), OutputSpace::Raw));
    assert!(told.contains("need background rows"), "{told}");
    let told = refused(
        &full,
        &Question {
            background: Some(&rows),
            params: json!({"output": "log_loss"}),
            ..Question::default()
        },
    );
    assert!(told.contains("the true answer of every row"), "{told}");
    let mut many = full.0.clone();
    many.link = Link::Softmax;
    let told = refused(&Trees(many), &question(json!({}), OutputSpace::Probability));
    assert!(told.contains("one of several classes"), "{told}");
    let told = refused(
        &full,
        &Question {
            targets: vec![0, 1, 0],
            ..Question::default()
        },
    );
    assert!(told.contains("target 1 is out of range"), "{told}");
    let mut deep = full.0.clone();
    deep.trees.push(chain(1001, 5, false));
    let told = refused(&Trees(deep), &Question::default());
    assert!(told.contains("1001 splits deep"), "{told}");
}

#[test]
fn no_trees_and_a_lone_leaf_are_ensembles_too() {
    let mut ensemble = grow::ensemble(
        1,
        Shape {
            depth: 0,
            outputs: 1,
            ..SMALL
        },
    );
    let rows = grow::rows(1, 3, 5);
    for _ in 0..2 {
        for perturbation in ["path_dependent", "interventional"] {
            let question = Question {
                params: json!({"perturbation": perturbation}),
                background: Some(&rows),
                ..Question::default()
            };
            let outcome = ask(&Trees(ensemble.clone()), rows.view(), &question).unwrap();
            assert!(values(&outcome).iter().all(|v| *v == 0.0));
            let margin = super::margins(&ensemble, rows.view())[[0, 0]];
            assert!((outcome.base.unwrap()[0] - margin).abs() < 1e-12);
        }
        ensemble.trees.clear();
    }
}
