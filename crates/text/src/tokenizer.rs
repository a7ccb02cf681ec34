//! From a sentence to the ids that a model takes.

use crate::hub::Hub;
use crate::settings::{Settings, Split};
use crate::words::Vocabulary;
use crate::{Encoded, TextError};

enum Body {
    Words {
        vocabulary: Vocabulary,
        lowercase: bool,
        split: Split,
    },
    Hub(Box<Hub>),
}

/// A vocabulary with its settings.
pub struct Tokenizer {
    body: Body,
    pad: Option<(u32, String)>,
    unk: Option<(u32, String)>,
    max_length: Option<usize>,
}

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokenizer")
            .field("pad", &self.pad)
            .field("unk", &self.unk)
            .field("max_length", &self.max_length)
            .finish_non_exhaustive()
    }
}

impl Tokenizer {
    /// Whether `bytes` are a `tokenizer.json`: a JSON object with a `model`.
    pub fn is_hub(bytes: &[u8]) -> bool {
        let object: Option<serde_json::Map<String, serde_json::Value>> = bytes
            .iter()
            .find(|b| !b.is_ascii_whitespace())
            .filter(|b| **b == b'{')
            .and_then(|_| serde_json::from_slice(bytes).ok());
        object.is_some_and(|object| object.get("model").is_some_and(serde_json::Value::is_object))
    }

    /// Reads the file that `settings` are about.
    ///
    /// # Errors
    /// A sentence where it cannot be read, or does not have a token that the settings name.
    pub fn read(bytes: &[u8], settings: &Settings) -> Result<Self, TextError> {
        let body = if Self::is_hub(bytes) {
            Body::Hub(Box::new(Hub::read(bytes)?))
        } else {
            Body::Words {
                vocabulary: Vocabulary::read(bytes)?,
                lowercase: settings.lowercase,
                split: settings.split,
            }
        };
        let id = |token: &str| match &body {
            Body::Words { vocabulary, .. } => vocabulary.id(token),
            Body::Hub(hub) => hub.id(token),
        };
        let named = |name: &Option<String>, what: &str| match name.as_deref().filter(|name| !name.is_empty()) {
            None => Ok(None),
            Some(name) => id(name)
                .map(|id| Some((id, name.to_owned())))
                .ok_or_else(|| TextError::new(format!("the vocabulary has no token `{name}`, which `{what}` names"))),
        };
        let (pad, unk) = (named(&settings.pad, "pad")?, named(&settings.unk, "unk")?);
        if settings.max_length == Some(0) {
            return Err(TextError::new("`max_length` must be at least 1"));
        }
        Ok(Self {
            pad,
            unk,
            max_length: settings.max_length,
            body,
        })
    }

    /// Id of the padding, where the vocabulary has one.
    pub fn pad(&self) -> Option<u32> {
        self.pad.as_ref().map(|(id, _)| *id)
    }

    /// Id of the unknown token, where the vocabulary has one.
    pub fn unk(&self) -> Option<u32> {
        self.unk.as_ref().map(|(id, _)| *id)
    }

    /// How the vocabulary writes a token.
    pub fn token(&self, id: u32) -> Option<String> {
        match &self.body {
            Body::Words { vocabulary, .. } => vocabulary.word(id).map(str::to_owned),
            Body::Hub(hub) => hub.token(id),
        }
    }

    /// Whether a token is a mark that the tokenizer adds, such as `[CLS]`.
    pub fn is_mark(&self, id: u32) -> bool {
        match &self.body {
            Body::Words { .. } => false,
            Body::Hub(hub) => hub.is_mark(id) && Some(id) != self.unk(),
        }
    }

