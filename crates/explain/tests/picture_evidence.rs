//! Evidence of pictures on a model whose truth is built in: it ranks the true map above all others.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use glassboard_explain::evidence::{PictureEvidence, PicturePlan, Verdict, picture_sentences, weigh_picture};
use glassboard_explain::random::Counter;
use glassboard_explain::{Ask, Readout, Runner};
use glassboard_model::{Array, Gradient, InputSpec, LayerGradient, Model, ModelError, OutputSpace, Target, View};
use ndarray::{ArrayD, Axis, IxDyn};

/// Side of the picture.
const SIDE: usize = 24;
/// Top, left and side of the square that is looked at.
const AT: (usize, usize, usize) = (3, 14, 6);

/// A matched filter beside a dead branch: class 1 rises with how well one square looks like a pattern; what the
/// branch sees in the rest of the picture, a bright blob and strong edges, is multiplied by zero.
struct Filter {
    inputs: Vec<InputSpec>,
    outputs: Vec<String>,
}

fn inside(pixel: usize) -> bool {
    let (top, left, side) = AT;
    (top..top + side).contains(&(pixel / SIDE)) && (left..left + side).contains(&(pixel % SIDE))
}

/// 1 or -1 in the square, 0 elsewhere.
fn pattern(pixel: usize) -> f32 {
    let diagonal = (pixel / SIDE + pixel % SIDE) >> 1 & 1;
    match (inside(pixel), diagonal) {
        (false, _) => 0.0,
        (true, 0) => 1.0,
        _ => -1.0,
    }
}

impl Filter {
    fn new() -> Self {
        Self {
            inputs: vec![InputSpec {
                name: "x".into(),
                shape: vec![None, Some(1), Some(SIDE), Some(SIDE)],
            }],
            outputs: vec!["y".into()],
        }
    }
}

impl Model for Filter {
    fn inputs(&self) -> &[InputSpec] {
        &self.inputs
    }

    fn outputs(&self) -> &[String] {
        &self.outputs
    }

    fn forward(&self, x: &View<'_>, _: Option<&str>) -> Result<Array, ModelError> {
        let mut y = ArrayD::zeros(IxDyn(&[x.shape()[0], 2]));
        for (row, mut out) in x.axis_iter(Axis(0)).zip(y.axis_iter_mut(Axis(0))) {
            let alike: f32 = row.iter().enumerate().map(|(p, v)| pattern(p) * v).sum();
            let dead: f32 = row.iter().map(|v| v.max(0.0)).sum();
            out[1] = 0.5 * (alike - 7.0) + 0.0 * dead;
        }
        Ok(y)
    }

    fn capture(&self, _: &View<'_>, layers: &[&str]) -> Result<Vec<Array>, ModelError> {
        Err(ModelError::NoSuchValue(layers.join(", ")))
    }

    fn gradient(&self, _: &View<'_>, _: &Target) -> Result<Gradient, ModelError> {
        Err(ModelError::Unsupported("not asked here".into()))
    }

    fn layer_gradient(&self, _: &View<'_>, layer: &str, _: &Target) -> Result<LayerGradient, ModelError> {
        Err(ModelError::NoSuchValue(layer.to_owned()))
    }
}

/// The pattern in its square, a bright blob in the middle, stripes in a corner.
fn picture() -> Vec<f32> {
    let one = |pixel: usize| {
        let (y, x) = (pixel / SIDE, pixel % SIDE);
        if inside(pixel) {
            0.5 + 0.4 * pattern(pixel)
        } else if y.abs_diff(12) + x.abs_diff(10) < 4 {
            1.0
        } else if y > 16 && x < 8 {
            if x % 2 == 0 { 1.0 } else { 0.0 }
        } else {
            0.3
        }
    };
    (0..SIDE * SIDE).map(one).collect()
}

/// What each pixel adds, against the grey of the background.
fn truth(picture: &[f32]) -> Vec<f32> {
    picture
        .iter()
        .enumerate()
        .map(|(p, v)| pattern(p) * (v - 0.3))
        .collect()
}

/// Where the picture changes: a map that reads the picture and not the model.
fn edges(picture: &[f32]) -> Vec<f32> {
    let at = |y: usize, x: usize| picture[y.min(SIDE - 1) * SIDE + x.min(SIDE - 1)];
    let one = |p: usize| {
        let (y, x) = (p / SIDE, p % SIDE);
        (at(y + 1, x) - at(y, x)).abs() + (at(y, x + 1) - at(y, x)).abs()
    };
    (0..SIDE * SIDE).map(one).collect()
}

fn blob() -> Vec<f32> {
    let one = |p: usize| {
        let far = |v: usize| (v as f32 - SIDE as f32 / 2.0).powi(2);
        (-(far(p / SIDE) + far(p % SIDE)) / 40.0).exp()
    };
    (0..SIDE * SIDE).map(one).collect()
}

fn random(seed: u64) -> Vec<f32> {
    (0..SIDE * SIDE)
        .map(|p| Counter::new(seed, 0, p as u64).normal() as f32)
        .collect()
}

