//! A sentence whose tokens are coloured by what they did.

use serde_json::Value;

use crate::arrays::Arrays;
use crate::numbers::signed;

/// A token as the report shows it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    /// As the sentence writes it.
    pub text: String,
    /// What it did.
    pub effect: f64,
    /// The same, written.
    pub said: String,
    /// Size beside the largest, from 0 to 10.
    pub share: u32,
}

impl Token {
    /// Whether it speaks for the class.
    pub fn positive(&self) -> bool {
        self.effect >= 0.0
    }
}

/// The tokens of an answer about a sentence, marks and padding left out; none for other answers.
pub(crate) fn tokens(answer: &Value, arrays: &Arrays) -> Vec<Token> {
    let (Some(tokens), Some(values)) = (answer["tokens"].as_array(), arrays.get("attribution")) else {
        return Vec::new();
    };
    let sentence: Vec<char> = answer["sentence"].as_str().unwrap_or_default().chars().collect();
    let mut out: Vec<Token> = Vec::new();
    for (token, effect) in tokens.iter().zip(&values.values) {
        if token["special"] == true {
            continue;
        }
        let place = |key: &str| token[key].as_u64().unwrap_or(0) as usize;
        let own: String = sentence
            .get(place("from")..place("to"))
            .unwrap_or_default()
            .iter()
            .collect();
        out.push(Token {
            text: if own.is_empty() {
                token["token"].as_str().unwrap_or_default().to_owned()
            } else {
                own
            },
            effect: *effect,
            said: signed(*effect),
            share: 0,
        });
    }
    let most = out.iter().fold(0.0f64, |m, token| m.max(token.effect.abs()));
    for token in &mut out {
        let share = if most > 0.0 { token.effect.abs() / most } else { 0.0 };
        token.share = (share * 10.0).round() as u32;
    }
    out
}
