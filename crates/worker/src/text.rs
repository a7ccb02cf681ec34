//! Sentences: the vocabulary that goes with a model, and a sentence as the model's ids.

use std::rc::Rc;

use glassboard_jobs::spec::Source;
use glassboard_model::{Array, Model};
use glassboard_text::{Encoded, TextError, Tokenizer, guess, sentences};
use ndarray::{ArrayD, IxDyn};
use serde_json::{Value, json};

use crate::input::Input;
use crate::npy::{NpyArray, read_npy, read_npz};
use crate::preprocess::{Prepared, Preprocess, fits};
use crate::reading::spec;
use crate::trouble::Trouble;
use crate::warm::Loaded;

/// Where a worker finds the vocabulary: beside the keys of `preprocess.json`, put there by whoever asks.
pub const FILE: &str = "vocabulary_file";
/// Largest vocabulary.
const MAX_BYTES: u64 = 64 << 20;
/// What stands for an id that the vocabulary does not have.
const NONE: f32 = -1.0;

impl From<TextError> for Trouble {
    fn from(error: TextError) -> Self {
        Self::input(error.to_string())
    }
}

/// One sentence as tokens.
#[derive(Debug, Clone)]
pub struct Sentence {
    /// As it was written; for ids without a text, the tokens in a row.
    pub text: String,
    /// Its tokens.
    pub encoded: Encoded,
    /// Id of the padding; -1 where the vocabulary names none.
    pub pad: f32,
    /// Id of the unknown token; -1 where the vocabulary names none.
    pub unk: f32,
}

impl Sentence {
    /// Its tokens as `docs/api.md` has them.
    pub fn tokens(&self) -> Value {
        let e = &self.encoded;
        (0..e.len())
            .map(|at| {
                json!({
                    "id": e.ids[at], "token": e.tokens[at], "from": e.offsets[at].0, "to": e.offsets[at].1,
                    "special": e.special[at], "unknown": e.unknown[at], "word": e.words[at],
                })
            })
            .collect()
    }
}

/// The model as one of ids alone, where it has further inputs.
pub fn of_tokens<'a>(loaded: &'a Loaded, sentence: Option<&Sentence>) -> Option<Box<dyn Model + 'a>> {
    loaded.model.of_tokens(sentence?.pad as i64)
}

/// The vocabulary of `preprocess`, whose file is told by `given`; none where nobody gave one.
pub fn tokenizer(loaded: &Loaded, preprocess: &Preprocess, given: &Value) -> Result<Option<Rc<Tokenizer>>, Trouble> {
    let Some(settings) = preprocess.text.as_ref().filter(|text| !text.vocabulary.is_empty()) else {
        return Ok(None);
    };
    let key = serde_json::to_string(settings).map_err(|e| Trouble::internal(e.to_string()))?;
    if let Some(known) = loaded.tokenizer(&key) {
        return Ok(Some(known));
    }
    let source: Option<Source> = serde_json::from_value(given[FILE].clone()).ok();
    let Some(Source::Blob { path, .. }) = source else {
        return Err(Trouble::input(
            "the vocabulary that preprocess.json names did not come along; upload it to the model",
        ));
    };
    let read = |e: std::io::Error| Trouble::input(format!("the vocabulary cannot be read ({e}); upload it again"));
    let bytes = std::fs::metadata(&path).map_err(read)?.len();
    if bytes > MAX_BYTES {
        return Err(Trouble::input(format!(
            "the vocabulary has {bytes} bytes; at most {MAX_BYTES} are read"
        )));
    }
    let tokenizer = Rc::new(Tokenizer::read(&std::fs::read(&path).map_err(read)?, settings)?);
    loaded.keep_tokenizer(key, &tokenizer);
    Ok(Some(tokenizer))
}

/// The result of `JobSpec::Vocabulary`: how a file is probably meant.
pub(crate) fn look(bytes: &[u8]) -> Result<Value, Trouble> {
    let found = guess(bytes)?;
    // What was guessed must work.
    Tokenizer::read(bytes, &found.settings)?;
    serde_json::to_value(found).map_err(|e| Trouble::internal(e.to_string()))
}

/// `preprocess` with the vocabulary of `bytes`: what it says of it already, else what the file says of itself. The
/// classes are named by the file where nobody named them.
pub fn vocabulary(mut preprocess: Preprocess, bytes: &[u8], hash: &str, name: &str) -> Result<Preprocess, Trouble> {
    if !preprocess.is_text() {
        return Err(Trouble::input(
            "a vocabulary is for models that read tokens, and this one does not (set layout to T in preprocess.json if it does)",
        ));
    }
    let found = guess(bytes)?;
    let mut settings = preprocess.text.take().unwrap_or(found.settings);
    hash.clone_into(&mut settings.vocabulary);
    name.clone_into(&mut settings.name);
    Tokenizer::read(bytes, &settings)?;
    preprocess.text = Some(settings);
    if preprocess.labels.is_empty() {
        preprocess.labels = found.labels;
    }
    Ok(preprocess)
}

/// What an input holds for a model of tokens.
enum Held {
    Sentences(Vec<String>),
    Ids(NpyArray),
}

