//! Constants of a graph, some of them others than the file's, for nodes that are run alone.

use std::sync::Arc;

use burn_backend::Backend;

use crate::constants::Constants;
use crate::graph::{Program, ValueId};
use crate::plan::Plan;
use crate::value::{Elem, Plain, Value};

/// Constants of a graph with others in the place of some.
pub struct Replaced<'c, B: Backend, C> {
    /// The constants as they are.
    pub under: &'c C,
    /// What stands in the place of some.
    pub over: Vec<(ValueId, Plain)>,
    /// Where tensors live.
    pub device: B::Device,
}

impl<B: Backend, C> Replaced<'_, B, C> {
    fn find(&self, id: ValueId) -> Option<&Plain> {
        self.over.iter().find(|(other, _)| *other == id).map(|(_, plain)| plain)
    }
}

impl<B: Backend, C: Constants<B>> Constants<B> for Replaced<'_, B, C> {
    fn has(&self, id: ValueId) -> bool {
        self.under.has(id)
    }

    fn value(&self, id: ValueId) -> Option<Value<B>> {
        let other = self.find(id).map(|plain| plain.to_value(&self.device));
        other.or_else(|| self.under.value(id))
    }

    fn describe(&self, id: ValueId) -> Option<(Vec<usize>, Option<Elem>)> {
        let other = self.find(id).map(|plain| (plain.shape.clone(), Some(plain.elem)));
        other.or_else(|| self.under.describe(id))
    }

    fn plain(&self, id: ValueId) -> Option<Plain> {
        self.find(id).cloned().or_else(|| self.under.plain(id))
    }

    fn body(&self, program: &Arc<Program>) -> Arc<dyn Constants<B>> {
        self.under.body(program)
    }

    fn whole(&self, program: &Program) -> Arc<Plan> {
        self.under.whole(program)
    }
}
