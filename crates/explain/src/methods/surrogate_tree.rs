//! A decision tree that imitates the model over a data set (Craven and Shavlik 1996), its rules, and how often it is
//! right about the model on rows it was not fitted on.

use glassboard_model::trees::{Node, Rule};
use ndarray::{Array1, ArrayView2};
use serde_json::{Value, json};

use super::held_out::{Part, Parts, agreement, commonest, part, r2};
use crate::surrogate::{Cart, Criterion, Goal, Growth, leaves, outline};
use crate::verdict::Verdict;
use crate::{AskRows, Columns, ExplainError, Outcome, RowExtras, Runner, words};

/// What can be set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// When growing ends.
    pub growth: Growth,
    /// Whether the tree imitates the number that is explained, even where there are classes.
    pub number: bool,
    /// Share of the rows that is kept apart.
    pub held_out: f64,
}

/// A tree for the class the model gives each row of `x`; how often it agrees on those rows, for each depth.
///
/// # Errors
/// If there are no rows.
pub fn agreement_by_depth(
    x: ArrayView2<'_, f64>,
    columns: &Columns,
    classes: &[usize],
    count: usize,
    depths: &[usize],
) -> Result<Vec<f64>, ExplainError> {
    depths
        .iter()
        .map(|&depth| {
            let growth = Growth {
                depth,
                leaves: 0,
                rows: 1,
            };
            let cart = Cart::fit(
                x,
                columns,
                Goal::Classes { of: classes, count },
                Criterion::Gini,
                growth,
            )?;
            let told: Vec<usize> = x.rows().into_iter().map(|row| cart.class(&row.to_vec())).collect();
            Ok(agreement(&told, classes))
        })
        .collect()
}

/// Fits and judges a tree; see the catalogue for what is found.
pub fn surrogate_tree(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    extras: RowExtras<'_>,
    options: Options,
) -> Result<Outcome, ExplainError> {
    let parts = part(run, ask, options.held_out, extras.seed)?;
    let by_class = parts.answers != Verdict::Number && !options.number;
    let fit = |growth| {
        Cart::fit(
            parts.fitted.x.view(),
            ask.columns,
            goal(&parts, by_class),
            Criterion::Gini,
            growth,
        )
    };
    let cart = fit(options.growth)?;
    let fidelity = judge(&cart, &parts.held, by_class);
    let on_fitted = judge(&cart, &parts.fitted, by_class);
    let mut by_depth = Vec::new();
    for depth in 1..=options.growth.depth {
        run.check_cancelled()?;
        let smaller = fit(Growth {
            depth,
            ..options.growth
        })?;
        by_depth.push(
            json!({ "depth": depth, "leaves": smaller.tree.values.len() / smaller.tree.width,
                              "fidelity": judge(&smaller, &parts.held, by_class) }),
        );
    }
    let say = |value: &[f64]| -> String {
        if by_class {
            let best = (0..value.len()).fold(0, |b, i| if value[i] > value[b] { i } else { b });
            format!("class {best} ({} of them)", words::percent(value[best]))
        } else {
            words::number(value[0])
        }
    };
    let total = parts.fitted.x.nrows() as f64;
    let rules: Vec<Value> = leaves(&cart, ask.columns)
        .into_iter()
        .map(|leaf| {
            let condition = if leaf.conditions.is_empty() {
                "always".to_owned()
            } else {
                leaf.conditions.join(" and ")
            };
            json!({ "node": leaf.node, "rule": condition, "conditions": leaf.conditions, "says": say(&leaf.value),
                "value": leaf.value, "rows": leaf.rows, "share": leaf.rows / total })
        })
        .collect();
    Ok(Outcome::default()
        .with("importance", Array1::from(cart.importance.clone()).into_dyn())
        .saying("kind", if by_class { "classes" } else { "number" })
        .saying("fidelity", fidelity)
        .saying("fidelity_fitted", on_fitted)
        .saying("chance", if by_class { commonest(&parts.held.classes) } else { 0.0 })
        .saying("fitted_rows", parts.fitted.x.nrows())
        .saying("held_out_rows", parts.held.x.nrows())
        .saying("by_depth", by_depth)
        .saying("rules", rules)
        .saying("outline", outline(&cart, ask.columns, say))
        .saying("nodes", nodes(&cart, ask.columns))
        .saying("sentence", sentence(&cart, &parts, by_class, fidelity)))
}

fn goal(parts: &Parts, by_class: bool) -> Goal<'_> {
    if by_class {
        Goal::Classes {
            of: &parts.fitted.classes,
            count: parts.answers.classes(parts.width),
        }
    } else {
        Goal::Numbers(&parts.fitted.values)
    }
}

fn judge(cart: &Cart, part: &Part, by_class: bool) -> f64 {
    let rows = part.x.rows().into_iter().map(|row| row.to_vec());
    if by_class {
        agreement(&rows.map(|row| cart.class(&row)).collect::<Vec<_>>(), &part.classes)
    } else {
        r2(&rows.map(|row| cart.predict(&row)[0]).collect::<Vec<_>>(), &part.values)
    }
}

/// The tree as a list, for drawing: the root first, children after their parent.
fn nodes(cart: &Cart, columns: &Columns) -> Vec<Value> {
    cart.tree
        .nodes
        .iter()
        .enumerate()
        .map(|(i, node)| {
            let mut one = json!({ "rows": cart.tree.cover[i], "value": cart.values[i], "impurity": cart.impurity[i] });
            if let Node::Split {
                feature,
                rule,
                left,
                right,
                ..
            } = node
            {
                one["column"] = columns.names[*feature as usize].clone().into();
                one["left"] = (*left).into();
                one["right"] = (*right).into();
                match rule {
                    Rule::AtMost(edge) if edge.is_finite() => one["at_most"] = (*edge).into(),
                    Rule::OneOf(set) => {
                        let kind = &columns.kinds[*feature as usize];
                        let labels = set.iter().map(|l| words::value(kind, f64::from(*l)));
                        one["one_of"] = labels.collect::<Vec<_>>().into();
                    }
                    _ => one["present"] = true.into(),
                }
            }
            one
        })
        .collect()
}

fn sentence(cart: &Cart, parts: &Parts, by_class: bool, fidelity: f64) -> String {
    let size = cart.tree.values.len() / cart.tree.width;
    let held = parts.held.x.nrows();
    if by_class {
        format!(
            "A tree of {size} leaves gives the same class as the model on {} of {held} rows it was not fitted on; always saying the commonest class would on {}.",
            words::percent(fidelity),
            words::percent(commonest(&parts.held.classes))
        )
    } else {
        format!(
            "A tree of {size} leaves accounts for {} of how the model's output varies over {held} rows it was not fitted on.",
            words::percent(fidelity.max(0.0))
        )
    }
}
