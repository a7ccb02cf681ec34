//! Evidence of tokens on models whose truth is built in: it ranks the truth above random orders, and its inverse below.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use glassboard_explain::evidence::{Plan, TokenEvidence, token_sentences, weigh_tokens};
use glassboard_explain::text::{Absent, AskText, explain_text};
use glassboard_explain::{Ask, Readout, Runner};
use glassboard_model::{
    Array, Gradient, InputSpec, LayerGradient, Model, ModelError, OutputSpace, Target, ValueInfo, View,
};
use ndarray::{ArrayD, Axis, IxDyn};
use serde_json::Map;

const PAD: f32 = 0.0;
const UNK: f32 = 1.0;
const LENGTH: usize = 10;

/// Logits (0, sum of what the words weigh); with `pair`, two words count only together. Its two heads are set by hand:
/// one looks at the token itself, one at the first.
struct Words {
    pair: bool,
    inputs: [InputSpec; 1],
    outputs: [String; 1],
}

impl Words {
    fn new(pair: bool) -> Self {
        let input = InputSpec {
            name: "ids".to_owned(),
            shape: vec![None, Some(LENGTH)],
        };
        Self {
            pair,
            inputs: [input],
            outputs: ["logits".to_owned()],
        }
    }

    fn weigh(&self, ids: &[f32]) -> f32 {
        let has = |id: f32| ids.iter().any(|v| v.to_bits() == id.to_bits());
        let sum: f32 = ids.iter().map(|id| weight(*id)).sum();
        sum + if self.pair && has(20.0) && has(21.0) { 3.0 } else { 0.0 }
    }
}

/// Words from 2 to 9 weigh between -1.2 and 1.6; padding, the unknown token and all other words weigh nothing.
fn weight(id: f32) -> f32 {
    if (2.0..10.0).contains(&id) {
        (id - 5.0) * 0.4
    } else {
        0.0
    }
}

impl Model for Words {
    fn inputs(&self) -> &[InputSpec] {
        &self.inputs
    }

    fn outputs(&self) -> &[String] {
        &self.outputs
    }

    fn values(&self) -> Vec<ValueInfo> {
        vec![ValueInfo {
            name: "attention".to_owned(),
            op: "Softmax".to_owned(),
            shape: Some(vec![None, Some(2), Some(LENGTH), Some(LENGTH)]),
        }]
    }

    fn forward(&self, x: &View<'_>, _output: Option<&str>) -> Result<Array, ModelError> {
        let mut out = Vec::new();
        for row in x.axis_iter(Axis(0)) {
            let ids: Vec<f32> = row.iter().copied().collect();
            out.extend([0.0, self.weigh(&ids)]);
        }
        Ok(ArrayD::from_shape_vec(IxDyn(&[x.shape()[0], 2]), out).unwrap())
    }

    fn capture(&self, x: &View<'_>, _layers: &[&str]) -> Result<Vec<Array>, ModelError> {
        let shape = [x.shape()[0], 2, LENGTH, LENGTH];
        let looks = ArrayD::from_shape_fn(IxDyn(&shape), |at| {
            let (head, query, key) = (at[1], at[2], at[3]);
            f32::from(u8::from(if head == 0 { query == key } else { key == 0 }))
        });
        Ok(vec![looks])
    }

    fn gradient(&self, _x: &View<'_>, _target: &Target) -> Result<Gradient, ModelError> {
        Err(ModelError::Unsupported("no gradient".to_owned()))
    }

    fn layer_gradient(&self, _x: &View<'_>, _layer: &str, _target: &Target) -> Result<LayerGradient, ModelError> {
        Err(ModelError::Unsupported("no gradient".to_owned()))
    }
}

const SENTENCE: [f32; LENGTH] = [9.0, 2.0, 20.0, 7.0, 3.0, 21.0, 8.0, 30.0, PAD, PAD];

fn with<T>(model: &Words, space: OutputSpace, work: impl FnOnce(&mut Runner<'_>, &AskText<'_>) -> T) -> T {
    let x: Array = ArrayD::from_shape_vec(IxDyn(&[1, LENGTH]), SENTENCE.to_vec()).unwrap();
    let mut quiet = |_: f64, _: &str| {};
    let mut run = Runner::new(model, &mut quiet, &|| false);
    let ask = Ask::new(&x, Readout { output: None, space }, &[1]).unwrap();
    work(&mut run, &AskText::plain(ask, PAD, UNK).unwrap())
}

