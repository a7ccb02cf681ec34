//! What a model page shows of trees and linear models.

use serde_json::Value;

use crate::text;

/// Most features in the page.
const FEATURES: usize = 200;

/// A model of trees, or a linear one, in words and a table.
pub(super) struct Glassbox {
    /// "LightGBM v4, binary sigmoid:1".
    pub(super) library: String,
    /// Name and number, a line each.
    pub(super) facts: Vec<(&'static str, String)>,
    /// The features, those that matter most first.
    pub(super) features: Vec<Feature>,
    /// How many there are.
    pub(super) total: usize,
    /// Names of the classes.
    pub(super) classes: String,
}

/// One feature.
pub(super) struct Feature {
    pub(super) name: String,
    /// "number", or the names of its categories.
    pub(super) kind: String,
    pub(super) splits: String,
    pub(super) gain: String,
    /// Part of the highest gain (or number of splits), in hundredths.
    pub(super) share: u32,
}

impl Glassbox {
    /// From the summary of a scan; none for models of other kinds.
    pub(super) fn of(facts: &Value) -> Option<Self> {
        let held = facts.get("glassbox").filter(|held| held.is_object())?;
        let version = held["version"]
            .as_str()
            .map(|version| format!(" {version}"))
            .unwrap_or_default();
        let objective = held["objective"]
            .as_str()
            .map(|name| format!(", {name}"))
            .unwrap_or_default();
        let library = format!("{}{version}{objective}", held["library"].as_str().unwrap_or_default());
        let mut lines = Vec::new();
        let whole = |value: &Value| text::integer(value.as_i64().unwrap_or(0));
        if let Some(trees) = held.get("trees") {
            lines.push(("trees", whole(&trees["count"])));
            lines.push(("leaves", whole(&trees["leaves"])));
            lines.push(("deepest", whole(&trees["depth"])));
            lines.push((
                "mean depth",
                trees["mean_depth"].as_f64().map(text::value).unwrap_or_default(),
            ));
            lines.push(("outputs", whole(&trees["outputs"])));
            let covers = if trees["covers"] == true {
                "in the file"
            } else {
                "not in the file"
            };
            lines.push(("training rows at each node", covers.to_owned()));
        }
        if let Some(linear) = held.get("linear") {
            lines.push(("outputs", whole(&linear["outputs"])));
        }
        lines.push((
            "from sum to prediction",
            held["response"].as_str().unwrap_or_default().to_owned(),
        ));
        let empty = Vec::new();
        let list = held["features"].as_array().unwrap_or(&empty);
        let gains = list.iter().any(|feature| feature["gain"].is_number());
        let weight = |feature: &Value| {
            let key = if gains { "gain" } else { "splits" };
            feature[key].as_f64().unwrap_or(0.0)
        };
        let highest = list.iter().map(weight).fold(0.0, f64::max);
        let mut order: Vec<&Value> = list.iter().collect();
        order.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
        let feature = |feature: &&Value| Feature {
            name: feature["name"].as_str().unwrap_or_default().to_owned(),
            kind: kind(feature),
            splits: whole(&feature["splits"]),
            gain: feature["gain"].as_f64().map_or_else(|| "–".to_owned(), text::value),
            share: if highest > 0.0 {
                (weight(feature) / highest * 100.0).round() as u32
            } else {
                0
            },
        };
        let classes: Vec<&str> = held["classes"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        Some(Self {
            library,
            facts: lines,
            features: order.iter().take(FEATURES).map(feature).collect(),
            total: list.len(),
            classes: classes.join(", "),
        })
    }
}

fn kind(feature: &Value) -> String {
    let Some(labels) = feature["categories"].as_array() else {
        return "number".to_owned();
    };
    let names: Vec<&str> = labels.iter().take(6).filter_map(Value::as_str).collect();
    match (names.is_empty(), labels.len() > names.len()) {
        (true, _) => "category".to_owned(),
        (false, false) => format!("category: {}", names.join(", ")),
        (false, true) => format!("category: {} and {} more", names.join(", "), labels.len() - names.len()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_feature_that_gains_most_comes_first() {
        let facts = json!({ "glassbox": {
            "library": "LightGBM", "version": "v4", "objective": "binary", "response": "logistic", "classes": [],
            "trees": { "count": 3, "leaves": 12, "nodes": 21, "depth": 3, "mean_depth": 2.5, "outputs": 1, "covers": true },
            "features": [
                { "name": "age", "splits": 9, "gain": 1.0 },
                { "name": "city", "splits": 2, "gain": 4.0, "categories": ["a", "b"] },
            ],
        }});
        let shown = Glassbox::of(&facts).unwrap();
        assert_eq!(shown.library, "LightGBM v4, binary");
        assert_eq!(shown.features[0].name, "city");
        assert_eq!((shown.features[0].share, shown.features[1].share), (100, 25));
        assert_eq!(shown.features[0].kind, "category: a, b");
        assert!(Glassbox::of(&json!({})).is_none());
    }
}
