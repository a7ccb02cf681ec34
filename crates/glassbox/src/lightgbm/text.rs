//! The lines of a LightGBM file: a header, a block a tree, and what follows.

use std::collections::HashMap;
use std::str::FromStr;

use super::damaged;
use crate::error::ReadError;

/// What the file is, for people.
pub(super) const NAME: &str = "LightGBM";

/// `key=value` lines that belong together.
#[derive(Debug, Default)]
pub(super) struct Block<'a>(HashMap<&'a str, &'a str>);

impl<'a> Block<'a> {
    pub(super) fn get(&self, key: &str) -> Option<&'a str> {
        self.0.get(key).copied()
    }

    pub(super) fn number<T: FromStr>(&self, key: &str) -> Result<T, ReadError> {
        let text = self.get(key).ok_or_else(|| damaged(format!("{key} is missing")))?;
        text.trim()
            .parse()
            .map_err(|_| damaged(format!("{key} is `{}`, which is no number of its kind", cut(text))))
    }

    /// Exactly `count` numbers.
    pub(super) fn list<T: FromStr>(&self, key: &str, count: usize) -> Result<Vec<T>, ReadError> {
        let text = self.get(key).ok_or_else(|| damaged(format!("{key} is missing")))?;
        let mut list = Vec::new();
        for part in text.split_ascii_whitespace() {
            let number = part.parse();
            list.push(
                number.map_err(|_| damaged(format!("{key} holds `{}`, which is no number of its kind", cut(part))))?,
            );
        }
        if list.len() != count {
            return Err(damaged(format!(
                "{key} holds {} numbers instead of {count}",
                list.len()
            )));
        }
        Ok(list)
    }
}

/// The start of a text that may be long.
fn cut(text: &str) -> String {
    text.chars().take(40).collect()
}

/// A file in its parts.
#[derive(Debug, Default)]
pub(super) struct File<'a> {
    pub(super) header: Block<'a>,
    pub(super) trees: Vec<Block<'a>>,
    /// The mean of the iterations rather than their sum (random forests).
    pub(super) average: bool,
    /// What follows `pandas_categorical:`.
    pub(super) pandas: Option<&'a str>,
}

impl<'a> File<'a> {
    pub(super) fn split(text: &'a str) -> Result<Self, ReadError> {
        let mut file = Self::default();
        let mut ended = false;
        for line in text.lines() {
            let line = line.trim_end_matches('\r');
            if let Some(list) = line.strip_prefix("pandas_categorical:") {
                file.pandas = Some(list);
            }
            if ended {
                continue;
            }
            match line.split_once('=') {
                Some(("Tree", number)) => {
                    if number.trim().parse() != Ok(file.trees.len()) {
                        return Err(damaged(format!(
                            "tree {} is missing before tree {}",
                            file.trees.len(),
                            cut(number)
                        )));
                    }
                    file.trees.push(Block::default());
                }
                Some((key, value)) => {
                    let block = file.trees.last_mut().unwrap_or(&mut file.header);
                    block.0.insert(key, value);
                }
                None if line == "average_output" => file.average = true,
                // Files of before version 2.1 go on with the features' importance.
                None if line == "end of trees" || line.starts_with("feature importances") => ended = true,
                None => {}
            }
        }
        Ok(file)
    }
}
