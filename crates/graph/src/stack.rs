//! Stacks: neighbours of one structure that are called `x`, `x_1`, `x_2`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use crate::{Description, graph::Source};

/// Fewer neighbours than this stay single.
pub(crate) const FEWEST: usize = 3;

/// What tells whether two stretches of the drawing order are built alike.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Structure<'a> {
    pub description: &'a Description,
    pub order: &'a [usize],
    pub sources: &'a [Vec<Source>],
}

impl Structure<'_> {
    /// Equal for stretches with the same operators, connected the same way inside.
    pub fn of(&self, places: Range<usize>) -> u64 {
        let mut hash = DefaultHasher::new();
        places.len().hash(&mut hash);
        for place in places.clone() {
            self.description.nodes[self.order[place]].op.hash(&mut hash);
            let sources = &self.sources[place];
            sources.len().hash(&mut hash);
            for source in sources {
                let back = match source {
                    Source::Place(from) if places.contains(from) => place - from,
                    _ => 0,
                };
                back.hash(&mut hash);
            }
        }
        hash.finish()
    }
}

/// A name without its number, and the number: `block_2.conv` is the second `block.conv`.
pub(crate) fn numbered(label: &str) -> (String, Option<&str>) {
    let bytes = label.as_bytes();
    let mut end = bytes.len();
    while end > 0 {
        if !bytes[end - 1].is_ascii_digit() {
            end -= 1;
            continue;
        }
        let mut start = end;
        while start > 0 && bytes[start - 1].is_ascii_digit() {
            start -= 1;
        }
        let number = &label[start..end];
        let (before, after) = (&label[..start], &label[end..]);
        // The 2 of `conv2d` is part of a word.
        if !after.starts_with(|c: char| c.is_alphanumeric()) && !before.is_empty() {
            let (before, after) = match (before.strip_suffix('['), after.strip_prefix(']')) {
                (Some(before), Some(after)) => (before, after),
                _ => (before.strip_suffix(['_', '.', '-']).unwrap_or(before), after),
            };
            return (format!("{before}{after}"), Some(number));
        }
        end = start;
    }
    (label.to_owned(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_told_from_a_word() {
        for (label, stem, number) in [
            ("x", "x", None),
            ("x_12", "x", Some("12")),
            ("layers.0", "layers", Some("0")),
            ("Block[3]", "Block", Some("3")),
            ("block_2.conv2d", "block.conv2d", Some("2")),
            ("conv2d", "conv2d", None),
            ("7", "7", None),
            ("größe_1", "größe", Some("1")),
        ] {
            assert_eq!(numbered(label), (stem.to_owned(), number), "{label}");
        }
    }
}
