//! Classification and regression trees (Breiman et al. 1984), as scikit-learn grows them: every column, thresholds
//! half way between neighbouring values in 32 bits, the largest fall of impurity. Of equally good questions the one
//! about the first column is taken (there, a random one). Labels of categories are parted as sets.

use glassboard_model::trees::{Node, Tree};
use ndarray::ArrayView2;

pub use super::grow::Growth;
use super::grow::grow;
use super::impurity::{Criterion, Goal};
use super::split::Asked;
use crate::{Columns, ExplainError};

/// A fitted tree, with what each node knew.
#[derive(Debug, Clone)]
pub struct Cart {
    /// The tree; leaves hold shares of the classes, or a mean. Covers are rows.
    pub tree: Tree,
    /// Value of every node, leaf or not, `[nodes][width]`.
    pub values: Vec<Vec<f64>>,
    /// Impurity of every node.
    pub impurity: Vec<f64>,
    /// Share of the whole fall of impurity that each column's questions brought, `[columns]`.
    pub importance: Vec<f64>,
}

impl Cart {
    /// Fits a tree to the rows `x`.
    ///
    /// # Errors
    /// If there are no rows, or not one answer a row.
    pub fn fit(
        x: ArrayView2<'_, f64>,
        columns: &Columns,
        goal: Goal<'_>,
        criterion: Criterion,
        growth: Growth,
    ) -> Result<Self, ExplainError> {
        let answers = match goal {
            Goal::Classes { of, .. } => of.len(),
            Goal::Numbers(values) => values.len(),
        };
        if x.nrows() == 0 || answers != x.nrows() {
            return Err(ExplainError::parameters(format!(
                "a tree needs rows with one answer each; there are {} rows and {answers} answers",
                x.nrows()
            )));
        }
        let asked = Asked {
            x,
            columns,
            goal,
            criterion,
            least: growth.rows.max(1),
        };
        let buds = grow(&asked, growth);
        let mut tree = Tree {
            width: goal.width(),
            ..Tree::default()
        };
        let mut importance = vec![0.0; columns.len()];
        let (mut values, mut impurity) = (Vec::new(), Vec::new());
        for bud in &buds {
            let value = bud.tally.value(&goal);
            tree.cover.push(bud.tally.rows);
            impurity.push(bud.tally.impurity(&goal, criterion));
            if let (Some(split), Some((left, right))) = (&bud.split, bud.children) {
                importance[split.feature] += split.gain;
                tree.nodes.push(Node::Split {
                    feature: split.feature as u32,
                    rule: split.rule.clone(),
                    missing: split.missing,
                    left: left as u32,
                    right: right as u32,
                });
            } else {
                tree.nodes.push(Node::Leaf((tree.values.len() / tree.width) as u32));
                tree.values.extend(&value);
            }
            values.push(value);
        }
        let total: f64 = importance.iter().sum();
        if total > 0.0 {
            for share in &mut importance {
                *share /= total;
            }
        }
        Ok(Self {
            tree,
            values,
            impurity,
            importance,
        })
    }

    /// The value of the leaf that `row` reaches: shares of the classes, or a mean.
    pub fn predict(&self, row: &[f64]) -> &[f64] {
        let single: Vec<f64> = row.iter().map(|v| f64::from(*v as f32)).collect();
        self.tree.value(self.tree.leaf(&single))
    }

    /// The class with the largest share where `row` ends; the first of equals.
    pub fn class(&self, row: &[f64]) -> usize {
        let shares = self.predict(row);
        (0..shares.len()).fold(0, |best, i| if shares[i] > shares[best] { i } else { best })
    }

    /// The thresholds of the splits, sorted; sets of labels have none.
    pub fn thresholds(&self) -> Vec<f64> {
        let mut all: Vec<f64> = self
            .tree
            .nodes
            .iter()
            .filter_map(|node| match node {
                Node::Split {
                    rule: glassboard_model::trees::Rule::AtMost(t),
                    ..
                } => Some(*t),
                _ => None,
            })
            .collect();
        all.sort_by(f64::total_cmp);
        all
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use proptest::prelude::*;

    use super::*;
    use crate::Column;
    use crate::random::Counter;

    const DEEP: Growth = Growth {
        depth: 8,
        leaves: 0,
        rows: 1,
    };

    proptest! {
        /// A tree of depth three that made the answers is found again, or one as good.
        #[test]
        fn answers_of_a_tree_are_learned_without_error(seed in 0u64..500) {
            let mut random = Counter::new(seed, 0, 0);
            let x = Array2::from_shape_fn((120, 3), |_| f64::from(random.below(8) as u32));
            let of: Vec<usize> = x.rows().into_iter()
                .map(|r| if r[0] < 4.0 { usize::from(r[1] < 3.0) } else { 2 * usize::from(r[2] < 5.0) }).collect();
            let goal = Goal::Classes { of: &of, count: 3 };
            let cart = Cart::fit(x.view(), &Columns::unnamed(3), goal, Criterion::Gini, DEEP).unwrap();
            for (row, class) in x.rows().into_iter().zip(&of) {
                prop_assert_eq!(cart.class(&row.to_vec()), *class);
            }
            prop_assert!((cart.importance.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        }

        #[test]
        fn limits_are_kept(seed in 0u64..200, depth in 1usize..5, leaves in 2usize..9, rows in 1usize..20) {
            let mut random = Counter::new(seed, 1, 0);
            let x = Array2::from_shape_fn((90, 4), |_| random.normal());
            let y: Vec<f64> = (0..90).map(|_| random.normal()).collect();
            let growth = Growth { depth, leaves, rows };
            let cart = Cart::fit(x.view(), &Columns::unnamed(4), Goal::Numbers(&y), Criterion::Gini, growth).unwrap();
            prop_assert!(cart.tree.depth() <= depth && cart.tree.values.len() <= leaves);
            for (node, cover) in cart.tree.nodes.iter().zip(&cart.tree.cover) {
                prop_assert!(!matches!(node, Node::Leaf(_)) || *cover >= rows as f64);
            }
        }
    }

    #[test]
    fn labels_are_parted_as_sets_and_missing_values_where_they_fit() {
        let columns = Columns {
            names: vec!["city".into(), "age".into()],
            kinds: vec![
                Column::Category(["a", "b", "c", "d"].map(String::from).to_vec()),
                Column::Number,
            ],
        };
        let x = Array2::from_shape_fn((80, 2), |(i, j)| match j {
            0 => (i % 4) as f64,
            _ if i % 5 == 0 => f64::NAN,
            _ => i as f64,
        });
        let of: Vec<usize> = (0..80).map(|i| usize::from(i % 4 == 1 || i % 4 == 2)).collect();
        let goal = Goal::Classes { of: &of, count: 2 };
        let cart = Cart::fit(x.view(), &columns, goal, Criterion::Gini, DEEP).unwrap();
        assert_eq!(cart.tree.nodes.len(), 3, "one question parts them");
        let of: Vec<usize> = (0..80).map(|i| usize::from(i % 5 == 0)).collect();
        let goal = Goal::Classes { of: &of, count: 2 };
        let cart = Cart::fit(x.view(), &columns, goal, Criterion::Gini, DEEP).unwrap();
        assert!((0..80).all(|i| cart.class(&x.row(i).to_vec()) == of[i]));
    }
}
