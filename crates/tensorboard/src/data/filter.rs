//! Which series are asked for.

use std::collections::BTreeSet;

use crate::proto::{Names, RunTagFilter};

/// Runs and tags by name. `None` filters nothing; no names at all let nothing through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// These runs.
    pub runs: Option<BTreeSet<String>>,
    /// These tags.
    pub tags: Option<BTreeSet<String>>,
}

impl Filter {
    /// One series.
    pub fn one(run: &str, tag: &str) -> Self {
        Self {
            runs: Some(BTreeSet::from([run.to_owned()])),
            tags: Some(BTreeSet::from([tag.to_owned()])),
        }
    }

    /// One tag of every run, or of these.
    pub fn tag(tag: &str, runs: Option<Vec<String>>) -> Self {
        Self {
            runs: runs.map(BTreeSet::from_iter),
            tags: Some(BTreeSet::from([tag.to_owned()])),
        }
    }

    /// Every tag of one run.
    pub fn run(run: &str) -> Self {
        Self {
            runs: Some(BTreeSet::from([run.to_owned()])),
            tags: None,
        }
    }

    /// Whether this run is asked for.
    pub fn wants_run(&self, run: &str) -> bool {
        self.runs.as_ref().is_none_or(|runs| runs.contains(run))
    }

    /// Whether this tag is asked for.
    pub fn wants_tag(&self, tag: &str) -> bool {
        self.tags.as_ref().is_none_or(|tags| tags.contains(tag))
    }
}

impl From<Option<RunTagFilter>> for Filter {
    fn from(message: Option<RunTagFilter>) -> Self {
        let names = |names: Option<Names>| names.map(|names| BTreeSet::from_iter(names.names));
        message.map_or_else(Self::default, |message| Self {
            runs: names(message.runs),
            tags: names(message.tags),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_filters_nothing_and_an_empty_list_lets_nothing_through() {
        let all = Filter::from(None);
        assert!(all.wants_run("a") && all.wants_tag("t"));
        let omitted = Filter::from(Some(RunTagFilter { runs: None, tags: None }));
        assert_eq!(omitted, all);
        let none = Filter::from(Some(RunTagFilter {
            runs: Some(Names::default()),
            tags: None,
        }));
        assert!(!none.wants_run("a") && none.wants_tag("t"));
        let some = Filter::from(Some(RunTagFilter {
            runs: None,
            tags: Some(Names {
                names: vec!["t".to_owned(), "a".to_owned()],
            }),
        }));
        assert!(some.wants_run("x") && some.wants_tag("t") && some.wants_tag("a") && !some.wants_tag("b"));
    }
}
