//! The constants of a graph: kept as the file has them, brought onto the backend or packed for a
//! kernel when a node first needs them, and from then on held.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use burn_backend::Backend;

use crate::backend::Taped;
use crate::constant::Constant;
use crate::gradient::lift;
use crate::graph::{Program, ValueId};
use crate::operation::Readable;
use crate::plan::Plan;
use crate::value::{Elem, Plain, Value};

/// The constants of one graph as an interpreter on backend `B` sees them.
pub trait Constants<B: Backend>: Send + Sync {
    /// Whether the value is a constant.
    fn has(&self, id: ValueId) -> bool;
    /// The constant on the backend; `None` where the value is not one, or can no longer be read.
    fn value(&self, id: ValueId) -> Option<Value<B>>;
    /// Shape and element type of the constant; `None` where the value is not one.
    fn describe(&self, id: ValueId) -> Option<(Vec<usize>, Option<Elem>)>;
    /// The constant's elements, without keeping them; `None` where the value is not one, or can no longer be read.
    fn plain(&self, id: ValueId) -> Option<Plain>;
    /// The constants of a subgraph.
    fn body(&self, program: &Arc<Program>) -> Arc<dyn Constants<B>>;
    /// The one plan of a subgraph: everything it answers, from everything it is given.
    fn whole(&self, program: &Program) -> Arc<Plan>;
}

#[derive(Debug)]
struct Slot<B: Backend> {
    source: Option<Constant>,
    value: OnceLock<Value<B>>,
}

/// The constants of a graph on a plain backend.
#[derive(Debug)]
pub struct Held<B: Backend> {
    slots: Vec<Slot<B>>,
    device: B::Device,
    /// By the address of the subgraph, which the graph that holds it keeps alive.
    bodies: Mutex<HashMap<usize, Arc<Held<B>>>>,
    whole: OnceLock<Arc<Plan>>,
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A panic elsewhere leaves these maps whole: entries are only ever added.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<B: Readable> Held<B> {
    /// The constants of `program`, none of them touched yet.
    pub fn new(program: &Program, device: B::Device) -> Self {
        let mut slots: Vec<Slot<B>> = Vec::with_capacity(program.values.len());
        slots.resize_with(program.values.len(), || Slot {
            source: None,
            value: OnceLock::new(),
        });
        for (id, constant) in &program.initializers {
            slots[*id].source = Some(constant.clone());
        }
        Self {
            slots,
            device,
            bodies: Mutex::default(),
            whole: OnceLock::new(),
        }
    }

    /// Makes a value that was computed from constants alone a constant.
    pub fn fold(&self, id: ValueId, value: Value<B>) {
        // Somebody else may have folded it first, to the same bits.
        let _ = self.slots[id].value.set(value);
    }

    /// Bytes of the constants on the backend; packed ones are not counted.
    pub fn bytes(&self) -> u64 {
        let here: u64 = self.slots.iter().filter_map(|s| s.value.get()).map(Value::bytes).sum();
        here + locked(&self.bodies).values().map(|b| b.bytes()).sum::<u64>()
    }

    fn child(&self, program: &Arc<Program>) -> Arc<Self> {
        let key = Arc::as_ptr(program).addr();
        let mut bodies = locked(&self.bodies);
        let made = || Arc::new(Self::new(program, self.device.clone()));
        Arc::clone(bodies.entry(key).or_insert_with(made))
    }
}

impl<B: Readable> Constants<B> for Held<B> {
    fn has(&self, id: ValueId) -> bool {
        self.slots
            .get(id)
            .is_some_and(|s| s.source.is_some() || s.value.get().is_some())
    }

    fn value(&self, id: ValueId) -> Option<Value<B>> {
        let slot = self.slots.get(id)?;
        if let (None, Some(source)) = (slot.value.get(), &slot.source) {
            // Somebody else may have read it meanwhile, to the same bits.
            let _ = slot.value.set(source.load().ok()?.into_value(&self.device));
        }
        slot.value.get().cloned()
    }

    fn describe(&self, id: ValueId) -> Option<(Vec<usize>, Option<Elem>)> {
        let slot = self.slots.get(id)?;
        match &slot.source {
            Some(source) => Some((source.shape.clone(), Some(source.elem))),
            None => slot.value.get().map(|v| (v.shape().to_vec(), v.elem())),
        }
    }

    fn plain(&self, id: ValueId) -> Option<Plain> {
        let slot = self.slots.get(id)?;
        match &slot.source {
            Some(source) => source.load().ok(),
            None => slot.value.get().cloned().and_then(|v| Plain::from_value(v).ok()),
        }
    }

    fn body(&self, program: &Arc<Program>) -> Arc<dyn Constants<B>> {
        self.child(program)
    }

    fn whole(&self, program: &Program) -> Arc<Plan> {
        Arc::clone(self.whole.get_or_init(|| Arc::new(Plan::whole(program))))
    }
}

/// The same constants for a run that records a tape. They are never leaves of it.
#[derive(Debug)]
pub struct Lifted<B: Backend>(pub Arc<Held<B>>);

impl<B: Readable> Constants<Taped<B>> for Lifted<B> {
    fn has(&self, id: ValueId) -> bool {
        self.0.has(id)
    }

    fn value(&self, id: ValueId) -> Option<Value<Taped<B>>> {
        self.0.value(id).map(lift)
    }

    fn describe(&self, id: ValueId) -> Option<(Vec<usize>, Option<Elem>)> {
        self.0.describe(id)
    }

    fn plain(&self, id: ValueId) -> Option<Plain> {
        self.0.plain(id)
    }

    fn body(&self, program: &Arc<Program>) -> Arc<dyn Constants<Taped<B>>> {
        Arc::new(Lifted(self.0.child(program)))
    }

    fn whole(&self, program: &Program) -> Arc<Plan> {
        self.0.whole(program)
    }
}
