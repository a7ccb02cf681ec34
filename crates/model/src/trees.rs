//! An ensemble of decision trees as plain data: what the formats are read into and what TreeSHAP walks.

/// One split or leaf. Children come after their parent in [`Tree::nodes`], so that a walk always ends.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A question about one feature.
    Split {
        /// Column of the row.
        feature: u32,
        /// What is asked.
        rule: Rule,
        /// Where a missing value goes, and what counts as one.
        missing: Missing,
        /// Index of the child when the answer is yes.
        left: u32,
        /// Index of the child when the answer is no.
        right: u32,
    },
    /// An answer: index into [`Tree::values`], counted in leaves.
    Leaf(u32),
}

/// What a split asks of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// `value <= threshold` (LightGBM, scikit-learn, ONNX `BRANCH_LEQ`).
    AtMost(f64),
    /// `value < threshold` (XGBoost, ONNX `BRANCH_LT`).
    Below(f64),
    /// `value >= threshold` (ONNX `BRANCH_GTE`).
    AtLeast(f64),
    /// `value > threshold` (CatBoost, ONNX `BRANCH_GT`).
    Above(f64),
    /// `value == number` (ONNX `BRANCH_EQ`).
    Equal(f64),
    /// `value != number` (ONNX `BRANCH_NEQ`).
    Differs(f64),
    /// The value, cut to a whole number, is one of these, sorted; what is negative is in no set.
    OneOf(Vec<u32>),
}

impl Rule {
    /// The answer for a value that is there.
    #[inline]
    pub fn holds(&self, value: f64) -> bool {
        match self {
            Self::AtMost(t) => value <= *t,
            Self::Below(t) => value < *t,
            Self::AtLeast(t) => value >= *t,
            Self::Above(t) => value > *t,
            #[expect(clippy::float_cmp, reason = "the format asks for equal bits' worth")]
            Self::Equal(t) => value == *t,
            #[expect(clippy::float_cmp, reason = "the format asks for equal bits' worth")]
            Self::Differs(t) => value != *t,
            Self::OneOf(set) => {
                value > -1.0 && value < f64::from(u32::MAX) && set.binary_search(&(value as u32)).is_ok()
            }
        }
    }
}

/// What a split does with a missing value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Not a number goes to the left child.
    Left,
    /// Not a number goes to the right child.
    Right,
    /// Not a number is read as zero and asked like any other (LightGBM's missing type "None").
    AsZero,
    /// Zero and not a number both go to the left child (LightGBM's missing type "Zero").
    ZeroLeft,
    /// Zero and not a number both go to the right child.
    ZeroRight,
}

/// How near to zero LightGBM counts as zero.
const NEAR_ZERO: f64 = 1e-35_f32 as f64;

/// The answer of a split for `value`, which may be missing.
#[inline]
pub fn goes_left(rule: &Rule, missing: Missing, value: f64) -> bool {
    if value.is_nan() {
        return match missing {
            Missing::Left | Missing::ZeroLeft => true,
            Missing::Right | Missing::ZeroRight => false,
            Missing::AsZero => rule.holds(0.0),
        };
    }
    match missing {
        Missing::ZeroLeft if value.abs() <= NEAR_ZERO => true,
        Missing::ZeroRight if value.abs() <= NEAR_ZERO => false,
        _ => rule.holds(value),
    }
}

/// One tree; node 0 is the root.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tree {
    /// Splits and leaves.
    pub nodes: Vec<Node>,
    /// Training rows (or their weight, or hessian) that reached each node; empty where the file has none.
    pub cover: Vec<f64>,
    /// `[leaves, width]`, row-major.
    pub values: Vec<f64>,
    /// First of the ensemble's outputs that the values are added to.
    pub output: usize,
    /// Outputs a leaf has values for, at least one.
    pub width: usize,
}

impl Tree {
    /// The leaf that `row` reaches, as index into [`Self::values`] in leaves.
    #[inline]
    pub fn leaf(&self, row: &[f64]) -> usize {
        let mut at = 0usize;
        loop {
            match &self.nodes[at] {
                Node::Leaf(leaf) => return *leaf as usize,
                Node::Split {
                    feature,
                    rule,
                    missing,
                    left,
                    right,
                } => {
                    let yes = goes_left(rule, *missing, row[*feature as usize]);
                    at = if yes { *left } else { *right } as usize;
                }
            }
        }
    }

