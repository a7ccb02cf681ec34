//! The beam search for the rule that covers most among those precise enough.

use super::Options;
use super::arm::{Arm, Trial};
use super::bounds::{level, lower, upper};
use super::condition::Condition;
use crate::{ExplainError, Runner};

/// Draws that a rule's precision is estimated from afresh.
const FRESH: usize = 1000;
/// Draws of a rule before it is compared at all.
const FIRST: usize = 30;
/// How far below the threshold the lower bound of an accepted rule may lie.
const SLACK: f64 = 0.03;
/// Most draws to accept one rule or turn it down.
const MOST_DRAWS: u64 = 4000;

/// What was found.
pub(super) struct Found {
    pub arm: Arm,
    /// Precision on fresh draws.
    pub precision: f64,
    /// Lower bound of it at the error allowed.
    pub low: f64,
    /// Whether it reaches the threshold.
    pub reached: bool,
}

pub(super) fn search(
    run: &mut Runner<'_>,
    trial: &Trial<'_, '_>,
    row: usize,
    all: &[Condition],
    options: Options,
) -> Result<Found, ExplainError> {
    let background = trial.background;
    let make = |rule: Vec<usize>| Arm::new(rule, all, trial.ask.row(row), background);
    let start = run.passes().forward;
    let mut best = judge(run, trial, make(Vec::new()), options)?;
    let mut beam: Vec<Arm> = vec![best.arm.clone()];
    if best.reached {
        return Ok(best);
    }
    for _ in 0..options.conditions {
        let least = if best.reached { best.arm.coverage } else { 0.0 };
        let mut arms: Vec<Arm> = Vec::new();
        for arm in &beam {
            for next in (0..all.len()).filter(|i| !arm.rule.contains(i)) {
                let mut rule = arm.rule.clone();
                rule.push(next);
                rule.sort_unstable();
                if arms.iter().any(|a| a.rule == rule) {
                    continue;
                }
                let candidate = make(rule);
                // A condition that shuts nothing out says nothing; one that covers less than a rule in hand is no gain.
                if candidate.coverage < arm.coverage && candidate.coverage > least {
                    arms.push(candidate);
                }
            }
        }
        if arms.is_empty() || run.passes().forward - start > options.budget {
            break;
        }
        let chosen = best_arms(run, trial, &mut arms, options, start)?;
        beam = chosen.iter().map(|i| arms[*i].clone()).collect();
        for arm in &beam {
            if arm.share() < options.threshold && best.reached {
                continue;
            }
            let one = judge(run, trial, arm.clone(), options)?;
            let better = match (one.reached, best.reached) {
                (true, true) => one.arm.coverage > best.arm.coverage,
                (false, false) => one.precision > best.precision,
                (reached, _) => reached,
            };
            if better {
                best = one;
            }
        }
    }
    Ok(best)
}

/// Draws until the rule is surely good enough or surely not; then estimates it afresh.
fn judge(run: &mut Runner<'_>, trial: &Trial<'_, '_>, arm: Arm, options: Options) -> Result<Found, ExplainError> {
    let sure = (1.0 / options.error).ln();
    let mut arms = [arm];
    loop {
        let arm = &arms[0];
        let (low, high) = (lower(arm.hits, arm.draws, sure), upper(arm.hits, arm.draws, sure));
        let open = if arm.share() >= options.threshold {
            low < options.threshold - SLACK
        } else {
            high >= options.threshold
        };
        if arm.draws >= MOST_DRAWS || (arm.draws > 0 && !open) {
            break;
        }
        trial.draw(run, &mut arms, &[0], options.batch)?;
    }
    let [arm] = arms;
    let promising = arm.share() >= options.threshold;
    let (hits, draws) = if promising {
        trial.afresh(run, &arm, FRESH)?
    } else {
        (arm.hits, arm.draws)
    };
    let precision = hits as f64 / draws.max(1) as f64;
    let low = lower(hits, draws, sure);
    Ok(Found {
        arm,
        precision,
        low,
        reached: promising && precision >= options.threshold,
    })
}

/// The `beam` arms of highest precision, up to `tolerance`, with the chance of an error bounded (KL-LUCB).
fn best_arms(
    run: &mut Runner<'_>,
    trial: &Trial<'_, '_>,
    arms: &mut [Arm],
    options: Options,
    start: u64,
) -> Result<Vec<usize>, ExplainError> {
    let every: Vec<usize> = (0..arms.len()).collect();
    trial.draw(run, arms, &every, FIRST)?;
    let count = options.beam.min(arms.len());
    let mut round = 1;
    loop {
        let mut order = every.clone();
        // Of equally precise rules the one that covers more.
        order.sort_by(|a, b| {
            let (a, b) = (&arms[*a], &arms[*b]);
            b.share().total_cmp(&a.share()).then(b.coverage.total_cmp(&a.coverage))
        });
        let (top, rest) = order.split_at(count);
        let level = level(arms.len(), round, options.error);
        let low = |i: usize| lower(arms[i].hits, arms[i].draws, level);
        let high = |i: usize| upper(arms[i].hits, arms[i].draws, level);
        let weakest = top.iter().copied().reduce(|a, b| if low(b) < low(a) { b } else { a });
        let rival = rest
            .iter()
            .copied()
            .reduce(|a, b| if high(b) > high(a) { b } else { a });
        let (Some(weakest), Some(rival)) = (weakest, rival) else {
            return Ok(top.to_vec());
        };
        if high(rival) - low(weakest) <= options.tolerance || run.passes().forward - start > options.budget {
            return Ok(top.to_vec());
        }
        trial.draw(run, arms, &[weakest, rival], options.batch)?;
        round += 1;
    }
}
