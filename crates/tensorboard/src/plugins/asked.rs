//! What a request asked.

use crate::ReadError;
use crate::data::Result;

/// Names and values of a request, and its body.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Of the address.
    pub query: Vec<(String, String)>,
    /// Of a form in the body.
    pub form: Vec<(String, String)>,
    /// The body, where it is no form.
    pub body: Vec<u8>,
}

impl Asked {
    /// The first value of a name in the address.
    pub fn get(&self, name: &str) -> Option<&str> {
        first(&self.query, name)
    }

    /// Every value of a name in the address.
    pub fn all(&self, name: &str) -> Vec<String> {
        every(&self.query, name)
    }

    /// The first value of a name in the form.
    pub fn form(&self, name: &str) -> Option<&str> {
        first(&self.form, name)
    }

    /// Every value of a name in the form.
    pub fn form_all(&self, name: &str) -> Vec<String> {
        every(&self.form, name)
    }

    /// A value that must be there.
    pub fn needed(&self, name: &str) -> Result<&str> {
        self.get(name)
            .ok_or_else(|| ReadError::Invalid(format!("The query says no `{name}`.")))
    }

    /// A number that must be one where it is there.
    pub fn number<T: std::str::FromStr>(&self, name: &str, otherwise: T) -> Result<T> {
        self.get(name).map_or(Ok(otherwise), |word| {
            word.parse()
                .map_err(|_| ReadError::Invalid(format!("`{name}` is {word:?}, which is no number here.")))
        })
    }

    /// Points of a series: `points=N` or `points=all`, or what TensorBoard answers.
    pub fn points(&self, otherwise: usize) -> Result<usize> {
        match self.get("points") {
            Some("all") => Ok(usize::MAX),
            _ => self.number("points", otherwise),
        }
    }
}

fn first<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

fn every(pairs: &[(String, String)], name: &str) -> Vec<String> {
    let named = pairs.iter().filter(|(key, _)| key == name);
    named.map(|(_, value)| value.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_a_number_or_all_of_them() {
        let asked = |points: &str| Asked {
            query: vec![("points".to_owned(), points.to_owned())],
            ..Asked::default()
        };
        assert_eq!(asked("all").points(3).ok(), Some(usize::MAX));
        assert_eq!(asked("7").points(3).ok(), Some(7));
        assert!(asked("-7").points(3).is_err());
        assert_eq!(Asked::default().points(3).ok(), Some(3));
    }
}
