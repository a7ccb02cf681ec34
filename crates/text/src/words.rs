//! Vocabularies of whole words: a token a line, a JSON list, a JSON map from token to id, or an object with `words`.

use std::collections::HashMap;

use serde_json::Value;

use crate::settings::Split;
use crate::{Encoded, TextError};

/// Most words.
const MOST: usize = 2_000_000;

/// Words and their ids, and what else the file says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vocabulary {
    ids: HashMap<String, u32>,
    words: HashMap<u32, String>,
    pub pad: Option<u32>,
    pub unk: Option<u32>,
    pub max_length: Option<usize>,
    pub labels: Vec<String>,
}

impl Vocabulary {
    pub fn read(bytes: &[u8]) -> Result<Self, TextError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = std::str::from_utf8(bytes).map_err(|e| {
            TextError::new(format!(
                "the vocabulary is not UTF-8 (byte {} cannot be read)",
                e.valid_up_to()
            ))
        })?;
        let begins = text.trim_start().chars().next();
        // A list of lines may begin with "[PAD]".
        let json: Option<Value> = matches!(begins, Some('{' | '['))
            .then(|| serde_json::from_str(text).ok())
            .flatten();
        match json {
            None if begins == Some('{') => Err(TextError::new(
                "the vocabulary begins like JSON and is none; give a token a line, a list, or a map from token to id",
            )),
            None => Self::of(text.lines().map(|line| Ok(line.trim_end().to_owned()))),
            Some(Value::Array(list)) => Self::of(list.iter().map(word)),
            Some(Value::Object(map)) => {
                if let Some(Value::Array(list)) = map.get("words").or_else(|| map.get("tokens")) {
                    return Self::of(list.iter().map(word)).map(|found| found.with(&map));
                }
                Self::of_map(map.get("vocab").and_then(Value::as_object).unwrap_or(&map))
            }
            Some(_) => Err(TextError::new("the vocabulary is JSON, but neither a list nor a map")),
        }
    }

    fn of(list: impl Iterator<Item = Result<String, TextError>>) -> Result<Self, TextError> {
        let mut found = Self::default();
        for (at, word) in list.enumerate() {
            let word = word?;
            if at >= MOST {
                return Err(TextError::new(format!("the vocabulary has more than {MOST} tokens")));
            }
            found.add(&word, at as u32)?;
        }
        found.checked()
    }

    fn of_map(map: &serde_json::Map<String, Value>) -> Result<Self, TextError> {
        let mut found = Self::default();
        for (word, id) in map {
            let id = id.as_u64().and_then(|id| u32::try_from(id).ok()).ok_or_else(|| {
                TextError::new(format!(
                    "the vocabulary maps `{word}` to {id}, which is no id (0, 1, 2, ...)"
                ))
            })?;
            found.add(word, id)?;
        }
        found.checked()
    }

    fn add(&mut self, word: &str, id: u32) -> Result<(), TextError> {
        if word.is_empty() {
            // An empty line keeps its number: nothing is ever written so.
            return Ok(());
        }
        if let Some(before) = self.ids.insert(word.to_owned(), id) {
            return Err(TextError::new(format!(
                "the vocabulary has `{word}` twice, as {before} and as {id}"
            )));
        }
        if let Some(before) = self.words.insert(id, word.to_owned()) {
            return Err(TextError::new(format!(
                "the vocabulary gives id {id} to both `{before}` and `{word}`"
            )));
        }
        Ok(())
    }

    fn checked(self) -> Result<Self, TextError> {
        if self.ids.len() < 2 {
            return Err(TextError::new(
                "the vocabulary has no words: give a token a line, or a JSON list or map",
            ));
        }
        Ok(self)
    }

    /// What stands beside the words.
    fn with(mut self, map: &serde_json::Map<String, Value>) -> Self {
        let id = |key: &str| {
            let value = map.get(key)?;
            let number = value.as_u64().and_then(|id| u32::try_from(id).ok());
            number.or_else(|| self.id(value.as_str()?))
        };
        let (pad, unk) = (id("pad"), id("unk"));
        let max = ["max_len", "max_length"].iter().find_map(|key| map.get(*key)?.as_u64());
        self.labels = map
            .get("labels")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|label| label.as_str().map(str::to_owned))
            .collect();
        self.max_length = max.map(|n| n as usize);
        (self.pad, self.unk) = (pad, unk);
        self
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn id(&self, word: &str) -> Option<u32> {
        self.ids.get(word).copied()
    }

    pub fn word(&self, id: u32) -> Option<&str> {
        self.words.get(&id).map(String::as_str)
    }

    /// Whether no word but marks such as `[PAD]` has a capital letter.
    pub fn is_lower_case(&self) -> bool {
        let mark = |word: &&String| !(word.starts_with('[') || word.starts_with('<'));
        !self
            .ids
            .keys()
            .filter(mark)
            .any(|word| word.chars().any(char::is_uppercase))
    }

    /// Where marks of punctuation are words, they are cut off words.
    pub fn split(&self) -> Split {
        let marks = [".", ",", "!", "?"].iter().any(|mark| self.ids.contains_key(*mark));
        if marks { Split::Punctuation } else { Split::Whitespace }
    }

    /// The words of `sentence`, each with its characters.
    pub fn encode(
        &self,
        sentence: &str,
        (lowercase, split): (bool, Split),
        unk: Option<u32>,
    ) -> Result<Encoded, TextError> {
        let mut out = Encoded::default();
        for (number, (from, to, word)) in pieces(sentence, split).into_iter().enumerate() {
            let word = if lowercase { word.to_lowercase() } else { word };
            let known = self.id(&word);
            let id = known.or(unk).ok_or_else(|| {
                TextError::new(format!(
                    "`{word}` is not in the vocabulary, which names no token for unknown words"
                ))
            })?;
            let token = if known.is_some() {
                word.as_str()
            } else {
                self.word(id).unwrap_or("?")
            };
            out.push(id, token, (from, to), number, known.is_none());
        }
        Ok(out)
    }
}

