//! The columns of a data set, as its page shows them.

use serde_json::Value;

use crate::text;

/// Width and height of a small histogram.
const WIDE: f64 = 100.0;
const HIGH: f64 = 24.0;
/// Most columns on the page; the API has all of them.
const MOST_SHOWN: usize = 500;
/// Most bars of labels.
const MOST_BARS: usize = 20;

/// One column.
pub struct ColumnLine {
    pub name: String,
    pub kind: String,
    /// Every kind, and whether it was given.
    pub kinds: Vec<(&'static str, bool)>,
    pub given: bool,
    pub reason: String,
    pub missing: String,
    pub distinct: String,
    pub summary: String,
    pub is_target: bool,
    pub bars: Vec<Bar>,
    pub trouble: Option<String>,
}

/// A bar of a small histogram, in units of its picture.
pub struct Bar {
    pub x: String,
    pub y: String,
    pub width: String,
    pub height: String,
}

/// The columns of the schema in `facts`.
pub fn lines(facts: &Value) -> Vec<ColumnLine> {
    let schema = &facts["schema"];
    let rows = schema["rows"].as_i64().unwrap_or(0);
    schema["columns"]
        .as_array()
        .into_iter()
        .flatten()
        .take(MOST_SHOWN)
        .map(|column| line(schema, column, rows))
        .collect()
}

fn line(schema: &Value, column: &Value, rows: i64) -> ColumnLine {
    let name = column["name"].as_str().unwrap_or_default().to_owned();
    let kind = column["kind"].as_str().unwrap_or_default().to_owned();
    let given = schema["options"]["columns"][&name]["kind"].is_string();
    let kinds = ["number", "integer", "boolean", "category", "date", "text"];
    let missing = column["missing"].as_i64().unwrap_or(0);
    let share = 100.0 * missing as f64 / rows.max(1) as f64;
    ColumnLine {
        kinds: kinds.map(|one| (one, given && one == kind)).to_vec(),
        given,
        reason: column["reason"].as_str().unwrap_or_default().to_owned(),
        missing: if missing == 0 {
            "none".to_owned()
        } else {
            format!("{} ({share:.1} %)", text::integer(missing))
        },
        distinct: text::integer(column["distinct"].as_i64().unwrap_or(0)),
        summary: summary(column),
        is_target: schema["target"].as_str() == Some(&name),
        bars: bars(column),
        trouble: column["unreadable"].as_str().map(str::to_owned),
        name,
        kind,
    }
}

fn summary(column: &Value) -> String {
    if column["kind"] == "date" {
        return String::new();
    }
    let number = |key: &str| column[key].as_f64().map(text::value);
    if let (Some(min), Some(max), Some(mean)) = (number("min"), number("max"), number("mean")) {
        return format!("{min} to {max}, mean {mean}");
    }
    let labels: Vec<&str> = column["labels"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let shown: Vec<&str> = labels.iter().take(5).copied().collect();
    format!("{}{}", shown.join(", "), if labels.len() > 5 { ", …" } else { "" })
}

fn bars(column: &Value) -> Vec<Bar> {
    let counts = match &column["histogram"] {
        Value::Object(histogram) => &histogram["counts"],
        _ => &column["counts"],
    };
    let counts: Vec<f64> = counts
        .as_array()
        .into_iter()
        .flatten()
        .take(MOST_BARS)
        .filter_map(Value::as_f64)
        .collect();
    let highest = counts.iter().copied().fold(0.0, f64::max);
    if highest == 0.0 {
        return Vec::new();
    }
    let step = WIDE / counts.len() as f64;
    let place = |(i, count): (usize, &f64)| {
        // What is there is seen, however few they are.
        let height = if *count > 0.0 {
            (HIGH * count / highest).max(1.0)
        } else {
            0.0
        };
        Bar {
            x: format!("{:.2}", i as f64 * step),
            y: format!("{:.2}", HIGH - height),
            width: format!("{:.2}", step * 0.9),
            height: format!("{height:.2}"),
        }
    };
    counts.iter().enumerate().map(place).collect()
}
