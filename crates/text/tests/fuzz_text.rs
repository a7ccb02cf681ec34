//! Vocabularies, `tokenizer.json` files and sentences with changed bytes: an hour of libFuzzer with `fuzz/run text 3600`, a
//! second of random inputs in `cargo test`.

use glassboard_text::{Tokenizer, guess, sentences};

const WORDS: &str = r#"{"words": ["[PAD]", "[UNK]", "good", "not", "Ünïcode"], "pad": 0, "unk": 1, "max_len": 9, "labels": ["no", "yes"]}"#;
const LINES: &str = "[PAD]\n[UNK]\ngood\nnot\n.\n";
const HUB: &str = r###"{"version": "1.0", "truncation": null, "padding": null,
  "added_tokens": [{"id": 2, "content": "[CLS]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
    {"id": 3, "content": "[SEP]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
  "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
  "pre_tokenizer": {"type": "BertPreTokenizer"},
  "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}, "decoder": null,
  "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
    "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "un": 4, "##stable": 5, "very": 6, ".": 7}}}"###;
const BYTE_LEVEL: &str = r#"{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": {"type": "NFC"},
  "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
  "post_processor": null, "decoder": {"type": "ByteLevel"},
  "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": "", "end_of_word_suffix": "", "fuse_unk": false,
    "byte_fallback": false, "vocab": {"a": 0, "b": 1, "ab": 2, "Ġ": 3, "Ã": 4, "¼": 5}, "merges": [["a", "b"]]}}"#;
const FILES: [&str; 4] = [WORDS, LINES, HUB, BYTE_LEVEL];
const SENTENCE: &str = "not so good , ab Ünï .";

/// The first byte says which file is changed, the second how many changes (place, value) there are; the rest is a sentence.
/// Past the last file, all of the rest is a vocabulary, and a list of sentences.
#[test]
fn bytes_end_in_tokens_or_a_sentence_that_says_why() {
    bolero::check!().with_max_len(4096).for_each(|bytes: &[u8]| {
        let [which, changes, rest @ ..] = bytes else { return };
        let Some(seed) = FILES.get(usize::from(*which)) else {
            tried(rest, SENTENCE);
            if let Err(why) = sentences(rest) {
                assert!(!why.to_string().is_empty());
            }
            return;
        };
        let mut file = seed.as_bytes().to_vec();
        let (edits, said) = rest.split_at((3 * usize::from(changes % 8)).min(rest.len()));
        for edit in edits.chunks_exact(3) {
            let place = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % file.len();
            file[place] = edit[2];
        }
        tried(&file, &String::from_utf8_lossy(said));
        tried(&file, SENTENCE);
    });
}

/// Reads the file as it says it is meant, and writes the sentence with it.
fn tried(file: &[u8], sentence: &str) {
    let found = match guess(file) {
        Ok(found) => found,
        Err(why) => return assert!(!why.to_string().is_empty()),
    };
    // What was guessed of a file must be readable as it was guessed.
    let tokenizer = Tokenizer::read(file, &found.settings).expect("a file reads as it was guessed");
    match tokenizer.encode(sentence, None) {
        Err(why) => assert!(!why.to_string().is_empty()),
        Ok(encoded) => {
            let letters = sentence.chars().count();
            assert_eq!(encoded.ids.len(), encoded.tokens.len());
            for (from, to) in &encoded.offsets {
                assert!(from <= to && *to <= letters, "{from}..{to} of {letters}");
            }
            if let Some(most) = found.settings.max_length {
                assert!(encoded.len() <= most);
            }
        }
    }
}
