//! Whatever is in a file ends in an answer or a sentence, and every token stands for the characters it says.

use glassboard_text::{Settings, Split, Tokenizer, guess, sentences};
use proptest::collection::vec;
use proptest::prelude::*;

/// Damages a file at one place.
fn damaged(bytes: &[u8], at: usize, with: u8) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let place = at % out.len().max(1);
    if let Some(byte) = out.get_mut(place) {
        *byte = with;
    }
    out
}

const WORDS: &[u8] =
    br#"{"words": ["[PAD]", "[UNK]", "good", "not", "."], "pad": 0, "unk": 1, "max_len": 64, "labels": ["no"]}"#;

proptest! {
    #[test]
    fn any_bytes_are_a_vocabulary_or_refused(bytes in vec(any::<u8>(), 0..400)) {
        if let Ok(found) = guess(&bytes) {
            prop_assert!(found.tokens > 0);
            prop_assert!(Tokenizer::read(&bytes, &found.settings).is_ok());
        }
        let _ = sentences(&bytes);
    }

    #[test]
    fn a_damaged_vocabulary_is_read_or_refused(at in 0usize..200, with in any::<u8>()) {
        let bytes = damaged(WORDS, at, with);
        if let Ok(found) = guess(&bytes) {
            let _ = Tokenizer::read(&bytes, &found.settings).map(|t| t.encode("good . zz", None));
        }
    }

    #[test]
    fn tokens_stand_for_their_characters(text in "\\PC{0,60}", punctuation in any::<bool>(), lowercase in any::<bool>()) {
        let settings = Settings {
            lowercase,
            split: if punctuation { Split::Punctuation } else { Split::Whitespace },
            pad: Some("[PAD]".to_owned()),
            unk: Some("[UNK]".to_owned()),
            ..Settings::default()
        };
        let tokenizer = Tokenizer::read(WORDS, &settings).expect("a vocabulary");
        let characters: Vec<char> = text.chars().collect();
        match tokenizer.encode(&text, Some(64)) {
            Err(why) => prop_assert!(text.trim().is_empty(), "{why}"),
            Ok(found) => {
                prop_assert_eq!(found.len(), 64);
                let mut before = 0;
                let mut covered = 0;
                for at in found.parts() {
                    let (from, to) = found.offsets[at];
                    prop_assert!(before <= from && from < to && to <= characters.len());
                    prop_assert!(characters[from..to].iter().all(|c| !c.is_whitespace()));
                    before = to;
                    covered += to - from;
                }
                // Every character that is no white space belongs to one token.
                prop_assert_eq!(covered, characters.iter().filter(|c| !c.is_whitespace()).count());
                let words = found.words_of_parts();
                prop_assert!(words.windows(2).all(|pair| pair[1] <= pair[0] + 1));
            }
        }
    }
}
