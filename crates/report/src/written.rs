//! JSON as people read it.

use serde_json::Value;

/// `value` as JSON, each list of numbers on a line of its own.
pub(crate) fn written(value: &Value, depth: usize) -> String {
    let plain = |value: &Value| !value.is_array() && !value.is_object();
    let inside = |lines: Vec<String>, ends: [&str; 2]| {
        let (indent, close) = ("  ".repeat(depth + 1), "  ".repeat(depth));
        let lines: Vec<String> = lines.into_iter().map(|line| format!("{indent}{line}")).collect();
        format!("{}\n{}\n{close}{}", ends[0], lines.join(",\n"), ends[1])
    };
    match value {
        Value::Array(list) if list.iter().all(plain) => {
            let list: Vec<String> = list.iter().map(ToString::to_string).collect();
            format!("[{}]", list.join(", "))
        }
        Value::Array(list) => inside(list.iter().map(|one| written(one, depth + 1)).collect(), ["[", "]"]),
        Value::Object(map) if !map.is_empty() => {
            let line =
                |(key, one): (&String, &Value)| format!("{}: {}", Value::from(key.as_str()), written(one, depth + 1));
            inside(map.iter().map(line).collect(), ["{", "}"])
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_found_stays_json_and_lists_stay_on_their_line() {
        let found =
            json!({ "scores": [0.5, 1.0, null], "rows": [{ "a": 1 }, { "b": [] }], "none": {}, "said": "\"x\"" });
        let text = written(&found, 0);
        assert!(text.contains("  \"scores\": [0.5, 1.0, null]"), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), found);
    }
}
