//! From nodes as a file describes them to steps.

use super::{Forest, ForestError, Node, Number, Step, Test};

/// See [`Forest::new`].
pub(super) fn lay_out<T: Number>(nodes: &[Node<T>], roots: &[usize], targets: usize) -> Result<Forest<T>, ForestError> {
    let mut layout = Layout {
        nodes,
        places: vec![Place::New; nodes.len()],
        forest: Forest {
            steps: Vec::new(),
            missing: Vec::new(),
            roots: Vec::new(),
            leaves: Vec::new(),
            weights: Vec::new(),
            features: 0,
            targets,
        },
    };
    for &root in roots {
        let Laid { step, depth } = layout.place(root)?;
        layout.forest.roots.push((step, depth));
    }
    let mut forest = layout.forest;
    if forest
        .steps
        .iter()
        .zip(&forest.missing)
        .all(|(step, &missing)| step.children[0] == missing)
    {
        forest.missing = Vec::new();
    }
    Ok(forest)
}

/// Where a node came to lie, and how many steps a walk from it takes at most.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Laid {
    step: u32,
    depth: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    New,
    /// Something below it is being laid out.
    Open,
    Done(Laid),
}

struct Layout<'a, T> {
    nodes: &'a [Node<T>],
    places: Vec<Place>,
    forest: Forest<T>,
}

/// A branch while it is laid out.
#[derive(Clone, Copy)]
struct Branch {
    feature: u32,
    yes: u32,
    no: u32,
    missing: u32,
}

fn index(n: usize) -> Result<u32, ForestError> {
    u32::try_from(n).map_err(|_| ForestError::TooLarge)
}

impl<T: Number> Layout<'_, T> {
    /// Lays out a node after everything below it. The stack is a list: a hostile file's tree may be as
    /// deep as it has nodes.
    fn place(&mut self, root: usize) -> Result<Laid, ForestError> {
        let mut stack = vec![root];
        let mut laid = Laid { step: 0, depth: 0 };
        while let Some(&at) = stack.last() {
            let node = self.nodes.get(at).ok_or(ForestError::NoSuchNode(at))?;
            let done = match (self.places[at], node) {
                (Place::Done(done), _) => Some(done),
                (_, Node::Leaf(weights)) => Some(self.leaf(weights)?),
                (_, Node::Branch { yes, no, .. }) => match (self.child(*yes)?, self.child(*no)?) {
                    (Some(yes), Some(no)) => Some(self.branch(node, yes, no)?),
                    (yes_done, _) => {
                        self.places[at] = Place::Open;
                        stack.push(if yes_done.is_none() { *yes } else { *no });
                        None
                    }
                },
            };
            if let Some(done) = done {
                self.places[at] = Place::Done(done);
                laid = done;
                stack.pop();
            }
        }
        Ok(laid)
    }

    fn child(&self, at: usize) -> Result<Option<Laid>, ForestError> {
        match self.places.get(at) {
            None => Err(ForestError::NoSuchNode(at)),
            Some(Place::Open) => Err(ForestError::Cycle(at)),
            Some(Place::New) => Ok(None),
            Some(Place::Done(laid)) => Ok(Some(*laid)),
        }
    }

    fn push(&mut self, step: Step<T>, missing: u32, leaf: (u32, u32)) -> Result<u32, ForestError> {
        let at = index(self.forest.steps.len())?;
        self.forest.steps.push(step);
        self.forest.missing.push(missing);
        self.forest.leaves.push(leaf);
        Ok(at)
    }

    fn leaf(&mut self, weights: &[(usize, f64)]) -> Result<Laid, ForestError> {
        let first = index(self.forest.weights.len())?;
        for &(target, weight) in weights {
            if target >= self.forest.targets {
                return Err(ForestError::NoSuchTarget(target));
            }
            self.forest.weights.push((index(target)?, weight));
        }
        let end = index(self.forest.weights.len())?;
        let own = index(self.forest.steps.len())?;
        let step = Step {
            threshold: T::default(),
            feature: 0,
            children: [own; 2],
        };
        let step = self.push(step, own, (first, end))?;
        Ok(Laid { step, depth: 0 })
    }

    /// A branch as one step, or as several where its test is not one comparison.
    fn branch(&mut self, node: &Node<T>, yes: Laid, no: Laid) -> Result<Laid, ForestError> {
        let Node::Branch {
            feature,
            test,
            missing_yes,
            ..
        } = node
        else {
            return Ok(yes);
        };
        let out = ForestError::Feature(*feature);
        let features = feature.checked_add(1).ok_or(out)?;
        self.forest.features = self.forest.features.max(features);
        let b = Branch {
            feature: u32::try_from(*feature).map_err(|_| out)?,
            yes: yes.step,
            no: no.step,
            missing: if *missing_yes || matches!(test, Test::NotEqual(_)) {
                yes.step
            } else {
                no.step
            },
        };
        let (step, more) = match test {
            Test::LessOrEqual(t) => (self.at_most(b, Some(*t), b.yes, b.no)?, 0),
            Test::Less(t) => (self.at_most(b, t.below(), b.yes, b.no)?, 0),
            // Nothing is above or equal to what is no number.
            Test::GreaterOrEqual(t) | Test::Greater(t) if t.missing() => (self.at_most(b, None, b.no, b.no)?, 0),
            Test::GreaterOrEqual(t) => (self.at_most(b, t.below(), b.no, b.yes)?, 0),
            Test::Greater(t) => (self.at_most(b, Some(*t), b.no, b.yes)?, 0),
            Test::Equal(t) => self.member(b, &[*t])?,
            Test::NotEqual(t) => self.member(
                Branch {
                    yes: b.no,
                    no: b.yes,
                    ..b
                },
                &[*t],
            )?,
            Test::Member(set) => {
                let mut set: Vec<T> = set.clone();
                set.retain(|v| !v.missing());
                set.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
                set.dedup();
                self.member(b, &set)?
            }
        };
        let depth = yes.depth.max(no.depth).saturating_add(1 + more);
        Ok(Laid { step, depth })
    }

    /// One step; without a threshold it always goes right.
    fn at_most(&mut self, b: Branch, threshold: Option<T>, left: u32, right: u32) -> Result<u32, ForestError> {
        let step = Step {
            threshold: threshold.unwrap_or_default(),
            feature: b.feature,
            children: [right, if threshold.is_some() { left } else { right }],
        };
        self.push(step, b.missing, (0, 0))
    }

    /// A search tree over a sorted set: its first step, and how many steps below it there are.
    fn member(&mut self, b: Branch, set: &[T]) -> Result<(u32, u32), ForestError> {
        let Some((&middle, high)) = set[set.len() / 2..].split_first() else {
            return Ok((self.at_most(b, None, b.no, b.no)?, 0));
        };
        let mut half = |set: &[T]| -> Result<(u32, u32), ForestError> {
            if set.is_empty() {
                return Ok((b.no, 0));
            }
            let (step, below) = self.member(b, set)?;
            Ok((step, below + 1))
        };
        let (low, high) = (half(&set[..set.len() / 2])?, half(high)?);
        let equal = self.at_most(b, Some(middle), b.yes, high.0)?;
        let first = self.at_most(b, middle.below(), low.0, equal)?;
        Ok((first, 1 + low.1.max(high.1)))
    }
}
