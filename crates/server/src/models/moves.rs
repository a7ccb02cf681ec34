//! How the weights move over the checkpoints of a model: the spread of each tensor at each of them.

use std::collections::HashMap;

use glassboard_store::{CheckpointRow, ModelDetail};
use serde_json::Value;

use crate::problem::Answer;
use crate::state::AppState;
use crate::text;

/// Checkpoints side by side; of more, the first and the newest are shown.
const COLUMNS: usize = 6;
/// Tensors in the page.
const ROWS: usize = 200;
/// Size of a small line, in its own units.
const LINE: (f64, f64) = (72.0, 18.0);

/// The table of the checkpoints page.
pub struct Moves {
    /// One a checkpoint that is shown.
    pub heads: Vec<String>,
    pub rows: Vec<Move>,
    /// Tensors that are not listed.
    pub more: usize,
    /// The tensor whose distributions are drawn.
    pub chosen: String,
}

/// One tensor.
pub struct Move {
    pub name: String,
    pub href: String,
    pub chosen: bool,
    /// Standard deviation at each checkpoint as an SVG path, on the row's own scale.
    pub line: String,
    pub stds: Vec<String>,
    /// Of the standard deviation, first to last.
    pub change: String,
    /// From the first mean to the last, in standard deviations of the last.
    pub shift: String,
}

/// What the page shows, with the tensor that `asked` names, else the weight whose spread changed most.
pub async fn moves(app: &AppState, detail: &ModelDetail, asked: Option<&str>) -> Answer<Option<Moves>> {
    let ready: Vec<&CheckpointRow> = detail.checkpoints.iter().filter(|c| c.state == "ready").collect();
    if ready.len() < 2 {
        return Ok(None);
    }
    let shown: Vec<&CheckpointRow> = if ready.len() > COLUMNS {
        let newest = ready[ready.len() + 1 - COLUMNS..].iter();
        ready[..1].iter().chain(newest).copied().collect()
    } else {
        ready
    };
    let mut at = Vec::with_capacity(shown.len());
    for checkpoint in &shown {
        at.push(app.store().tensors(checkpoint.id).await?);
    }
    let Some((last, before)) = at.split_last() else {
        return Ok(None);
    };
    let before: Vec<HashMap<&str, &Value>> = before
        .iter()
        .map(|tensors| tensors.iter().filter_map(|t| Some((t["name"].as_str()?, t))).collect())
        .collect();
    // A scalar has no spread, and a whole number is no weight.
    let has_spread = |t: &&Value| t["std"].is_number() && t["numel"].as_i64() > Some(1);
    let tensors: Vec<&Value> = last.iter().filter(has_spread).collect();
    let mut most = (0.0, String::new());
    let mut rows = Vec::new();
    for tensor in tensors.iter().take(ROWS) {
        let name = tensor["name"].as_str().unwrap_or_default().to_owned();
        let mut series: Vec<Option<&Value>> = before.iter().map(|at| at.get(name.as_str()).copied()).collect();
        series.push(Some(tensor));
        let stds: Vec<Option<f64>> = series.iter().map(|t| t.and_then(|t| t["std"].as_f64())).collect();
        let change = change(&stds);
        let weight = tensor["shape"].as_array().is_some_and(|shape| shape.len() > 1);
        if let Some(size) = change.map(f64::abs).filter(|size| weight && *size > most.0) {
            most = (size, name.clone());
        }
        let mean = |t: Option<&Value>| t.and_then(|t| t["mean"].as_f64());
        let (first, then) = (mean(series.iter().copied().flatten().next()), mean(Some(tensor)));
        let spread = tensor["std"].as_f64().filter(|std| *std > 0.0);
        let shift = first.zip(then).zip(spread).map(|((a, b), std)| (b - a) / std);
        rows.push(Move {
            href: format!("?tensor={}", text::encode(&name)),
            chosen: false,
            line: line(&stds),
            stds: stds
                .iter()
                .map(|std| std.map_or_else(|| "–".to_owned(), spread_text))
                .collect(),
            change: change.map_or_else(|| "–".to_owned(), |part| signed(part * 100.0, " %")),
            shift: shift.map_or_else(|| "–".to_owned(), |sigmas| signed(sigmas, " σ")),
            name,
        });
    }
    let named = asked.filter(|name| rows.iter().any(|row| row.name == *name));
    let first = rows.first().map_or_else(String::new, |row| row.name.clone());
    let chosen = match named {
        Some(name) => name.to_owned(),
        None if most.1.is_empty() => first,
        None => most.1,
    };
    for row in &mut rows {
        row.chosen = row.name == chosen;
    }
    Ok(Some(Moves {
        heads: shown.iter().map(|c| label(c)).collect(),
        more: tensors.len() - rows.len(),
        rows,
        chosen,
    }))
}

