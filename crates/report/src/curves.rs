//! Curves of evidence: the explanation's own beside those of random ones.

use serde_json::Value;

const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 170.0;
const LEFT: f64 = 52.0;
const BOTTOM: f64 = 24.0;

/// One chart.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chart {
    pub title: String,
    pub own: String,
    pub random: Vec<String>,
    pub low: String,
    pub high: String,
}

/// The deletion and insertion curves in an answer's evidence, one chart each under each baseline; `tokens`: of a sentence.
pub(crate) fn charts(evidence: &Value, tokens: bool) -> Vec<Chart> {
    let mut out = Vec::new();
    let mut both = |of: &Value, name: &str| {
        for (direction, title) in [("deletion", "Deletion"), ("insertion", "Insertion")] {
            let title = if name.is_empty() {
                title.to_owned()
            } else {
                format!("{title}, {name}")
            };
            out.extend(chart(title, &of[direction]));
        }
    };
    both(evidence, "");
    let under = evidence["under"].as_array().into_iter().flatten();
    // Of a sentence, the first way of taking tokens away is the one above.
    for way in under.skip(usize::from(tokens)) {
        both(
            way,
            match way["baseline"].as_str() {
                Some("pad") => "padding",
                Some("unk") => "the unknown token",
                Some(name) => name,
                None => "another baseline",
            },
        );
    }
    out
}

fn chart(title: String, compared: &Value) -> Option<Chart> {
    let numbers = |value: &Value| -> Vec<f64> {
        value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_f64)
            .collect()
    };
    let fraction = numbers(&compared["fraction"]);
    let own = numbers(&compared["curve"]);
    let random: Vec<Vec<f64>> = compared["random"]
        .as_array()
        .into_iter()
        .flatten()
        .map(numbers)
        .collect();
    if own.len() < 2 || own.len() != fraction.len() {
        return None;
    }
    let all = || own.iter().chain(random.iter().flatten()).copied();
    let (low, high) = (
        all().fold(f64::INFINITY, f64::min),
        all().fold(f64::NEG_INFINITY, f64::max),
    );
    let span = if high > low { high - low } else { 1.0 };
    let points = |curve: &[f64]| {
        let places = fraction.iter().zip(curve).map(|(f, v)| {
            format!(
                "{:.1},{:.1}",
                LEFT + f * (WIDTH - LEFT - 8.0),
                8.0 + (1.0 - (v - low) / span) * (HEIGHT - BOTTOM - 8.0)
            )
        });
        places.collect::<Vec<_>>().join(" ")
    };
    Some(Chart {
        title,
        own: points(&own),
        // Twenty show where chance lies; a hundred would only be heavier.
        random: random.iter().take(20).map(|curve| points(curve)).collect(),
        low: crate::numbers::brief(low),
        high: crate::numbers::brief(high),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_baseline_of_a_row_has_its_name_and_a_sentence_its_first_way_once() {
        let curves = json!({ "fraction": [0.0, 1.0], "curve": [1.0, 0.0], "random": [] });
        let under = |name: &str| json!({ "baseline": name, "deletion": curves });
        let titles = |evidence: Value, tokens: bool| -> Vec<String> {
            charts(&evidence, tokens).into_iter().map(|chart| chart.title).collect()
        };
        let row = json!({ "under": [under("the typical row"), under("5 background rows")] });
        assert_eq!(
            titles(row, false),
            ["Deletion, the typical row", "Deletion, 5 background rows"]
        );
        let sentence = json!({ "deletion": curves, "under": [under("unk"), under("pad")] });
        assert_eq!(titles(sentence, true), ["Deletion", "Deletion, padding"]);
    }
}