fn weighed(model: &Words, attribution: &[f32]) -> TokenEvidence {
    let ways = [("unk", Absent::Unk), ("pad", Absent::Pad)];
    let plan = Plan { steps: 10, random: 100 };
    with(model, OutputSpace::Probability, |run, text| {
        weigh_tokens(run, text, 0, attribution, &ways, plan, 4)
            .unwrap()
            .unwrap()
    })
}

/// How many of 100 random orders have a smaller comprehensiveness.
fn beaten(found: &TokenEvidence, way: usize) -> usize {
    let one = &found.under[way];
    one.random_comprehensiveness
        .iter()
        .filter(|r| one.comprehensiveness > **r)
        .count()
}

#[test]
fn the_truth_is_ranked_above_random_orders_and_its_inverse_below() {
    let model = Words::new(false);
    let truth: Vec<f32> = SENTENCE.iter().map(|id| weight(*id)).collect();
    let found = weighed(&model, &truth);
    let inverse = weighed(&model, &truth.iter().map(|v| -v).collect::<Vec<_>>());
    for way in [0, 1] {
        assert!(
            beaten(&found, way) >= 95,
            "way {way}: the truth beats {}",
            beaten(&found, way)
        );
        assert!(
            beaten(&inverse, way) <= 5,
            "way {way}: its inverse beats {}",
            beaten(&inverse, way)
        );
        assert!(found.under[way].deletion.auc < inverse.under[way].deletion.auc);
        assert!(found.under[way].insertion.auc > inverse.under[way].insertion.auc);
    }
    let said = token_sentences(&found, "good");
    assert_eq!(said.len(), 2, "nothing disagrees: {said:?}");
    assert!(token_sentences(&inverse, "good")[2].contains("not set apart"));
}

#[test]
fn methods_that_take_tokens_away_find_the_weights() {
    let model = Words::new(false);
    for method in ["token_occlusion", "shapley_tokens", "partition_shap_tokens"] {
        let got = with(&model, OutputSpace::Raw, |run, text| {
            explain_text(run, text, method, &mut Map::new(), 0)
                .unwrap()
                .attribution
                .unwrap()
        });
        for (value, id) in got.iter().zip(SENTENCE) {
            assert!(
                (value - weight(id)).abs() < 1e-5,
                "{method}: {value} for {}",
                weight(id)
            );
        }
    }
    // A penalty of one pulls LIME's coefficients in a little; their order stays.
    let lime = with(&model, OutputSpace::Raw, |run, text| {
        explain_text(run, text, "lime_text", &mut Map::new(), 0)
            .unwrap()
            .attribution
            .unwrap()
    });
    for (value, id) in lime.iter().zip(SENTENCE) {
        assert!((value - weight(id)).abs() < 0.05, "{value} for {}", weight(id));
    }
}

#[test]
fn words_that_count_together_share_what_they_do() {
    let model = Words::new(true);
    let of = |method: &str| {
        with(&model, OutputSpace::Raw, |run, text| {
            explain_text(run, text, method, &mut Map::new(), 0)
                .unwrap()
                .attribution
                .unwrap()
        })
    };
    let (shapley, occlusion) = (of("shapley_tokens"), of("token_occlusion"));
    for place in [2, 5] {
        assert!((shapley[[0, place]] - 1.5).abs() < 1e-5, "half of the pair each");
        assert!(
            (occlusion[[0, place]] - 3.0).abs() < 1e-5,
            "either alone loses all of it"
        );
    }
}

#[test]
fn rollout_of_heads_set_by_hand_is_what_they_multiply_to() {
    let model = Words::new(false);
    let found = with(&model, OutputSpace::Raw, |run, text| {
        explain_text(run, text, "attention_rollout", &mut Map::new(), 0).unwrap()
    });
    let matrix = &found.arrays.iter().find(|(name, _)| name == "matrix").unwrap().1;
    // Half of the residual, a quarter of each head: 3/4 stays, 1/4 goes to the first token.
    for query in 0..LENGTH {
        for key in 0..LENGTH {
            let want = 0.75 * f64::from(u8::from(query == key)) + 0.25 * f64::from(u8::from(key == 0));
            assert!((matrix[[0, query, key]] - want).abs() < 1e-12);
        }
    }
}
