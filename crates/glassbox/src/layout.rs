//! Trees laid out for fast walks: sixteen bytes a node, children side by side, eight rows at a time.

use glassboard_model::TreeEnsemble;
use glassboard_model::trees::{Missing, Node, Rule, Tree};

/// One place. A leaf's child is itself and every value goes left there.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// `value <= threshold` goes to `child`, else to the one after it.
    threshold: f64,
    /// The column, and in the highest bit whether not a number goes to `child`.
    asked: u32,
    child: u32,
}

const NAN_FIRST: u32 = 1 << 31;

/// A tree whose every question is a threshold.
#[derive(Debug)]
struct Packed {
    places: Vec<Place>,
    /// The leaf at each place.
    leaves: Vec<u32>,
}

/// The trees of an ensemble, in its order.
#[derive(Debug)]
pub(crate) struct Forest {
    /// None: the tree asks about categories, or takes zero for missing, and is walked as it is.
    packed: Vec<Option<Packed>>,
}

/// Rows that are walked side by side.
const LANES: usize = 8;

impl Forest {
    pub(crate) fn new(ensemble: &TreeEnsemble) -> Self {
        Self {
            packed: ensemble.trees.iter().map(Packed::new).collect(),
        }
    }

    /// Leaves that `rows` (`[count, width]`, at least one column) reach in tree `index`, into `out`.
    pub(crate) fn leaves(&self, index: usize, tree: &Tree, rows: &[f64], width: usize, out: &mut [u32]) {
        match &self.packed[index] {
            Some(packed) => packed.walk(rows, width, out),
            None => {
                for (leaf, row) in out.iter_mut().zip(rows.chunks_exact(width)) {
                    *leaf = tree.leaf(row) as u32;
                }
            }
        }
    }
}

/// A threshold question as `value <= t`, whether its answers change places, and where not a number goes.
fn threshold(rule: &Rule, missing: Missing) -> Option<(f64, bool, bool)> {
    let (limit, swapped) = match rule {
        Rule::AtMost(t) => (*t, false),
        Rule::Below(t) => (t.next_down(), false),
        Rule::AtLeast(t) => (t.next_down(), true),
        Rule::Above(t) => (*t, true),
        Rule::Equal(_) | Rule::Differs(_) | Rule::OneOf(_) => return None,
    };
    let nan_yes = match missing {
        Missing::Left => true,
        Missing::Right => false,
        Missing::AsZero => rule.holds(0.0),
        Missing::ZeroLeft | Missing::ZeroRight => return None,
    };
    // Below minus infinity nothing is, not even minus infinity: no threshold says so.
    (limit > f64::NEG_INFINITY).then_some((limit, swapped, nan_yes != swapped))
}

impl Packed {
    fn new(tree: &Tree) -> Option<Self> {
        let mut places = vec![
            Place {
                threshold: f64::INFINITY,
                asked: NAN_FIRST,
                child: 0
            };
            tree.nodes.len()
        ];
        let mut leaves = vec![0u32; tree.nodes.len()];
        // Children stand side by side already or are moved there: place 0 is the root.
        let mut source = vec![0u32; tree.nodes.len()];
        let mut next = 1usize;
        for at in 0..tree.nodes.len() {
            match &tree.nodes[source[at] as usize] {
                Node::Leaf(leaf) => {
                    leaves[at] = *leaf;
                    places[at].child = at as u32;
                }
                Node::Split {
                    feature,
                    rule,
                    missing,
                    left,
                    right,
                } => {
                    let (limit, swapped, nan_first) = threshold(rule, *missing)?;
                    let (first, second) = if swapped { (*right, *left) } else { (*left, *right) };
                    if *feature & NAN_FIRST != 0 {
                        return None;
                    }
                    *source.get_mut(next)? = first;
                    *source.get_mut(next + 1)? = second;
                    places[at] = Place {
                        threshold: limit,
                        asked: *feature | if nan_first { NAN_FIRST } else { 0 },
                        child: next as u32,
                    };
                    next += 2;
                }
            }
        }
        Some(Self { places, leaves })
    }

    #[inline]
    #[expect(
        clippy::needless_bitwise_bool,
        reason = "a branch that is mispredicted costs more than both sides"
    )]
    fn step(&self, at: u32, row: &[f64]) -> u32 {
        let place = &self.places[at as usize];
        let value = row[(place.asked & !NAN_FIRST) as usize];
        let first = (value <= place.threshold) | (value.is_nan() & (place.asked & NAN_FIRST != 0));
        place.child + u32::from(!first)
    }

    fn walk(&self, rows: &[f64], width: usize, out: &mut [u32]) {
        let mut groups = rows.chunks_exact(width * LANES);
        let mut answers = out.chunks_exact_mut(LANES);
        for (rows, answer) in groups.by_ref().zip(answers.by_ref()) {
            let mut at = [0u32; LANES];
            loop {
                let mut moved = 0;
                for (lane, at) in at.iter_mut().enumerate() {
                    let next = self.step(*at, &rows[lane * width..][..width]);
                    moved |= next ^ *at;
                    *at = next;
                }
                if moved == 0 {
                    break;
                }
            }
            for (leaf, at) in answer.iter_mut().zip(at) {
                *leaf = self.leaves[at as usize];
            }
        }
        let rest = groups.remainder().chunks_exact(width);
        for (row, leaf) in rest.zip(answers.into_remainder()) {
            let mut at = 0u32;
            loop {
                let next = self.step(at, row);
                if next == at {
                    break;
                }
                at = next;
            }
            *leaf = self.leaves[at as usize];
        }
    }
}
