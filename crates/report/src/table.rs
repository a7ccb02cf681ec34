//! Attributions of rows as a table that a spreadsheet opens.

use serde_json::Value;

use crate::arrays::Arrays;

/// One line a row: its number in the table, base, output explained so far as it is known, and the effect of every
/// feature under the feature's name.
pub fn csv(answer: &Value, arrays: &Arrays) -> String {
    let cell = |text: &str| {
        // A leading sign would be read as a formula by spreadsheets.
        let guarded = if text.starts_with(['=', '+', '-', '@']) {
            format!("'{text}")
        } else {
            text.to_owned()
        };
        if guarded.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", guarded.replace('"', "\"\""))
        } else {
            guarded
        }
    };
    let names = answer["feature_names"].as_array().into_iter().flatten();
    let mut out = String::from("row,base");
    for name in names {
        out.push(',');
        out.push_str(&cell(name.as_str().unwrap_or_default()));
    }
    out.push('\n');
    let first = answer["rows"]["from"]
        .as_u64()
        .or_else(|| answer["row"].as_u64())
        .unwrap_or(0);
    let rows = arrays
        .get("attribution")
        .and_then(|a| a.shape.first().copied())
        .unwrap_or(0);
    let base = arrays.get("base");
    for row in 0..rows {
        out.push_str(&(first + row as u64).to_string());
        out.push(',');
        if let Some(value) = base.and_then(|b| b.values.get(row)) {
            out.push_str(&value.to_string());
        }
        for effect in arrays.row("attribution", row) {
            out.push(',');
            out.push_str(&effect.to_string());
        }
        out.push('\n');
    }
    out
}
