//! How far the output falls when one token is taken away.

use glassboard_model::Array;

use crate::methods::array;
use crate::text::{Absent, AskText, sound};
use crate::{ExplainError, Runner};

/// `[rows, tokens]`: f(sentence) - f(sentence without the token), zero at places that are never taken away.
pub fn token_occlusion(run: &mut Runner<'_>, text: &AskText<'_>, absent: Absent) -> Result<Array, ExplainError> {
    text.can(absent)?;
    let length = text.length();
    // One question for every sentence as it is, then one for each of its parts.
    let mut asked: Vec<(usize, Option<usize>)> = Vec::new();
    for row in 0..text.rows() {
        asked.push((row, None));
        asked.extend((0..text.parts[row].len()).map(|part| (row, Some(part))));
    }
    let values = run.forward(
        &[length],
        asked.len(),
        &text.readout,
        |i| text.targets[asked[i].0],
        |i, out| text.without(asked[i].0, absent, &|part| asked[i].1 == Some(part), out),
    )?;
    let mut attribution = vec![0.0f32; text.rows() * length];
    let mut whole = 0.0f32;
    for ((row, part), value) in asked.iter().zip(values) {
        sound([&f64::from(value)], absent)?;
        match part {
            None => whole = value,
            Some(part) => attribution[row * length + text.parts[*row][*part]] = whole - value,
        }
    }
    array(text.rows(), &[length], attribution)
}