fn held(input: &Input<'_>, wanted: &str) -> Result<Held, Trouble> {
    let bytes = input.bytes()?;
    let other = if bytes.starts_with(b"\x93NUMPY") {
        return Ok(Held::Ids(read_npy(bytes)?));
    } else if bytes.starts_with(b"PK\x03\x04") {
        return Ok(Held::Ids(read_npz(bytes, wanted)?));
    } else if bytes.starts_with(b"\x89PNG") || bytes.starts_with(b"\xff\xd8\xff") {
        "a picture"
    } else if bytes.starts_with(b"PAR1") {
        "a Parquet table"
    } else {
        return Ok(Held::Sentences(sentences(bytes)?));
    };
    Err(Trouble::input(format!(
        "the model's input `{wanted}` takes sentences, not {other}; give text (.txt, one sentence a line), a JSON list of \
         sentences, or an array of token ids"
    )))
}

/// How many sentences there are.
pub fn count(input: &Input<'_>, wanted: &str) -> Result<usize, Trouble> {
    Ok(match held(input, wanted)? {
        Held::Sentences(list) => list.len(),
        Held::Ids(array) if array.shape.len() > 1 => array.shape[0],
        Held::Ids(_) => 1,
    })
}

/// Row `row` of `input` as the model takes it.
pub fn read(
    loaded: &Loaded,
    input: &Input<'_>,
    row: usize,
    preprocess: &Preprocess,
    given: &Value,
) -> Result<(Prepared, Sentence), Trouble> {
    let tokenizer = tokenizer(loaded, preprocess, given)?;
    let missing = |count: usize| {
        Trouble::input(format!(
            "the input has {count} sentences, so there is no row {row} (the first is 0)"
        ))
    };
    match held(input, &preprocess.input)? {
        Held::Sentences(list) => {
            let text = list.get(row).ok_or_else(|| missing(list.len()))?;
            one(loaded, tokenizer.as_deref(), preprocess, text)
        }
        Held::Ids(array) => {
            let (count, width) = match array.shape[..] {
                [width] => (1, width),
                [count, width] => (count, width),
                _ => {
                    return Err(Trouble::input(format!(
                        "the array has shape {:?}; token ids are a row, or rows",
                        array.shape
                    )));
                }
            };
            let ids = (row < count).then(|| &array.values[row * width..][..width]);
            of_ids(
                loaded,
                tokenizer.as_deref(),
                preprocess,
                ids.ok_or_else(|| missing(count))?,
            )
        }
    }
}

/// One sentence as the model takes it.
pub fn one(
    loaded: &Loaded,
    tokenizer: Option<&Tokenizer>,
    preprocess: &Preprocess,
    text: &str,
) -> Result<(Prepared, Sentence), Trouble> {
    let tokenizer = tokenizer.ok_or_else(|| {
        Trouble::input(
            "this model reads tokens and no vocabulary is known: upload one to the model (a token a line, JSON, or a \
             tokenizer.json)",
        )
    })?;
    let encoded = tokenizer.encode(text, length(loaded, preprocess)?)?;
    let sentence = Sentence {
        text: text.to_owned(),
        encoded,
        pad: tokenizer.pad().map_or(NONE, |id| id as f32),
        unk: tokenizer.unk().map_or(NONE, |id| id as f32),
    };
    finished(loaded, preprocess, sentence)
}

/// How many tokens the model takes, where it is fixed.
fn length(loaded: &Loaded, preprocess: &Preprocess) -> Result<Option<usize>, Trouble> {
    Ok(spec(loaded.model.inputs(), &preprocess.input)?
        .shape
        .get(1)
        .copied()
        .flatten())
}

fn of_ids(
    loaded: &Loaded,
    tokenizer: Option<&Tokenizer>,
    preprocess: &Preprocess,
    ids: &[f32],
) -> Result<(Prepared, Sentence), Trouble> {
    if let Some(bad) = ids.iter().find(|v| v.fract() != 0.0 || **v < 0.0 || **v > 1e7) {
        return Err(Trouble::input(format!("the array holds {bad}, which is no token id")));
    }
    let pad = tokenizer.and_then(Tokenizer::pad);
    let mut encoded = Encoded::default();
    for (at, id) in ids.iter().enumerate() {
        let id = *id as u32;
        let token = tokenizer.and_then(|t| t.token(id)).unwrap_or_else(|| format!("#{id}"));
        encoded.ids.push(id);
        encoded.tokens.push(token);
        encoded.offsets.push((0, 0));
        encoded
            .special
            .push(Some(id) == pad || tokenizer.is_some_and(|t| t.is_mark(id)));
        encoded.words.push(Some(at));
        encoded.unknown.push(Some(id) == tokenizer.and_then(Tokenizer::unk));
    }
    if encoded.parts().is_empty() {
        return Err(Trouble::input("the row of ids holds nothing but padding and marks"));
    }
    let said: Vec<&str> = encoded
        .parts()
        .into_iter()
        .map(|at| encoded.tokens[at].as_str())
        .collect();
    let sentence = Sentence {
        text: said.join(" "),
        pad: pad.map_or(NONE, |id| id as f32),
        unk: tokenizer.and_then(Tokenizer::unk).map_or(NONE, |id| id as f32),
        encoded,
    };
    finished(loaded, preprocess, sentence)
}

fn finished(loaded: &Loaded, preprocess: &Preprocess, sentence: Sentence) -> Result<(Prepared, Sentence), Trouble> {
    let ids: Vec<f32> = sentence.encoded.ids.iter().map(|id| *id as f32).collect();
    let x: Array = ArrayD::from_shape_vec(IxDyn(&[1, ids.len()]), ids)
        .map_err(|e| Trouble::internal(format!("tokens do not line up: {e}")))?;
    fits(x.shape(), spec(loaded.model.inputs(), &preprocess.input)?)?;
    let prepared = Prepared {
        display: x.clone(),
        x,
        range: None,
    };
    Ok((prepared, sentence))
}