fn word(value: &Value) -> Result<String, TextError> {
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| TextError::new(format!("the vocabulary holds {value}, which is no word")))
}

/// First character, the one after the last, and the text of each word.
fn pieces(sentence: &str, split: Split) -> Vec<(usize, usize, String)> {
    let mut out: Vec<(usize, usize, String)> = Vec::new();
    let mut open = false;
    for (at, c) in sentence.chars().enumerate() {
        let alone = split == Split::Punctuation && !c.is_alphanumeric() && !matches!(c, '\'' | '_' | '-');
        if c.is_whitespace() {
            open = false;
        } else if alone || !open {
            out.push((at, at + 1, c.to_string()));
            open = !alone;
        } else if let Some((_, to, word)) = out.last_mut() {
            *to = at + 1;
            word.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_vocabulary_is_read() {
        let forms: [&[u8]; 5] = [
            b"[PAD]\n[UNK]\ngood\nbad\n",
            br#"["[PAD]", "[UNK]", "good", "bad"]"#,
            br#"{"[PAD]": 0, "[UNK]": 1, "good": 2, "bad": 3}"#,
            br#"{"vocab": {"[PAD]": 0, "[UNK]": 1, "good": 2, "bad": 3}}"#,
            br#"{"words": ["[PAD]", "[UNK]", "good", "bad"], "pad": 0, "unk": "[UNK]", "max_len": 4, "labels": ["no", "yes"]}"#,
        ];
        for form in forms {
            let found = Vocabulary::read(form).unwrap();
            assert_eq!((found.len(), found.id("bad")), (4, Some(3)));
            assert!(found.is_lower_case());
        }
        let last = Vocabulary::read(forms[4]).unwrap();
        assert_eq!((last.pad, last.unk, last.max_length), (Some(0), Some(1), Some(4)));
        assert_eq!(last.labels, ["no", "yes"]);
    }

    #[test]
    fn what_is_no_vocabulary_is_refused() {
        let why = |bytes: &[u8]| Vocabulary::read(bytes).unwrap_err().to_string();
        assert!(why(b"a\nb\na\n").contains("`a` twice"));
        assert!(why(br#"{"a": 0, "b": 0}"#).contains("id 0"));
        assert!(why(br#"{"a": -1, "b": 0}"#).contains("no id"));
        assert!(why(b"{\"a\": 0").contains("begins like JSON"));
        assert!(why(b"[1, 2]").contains("no word"));
        assert!(why(b"one").contains("no words"));
        assert!(why(b"\xff\xfe").contains("UTF-8"));
    }

    #[test]
    fn words_know_their_characters() {
        let vocabulary = Vocabulary::read("[PAD]\n[UNK]\ngut\nübel\n.\n".as_bytes()).unwrap();
        let split = vocabulary.split();
        let found = vocabulary.encode("Gut,  Übel.", (true, split), Some(1)).unwrap();
        assert_eq!(found.tokens, ["gut", "[UNK]", "übel", "."]);
        assert_eq!(found.offsets, [(0, 3), (3, 4), (6, 10), (10, 11)]);
        assert_eq!(found.unknown, [false, true, false, false]);
        assert!(
            vocabulary
                .encode("so", (true, split), None)
                .unwrap_err()
                .0
                .contains("`so`")
        );
    }
}
