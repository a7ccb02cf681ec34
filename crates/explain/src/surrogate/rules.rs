//! A tree in words: an indented outline, and one rule a leaf.

use glassboard_model::trees::{Missing, Node, Rule};

use super::Cart;
use crate::{Column, Columns, words};

/// One leaf as a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf {
    /// Index of the node.
    pub node: usize,
    /// Conditions that lead to it, one a column that is asked about, in the order they are met.
    pub conditions: Vec<String>,
    /// Rows that ended here when the tree was fitted.
    pub rows: f64,
    /// Shares of the classes, or a mean.
    pub value: Vec<f64>,
}

/// What is known of a column on the way to a node.
#[derive(Debug, Clone, Default)]
struct Known {
    above: Option<f64>,
    most: Option<f64>,
    labels: Option<Vec<u32>>,
    /// Whether a missing value would have come this way.
    missing: Option<bool>,
}

/// Every leaf with its conditions, in the order of the tree from left to right.
pub fn leaves(cart: &Cart, columns: &Columns) -> Vec<Leaf> {
    let mut found = Vec::new();
    let mut stack = vec![(0usize, Vec::<(usize, Known)>::new())];
    while let Some((at, known)) = stack.pop() {
        match &cart.tree.nodes[at] {
            Node::Leaf(_) => found.push(Leaf {
                node: at,
                conditions: known.iter().map(|(column, k)| text(columns, *column, k)).collect(),
                rows: cart.tree.cover[at],
                value: cart.values[at].clone(),
            }),
            Node::Split {
                feature,
                rule,
                missing,
                left,
                right,
            } => {
                let column = *feature as usize;
                stack.push((*right as usize, learn(&known, columns, column, rule, *missing, false)));
                stack.push((*left as usize, learn(&known, columns, column, rule, *missing, true)));
            }
        }
    }
    found
}

fn learn(
    known: &[(usize, Known)],
    columns: &Columns,
    column: usize,
    rule: &Rule,
    missing: Missing,
    yes: bool,
) -> Vec<(usize, Known)> {
    let mut all = known.to_vec();
    if !all.iter().any(|(c, _)| *c == column) {
        all.push((column, Known::default()));
    }
    let Some((_, k)) = all.iter_mut().find(|(c, _)| *c == column) else {
        return all;
    };
    match rule {
        Rule::OneOf(set) => {
            let every = match &columns.kinds[column] {
                Column::Category(labels) => (0..labels.len() as u32).collect(),
                _ => Vec::new(),
            };
            let mut now = k.labels.take().unwrap_or(every);
            now.retain(|label| set.contains(label) == yes);
            k.labels = Some(now);
        }
        Rule::AtMost(edge) if yes => k.most = Some(k.most.map_or(*edge, |m| m.min(*edge))),
        Rule::AtMost(edge) => k.above = Some(k.above.map_or(*edge, |m| m.max(*edge))),
        _ => {}
    }
    let came = (missing == Missing::Left) == yes;
    k.missing = Some(k.missing.unwrap_or(true) && came);
    all
}

fn text(columns: &Columns, column: usize, known: &Known) -> String {
    let name = &columns.names[column];
    if let Some(labels) = &known.labels {
        let names: Vec<String> = labels
            .iter()
            .map(|l| words::value(&columns.kinds[column], f64::from(*l)))
            .collect();
        return match names.as_slice() {
            [] => format!("{name} is missing"),
            [one] => format!("{name} is {one}"),
            several => format!("{name} is one of {}", several.join(", ")),
        };
    }
    // Seven digits: thresholds are half way between numbers of 32 bits.
    let edge = |v: f64| words::shortest(format!("{v:.6e}").parse().unwrap_or(v));
    match (known.above, known.most) {
        (Some(low), _) if low == f64::INFINITY => format!("{name} is missing"),
        (None, Some(high)) if high == f64::INFINITY => format!("{name} is not missing"),
        (Some(low), Some(high)) if high == f64::INFINITY => format!("{name} > {}", edge(low)),
        (Some(low), Some(high)) => format!("{} < {name} <= {}", edge(low), edge(high)),
        (Some(low), None) => format!("{name} > {}", edge(low)),
        (None, Some(high)) => format!("{name} <= {}", edge(high)),
        (None, None) => format!("{name} is anything"),
    }
}

/// The tree as indented lines: a question, then what follows where it holds, then where it does not.
pub fn outline(cart: &Cart, columns: &Columns, say: impl Fn(&[f64]) -> String) -> String {
    let mut lines = String::new();
    let mut stack = vec![(0usize, 0usize, String::new())];
    while let Some((at, depth, lead)) = stack.pop() {
        let indent = "  ".repeat(depth);
        let rows = cart.tree.cover[at];
        match &cart.tree.nodes[at] {
            Node::Leaf(_) => {
                lines.push_str(&format!("{indent}{lead}{} ({rows} rows)\n", say(&cart.values[at])));
            }
            Node::Split {
                feature,
                rule,
                left,
                right,
                ..
            } => {
                let deeper = if lead.is_empty() {
                    depth
                } else {
                    lines.push_str(&format!("{indent}{}\n", lead.trim_end()));
                    depth + 1
                };
                let ask = |yes| {
                    let known = learn(&[], columns, *feature as usize, rule, Missing::Right, yes);
                    known.first().map(|(c, k)| text(columns, *c, k)).unwrap_or_default()
                };
                stack.push((*right as usize, deeper, format!("if {}: ", ask(false))));
                stack.push((*left as usize, deeper, format!("if {}: ", ask(true))));
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::super::{Criterion, Goal, Growth};
    use super::*;

    #[test]
    fn a_tree_reads_as_rules() {
        let columns = Columns {
            names: vec!["age".into(), "city".into()],
            kinds: vec![
                Column::Number,
                Column::Category(["Berlin", "Paris", "Rome"].map(String::from).to_vec()),
            ],
        };
        let x = Array2::from_shape_fn((60, 2), |(i, j)| if j == 0 { i as f64 } else { (i % 3) as f64 });
        let of: Vec<usize> = (0..60).map(|i| usize::from(i > 29 && i % 3 != 1)).collect();
        let goal = Goal::Classes { of: &of, count: 2 };
        let growth = Growth {
            depth: 3,
            leaves: 0,
            rows: 1,
        };
        let cart = Cart::fit(x.view(), &columns, goal, Criterion::Gini, growth).unwrap();
        let all: Vec<_> = leaves(&cart, &columns)
            .iter()
            .map(|l| l.conditions.join(" and "))
            .collect();
        assert_eq!(
            all,
            [
                "age <= 29.5",
                "age > 29.5 and city is Paris",
                "age > 29.5 and city is one of Berlin, Rome"
            ]
        );
        let text = outline(&cart, &columns, |v| if v[1] > 0.5 { "yes".into() } else { "no".into() });
        assert_eq!(
            text,
            "if age <= 29.5: no (30 rows)\nif age > 29.5:\n  if city is Paris: no (10 rows)\n  if city is one of Berlin, Rome: yes (20 rows)\n"
        );
    }
}
