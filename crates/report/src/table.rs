//! Attributions of rows as a table that a spreadsheet opens.

use serde_json::Value;

use crate::arrays::{Arrays, Named};

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

/// One line an element: its place on every axis and its value.
pub fn cells(array: &Named) -> String {
    let axes = array.shape.len().max(1);
    let mut out: String = (0..axes).map(|i| format!("axis_{i},")).collect();
    out.push_str("value\n");
    let mut place = vec![0usize; axes];
    for value in &array.values {
        for at in &place {
            out.push_str(&at.to_string());
            out.push(',');
        }
        // As it was kept: a 32-bit number written as one, not as the double it became.
        if array.dtype == "f32" {
            out.push_str(&(*value as f32).to_string());
        } else {
            out.push_str(&value.to_string());
        }
        out.push('\n');
        for (axis, size) in array.shape.iter().enumerate().rev() {
            place[axis] += 1;
            if place[axis] < *size {
                break;
            }
            place[axis] = 0;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn elements_are_listed_with_their_place() {
        let array = Named {
            dtype: "f32".to_owned(),
            shape: vec![2, 2],
            values: vec![1.0, 2.0, 3.0, f64::from(0.1f32)],
        };
        assert_eq!(cells(&array), "axis_0,axis_1,value\n0,0,1\n0,1,2\n1,0,3\n1,1,0.1\n");
    }

    #[test]
    fn rows_stand_under_the_names_of_their_columns() {
        let file = glassboard_model::columns::Writer::new()
            .f32("attribution", &[2, 2], &[0.5, -1.0, 2.0, 0.0])
            .f64("base", &[2], &[1.0, 1.5])
            .finish();
        let arrays = Arrays::read(&file).unwrap();
        let answer = json!({ "feature_names": ["a, b", "=c"], "rows": { "from": 7 } });
        assert_eq!(csv(&answer, &arrays), "row,base,\"a, b\",'=c\n7,1,0.5,-1\n8,1.5,2,0\n");
    }
}