/// A checkpoint by its step, or by its label where it has none.
pub fn label(checkpoint: &CheckpointRow) -> String {
    checkpoint.step.map_or_else(
        || checkpoint.label.clone(),
        |step| format!("step {}", text::integer(step)),
    )
}

/// Of the first and the last number; none where the first is zero or missing.
fn change(stds: &[Option<f64>]) -> Option<f64> {
    let first = stds.iter().copied().flatten().next()?;
    let last = stds.last().copied().flatten()?;
    (first > 0.0 && stds.len() > 1).then(|| last / first - 1.0)
}

/// Three significant digits: the columns stand side by side.
fn spread_text(std: f64) -> String {
    if std == 0.0 {
        return "0".to_owned();
    }
    if !(1e-3..1e3).contains(&std) {
        return format!("{std:.1e}").replace("e-", "e−");
    }
    let decimals = (2 - std.log10().floor() as i32).clamp(0, 5) as usize;
    format!("{std:.decimals$}")
}

fn signed(v: f64, unit: &str) -> String {
    let size = v.abs();
    let written = if size >= 100.0 {
        format!("{size:.0}")
    } else {
        format!("{size:.1}")
    };
    // What rounds to nothing has no direction.
    let sign = if written == "0.0" {
        ""
    } else if v < 0.0 {
        "−"
    } else {
        "+"
    };
    format!("{sign}{written}{unit}")
}

fn line(stds: &[Option<f64>]) -> String {
    let known = || stds.iter().copied().flatten();
    let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(0.0, f64::max));
    let across = LINE.0 / (stds.len().max(2) - 1) as f64;
    let mut path = String::new();
    for (i, std) in stds.iter().enumerate() {
        let Some(std) = std else { continue };
        let part = if high > low { (std - low) / (high - low) } else { 0.5 };
        let verb = if path.is_empty() { 'M' } else { 'L' };
        path.push_str(&format!(
            "{verb}{:.1} {:.1}",
            i as f64 * across,
            1.0 + (1.0 - part) * (LINE.1 - 2.0)
        ));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_from_the_first_to_the_last() {
        assert_eq!(change(&[Some(0.5), Some(9.0), Some(0.25)]), Some(-0.5));
        assert_eq!(
            change(&[Some(0.0), Some(1.0)]),
            None,
            "nothing grows from zero by a part of itself"
        );
        assert_eq!(change(&[None, Some(1.0), Some(3.0)]), Some(2.0));
        assert_eq!(signed(-50.0, " %"), "−50.0 %");
        assert_eq!(signed(0.01, " σ"), "0.0 σ");
        assert_eq!(signed(250.4, " %"), "+250 %");
    }

    #[test]
    fn a_spread_has_three_digits() {
        let written: Vec<String> = [0.0, 0.123_44, 0.004_851, 12.345, 4.2e-5, f64::NAN]
            .map(spread_text)
            .into();
        assert_eq!(written, ["0", "0.123", "0.00485", "12.3", "4.2e−5", "NaN"]);
    }

    #[test]
    fn the_line_rises_with_the_spread() {
        assert_eq!(line(&[Some(1.0), Some(2.0), Some(3.0)]), "M0.0 17.0L36.0 9.0L72.0 1.0");
        assert_eq!(
            line(&[Some(1.0), None, Some(1.0)]),
            "M0.0 9.0L72.0 9.0",
            "what stays lies in the middle"
        );
    }
}
