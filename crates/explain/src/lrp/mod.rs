//! Layer-wise relevance propagation (Bach et al. 2015), for any graph.
//!
//! Relevance starts as the explained number and is handed from the outputs of every node to its inputs, as far as the
//! rules allow without gain or loss. A linear layer goes by the rule that the [`Composite`] gives for its place; a batch
//! norm or a bias behind it counts as part of it. Functions of one element and normalisations pass relevance on, sums and
//! means split it in proportion, maxima give it to the winner, softmax and products of two computed values go by the
//! rules of AttnLRP (Achtibat et al. 2024). What has no rule of its own gets its first-order term; [`Lrp::assumed`] names
//! such nodes.

mod linear;
mod other;
mod roles;
mod rule;

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock, PoisonError};

use glassboard_model::propagation::Arriving;
use glassboard_model::{Array, ModelError, Propagation, Recording};

use linear::Linear;
use roles::Roles;
pub use rule::{Composite, Numbers, Place, Rule};

/// The way back of one composite through one model.
#[derive(Debug)]
pub struct Lrp {
    composite: Composite,
    /// Found at the first node, the same for every batch.
    roles: OnceLock<Roles>,
    assumed: Mutex<BTreeSet<String>>,
}

impl Lrp {
    /// By the rules of `composite`.
    pub fn new(composite: Composite) -> Self {
        Self {
            composite,
            roles: OnceLock::new(),
            assumed: Mutex::default(),
        }
    }

    /// Names of nodes that were passed by their first-order term, because their operator has no rule.
    pub fn assumed(&self) -> Vec<String> {
        let assumed = self.assumed.lock().unwrap_or_else(PoisonError::into_inner);
        assumed.iter().cloned().collect()
    }
}

impl Propagation for Lrp {
    fn seed(&self, score: f32) -> f32 {
        score
    }

    fn by_unit(&self) -> bool {
        false
    }

    fn node(
        &self,
        recording: &dyn Recording,
        node: usize,
        incoming: &[Option<Array>],
    ) -> Result<Option<Arriving>, ModelError> {
        let roles = self.roles.get_or_init(|| Roles::of(recording));
        let here = &recording.outline().nodes[node];
        if let Some(&slot) = roles.finishing.get(&node) {
            let mut all = vec![None; here.inputs.len()];
            all[slot] = incoming.first().cloned().flatten();
            return Ok(Some(all));
        }
        if let (Some(layer), Some(Some(arrived))) = (roles.layers.get(&node), incoming.first()) {
            let rule = self.composite.rule(&here.name, layer.place);
            return Linear::new(recording, node, layer)?.relevance(rule, arrived).map(Some);
        }
        let site = other::Other {
            recording,
            node,
            incoming,
            epsilon: self.composite.epsilon,
        };
        let (found, known) = other::relevance(&site)?;
        if !known {
            let mut assumed = self.assumed.lock().unwrap_or_else(PoisonError::into_inner);
            assumed.insert(format!("{} ({})", here.name, here.op));
        }
        Ok(found)
    }
}
