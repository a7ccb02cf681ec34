//! Many short texts in one piece of memory.

/// Texts one after another, with where each ends: as large as the file they came from, and four bytes a text.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Texts {
    bytes: String,
    ends: Vec<u32>,
}

impl Texts {
    /// Adds one; `false` where there would be more than 4 GiB of them.
    pub fn push(&mut self, text: &str) -> bool {
        let Ok(end) = u32::try_from(self.bytes.len() + text.len()) else {
            return false;
        };
        self.bytes.push_str(text);
        self.ends.push(end);
        true
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Text `at`; empty beyond the end.
    pub fn get(&self, at: usize) -> &str {
        let Some(end) = self.ends.get(at) else { return "" };
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.bytes[start as usize..*end as usize]
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|at| self.get(at))
    }
}
