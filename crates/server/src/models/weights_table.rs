//! Weights of two checkpoints as rows of a table, their distributions as drawings.

use serde_json::Value;

use crate::text;

/// Size of a distribution, in its own units.
const SIZE: (f64, f64) = (168.0, 26.0);
/// Rows in the page; of more, the first.
const ROWS: usize = 400;

/// The table.
pub struct Weights {
    pub rows: Vec<Row>,
    pub total: usize,
    /// What was measured over all, and what was not compared.
    pub said: Vec<String>,
}

/// One tensor.
pub struct Row {
    pub name: String,
    /// The name in pieces, after each of which a line may end.
    pub pieces: Vec<String>,
    pub shape: String,
    /// A dashed line.
    pub a: String,
    /// An area and its line.
    pub b: String,
    pub low: String,
    pub high: String,
    pub relative: String,
    /// Of a bar, 0 to 100; 100 is a change as large as the weights were.
    pub share: u32,
    pub cosine: String,
    pub sigma: String,
}

/// From the answer of a comparison of weights.
pub fn weights(found: &Value, changed_first: bool) -> Weights {
    let mut tensors: Vec<&Value> = found["tensors"].as_array().into_iter().flatten().collect();
    if changed_first {
        let change = |t: &Value| t["relative"].as_f64().unwrap_or(-1.0);
        tensors.sort_by(|a, b| change(b).total_cmp(&change(a)));
    }
    let total = tensors.len();
    let texts = found["sentences"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    Weights {
        rows: tensors.into_iter().take(ROWS).map(row).collect(),
        total,
        said: texts.map(str::to_owned).collect(),
    }
}

fn row(tensor: &Value) -> Row {
    let numbers = |key: &str| -> Vec<f64> {
        let list = tensor[key].as_array().into_iter().flatten();
        list.filter_map(Value::as_f64).collect()
    };
    let sizes: Vec<String> = numbers("shape").iter().map(|n| format!("{n}")).collect();
    let edges = numbers("edges");
    let (a, b) = (smooth(&numbers("a"), &edges), smooth(&numbers("b"), &edges));
    let most = a.iter().chain(&b).copied().fold(0.0, f64::max);
    let (low, high) = (edges.first().copied(), edges.last().copied());
    let told = |end: Option<f64>| end.map_or_else(String::new, short);
    let relative = tensor["relative"].as_f64();
    let sigma = numbers("sigma");
    let name = tensor["name"].as_str().unwrap_or_default();
    Row {
        pieces: name.split_inclusive(['.', '_', '/']).map(str::to_owned).collect(),
        name: name.to_owned(),
        shape: if sizes.is_empty() {
            "scalar".to_owned()
        } else {
            sizes.join("×")
        },
        a: line(&a, most),
        b: line(&b, most),
        low: told(low),
        high: told(high),
        relative: relative.map_or_else(|| "–".to_owned(), two),
        share: relative.map_or(0, |r| (r.clamp(0.0, 1.0) * 100.0).round() as u32),
        cosine: tensor["cosine"]
            .as_f64()
            .map_or_else(|| "–".to_owned(), |c| format!("{c:.3}").replace('-', "−")),
        sigma: match sigma.as_slice() {
            [a, b] => format!("{} → {}", short(*a), short(*b)),
            _ => "–".to_owned(),
        },
    }
}

/// Two digits that count, as a change is read.
fn two(v: f64) -> String {
    match v {
        0.0 => "0".to_owned(),
        v if v < 0.01 => format!("{v:.0e}").replace("e-", "e−"),
        v if v < 10.0 => format!("{v:.2}"),
        v if v < 1e4 => format!("{v:.0}"),
        v => text::value(v),
    }
}

/// Two significant digits, a real minus sign.
fn short(v: f64) -> String {
    if v == 0.0 {
        return "0".to_owned();
    }
    let size = v.abs();
    if !(1e-3..1e4).contains(&size) {
        return format!("{v:.0e}").replace("e-", "e−").replace('-', "−");
    }
    let decimals = (1 - size.log10().floor() as i32).clamp(0, 4) as usize;
    format!("{v:.decimals$}").replace('-', "−")
}

/// Shares of the elements, smoothed the more the fewer there are: ten elements in 48 bins are a fence, not a shape.
fn smooth(counts: &[f64], edges: &[f64]) -> Vec<f64> {
    let total: f64 = counts.iter().sum();
    if total == 0.0 || edges.len() != counts.len() + 1 {
        return Vec::new();
    }
    let bins = || counts.iter().enumerate().map(|(i, n)| (i as f64, n / total));
    let mean: f64 = bins().map(|(i, share)| i * share).sum();
    let std = bins().map(|(i, share)| (i - mean).powi(2) * share).sum::<f64>().sqrt();
    // Silverman's rule, in bins.
    let width = (0.9 * std * total.powf(-0.2)).clamp(0.6, 6.0);
    let reach = (3.0 * width).ceil() as i64;
    let kernel = |d: i64| (-(d as f64).powi(2) / (2.0 * width * width)).exp();
    let whole: f64 = (-reach..=reach).map(kernel).sum();
    let at = |i: i64| {
        usize::try_from(i)
            .ok()
            .and_then(|i| counts.get(i))
            .copied()
            .unwrap_or(0.0)
    };
    let one = |i: i64| (-reach..=reach).map(|d| at(i + d) * kernel(d)).sum::<f64>() / (whole * total);
    (0..counts.len() as i64).map(one).collect()
}

fn line(shares: &[f64], most: f64) -> String {
    let last = (shares.len().max(2) - 1) as f64;
    let mut path = String::new();
    for (i, share) in shares.iter().enumerate() {
        let verb = if i == 0 { 'M' } else { 'L' };
        let height = if most > 0.0 { share / most } else { 0.0 };
        path.push_str(&format!(
            "{verb}{:.1} {:.1}",
            i as f64 / last * SIZE.0,
            SIZE.1 - 1.0 - height * (SIZE.1 - 3.0)
        ));
    }
    path
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_say_what_was_measured() {
        let found = json!({ "tensors": [
            { "name": "block.a_w", "shape": [2, 2], "relative": 0.124, "cosine": 0.9912, "sigma": [1.94, 2.06], "edges": [-1.0, 0.0, 1.0], "a": [1, 3], "b": [2, 2] },
            { "name": "b", "shape": [2], "relative": 2.5, "cosine": null, "sigma": null, "edges": [], "a": [], "b": [] },
        ], "sentences": ["One."] });
        let table = weights(&found, false);
        let first = &table.rows[0];
        assert_eq!(
            (first.name.as_str(), first.pieces.as_slice()),
            ("block.a_w", &["block.".to_owned(), "a_".into(), "w".into()][..])
        );
        assert_eq!(
            (
                first.shape.as_str(),
                first.relative.as_str(),
                first.share,
                first.cosine.as_str(),
                first.sigma.as_str()
            ),
            ("2×2", "0.12", 12, "0.991", "1.9 → 2.1")
        );
        assert!(first.a.starts_with("M0.0 ") && first.a != first.b);
        let second = &table.rows[1];
        assert_eq!(
            (
                second.cosine.as_str(),
                second.sigma.as_str(),
                second.share,
                second.b.as_str()
            ),
            ("–", "–", 100, "")
        );
        assert_eq!(weights(&found, true).rows[0].name, "b", "the most changed comes first");
        assert_eq!(table.said, ["One."]);
    }

    #[test]
    fn smoothing_keeps_the_whole() {
        let edges: Vec<f64> = (0..=48).map(f64::from).collect();
        let mut counts = vec![0.0; 48];
        counts[24] = 10.0;
        let shares = smooth(&counts, &edges);
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9 && shares[23] > 0.0 && shares[23] < shares[24]);
        assert!(smooth(&[0.0; 3], &[0.0, 1.0, 2.0, 3.0]).is_empty());
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            [0.0, -1.08, 0.000_12, 5.63, 12.3, 0.37].map(short),
            ["0", "−1.1", "1e−4", "5.6", "12", "0.37"]
        );
        assert_eq!([0.0, 0.004, 0.21, 12.0].map(two), ["0", "4e−3", "0.21", "12"]);
    }
}
