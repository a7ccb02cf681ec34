//! The waterfall of one row: from the base to the answer, one feature a step.

use crate::numbers::{short, signed};

/// Features that get a bar of their own.
const SHOWN: usize = 12;
/// Width of the drawing, of the names, and of the room right of the bars, in pixels.
const WIDTH: f64 = 760.0;
const NAMES: f64 = 270.0;
const RIGHT: f64 = 80.0;
const ROW: f64 = 28.0;

/// One bar.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bar {
    pub name: String,
    pub value: String,
    pub effect: String,
    pub positive: bool,
    pub path: String,
    pub text_x: f64,
    pub text_y: f64,
}

/// The drawing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Waterfall {
    pub bars: Vec<Bar>,
    pub height: f64,
    pub base_x: f64,
    pub base: String,
    pub end_x: f64,
    pub end: String,
    /// Whether the bars chain from the base to the answer.
    pub chained: bool,
}

/// Of features `(name, value as text, effect)`; `base` where the effects add up from it.
pub(crate) fn waterfall(features: &[(String, String, f64)], base: Option<f64>) -> Waterfall {
    let mut order: Vec<usize> = (0..features.len()).collect();
    order.sort_by(|a, b| features[*b].2.abs().total_cmp(&features[*a].2.abs()));
    let mut rows: Vec<(String, String, f64)> = order.iter().take(SHOWN).map(|i| features[*i].clone()).collect();
    if order.len() > SHOWN {
        let rest: f64 = order[SHOWN..].iter().map(|i| features[*i].2).sum();
        rows.push((format!("{} other features", order.len() - SHOWN), String::new(), rest));
    }
    // The largest on top: the chain runs upwards from the base.
    let start = base.unwrap_or(0.0);
    let mut at = start;
    let mut spans: Vec<(f64, f64)> = rows
        .iter()
        .rev()
        .map(|row| {
            let from = if base.is_some() { at } else { 0.0 };
            at = from + row.2;
            (from, at)
        })
        .collect();
    spans.reverse();
    let end = if base.is_some() { at } else { start };
    let all = || spans.iter().flat_map(|(a, b)| [*a, *b]).chain([start, end]);
    let (low, high) = (
        all().fold(f64::INFINITY, f64::min),
        all().fold(f64::NEG_INFINITY, f64::max),
    );
    let span = if high > low { high - low } else { 1.0 };
    let x = |v: f64| NAMES + (v - low) / span * (WIDTH - NAMES - RIGHT);
    let bars = rows
        .iter()
        .zip(&spans)
        .enumerate()
        .map(|(i, (row, (from, to)))| {
            let (a, b) = (x(*from), x(*to));
            let top = 22.0 + i as f64 * ROW;
            let tip = 6.0f64.min((b - a).abs()) * (b - a).signum();
            Bar {
                name: row.0.clone(),
                value: row.1.clone(),
                effect: signed(row.2),
                positive: row.2 >= 0.0,
                path: format!(
                    "M{a:.1} {top:.1}H{:.1}L{b:.1} {:.1}L{:.1} {:.1}H{a:.1}Z",
                    b - tip,
                    top + 10.0,
                    b - tip,
                    top + 20.0
                ),
                text_x: a.max(b) + 6.0,
                text_y: top + 14.0,
            }
        })
        .collect();
    Waterfall {
        height: 22.0 + rows.len() as f64 * ROW + 24.0,
        base_x: x(start),
        base: short(start),
        end_x: x(end),
        end: short(end),
        chained: base.is_some(),
        bars,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_chain_from_base_to_answer_and_the_rest_is_one() {
        let features: Vec<_> = (0..20)
            .map(|i| (format!("f{i}"), String::new(), f64::from(i) - 5.0))
            .collect();
        let drawn = waterfall(&features, Some(1.0));
        assert_eq!(drawn.bars.len(), 13);
        assert_eq!(drawn.bars[0].effect, "+14");
        let total: f64 = features.iter().map(|f| f.2).sum();
        assert_eq!(drawn.end, short(1.0 + total));
    }
}
