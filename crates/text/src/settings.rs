//! How a vocabulary is used: guessed from its file, editable.

use serde::{Deserialize, Serialize};

use crate::hub::Hub;
use crate::words::Vocabulary;
use crate::{TextError, Tokenizer};

/// How text is cut into words, where the vocabulary is one of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// At white space.
    #[default]
    Whitespace,
    /// At white space, and every mark of punctuation is a word.
    Punctuation,
}

/// The `text` of `preprocess.json`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// BLAKE3 of the vocabulary's file, 64 hex digits.
    pub vocabulary: String,
    /// The name it was uploaded under; a label.
    pub name: String,
    /// Whether words are lower-cased first. A `tokenizer.json` says so itself.
    pub lowercase: bool,
    /// How text is cut. A `tokenizer.json` says so itself.
    pub split: Split,
    /// The token of padding.
    pub pad: Option<String>,
    /// The token of unknown words.
    pub unk: Option<String>,
    /// Most tokens of a sentence, marks included.
    pub max_length: Option<usize>,
}

/// What a file says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Guess {
    /// Settings to begin with.
    pub settings: Settings,
    /// Names of the classes, where the file has them.
    pub labels: Vec<String>,
    /// `words` or `tokenizer.json`.
    pub kind: &'static str,
    /// How many tokens.
    pub tokens: usize,
}

const PADS: [&str; 5] = ["[PAD]", "<pad>", "<PAD>", "PAD", "<|padding|>"];
const UNKNOWNS: [&str; 6] = ["[UNK]", "<unk>", "<UNK>", "UNK", "<oov>", "[OOV]"];

/// Reads a vocabulary or a `tokenizer.json` and says how it is probably meant.
///
/// # Errors
/// A sentence where it is neither.
pub fn guess(bytes: &[u8]) -> Result<Guess, TextError> {
    let first =
        |names: &[&str], has: &dyn Fn(&str) -> bool| names.iter().find(|name| has(name)).map(|name| (*name).to_owned());
    if Tokenizer::is_hub(bytes) {
        let hub = Hub::read(bytes)?;
        let has = |name: &str| hub.id(name).is_some();
        // Some files name a token that they do not have.
        let held = |name: Option<String>| name.filter(|name| has(name));
        return Ok(Guess {
            settings: Settings {
                pad: held(hub.pad()).or_else(|| first(&PADS, &has)),
                unk: held(hub.unk()).or_else(|| first(&UNKNOWNS, &has)),
                max_length: hub.max_length().filter(|most| *most > 0),
                ..Settings::default()
            },
            labels: Vec::new(),
            kind: "tokenizer.json",
            tokens: hub.size(),
        });
    }
    let vocabulary = Vocabulary::read(bytes)?;
    let has = |name: &str| vocabulary.id(name).is_some();
    let named = |at: Option<u32>, names: &[&str]| {
        at.and_then(|id| vocabulary.word(id).map(str::to_owned))
            .or_else(|| first(names, &has))
    };
    Ok(Guess {
        settings: Settings {
            lowercase: vocabulary.is_lower_case(),
            split: vocabulary.split(),
            pad: named(vocabulary.pad, &PADS),
            unk: named(vocabulary.unk, &UNKNOWNS),
            max_length: vocabulary.max_length.filter(|most| *most > 0),
            ..Settings::default()
        },
        labels: vocabulary.labels.clone(),
        kind: "words",
        tokens: vocabulary.len(),
    })
}
