//! `TfIdfVectorizer`: counts of n-grams.

use std::collections::HashMap;
use std::hash::Hash;

use super::{Call, Entry, Grad, Out, one};
use crate::error::OpError;
use crate::graph::Attr;
use crate::operation::Engine;
use crate::shapes::{Fact, Inferred, Site, only};
use crate::value::{Elem, Value};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![Entry::new("text", "TfIdfVectorizer", Grad::Stops, tf_idf).shape(counts_shape)]
}

/// What the attributes say.
struct Grams {
    /// Where n-grams of length 1, 2, ... start in the pool.
    starts: Vec<usize>,
    /// Output coordinate of every n-gram in the pool.
    columns: Vec<usize>,
    shortest: usize,
    longest: usize,
    skips: usize,
}

fn tf_idf<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let count = |name: &str| {
        usize::try_from(c.int(name, -1)).map_err(|_| OpError::bad(format!("{name} is missing or negative")))
    };
    let list = |name: &str| c.sizes(name)?.ok_or_else(|| OpError::bad(format!("{name} is missing")));
    let grams = Grams {
        starts: list("ngram_counts")?,
        columns: list("ngram_indexes")?,
        shortest: count("min_gram_length")?.max(1),
        longest: count("max_gram_length")?,
        skips: count("max_skip_count")?,
    };
    let weights = match c.node.attrs.get("weights") {
        Some(Attr::Floats(v)) => Some(v.clone()),
        _ => None,
    };
    let mode = c.str("mode", "TF");
    if weights.as_ref().is_some_and(|w| w.len() != grams.columns.len()) {
        return Err(OpError::bad("there is not one weight an n-gram"));
    }
    let width = grams.columns.iter().max().map_or(0, |&m| m.saturating_add(1));
    let x = c.value(0)?;
    let (rows, mut shape) = match *x.shape() {
        [rows, _] => (rows, vec![rows]),
        [_] | [] => (1, vec![]),
        ref other => return Err(OpError::bad(format!("expected one or two dimensions, got {other:?}"))),
    };
    shape.push(width);
    c.reserve(&shape)?;
    let per_row = x.numel() / rows.max(1);
    let counts = match (x, c.node.attrs.get("pool_int64s"), c.node.attrs.get("pool_strings")) {
        (Value::Host(x), Some(Attr::Ints(pool)), _) => grams.count(pool, &x.data, per_row)?,
        (Value::Text(x), _, Some(Attr::Strs(pool))) => grams.count(pool, &x.data, per_row)?,
        (x, _, _) => return Err(OpError::bad(format!("the pool does not hold {}", x.kind()))),
    };
    let mut data = vec![0.0f32; rows * width];
    for (row, hits) in counts.iter().enumerate() {
        for (&gram, &n) in hits {
            let n = if mode == "IDF" { 1.0 } else { n as f32 };
            let weight = match (&weights, mode.as_str()) {
                (Some(w), "IDF" | "TFIDF") => w[gram],
                _ => 1.0,
            };
            data[row * width + grams.columns[gram]] += n * weight;
        }
    }
    one(c.tensor_from(data, shape, Elem::F32))
}

impl Grams {
    /// How often each n-gram of the pool, by its number, stands in each row.
    fn count<T: Hash + Eq + Clone>(
        &self,
        pool: &[T],
        data: &[T],
        per_row: usize,
    ) -> Result<Vec<HashMap<usize, u64>>, OpError> {
        let mut known: HashMap<Vec<&T>, usize> = HashMap::new();
        let mut gram = 0;
        for (k, &start) in self.starts.iter().enumerate() {
            let end = self.starts.get(k + 1).copied().unwrap_or(pool.len());
            let items = pool
                .get(start..end)
                .ok_or_else(|| OpError::bad("ngram_counts do not divide the pool"))?;
            for item in items.chunks_exact(k + 1) {
                known.insert(item.iter().collect(), gram);
                gram += 1;
            }
        }
        if gram > self.columns.len() {
            return Err(OpError::bad("ngram_indexes do not name every n-gram"));
        }
        let longest = self.longest.min(self.starts.len());
        let mut rows = Vec::new();
        for row in data.chunks_exact(per_row.max(1)) {
            let mut hits = HashMap::new();
            for length in self.shortest..=longest {
                // Words on their own are not skipped between.
                let most = if length == 1 { 0 } else { self.skips.min(row.len()) };
                for step in 1..=most + 1 {
                    let reach = (length - 1).saturating_mul(step);
                    for start in 0..row.len().saturating_sub(reach) {
                        let words: Vec<&T> = (0..length).map(|i| &row[start + i * step]).collect();
                        if let Some(&gram) = known.get(&words) {
                            *hits.entry(gram).or_insert(0) += 1;
                        }
                    }
                }
            }
            rows.push(hits);
        }
        Ok(rows)
    }
}

fn counts_shape(s: &Site<'_>) -> Inferred {
    let elem = Some(Elem::F32);
    let width = s
        .ints("ngram_indexes")
        .and_then(|v| v.iter().max())
        .map_or(0, |m| m.saturating_add(1));
    let Ok(x) = s.shape(0) else {
        return only(Fact::typed(elem));
    };
    let mut shape: Vec<_> = x[..x.len().saturating_sub(1)].to_vec();
    shape.push(width.into());
    only(Fact::new(elem, shape))
}
