//! Evidence on models whose right attribution is known: it must tell it from random, inverted and shuffled ones.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use glassboard_explain::evidence::{
    Claim, Judged, Other, RowBaseline, RowEvidence, RowPlan, RowWords, Scored, UnderBaseline, Verdict, row_baselines,
    row_sentences, weigh_rows,
};
use glassboard_explain::random::Counter;
use glassboard_explain::{AskRows, Columns, ExplainError, Passes, Readout, Runner};
use glassboard_model::{Array, Gradient, InputSpec, LayerGradient, Model, ModelError, OutputSpace, Target, View};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use proptest::prelude::*;

/// A function of a row.
struct Function<F>(F);

impl<F: Fn(ArrayView1<'_, f64>) -> f64> Model for Function<F> {
    fn inputs(&self) -> &[InputSpec] {
        &[]
    }

    fn outputs(&self) -> &[String] {
        &[]
    }

    fn forward(&self, _: &View<'_>, _: Option<&str>) -> Result<Array, ModelError> {
        Err(ModelError::Unsupported("rows of doubles alone".into()))
    }

    fn capture(&self, _: &View<'_>, layers: &[&str]) -> Result<Vec<Array>, ModelError> {
        Err(ModelError::NoSuchValue(layers.join(", ")))
    }

    fn gradient(&self, _: &View<'_>, _: &Target) -> Result<Gradient, ModelError> {
        Err(ModelError::Unsupported("no gradients".into()))
    }

    fn layer_gradient(&self, _: &View<'_>, layer: &str, _: &Target) -> Result<LayerGradient, ModelError> {
        Err(ModelError::NoSuchValue(layer.to_owned()))
    }

    fn forward_rows(&self, rows: ArrayView2<'_, f64>, _: Option<&str>) -> Result<Array2<f64>, ModelError> {
        let answers = rows.map_axis(Axis(1), |row| (self.0)(row));
        Ok(answers.insert_axis(Axis(1)))
    }
}

fn plan(name: &str) -> RowPlan {
    RowPlan::parse(name).unwrap().unwrap()
}

struct Weighing<'a> {
    model: &'a dyn Model,
    x: &'a [f64],
    attribution: &'a [f64],
    baselines: &'a [RowBaseline],
    plan: RowPlan,
    seed: u64,
    batch: Option<usize>,
}

impl<'a> Weighing<'a> {
    fn new(model: &'a dyn Model, x: &'a [f64], attribution: &'a [f64], baselines: &'a [RowBaseline]) -> Self {
        Self {
            model,
            x,
            attribution,
            baselines,
            plan: plan("cheap"),
            seed: 5,
            batch: None,
        }
    }

    fn run(&self) -> Result<(RowEvidence, Passes), ExplainError> {
        let columns = Columns::unnamed(self.x.len());
        let x = ArrayView1::from(self.x).insert_axis(Axis(0));
        let readout = Readout {
            output: None,
            space: OutputSpace::Raw,
        };
        let ask = AskRows::new(x, readout, &[0], &columns)?;
        let mut quiet = |_: f64, _: &str| {};
        let mut run = Runner::new(self.model, &mut quiet, &|| false);
        if let Some(rows) = self.batch {
            run = run.with_batch(rows);
        }
        let judged = Judged {
            attribution: self.attribution,
            base: None,
            shares: true,
            others: &[],
            again: None,
        };
        let found = weigh_rows(&mut run, &ask, 0, judged, self.baselines, &self.plan, self.seed)?;
        Ok((found, run.passes()))
    }

    fn under(&self) -> UnderBaseline {
        self.run().unwrap().0.under.remove(0)
    }
}

fn at(name: &str, row: &[f64]) -> RowBaseline {
    RowBaseline {
        name: name.to_owned(),
        rows: ArrayView1::from(row).insert_axis(Axis(0)).to_owned(),
    }
}

