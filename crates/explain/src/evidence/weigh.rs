//! Deletion and insertion of one attribution beside matched random maps.

use serde::Serialize;

use super::curve::{Direction, area, curves};
use super::exchange::InputExchange;
use super::random_maps::{Texture, random_orders};
use super::units::{Units, descending};
use crate::{Ask, ExplainError, Runner};

/// How much is spent on evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Steps from nothing to everything.
    pub steps: usize,
    /// Random maps.
    pub random: usize,
}

impl Plan {
    /// By name, for a row of `size` elements: `none`, `cheap` or `all`.
    pub fn parse(name: &str, size: usize) -> Result<Option<Self>, ExplainError> {
        // Past about 128 x 128 pixels in colour a pass is slow enough for fewer comparisons.
        let large = size > 50_000;
        match name {
            "none" => Ok(None),
            "cheap" => Ok(Some(Self {
                steps: 10,
                random: if large { 5 } else { 20 },
            })),
            "all" => Ok(Some(Self {
                steps: 20,
                random: if large { 20 } else { 100 },
            })),
            _ => Err(ExplainError::parameters(format!(
                "evidence must be none, cheap or all, not `{name}`"
            ))),
        }
    }
}

/// One curve beside those of random maps.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// Share of the parts changed.
    pub fraction: Vec<f64>,
    /// Probability of the target at each share.
    pub curve: Vec<f32>,
    /// Area under the curve.
    pub auc: f64,
    /// The same curve of every random map.
    pub random: Vec<Vec<f32>>,
    /// Their areas.
    pub random_auc: Vec<f64>,
}

/// Both curves of one row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Weighed {
    /// Taking the highest-ranked parts away first.
    pub deletion: Compared,
    /// Putting the highest-ranked parts back first.
    pub insertion: Compared,
    /// How the random maps were made.
    pub random_maps: Texture,
    /// Parts that were ranked.
    pub parts: usize,
}

/// Weighs `attribution` (the flat values of row `row`) with the scalar of `ask`, which should be a probability.
pub fn weigh(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    row: usize,
    attribution: &[f32],
    baseline: &[f32],
    plan: Plan,
    seed: u64,
) -> Result<Weighed, ExplainError> {
    let units = Units::of(ask.row_shape());
    let map = units.gather(attribution)?;
    let steps = plan.steps.min(units.count).max(1);
    let counts: Vec<usize> = (0..=steps).map(|s| (s * units.count + steps / 2) / steps).collect();
    let fraction: Vec<f64> = counts.iter().map(|c| *c as f64 / units.count as f64).collect();
    let (random_maps, mut orders) = random_orders(&units, &map, plan.random, seed);
    orders.insert(0, descending(&map));
    let mut one = |direction| -> Result<Compared, ExplainError> {
        let mut exchange = InputExchange::new(run, ask, row, baseline)?;
        let mut all = curves(&mut exchange, direction, &orders, &counts)?;
        let random = all.split_off(1);
        let curve = all.pop().unwrap_or_default();
        // The model answered in 32 bits: nothing is lost.
        let single = |curve: &Vec<f64>| curve.iter().map(|v| *v as f32).collect();
        Ok(Compared {
            auc: area(&fraction, &curve),
            curve: single(&curve),
            random_auc: random.iter().map(|c| area(&fraction, c)).collect(),
            random: random.iter().map(single).collect(),
            fraction: fraction.clone(),
        })
    };
    Ok(Weighed {
        deletion: one(Direction::Deletion)?,
        insertion: one(Direction::Insertion)?,
        random_maps,
        parts: units.count,
    })
}
