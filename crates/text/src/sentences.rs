//! The sentences of a file: a JSON list, or text with one a line.

use serde_json::Value;

use crate::TextError;

/// Most sentences of one file.
pub const MOST_SENTENCES: usize = 100_000;
/// Longest sentence in bytes.
const LONGEST: usize = 1 << 16;

/// Whether `bytes` are a JSON list of sentences, told by how it begins.
pub fn is_list(bytes: &[u8]) -> bool {
    let mut from = bytes.iter().skip_while(|b| b.is_ascii_whitespace());
    from.next() == Some(&b'[')
        && from
            .find(|b| !b.is_ascii_whitespace())
            .is_some_and(|b| matches!(b, b'"' | b'{'))
}

/// Every sentence that is not empty, in order. JSON: a list of texts, or of objects with a `text` (or `sentence`).
///
/// # Errors
/// A sentence where the bytes are no text, or there is no sentence in them.
pub fn sentences(bytes: &[u8]) -> Result<Vec<String>, TextError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|e| {
        TextError::new(format!(
            "the text is not UTF-8 (byte {} cannot be read)",
            e.valid_up_to()
        ))
    })?;
    let found: Vec<String> = if is_list(bytes) {
        let list: Vec<Value> = serde_json::from_str(text)
            .map_err(|e| TextError::new(format!("the list of sentences is not JSON: {e}")))?;
        let one = |(at, value): (usize, &Value)| {
            let said = value
                .as_str()
                .or_else(|| value["text"].as_str())
                .or_else(|| value["sentence"].as_str());
            said.map(str::to_owned).ok_or_else(|| {
                TextError::new(format!(
                    "entry {at} of the list is neither a text nor an object with a `text`"
                ))
            })
        };
        list.iter().enumerate().map(one).collect::<Result<_, _>>()?
    } else {
        text.lines().map(str::to_owned).collect()
    };
    let kept: Vec<String> = found
        .into_iter()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect();
    if kept.is_empty() {
        return Err(TextError::new("there is no sentence in the text"));
    }
    if kept.len() > MOST_SENTENCES {
        return Err(TextError::new(format!(
            "the text has {} sentences; at most {MOST_SENTENCES} are read",
            kept.len()
        )));
    }
    if let Some(at) = kept.iter().position(|line| line.len() > LONGEST) {
        return Err(TextError::new(format!(
            "sentence {at} has {} bytes; at most {LONGEST} are read",
            kept[at].len()
        )));
    }
    if let Some(at) = kept.iter().position(|line| line.contains('\0')) {
        return Err(TextError::new(format!(
            "sentence {at} holds a zero byte, so this is no text"
        )));
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_lists_are_read_and_nonsense_is_refused() {
        assert_eq!(
            sentences(b"\xef\xbb\xbfone two\r\n\n three \n").unwrap(),
            ["one two", "three"]
        );
        assert_eq!(sentences(br#" ["a b", {"text": "c"}]"#).unwrap(), ["a b", "c"]);
        let why = |bytes: &[u8]| sentences(bytes).unwrap_err().to_string();
        assert!(why(br#"["a", 3]"#).contains("entry 1"));
        assert!(why(br#"["a""#).contains("not JSON"));
        assert!(why(b"\n \n").contains("no sentence"));
        assert!(why(b"a\xff").contains("not UTF-8"));
        assert!(why(b"a\0b").contains("zero byte"));
        assert!(!is_list(b"[1, 2]") && is_list(b"[\"a\"]"));
    }
}