/// Exact Shapley values over one baseline, by enumeration.
fn shapley(f: &dyn Fn(ArrayView1<'_, f64>) -> f64, x: &[f64], b: &[f64]) -> Vec<f64> {
    let n = x.len();
    let value = |set: usize| {
        let row: Array1<f64> = (0..n).map(|i| if set >> i & 1 == 1 { x[i] } else { b[i] }).collect();
        f(row.view())
    };
    let factorial = |k: usize| (1..=k).map(|i| i as f64).product::<f64>();
    let weight = |size: usize| factorial(size) * factorial(n - size - 1) / factorial(n);
    let one = |i: usize| {
        let sets = (0..1usize << n).filter(|set| set >> i & 1 == 0);
        sets.map(|set| weight(set.count_ones() as usize) * (value(set | 1 << i) - value(set)))
            .sum()
    };
    (0..n).map(one).collect()
}

/// Nothing random does better, by more than rounding.
fn unbeaten_below(own: f64, others: &[f64]) -> bool {
    others.iter().all(|other| own <= other + 1e-9 * (1.0 + other.abs()))
}

fn value(score: &Scored) -> f64 {
    score.value.unwrap()
}

/// Any function of a row.
type Answers = Box<dyn Fn(ArrayView1<'_, f64>) -> f64>;

const FEATURES: usize = 7;

fn numbers() -> impl Strategy<Value = [f64; FEATURES]> {
    prop::array::uniform7(-3.0f64..3.0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// In an additive model the right attribution is the best there is, by every measure.
    #[test]
    fn the_truth_of_an_additive_model_is_never_beaten(w in numbers(), q in numbers(), x in numbers(), b in numbers()) {
        let part = |i: usize, v: f64| w[i] * v + q[i] * v * v;
        let model = Function(|row: ArrayView1<'_, f64>| row.iter().enumerate().map(|(i, v)| part(i, *v)).sum());
        let truth: Vec<f64> = (0..FEATURES).map(|i| part(i, x[i]) - part(i, b[i])).collect();
        let baselines = [at("b", &b)];
        let mut asked = Weighing::new(&model, &x, &truth, &baselines);
        asked.plan = plan("all");
        let u = asked.under();

        prop_assert!(unbeaten_below(u.deletion.auc, &u.deletion.random_auc));
        prop_assert!(u.deletion.auc < u.deletion.inverted_auc);
        let up: Vec<f64> = u.insertion.random_auc.iter().map(|v| -v).collect();
        prop_assert!(unbeaten_below(-u.insertion.auc, &up));
        prop_assert!(u.insertion.auc > u.insertion.inverted_auc);
        let some = |scored: &Scored| scored.random.iter().map(|v| v.unwrap()).collect::<Vec<f64>>();
        let negated = |scored: &Scored| some(scored).iter().map(|v| -v).collect::<Vec<f64>>();
        let (comprehensive, sufficient) = (&u.comprehensiveness.aopc, &u.sufficiency.aopc);
        prop_assert!(unbeaten_below(-value(comprehensive), &negated(comprehensive)));
        prop_assert!(unbeaten_below(value(sufficient), &some(sufficient)));

        let infidelity = u.infidelity.as_ref().unwrap();
        prop_assert!(value(infidelity) <= 1e-18 * (1.0 + u.infidelity_of_nothing) * 1e3, "{}", value(infidelity));
        prop_assert!(infidelity.inverted.unwrap() > 1e-6 * u.infidelity_of_nothing);
        let alone = u.faithfulness_estimate.as_ref().unwrap();
        for score in [&u.faithfulness_correlation, alone] {
            prop_assert!((value(score) - 1.0).abs() < 1e-9 && score.inverted.unwrap() < 1.0 - 1e-9);
        }
        prop_assert!((value(u.monotonicity.as_ref().unwrap()) - 1.0).abs() < 1e-12);
        prop_assert!((value(u.monotonicity_correlation.as_ref().unwrap()) - 1.0).abs() < 1e-9);

        // Distinct values: only a shuffle that changes nothing is not beaten.
        prop_assert!(infidelity.beaten >= 98 && u.deletion.beaten >= 95 && u.insertion.beaten >= 95);
        prop_assert!(alone.beaten >= 98 && u.faithfulness_correlation.beaten >= 95);
    }

    /// Features that do nothing cannot be made to look as if they did.
    #[test]
    fn credit_for_dead_features_is_found_out(w in 0.5f64..3.0, x in numbers(), b in numbers()) {
        prop_assume!(x[0] - b[0] > 0.1);
        let model = Function(|row: ArrayView1<'_, f64>| w * row[0]);
        let mut wrong = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
        wrong[0] = 0.0;
        let baselines = [at("b", &b)];
        let (evidence, _) = Weighing::new(&model, &x, &wrong, &baselines).run().unwrap();
        let removal = evidence.under[0].removal.as_ref().unwrap();
        prop_assert!(removal.moved == 0.0 && removal.beaten == 0);
        let verdict = |name: &str| claim(&evidence, name).verdict;
        prop_assert_eq!(verdict("removal"), Verdict::NotShown);
        prop_assert_eq!(verdict("infidelity"), Verdict::NotShown);
        prop_assert_eq!(verdict("faithfulness_correlation"), Verdict::NotShown);
    }

    /// Two copies of a feature may share the credit in any way without the order mattering: swapped, they weigh alike.
    #[test]
    fn copies_are_exchangeable(w in numbers(), x in numbers(), b in numbers()) {
        let (mut x, mut b) = (x, b);
        (x[1], b[1]) = (x[0], b[0]);
        let model = Function(|row: ArrayView1<'_, f64>| {
            (row[0] + row[1]).powi(2) / 4.0 * w[0] + (2..FEATURES).map(|i| w[i] * row[i]).sum::<f64>()
        });
        let mut truth = shapley(&model.0, &x, &b);
        prop_assert!((truth[0] - truth[1]).abs() < 1e-9 * (1.0 + truth[0].abs()));
        truth[1] = truth[0];
        truth[0] += 0.25;
        let mut swapped = truth.clone();
        swapped.swap(0, 1);
        let baselines = [at("b", &b)];
        let one = Weighing::new(&model, &x, &truth, &baselines).under();
        let other = Weighing::new(&model, &x, &swapped, &baselines).under();
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * (1.0 + a.abs());
        prop_assert!(near(one.deletion.auc, other.deletion.auc));
        prop_assert!(near(one.insertion.auc, other.insertion.auc));
        prop_assert!(near(one.removal.unwrap().moved, other.removal.unwrap().moved));
        prop_assert!(near(value(&one.comprehensiveness.aopc), value(&other.comprehensiveness.aopc)));
    }

    /// The same question has the same bytes at any batch size and on any thread; another seed has others.
    #[test]
    fn evidence_depends_on_the_seed_alone(w in numbers(), x in numbers(), seed in 0u64..1000, batch in 1usize..40) {
        let model = Function(|row: ArrayView1<'_, f64>| row.iter().zip(&w).map(|(v, w)| (v * w).tanh()).sum());
        let background = Array2::from_shape_fn((40, FEATURES), |(i, j)| Counter::new(1, 99, (i * 7 + j) as u64).normal());
        let baselines = row_baselines(&Columns::unnamed(FEATURES), &background.view(), 4, seed).unwrap();
        prop_assert_eq!(baselines.len(), 3);
        let json = |seed: u64, batch: Option<usize>| {
            let asked = Weighing { seed, batch, ..Weighing::new(&model, &x, &w, &baselines) };
            let (found, passes) = asked.run().unwrap();
            (serde_json::to_string(&found).unwrap(), passes)
        };
        let one = json(seed, None);
        prop_assert_eq!(&json(seed, Some(batch)), &one);
        let beside = std::thread::scope(|scope| {
            let both = [scope.spawn(|| json(seed, Some(1))), scope.spawn(|| json(seed, None))];
            both.map(|one| one.join().unwrap())
        });
        prop_assert!(beside.iter().all(|other| *other == one));
        prop_assert!(json(seed + 1, None).0 != one.0);
        let most = plan("cheap").most_passes(FEATURES, &baselines);
        prop_assert!(one.1.forward <= most, "{} of {most}", one.1.forward);
    }
}

fn claim<'a>(evidence: &'a RowEvidence, name: &str) -> &'a Claim {
    evidence.claims.iter().find(|claim| claim.measurement == name).unwrap()
}

/// Share of random attributions beaten and whether the inverted one is, over forty models of a kind.
fn contest(make: &dyn Fn(&mut Counter) -> Answers, row: &dyn Fn(&mut Counter) -> Vec<f64>) -> [(f64, usize); 3] {
    let mut tally = [(0.0, 0usize); 3];
    let rounds = 40;
    for k in 0..rounds {
        let mut random = Counter::new(11, 98, k);
        let f = make(&mut random);
        let x = row(&mut random);
        let b = vec![0.0; x.len()];
        let truth = shapley(&f, &x, &b);
        let model = Function(f);
        let baselines = [at("zeros", &b)];
        let asked = Weighing {
            plan: plan("all"),
            ..Weighing::new(&model, &x, &truth, &baselines)
        };
        let u = asked.under();
        let infidelity = u.infidelity.as_ref().unwrap();
        let not_beaten_by = |worse: usize| 1.0 - worse as f64 / 100.0;
        let outcomes = [
            (
                not_beaten_by(
                    u.deletion
                        .random_auc
                        .iter()
                        .filter(|v| **v < u.deletion.auc - 1e-9)
                        .count(),
                ),
                u.deletion.auc < u.deletion.inverted_auc,
            ),
            (
                not_beaten_by(
                    u.insertion
                        .random_auc
                        .iter()
                        .filter(|v| **v > u.insertion.auc + 1e-9)
                        .count(),
                ),
                u.insertion.auc > u.insertion.inverted_auc,
            ),
            (
                not_beaten_by(
                    infidelity
                        .random
                        .iter()
                        .filter(|v| v.unwrap() < value(infidelity) - 1e-9)
                        .count(),
                ),
                value(infidelity) < infidelity.inverted.unwrap(),
            ),
        ];
        for (sum, (share, inverted)) in tally.iter_mut().zip(outcomes) {
            sum.0 += share / rounds as f64;
            sum.1 += usize::from(inverted);
        }
    }
    tally
}

#[test]
fn the_truth_of_interacting_models_stands_above_random_and_inverted() {
    let make = |random: &mut Counter| -> Answers {
        let w: Vec<f64> = (0..6).map(|_| random.normal()).collect();
        let pairs: Vec<f64> = (0..36).map(|_| random.normal() * 0.5).collect();
        Box::new(move |row| {
            let alone: f64 = row.iter().zip(&w).map(|(v, w)| v * w).sum();
            let together = (0..6).flat_map(|i| (0..i).map(move |j| (i, j)));
            alone + together.map(|(i, j)| pairs[i * 6 + j] * row[i] * row[j]).sum::<f64>()
        })
    };
    let row = |random: &mut Counter| (0..6).map(|_| random.normal()).collect();
    let tally = contest(&make, &row);
    for (name, (share, inverted)) in ["deletion", "insertion", "infidelity"].iter().zip(tally) {
        assert!(
            share > 0.9 && inverted >= 36,
            "{name}: {share} of random, {inverted} of 40 inverted"
        );
    }
}

#[test]
fn the_truth_of_boolean_models_stands_above_random_and_inverted() {
    // (a and b) or c, over six bits of which three are dead, at random places.
    let make = |random: &mut Counter| -> Answers {
        let place = random.permutation(6);
        Box::new(move |row| {
            let bit = |i: usize| row[place[i]] > 0.5;
            f64::from((bit(0) && bit(1)) || bit(2))
        })
    };
    let tally = contest(&make, &|_| vec![1.0; 6]);
    for (name, (share, inverted)) in ["deletion", "insertion", "infidelity"].iter().zip(tally) {
        assert!(
            share > 0.9 && inverted >= 36,
            "{name}: {share} of random, {inverted} of 40 inverted"
        );
    }
}

/// Three of thirty features matter, and everything is far from the background.
fn three_matter() -> (Function<Answers>, Vec<f64>, Array2<f64>, Vec<f64>) {
    let answer = |row: ArrayView1<'_, f64>| 10.0 * row[3] + 20.0 * row[8] * row[8] + 15.0 * row[21] + 0.01 * row.sum();
    let model = Function(Box::new(answer) as Answers);
    let x = vec![5.0; 30];
    let background = Array2::from_shape_fn((40, 30), |(i, j)| {
        1.0 + 0.1 * Counter::new(2, 97, (i * 30 + j) as u64).normal()
    });
    let mut attribution = vec![0.04; 30];
    (attribution[3], attribution[8], attribution[21]) = (40.0, 480.0, 60.0);
    (model, x, background, attribution)
}

fn words(names: &[String]) -> RowWords<'_> {
    RowWords {
        quantity: "the output",
        names,
    }
}

#[test]
fn a_right_attribution_is_said_to_be_right_with_both_baselines() {
    let (model, x, background, attribution) = three_matter();
    let columns = Columns::unnamed(30);
    let baselines = row_baselines(&columns, &background.view(), 5, 0).unwrap();
    let (evidence, _) = Weighing::new(&model, &x, &attribution, &baselines).run().unwrap();
    let said = row_sentences(&evidence, words(&columns.names));
    assert_eq!(
        said[0],
        "Removing the top 3 features moves the output more than all 200 random choices do, with both baselines (the typical row and 5 background rows)."
    );
    assert!(
        said.iter().any(
            |s| s.starts_with("Taking features away from the highest attribution down keeps the output lower than")
        ),
        "{said:#?}"
    );
    let json = serde_json::to_value(&evidence).unwrap();
    assert_eq!(json["under"][1]["rows"], 5);
    assert_eq!(json["under"][0]["deletion"]["curve"][0], json["value"]);
    assert_eq!(json["claims"][0]["verdict"], "holds");
    assert_eq!(json["under"][0]["removal"]["top"], serde_json::json!([8, 21, 3]));
}

#[test]
fn what_one_baseline_cannot_show_depends_on_the_baseline() {
    let (model, x, background, attribution) = three_matter();
    let columns = Columns::unnamed(30);
    let mut blind = x.clone();
    (blind[0], blind[1], blind[2]) = (0.0, 0.0, 0.0);
    let typical = row_baselines(&columns, &background.view(), 5, 0).unwrap().remove(0);
    let baselines = [typical, at("a row like it", &blind)];
    let (evidence, _) = Weighing::new(&model, &x, &attribution, &baselines).run().unwrap();
    let said = row_sentences(&evidence, words(&columns.names));
    assert_eq!(
        said[0],
        "It depends on the baseline: removing the top 3 features moves the output more than all 200 random choices do with the typical row and none of 200 with a row like it."
    );
    assert!(
        said.contains(&"This row has the values of a row like it in feature 8, feature 21 and feature 3, so taking them away shows nothing there.".to_owned()),
        "{said:#?}"
    );
}

#[test]
fn a_wrong_attribution_is_not_set_apart() {
    let (model, x, background, _) = three_matter();
    let columns = Columns::unnamed(30);
    let wrong: Vec<f64> = (0..30)
        .map(|i| if [3, 8, 21].contains(&i) { 0.0 } else { f64::from(i) })
        .collect();
    let baselines = row_baselines(&columns, &background.view(), 5, 0).unwrap();
    let (evidence, _) = Weighing::new(&model, &x, &wrong, &baselines).run().unwrap();
    let said = row_sentences(&evidence, words(&columns.names));
    assert!(
        said[0].starts_with("Removing the top 3 features moves the output more than"),
        "{}",
        said[0]
    );
    assert!(
        said[0].ends_with("with 5 background rows: this does not set it apart from chance."),
        "{}",
        said[0]
    );
}

#[test]
fn completeness_agreement_and_sensitivity_are_reported() {
    let (model, x, background, attribution) = three_matter();
    let columns = Columns::unnamed(30);
    let baselines = row_baselines(&columns, &background.view(), 5, 0).unwrap();
    let view = ArrayView1::from(&x[..]).insert_axis(Axis(0));
    let readout = Readout {
        output: None,
        space: OutputSpace::Raw,
    };
    let ask = AskRows::new(view, readout, &[0], &columns).unwrap();
    let mut quiet = |_: f64, _: &str| {};
    let mut run = Runner::new(&model, &mut quiet, &|| false);
    let opposite: Vec<f64> = attribution.iter().map(|v| -v).collect();
    // A method that answers in proportion to the row.
    let mut again = |_: &mut Runner<'_>, rows: ArrayView2<'_, f64>| {
        Ok(Array2::from_shape_fn(rows.dim(), |(i, j)| {
            attribution[j] * rows[[i, j]] / 5.0
        }))
    };
    let judged = Judged {
        attribution: &attribution,
        base: Some(1.0),
        shares: true,
        others: &[Other {
            method: "Another",
            attribution: &opposite,
        }],
        again: Some((&mut again, background.view())),
    };
    let evidence = weigh_rows(&mut run, &ask, 0, judged, &baselines, &plan("all"), 3).unwrap();
    let complete = evidence.completeness.unwrap();
    assert!((complete.gap - (complete.base + complete.sum - evidence.value)).abs() < 1e-9);
    assert_eq!((evidence.agreement[0].shared, evidence.agreement[0].same_sign), (3, 0));
    let sensitivity = evidence.max_sensitivity.as_ref().unwrap();
    // 2 % of a spread of about 0.1, over 5.
    assert!((0.0001..0.001).contains(&sensitivity.max.unwrap()), "{sensitivity:?}");
    let said = row_sentences(&evidence, words(&columns.names)).join("\n");
    assert!(said.contains("They do not add up"), "{said}");
    assert!(
        said.contains("Beside Another: 3 of the top 3 features are the same"),
        "{said}"
    );
    assert!(said.contains("changed the attribution by at most"), "{said}");
}

#[test]
fn what_cannot_be_weighed_gets_a_sentence() {
    let model = Function(|row: ArrayView1<'_, f64>| if row[0] < 0.0 { f64::NAN } else { row[0] });
    let say = |x: &[f64], attribution: &[f64], baselines: &[RowBaseline]| {
        Weighing::new(&model, x, attribution, baselines)
            .run()
            .unwrap_err()
            .to_string()
    };
    let fine = [at("b", &[0.0, 0.0])];
    assert!(say(&[1.0, 2.0], &[1.0], &fine).starts_with("an attribution of 1 values"));
    assert!(say(&[1.0, 2.0], &[1.0, f64::NAN], &fine).starts_with("the attribution of column 1 is NaN"));
    assert!(say(&[1.0, 2.0], &[1.0, 0.0], &[]).contains("give background rows"));
    assert!(say(&[1.0, 2.0], &[1.0, 0.0], &[at("b", &[-1.0, 0.0])]).contains("choose another baseline"));
    assert!(say(&[1.0, 2.0], &[1.0, 0.0], &[at("b", &[0.0])]).contains("does not fit rows of 2 columns"));
}

#[test]
fn a_single_feature_and_a_row_of_zeros_are_no_trouble() {
    let model = Function(|row: ArrayView1<'_, f64>| row.sum());
    let one = Weighing::new(&model, &[2.0], &[2.0], &[at("b", &[0.0])])
        .run()
        .unwrap()
        .0;
    assert!(one.under[0].removal.is_none());
    assert!((one.under[0].deletion.auc - 1.0).abs() < 1e-12);
    let none = Weighing::new(&model, &[2.0, 3.0, 4.0], &[0.0; 3], &[at("b", &[0.0; 3])])
        .run()
        .unwrap()
        .0;
    assert_eq!(none.under[0].faithfulness_correlation.value, None);
    assert!(
        none.claims.iter().all(|claim| claim.verdict != Verdict::Holds),
        "{:?}",
        none.claims
    );
    assert!(!serde_json::to_string(&none).unwrap().contains("NaN"));
}