    /// The tokens of `sentence`, filled with padding up to `length` where the model takes exactly so many.
    ///
    /// # Errors
    /// A sentence where it is empty or too long, or a word cannot be written.
    pub fn encode(&self, sentence: &str, length: Option<usize>) -> Result<Encoded, TextError> {
        let mut found = match &self.body {
            Body::Words {
                vocabulary,
                lowercase,
                split,
            } => vocabulary.encode(sentence, (*lowercase, *split), self.unk())?,
            Body::Hub(hub) => hub.encode(sentence, self.unk())?,
        };
        if found.parts().is_empty() {
            return Err(TextError::new("the sentence is empty: it has no token"));
        }
        let most = [self.max_length, length].into_iter().flatten().min();
        if let Some(most) = most.filter(|most| found.len() > *most) {
            return Err(TextError::new(format!(
                "the sentence has {} tokens, and the model takes at most {most}; shorten it",
                found.len()
            )));
        }
        if let Some(length) = length.filter(|length| found.len() < *length) {
            let (id, token) = self.pad.as_ref().ok_or_else(|| {
                TextError::new(format!(
                    "the model takes exactly {length} tokens and the sentence has {}; say with `pad` which token fills the rest",
                    found.len()
                ))
            })?;
            found.pad(length, *id, token);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guess;

    const WORDS: &[u8] =
        br#"{"words": ["[PAD]", "[UNK]", "good", "not"], "pad": 0, "unk": 1, "max_len": 4, "labels": ["no", "yes"]}"#;

    #[test]
    fn sentences_are_filled_and_never_cut() {
        let found = guess(WORDS).unwrap();
        assert_eq!(
            (found.kind, found.tokens, found.settings.max_length),
            ("words", 4, Some(4))
        );
        let tokenizer = Tokenizer::read(WORDS, &found.settings).unwrap();
        let one = tokenizer.encode("Not so good", Some(4)).unwrap();
        assert_eq!(one.ids, [3, 1, 2, 0]);
        assert_eq!(one.special, [false, false, false, true]);
        assert_eq!((one.parts(), one.words_of_parts()), (vec![0, 1, 2], vec![0, 1, 2]));
        assert_eq!(tokenizer.encode("good", None).unwrap().ids, [2]);
        let why = |sentence: &str| tokenizer.encode(sentence, Some(4)).unwrap_err().to_string();
        assert_eq!(
            why("good good good good good"),
            "the sentence has 5 tokens, and the model takes at most 4; shorten it"
        );
        assert!(why("  ").contains("empty"));
    }

    #[test]
    fn a_token_that_is_not_there_is_named() {
        let settings = Settings {
            pad: Some("<pad>".to_owned()),
            ..Settings::default()
        };
        let why = Tokenizer::read(WORDS, &settings).unwrap_err().to_string();
        assert_eq!(why, "the vocabulary has no token `<pad>`, which `pad` names");
    }

    #[test]
    fn a_tokenizer_json_keeps_marks_pieces_and_characters() {
        let json = br###"{"version": "1.0", "truncation": null, "padding": null,
            "added_tokens": [
              {"id": 2, "content": "[CLS]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
              {"id": 3, "content": "[SEP]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
            "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
            "decoder": null,
            "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
              "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "un": 4, "##stable": 5, "very": 6, ".": 7}}}"###;
        let found = guess(json).unwrap();
        assert_eq!(found.kind, "tokenizer.json");
        assert_eq!(
            (found.settings.pad.as_deref(), found.settings.unk.as_deref()),
            (Some("[PAD]"), Some("[UNK]"))
        );
        let tokenizer = Tokenizer::read(json, &found.settings).unwrap();
        let one = tokenizer.encode("Very unstable qq.", None).unwrap();
        assert_eq!(one.tokens, ["[CLS]", "very", "un", "##stable", "[UNK]", ".", "[SEP]"]);
        assert_eq!(one.offsets[1..6], [(0, 4), (5, 7), (7, 13), (14, 16), (16, 17)]);
        assert_eq!(one.parts(), [1, 2, 3, 4, 5]);
        assert_eq!(one.words_of_parts(), [0, 1, 1, 2, 3]);
        assert!(one.unknown[4] && one.special[0] && one.special[6]);
        assert!(Tokenizer::is_hub(json) && !Tokenizer::is_hub(WORDS));
        assert!(
            guess(br#"{"model": {"type": "Nothing"}}"#)
                .unwrap_err()
                .0
                .contains("cannot be read")
        );
    }
}