fn weighed(map: &[f32], mask: Option<&[bool]>, batch: usize) -> PictureEvidence {
    let picture = picture();
    let x = ArrayD::from_shape_vec(IxDyn(&[1, 1, SIDE, SIDE]), picture.clone()).unwrap();
    let readout = Readout {
        output: None,
        space: OutputSpace::Probability,
    };
    let ask = Ask::new(&x, readout, &[1]).unwrap();
    let model = Filter::new();
    let mut quiet = |_: f64, _: &str| {};
    let mut run = Runner::new(&model, &mut quiet, &|| false).with_batch(batch);
    let plan = PicturePlan::parse("all", SIDE * SIDE).unwrap().unwrap();
    let found = weigh_picture(&mut run, &ask, 0, map, Some(&picture), mask, &plan, 5).unwrap();
    assert!(
        run.passes().forward <= plan.most_passes(found.under.len()),
        "{} passes, {} announced",
        run.passes().forward,
        plan.most_passes(found.under.len())
    );
    found
}

/// The figures of a map that a better map has more of.
fn figures(found: &PictureEvidence) -> Vec<(String, f64)> {
    let mut out = Vec::new();
    for under in &found.under {
        let mut put = |name: &str, value: Option<f64>| {
            out.push((
                format!("{name}, {}", under.baseline),
                value.unwrap_or(f64::NEG_INFINITY),
            ));
        };
        put("flipping", under.pixel_flipping.gap.value);
        put("regions", under.region_perturbation.as_ref().and_then(|f| f.gap.value));
        put("irof", under.irof.as_ref().and_then(|f| f.gap.value));
        put(
            "sensitivity",
            under.sensitivity_n.last().and_then(|at| at.correlation.value),
        );
    }
    for removed in found.road.iter().filter(|removed| removed.fraction < 0.2) {
        out.push(("road".to_owned(), removed.gap.value.unwrap_or_default()));
    }
    out
}

#[test]
fn the_true_map_is_above_random_inverted_edge_and_blob_maps() {
    let picture = picture();
    let own = figures(&weighed(&truth(&picture), None, 64));
    let inverted: Vec<f32> = truth(&picture).iter().map(|v| -v).collect();
    let others = [
        ("random", random(1)),
        ("another random", random(2)),
        ("inverted", inverted),
        ("edges", edges(&picture)),
        ("blob", blob()),
    ];
    for (name, map) in others {
        for ((what, mine), (_, theirs)) in own.iter().zip(figures(&weighed(&map, None, 64))) {
            assert!(*mine > theirs, "{what}: the truth has {mine}, {name} has {theirs}");
        }
    }
}

#[test]
fn claims_hold_for_the_truth_and_not_for_a_map_of_the_dead_branch() {
    let picture = picture();
    let verdicts = |found: &PictureEvidence| -> Vec<(&str, Verdict)> {
        found
            .claims
            .iter()
            .map(|claim| (claim.measurement, claim.verdict))
            .collect()
    };
    let own = weighed(&truth(&picture), None, 64);
    let names: Vec<&str> = verdicts(&own).iter().map(|(name, _)| *name).collect();
    for name in [
        "pixel_flipping",
        "region_perturbation",
        "irof",
        "faithfulness_correlation",
        "road",
    ] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert!(
        verdicts(&own).contains(&("pixel_flipping", Verdict::Holds)),
        "{:?}",
        own.claims
    );
    assert!(
        verdicts(&own).contains(&("faithfulness_correlation", Verdict::Holds)),
        "{:?}",
        own.claims
    );
    let dead: Vec<f32> = picture
        .iter()
        .enumerate()
        .map(|(p, v)| if inside(p) { 0.0 } else { v.max(0.0) })
        .collect();
    let other = weighed(&dead, None, 64);
    assert!(
        other.claims.iter().all(|claim| claim.verdict != Verdict::Holds),
        "{:?}",
        other.claims
    );
    let said = picture_sentences(&own, "the pattern").join(" ");
    assert!(said.contains("zeros") && said.contains("noise"), "{said}");
}

#[test]
fn a_mask_is_scored_and_a_wrong_one_refused() {
    let picture = picture();
    let marks: Vec<bool> = (0..SIDE * SIDE).map(inside).collect();
    let found = weighed(&truth(&picture), Some(&marks), 64).localisation.unwrap();
    assert_eq!(found.inside, 36);
    for (name, score) in [
        ("pointing", &found.pointing_game),
        ("attribution", &found.attribution_localisation),
        ("rank", &found.relevance_rank_accuracy),
        ("mass", &found.relevance_mass_accuracy),
        ("auc", &found.localisation_auc),
    ] {
        assert!(score.value.unwrap() > 0.99, "{name}: {score:?}");
        // A moved map may hit the mask with its one highest pixel.
        let enough = if name == "pointing" {
            score.random.len() / 2
        } else {
            score.random.len()
        };
        assert!(score.beaten >= enough, "{name}: {score:?}");
    }
    let elsewhere = weighed(&blob(), Some(&marks), 64).localisation.unwrap();
    assert!(elsewhere.relevance_rank_accuracy.value.unwrap() < 0.5);
}

#[test]
fn batches_never_change_the_numbers() {
    let map = truth(&picture());
    assert_eq!(weighed(&map, None, 1), weighed(&map, None, 64));
}