    /// The values of leaf `leaf`, one for each of `output..output + width`.
    #[inline]
    pub fn value(&self, leaf: usize) -> &[f64] {
        &self.values[leaf * self.width..][..self.width]
    }

    /// Splits from the root to the deepest leaf.
    pub fn depth(&self) -> usize {
        let mut depth = vec![0usize; self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate() {
            if let Node::Split { left, right, .. } = node {
                depth[*left as usize] = depth[at] + 1;
                depth[*right as usize] = depth[at] + 1;
            }
        }
        depth.into_iter().max().unwrap_or(0)
    }
}

/// In what precision rows are compared and leaves are summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// Rows are rounded to 32 bits before they are compared, leaves are summed in 32 bits (XGBoost, ONNX).
    Single,
    /// Rows are rounded to 32 bits before they are compared, leaves are summed in 64 bits (scikit-learn, CatBoost).
    SingleRows,
    /// Everything in 64 bits (LightGBM).
    Double,
}

/// From the sum of the leaves to what the library calls a prediction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Link {
    /// The sum itself.
    Identity,
    /// `1 / (1 + exp(-slope * sum))`.
    Logistic {
        /// LightGBM's `sigmoid` parameter; 1 elsewhere.
        slope: f64,
    },
    /// Softmax over all outputs.
    Softmax,
    /// `exp(sum)` (Poisson, gamma, Tweedie).
    Exp,
}

/// A sum (or mean) of trees.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeEnsemble {
    /// Columns of a row.
    pub features: usize,
    /// Sums that are made: one a class, or one.
    pub outputs: usize,
    /// In the order the library adds them.
    pub trees: Vec<Tree>,
    /// Added to each sum, `[outputs]`.
    pub base: Vec<f64>,
    /// Every sum of leaves is multiplied by this before the base is added (1, or 1 / trees for a mean).
    pub scale: f64,
    /// How rows are compared and leaves summed.
    pub precision: Precision,
    /// From sums to predictions.
    pub link: Link,
}

impl TreeEnsemble {
    /// Whether every tree says how many training rows reached its nodes, which path-dependent TreeSHAP needs.
    pub fn has_covers(&self) -> bool {
        self.trees.iter().all(|tree| tree.cover.len() == tree.nodes.len())
    }

    /// `row` as the splits compare it.
    pub fn compared(&self, row: &[f64]) -> Vec<f64> {
        match self.precision {
            Precision::Double => row.to_vec(),
            Precision::Single | Precision::SingleRows => row.iter().map(|v| f64::from(*v as f32)).collect(),
        }
    }

    /// The sums (margins) of one row, `[outputs]`.
    pub fn margins(&self, row: &[f64]) -> Vec<f64> {
        let row = self.compared(row);
        let mut sums = vec![0.0f64; self.outputs];
        for tree in &self.trees {
            let values = tree.value(tree.leaf(&row));
            for (sum, value) in sums[tree.output..].iter_mut().zip(values) {
                *sum = match self.precision {
                    Precision::Single => f64::from(*sum as f32 + *value as f32),
                    Precision::SingleRows | Precision::Double => *sum + value,
                };
            }
        }
        for (sum, base) in sums.iter_mut().zip(&self.base) {
            *sum = *sum * self.scale + base;
        }
        sums
    }

    /// Margins to predictions, in place.
    pub fn link(&self, margins: &mut [f64]) {
        match self.link {
            Link::Identity => {}
            Link::Logistic { slope } => {
                for margin in margins {
                    *margin = 1.0 / (1.0 + (-slope * *margin).exp());
                }
            }
            Link::Exp => {
                for margin in margins {
                    *margin = margin.exp();
                }
            }
            Link::Softmax => {
                let highest = margins.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                for margin in margins.iter_mut() {
                    *margin = (*margin - highest).exp();
                }
                let total: f64 = margins.iter().sum();
                for margin in margins {
                    *margin /= total;
                }
            }
        }
    }
}
