//! A sentence weighed: its tokens taken away and put back in the order of an attribution, beside random orders.
//!
//! Every curve is drawn under more than one way of taking a token away, because a model has never seen a sentence full
//! of unknown words or of holes, and what it says of one differs.

use std::collections::HashMap;

use serde::Serialize;

use super::comprehensiveness::{BINS, aopc, counts, drops};
use super::curve::{Direction, area, curves};
use super::exchange::{Choose, Exchange};
use super::random_maps::{Texture, random_orders};
use super::units::{Units, descending};
use super::weigh::{Compared, Plan};
use crate::text::{Absent, AskText, sound};
use crate::{ExplainError, Runner};

/// Both curves of one sentence under one way of taking tokens away.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TokensUnder {
    /// `unk` or `pad`.
    pub baseline: &'static str,
    /// Taking the highest-ranked tokens away first.
    pub deletion: Compared,
    /// Putting the highest-ranked tokens back first.
    pub insertion: Compared,
    /// Mean fall of the target without the top tokens (ERASER's shares of them).
    pub comprehensiveness: f64,
    /// The same of random orders.
    pub random_comprehensiveness: Vec<f64>,
    /// Mean fall of the target with nothing but the top tokens.
    pub sufficiency: f64,
    /// The same of random orders.
    pub random_sufficiency: Vec<f64>,
}

/// What was measured of one sentence. The curves at the top are those of the first way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TokenEvidence {
    /// Taking the highest-ranked tokens away first.
    pub deletion: Compared,
    /// Putting the highest-ranked tokens back first.
    pub insertion: Compared,
    /// How the random orders were made.
    pub random_maps: Texture,
    /// Tokens that were ranked.
    pub parts: usize,
    /// One entry a way of taking tokens away.
    pub under: Vec<TokensUnder>,
}

/// A sentence of which parts are taken away; what was asked before is not run again.
struct TokenExchange<'r, 'm, 'a> {
    run: &'r mut Runner<'m>,
    text: &'a AskText<'a>,
    row: usize,
    absent: Absent,
    known: HashMap<Box<[bool]>, f64>,
}

impl Exchange for TokenExchange<'_, '_, '_> {
    fn parts(&self) -> usize {
        self.text.parts[self.row].len()
    }

    fn exchanged(&mut self, count: usize, choose: Choose<'_>) -> Result<Vec<f64>, ExplainError> {
        let mut asked: Vec<Box<[bool]>> = Vec::with_capacity(count);
        let mut fresh: Vec<Box<[bool]>> = Vec::new();
        for i in 0..count {
            let mut marks = vec![false; self.parts()].into_boxed_slice();
            choose(i, &mut marks);
            if !self.known.contains_key(&marks) {
                self.known.insert(marks.clone(), f64::NAN);
                fresh.push(marks.clone());
            }
            asked.push(marks);
        }
        let (text, row, absent) = (self.text, self.row, self.absent);
        let values = self.run.forward(
            &[text.length()],
            fresh.len(),
            &text.readout,
            |_| text.targets[row],
            |i, out| text.without(row, absent, &|part| fresh[i][part], out),
        )?;
        for (marks, value) in fresh.into_iter().zip(values) {
            sound([&f64::from(value)], absent)?;
            self.known.insert(marks, f64::from(value));
        }
        Ok(asked.iter().map(|marks| self.known[marks]).collect())
    }
}

