//! Sentences as a model of tokens takes them.
//!
//! **What it is.** [`Tokenizer`] turns a sentence into ids with what is known of each: the text of the token, its
//! characters in the sentence, whether the tokenizer added it. It is read from a vocabulary of words or from a
//! `tokenizer.json` of Hugging Face's library, with [`Settings`] that are guessed from the file ([`guess`]) and can be
//! edited. [`sentences`] reads the sentences of a file.
//!
//! **What it promises.** Every token that stands for text knows where. Nothing is cut in silence: a sentence that is
//! too long is refused with both numbers. Whatever is in a file ends in an answer or a sentence.
//!
//! **What it must never know.** Models, jobs, SQL, HTTP.

mod encoded;
mod error;
mod hub;
mod sentences;
mod settings;
mod tokenizer;
mod words;

pub use encoded::Encoded;
pub use error::TextError;
pub use sentences::{MOST_SENTENCES, is_list, sentences};
pub use settings::{Guess, Settings, Split, guess};
pub use tokenizer::Tokenizer;
