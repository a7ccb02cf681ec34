//! What a user asks for, read out of validated parameters: flags, numbers, columns by name.

use serde_json::{Map, Value};

use crate::{Columns, ExplainError};

/// Validated parameters, read by name.
#[derive(Debug, Clone, Copy)]
pub struct Choices<'a>(pub &'a Map<String, Value>);

impl<'a> Choices<'a> {
    /// Yes or no.
    pub fn flag(self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or_default()
    }

    /// A whole number of zero or more.
    pub fn whole(self, name: &str) -> usize {
        self.0.get(name).and_then(Value::as_u64).unwrap_or_default() as usize
    }

    /// A number.
    pub fn real(self, name: &str) -> f64 {
        self.0.get(name).and_then(Value::as_f64).unwrap_or_default()
    }

    /// Words, where there are any.
    pub fn text(self, name: &str) -> Option<&'a str> {
        self.0
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.trim().is_empty())
    }

    /// The columns named by parameter `name`; every column where none is.
    pub fn columns(self, name: &str, columns: &Columns) -> Result<Vec<usize>, ExplainError> {
        match self.text(name) {
            None => Ok((0..columns.len()).collect()),
            Some(text) => named(columns, text),
        }
    }
}

/// The columns that `text` names: names separated by commas, in double quotes where a name has a comma itself.
pub fn named(columns: &Columns, text: &str) -> Result<Vec<usize>, ExplainError> {
    if let Some(only) = columns.names.iter().position(|name| name == text.trim()) {
        return Ok(vec![only]);
    }
    let mut found = Vec::new();
    for name in pieces(text, ',') {
        let name = bare(&name);
        let index = columns.names.iter().position(|known| *known == name).ok_or_else(|| {
            ExplainError::parameters(format!(
                "there is no column `{name}`; the columns are {}",
                listed(&columns.names)
            ))
        })?;
        if !found.contains(&index) {
            found.push(index);
        }
    }
    if found.is_empty() {
        return Err(ExplainError::parameters(
            "no column is named; give names separated by commas",
        ));
    }
    Ok(found)
}

/// Pieces of `text` between `separator`, without the spaces around them; a separator in double quotes separates nothing,
/// and a quote or backslash after a backslash is itself.
pub fn pieces(text: &str, separator: char) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        if c == separator && !quoted {
            pieces.push(String::new());
        } else if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
    }
    let trimmed = pieces.into_iter().map(|piece| piece.trim().to_owned());
    trimmed.filter(|piece| !piece.is_empty()).collect()
}

/// A name without the quotes around it.
fn bare(name: &str) -> String {
    let inner = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
    inner.map_or_else(
        || name.to_owned(),
        |name| name.replace("\\\"", "\"").replace("\\\\", "\\"),
    )
}

/// The first names of a list, for a sentence.
pub fn listed(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut text = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Columns {
        let mut columns = Columns::unnamed(names.len());
        columns.names = names.iter().map(|name| (*name).to_owned()).collect();
        columns
    }

    #[test]
    fn names_are_found_also_where_they_hold_commas() {
        let columns = columns(&["age", "income, net", "sex"]);
        assert_eq!(named(&columns, "sex, age, sex").unwrap(), [2, 0]);
        assert_eq!(named(&columns, "income, net").unwrap(), [1]);
        assert_eq!(named(&columns, r#"age, "income, net""#).unwrap(), [0, 1]);
        let error = named(&columns, "age, heigth").unwrap_err().to_string();
        assert_eq!(
            error,
            "there is no column `heigth`; the columns are age, income, net, sex"
        );
        assert!(named(&columns, " , ").is_err());
    }
}