/// Weighs `attribution` (`[tokens]`, one value a place) of sentence `row` with the scalar of `text`, which should be a
/// probability, under each of `ways`.
pub fn weigh_tokens(
    run: &mut Runner<'_>,
    text: &AskText<'_>,
    row: usize,
    attribution: &[f32],
    ways: &[(&'static str, Absent)],
    plan: Plan,
    seed: u64,
) -> Result<Option<TokenEvidence>, ExplainError> {
    let parts = &text.parts[row];
    let values: Vec<f32> = parts
        .iter()
        .map(|place| attribution.get(*place).copied().unwrap_or(0.0))
        .collect();
    let units = Units {
        count: parts.len(),
        channels: 1,
        picture: None,
    };
    // Every count where there are few tokens, so that no step hides another.
    let steps = if parts.len() <= 24 {
        parts.len()
    } else {
        plan.steps.max(20)
    };
    let bins = counts(&BINS, parts.len());
    let mut at: Vec<usize> = (0..=steps).map(|s| (s * parts.len() + steps / 2) / steps).collect();
    at.extend(&bins);
    at.sort_unstable();
    at.dedup();
    let fraction: Vec<f64> = at.iter().map(|c| *c as f64 / parts.len() as f64).collect();
    let (random_maps, mut orders) = random_orders(&units, &values, plan.random, seed);
    orders.insert(0, descending(&values));
    let mut under: Vec<TokensUnder> = Vec::new();
    for (baseline, absent) in ways {
        let mut exchange = TokenExchange {
            run,
            text,
            row,
            absent: *absent,
            known: HashMap::new(),
        };
        let mut one = |direction| -> Result<(Compared, Vec<f64>), ExplainError> {
            let all = curves(&mut exchange, direction, &orders, &at)?;
            let fall = |curve: &Vec<f64>| {
                let whole = match direction {
                    Direction::Deletion => curve.first(),
                    Direction::Insertion => curve.last(),
                };
                aopc(&drops(whole.copied().unwrap_or_default(), &at, curve, &bins))
            };
            let single = |curve: &Vec<f64>| curve.iter().map(|v| *v as f32).collect::<Vec<f32>>();
            let falls = all.iter().map(fall).collect();
            let compared = Compared {
                auc: all.first().map_or(0.0, |curve| area(&fraction, curve)),
                curve: all.first().map(single).unwrap_or_default(),
                random_auc: all[1..].iter().map(|curve| area(&fraction, curve)).collect(),
                random: all[1..].iter().map(single).collect(),
                fraction: fraction.clone(),
            };
            Ok((compared, falls))
        };
        let (deletion, mut gone) = one(Direction::Deletion)?;
        let (insertion, mut kept) = one(Direction::Insertion)?;
        under.push(TokensUnder {
            baseline,
            deletion,
            insertion,
            random_comprehensiveness: gone.split_off(1),
            comprehensiveness: gone.pop().unwrap_or_default(),
            random_sufficiency: kept.split_off(1),
            sufficiency: kept.pop().unwrap_or_default(),
        });
    }
    let Some(first) = under.first().cloned() else {
        return Ok(None);
    };
    Ok(Some(TokenEvidence {
        deletion: first.deletion,
        insertion: first.insertion,
        random_maps,
        parts: parts.len(),
        under,
    }))
}

/// What was measured, in words: each way of taking tokens away, and whether they agree.
pub fn token_sentences(found: &TokenEvidence, target: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut verdicts = Vec::new();
    for one in &found.under {
        let total = one.random_comprehensiveness.len();
        let what = match one.baseline {
            "pad" => "padding",
            _ => "the unknown token",
        };
        let larger = one
            .random_comprehensiveness
            .iter()
            .filter(|r| one.comprehensiveness > **r)
            .count();
        let smaller = one.random_sufficiency.iter().filter(|r| one.sufficiency < **r).count();
        out.push(format!(
            "With {what} in the place of the top tokens, the probability of {target} falls by {:.3} on average over 1 to 50 % of \
             them, more than with {larger} of {total} random orders; with nothing but the top tokens kept it falls by {:.3}, less \
             than with {smaller}.",
            positive_zero(one.comprehensiveness),
            positive_zero(one.sufficiency)
        ));
        verdicts.push(total > 0 && larger * 10 >= total * 9);
    }
    match verdicts.as_slice() {
        [first, rest @ ..] if rest.iter().any(|v| v != first) => out.push(
            "The ways of taking tokens away disagree: under one this order beats nine of ten random orders, under another it \
             does not."
                .to_owned(),
        ),
        [first, ..] if !first => out.push(
            "So this order is not set apart from random ones (fewer than nine of ten were beaten).".to_owned(),
        ),
        _ => {}
    }
    out
}

/// No minus before what is written as zero.
fn positive_zero(v: f64) -> f64 {
    if v.abs() < 5e-4 { 0.0 } else { v }
}
