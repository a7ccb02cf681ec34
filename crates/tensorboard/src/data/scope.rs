//! Which experiments a client sees.

/// Experiments of one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// As the client named it; empty where it named none.
    pub id: String,
    /// Where the logs are, for people.
    pub location: String,
    /// Its name, for people.
    pub name: String,
    pub(crate) parts: Vec<Part>,
}

/// One experiment of a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub slug: String,
    /// There are others: run names begin with the slug.
    pub prefixed: bool,
}

impl Part {
    /// The run's name as clients see it.
    pub fn shown(&self, run: &str) -> String {
        match (self.prefixed, run) {
            (false, _) => run.to_owned(),
            (true, ".") => self.slug.clone(),
            (true, _) => format!("{}/{run}", self.slug),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_names_of_several_experiments_begin_with_their_experiment() {
        let part = |prefixed| Part {
            slug: "mnist".to_owned(),
            prefixed,
        };
        assert_eq!(part(false).shown("."), ".");
        assert_eq!(part(true).shown("."), "mnist");
        assert_eq!(part(true).shown("a/b"), "mnist/a/b");
    }
}
