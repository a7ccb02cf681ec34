//! `tokenizer.json` of Hugging Face's library.

use tokenizers::{Tokenizer as Library, TruncationParams};

use crate::{Encoded, TextError};

/// A tokenizer as its file says.
pub(crate) struct Hub {
    library: Library,
    pad: Option<String>,
    max_length: Option<usize>,
}

impl Hub {
    pub fn read(bytes: &[u8]) -> Result<Self, TextError> {
        let mut library = Library::from_bytes(bytes)
            .map_err(|e| TextError::new(format!("the tokenizer.json cannot be read: {e}")))?;
        let pad = library.get_padding().map(|padding| padding.pad_token.clone());
        let max_length = library
            .get_truncation()
            .map(|truncation: &TruncationParams| truncation.max_length);
        // Nothing is cut or filled in silence: the caller does both, and says so.
        library.with_padding(None);
        library
            .with_truncation(None)
            .map_err(|e| TextError::new(format!("the tokenizer.json cannot be used: {e}")))?;
        Ok(Self {
            library,
            pad,
            max_length,
        })
    }

    pub fn size(&self) -> usize {
        self.library.get_vocab_size(true)
    }

    pub fn id(&self, token: &str) -> Option<u32> {
        self.library.token_to_id(token)
    }

    pub fn token(&self, id: u32) -> Option<String> {
        self.library.id_to_token(id)
    }

    pub fn is_mark(&self, id: u32) -> bool {
        self.library
            .get_added_tokens_decoder()
            .get(&id)
            .is_some_and(|token| token.special)
    }

    pub fn pad(&self) -> Option<String> {
        self.pad.clone()
    }

    pub fn unk(&self) -> Option<String> {
        use tokenizers::ModelWrapper;
        match self.library.get_model() {
            ModelWrapper::BPE(model) => model.get_unk_token().clone(),
            ModelWrapper::WordPiece(model) => Some(model.unk_token.clone()),
            ModelWrapper::WordLevel(model) => Some(model.unk_token.clone()),
            ModelWrapper::Unigram(_) => None,
        }
    }

    pub fn max_length(&self) -> Option<usize> {
        self.max_length
    }

    pub fn encode(&self, sentence: &str, unk: Option<u32>) -> Result<Encoded, TextError> {
        let found = self
            .library
            .encode_char_offsets(sentence, true)
            .map_err(|e| TextError::new(format!("the tokenizer cannot read the sentence: {e}")))?;
        let special: Vec<bool> = found.get_special_tokens_mask().iter().map(|m| *m == 1).collect();
        let unknown = found.get_ids().iter().zip(&special);
        Ok(Encoded {
            unknown: unknown.map(|(id, special)| !special && Some(*id) == unk).collect(),
            ids: found.get_ids().to_vec(),
            tokens: found.get_tokens().to_vec(),
            offsets: found.get_offsets().to_vec(),
            words: found
                .get_word_ids()
                .iter()
                .map(|word| word.map(|n| n as usize))
                .collect(),
            special,
        })
    }
}
