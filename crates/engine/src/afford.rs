//! What a pass needs, and refusing one that would not fit before any of its values is made.

use std::collections::HashMap;
use std::sync::PoisonError;

use crate::batch::Rows;
use crate::error::EngineError;
use crate::graph::ValueId;
use crate::operation::Readable;
use crate::plan::{Plan, Question};
use crate::session::{PLANS, Session};
use crate::shapes::{Bindings, Need, Pass};
use crate::value::Value;

impl<B: Readable> Session<B> {
    /// What a plan needs for given values of these shapes.
    fn need(&self, given: &[(ValueId, &[usize])], plan: &Plan, pass: Pass) -> Need {
        let ids: Vec<ValueId> = given.iter().map(|(id, _)| *id).collect();
        let of: HashMap<ValueId, &[usize]> = given.iter().copied().collect();
        let inputs = self.program.inputs.iter();
        let shapes: Option<Vec<&[usize]>> = inputs.map(|(id, _)| of.get(id).copied()).collect();
        if let Some(at) = shapes.and_then(|shapes| self.bind(&shapes)) {
            let need = self.shapes.need(&self.program, plan, &ids, &at, pass);
            if need.unknown == 0 {
                return need;
            }
        }
        // Sizes of the named dimensions do not tell; walking the graph with the numbers tells most.
        let known = self.shapes.with(&self.program, given, &|node| self.plain.rule(node));
        known.need(&self.program, plan, &ids, &Bindings::new(), pass)
    }

    /// Rows a pass for rows of this shape: a function of the model alone, by what a row is predicted to
    /// need on the way to the first output.
    pub(crate) fn rows_a_pass(&self, row: &[usize]) -> Rows {
        let known = || self.passes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&rows) = known().get(row) {
            return rows;
        }
        let need = |rows: usize, pass: Pass| {
            let (output, _) = self.program.outputs.first()?;
            let shape: Vec<usize> = std::iter::once(rows).chain(row.iter().copied()).collect();
            // Of several inputs, those that follow from the first have its shape.
            let inputs: Vec<ValueId> = self.program.inputs.iter().map(|(id, _)| *id).collect();
            let at = self.bind(&vec![shape.as_slice(); inputs.len()])?;
            let question = Question::forward(vec![*output], inputs.clone());
            let plan = self.plan(&question);
            let need = self.shapes.need(&self.program, &plan, &inputs, &at, pass);
            (need.unknown == 0).then_some(need.bytes)
        };
        let rows = match (need(1, Pass::Forward), need(2, Pass::Forward)) {
            (Some(one), Some(two)) if two > one => {
                let mut rows = Rows::within(two - one);
                if self.rows_alone {
                    rows = rows.sharing(self.weight_bytes(), two - one);
                    // Its gradient must fit, and not by a hair.
                    let fits = |bytes: u64| bytes <= self.options.memory_limit / 4;
                    while rows.count > rows.filled && !need(rows.count, Pass::Gradient).is_some_and(fits) {
                        rows.count /= 2;
                    }
                }
                rows
            }
            _ => Rows::of(row.iter().product()),
        };
        let mut known = known();
        if known.len() >= PLANS {
            known.clear();
        }
        known.insert(row.to_vec(), rows);
        rows
    }

    /// Bytes of the graph's constants, which every pass reads.
    fn weight_bytes(&self) -> u64 {
        let constants = self.program.initializers.iter();
        constants.map(|(_, constant)| constant.bytes()).sum()
    }

    /// Refuses a pass that would not fit. Where sizes cannot be known, each value is checked as it is made.
    ///
    /// # Errors
    /// [`EngineError::TooLarge`] with the number.
    pub(crate) fn admit(&self, given: &[(ValueId, Value<B>)], plan: &Plan, pass: Pass) -> Result<(), EngineError> {
        let shapes: Vec<(ValueId, &[usize])> = given.iter().map(|(id, value)| (*id, value.shape())).collect();
        // Explanations run the same plan over thousands of batches of one shape.
        let key = (pass, shapes.iter().map(|(_, shape)| shape.to_vec()).collect());
        let known = || plan.needs.lock().unwrap_or_else(PoisonError::into_inner);
        let told = known().get(&key).copied();
        let need = told.unwrap_or_else(|| self.need(&shapes, plan, pass));
        if told.is_none() {
            let mut known = known();
            if known.len() >= PLANS {
                known.clear();
            }
            known.insert(key, need);
        }
        let limit = self.options.memory_limit;
        if need.bytes <= limit {
            return Ok(());
        }
        let rows = shapes.first().and_then(|(_, shape)| shape.first()).copied();
        Err(EngineError::TooLarge {
            pass,
            rows: rows.unwrap_or(1),
            need,
            limit,
        })
    }

    /// Predicted bytes of a forward pass over inputs of these shapes, in graph order, that answers the
    /// values named in `wanted` (none: the graph's outputs). Constants are not counted.
    ///
    /// # Errors
    /// [`EngineError::NoSuchValue`].
    pub fn predict(&self, shapes: &[&[usize]], wanted: &[&str]) -> Result<Need, EngineError> {
        let wanted = if wanted.is_empty() {
            self.program.outputs.iter().map(|(id, _)| *id).collect()
        } else {
            wanted.iter().map(|name| self.id(name)).collect::<Result<_, _>>()?
        };
        let given = self.all_given(shapes);
        let question = Question::forward(wanted, given.iter().map(|(id, _)| *id).collect());
        Ok(self.need(&given, &self.plan(&question), Pass::Forward))
    }

    fn all_given<'s>(&self, shapes: &[&'s [usize]]) -> Vec<(ValueId, &'s [usize])> {
        let inputs = self.program.inputs.iter().map(|(id, _)| *id);
        inputs.zip(shapes.iter().copied()).collect()
    }
}
