//! Models that read tokens: the mask and the other inputs that follow from the ids, and the embedding.
//!
//! Encoders exported from Hugging Face's libraries take the ids, which of them are padding, and a number a token for
//! the sentence it belongs to. All of it follows from the ids of one sentence and the id of the padding, so that
//! [`Model`], which speaks of one input, can be asked about the ids alone.

use glassboard_model::{Array, Gradient, InputSpec, LayerGradient, Model, ModelError, Target, ValueInfo, View};

use crate::error::EngineError;
use crate::gradient;
use crate::graph::{Node, ValueId};
use crate::operation::Readable;
use crate::session::Session;
use crate::value::{Elem, Plain, Value};

/// What an input of such a model holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Ids,
    /// 1 for a token, 0 for padding.
    Mask,
    /// 0 for the first sentence, and there is no second.
    Types,
    /// 0, 1, 2, ...
    Positions,
}

fn role(name: &str) -> Option<Role> {
    let plain = name.split([':', '.']).next().unwrap_or(name).to_lowercase();
    Some(match plain.as_str() {
        "input_ids" | "ids" | "tokens" | "token_ids" | "input" => Role::Ids,
        "attention_mask" | "input_mask" | "mask" => Role::Mask,
        "token_type_ids" | "segment_ids" | "token_types" => Role::Types,
        "position_ids" | "positions" => Role::Positions,
        _ => return None,
    })
}

/// The input that holds the ids, where every other follows from it.
pub(crate) fn ids_of(inputs: &[InputSpec]) -> Option<usize> {
    let roles: Vec<Role> = inputs.iter().map(|input| role(&input.name)).collect::<Option<_>>()?;
    let at = roles.iter().position(|role| *role == Role::Ids)?;
    let once = [Role::Ids, Role::Mask, Role::Types, Role::Positions]
        .iter()
        .all(|role| roles.iter().filter(|other| *other == role).count() <= 1);
    (inputs.len() > 1 && once).then_some(at)
}

/// How rows become what the graph is given.
#[derive(Clone, Default)]
pub(crate) struct Feed<'a> {
    /// The id of the padding, where the other inputs follow from the ids.
    pub pad: Option<i64>,
    /// An inner value that is not computed, `[rows, ...]`.
    pub instead: Option<(ValueId, View<'a>)>,
}

impl<B: Readable> Session<B> {
    /// The inputs that follow from a batch of ids, `[rows, tokens]`.
    pub(crate) fn followers(&self, ids: &Array, pad: i64) -> Result<Vec<(ValueId, Value<B>)>, EngineError> {
        let mut out = Vec::new();
        let length = ids.shape().last().copied().unwrap_or(1).max(1);
        for ((id, port), spec) in self.program.inputs.iter().zip(&self.inputs) {
            let data: Vec<i64> = match role(&spec.name) {
                Some(Role::Mask) => ids.iter().map(|v| i64::from(*v as i64 != pad)).collect(),
                Some(Role::Types) => vec![0; ids.len()],
                Some(Role::Positions) => (0..ids.len()).map(|i| (i % length) as i64).collect(),
                Some(Role::Ids) => continue,
                None => {
                    return Err(EngineError::Unsupported(format!(
                        "input `{}` does not follow from the tokens",
                        spec.name
                    )));
                }
            };
            let (shape, elem) = (ids.shape().to_vec(), port.elem.unwrap_or(Elem::I64));
            let plain = if elem.is_float() {
                Plain::float(shape, elem, data.iter().map(|v| *v as f32).collect())
            } else {
                Plain::int(shape, elem, data)
            };
            out.push((*id, plain.into_value(&self.device)));
        }
        Ok(out)
    }

    /// The first float value that is looked up in a constant table by the ids.
    pub(crate) fn embedding_of(&self, ids: ValueId) -> Option<ValueId> {
        let nodes = &self.program.nodes;
        let made_by = |value: ValueId| nodes.iter().find(|node| node.outputs.contains(&Some(value)));
        let follows = |mut value: ValueId| {
            // Casts and changes of shape keep the ids what they are.
            for _ in 0..nodes.len() {
                if value == ids {
                    return true;
                }
                let Some(node) = made_by(value).filter(|node| passes_on(node)) else {
                    return false;
                };
                let Some(Some(before)) = node.inputs.first() else {
                    return false;
                };
                value = *before;
            }
            false
        };
        let looked_up = |node: &&Node| {
            let (Some(Some(table)), Some(Some(index))) = (node.inputs.first(), node.inputs.get(1)) else {
                return false;
            };
            let floats = self.shapes.facts[*table].elem.is_none_or(Elem::is_float);
            node.op == "Gather" && floats && self.is_constant(*table) && follows(*index)
        };
        nodes
            .iter()
            .find(looked_up)
            .and_then(|node| node.outputs.first().copied().flatten())
    }
}

fn passes_on(node: &Node) -> bool {
    matches!(
        node.op.as_str(),
        "Cast" | "Identity" | "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" | "Clip"
    )
}

/// A model of several inputs as one of ids.
pub(crate) struct Tokens<'a, B: Readable> {
    session: &'a Session<B>,
    input: [InputSpec; 1],
    pad: i64,
}

impl<'a, B: Readable> Tokens<'a, B> {
    /// `None` where the graph has one input, or others than those that follow from the ids.
    pub(crate) fn of(session: &'a Session<B>, pad: i64) -> Option<Self> {
        let at = ids_of(&session.inputs)?;
        Some(Self {
            session,
            input: [session.inputs.get(at)?.clone()],
            pad,
        })
    }

    fn feed(&self) -> Feed<'static> {
        Feed {
            pad: Some(self.pad),
            instead: None,
        }
    }
}

impl<B: Readable> Model for Tokens<'_, B> {
    fn inputs(&self) -> &[InputSpec] {
        &self.input
    }

    fn outputs(&self) -> &[String] {
        self.session.outputs()
    }

    fn values(&self) -> Vec<ValueInfo> {
        self.session.values()
    }

    fn notes(&self) -> Vec<String> {
        self.session.notes()
    }

    fn rows_per_pass(&self, row_shape: &[usize]) -> usize {
        self.session.rows_per_pass(row_shape)
    }

    fn forward(&self, x: &View<'_>, output: Option<&str>) -> Result<Array, ModelError> {
        let id = self.session.output_id(output)?;
        Ok(self.session.batched(x, &[id], &self.feed())?.swap_remove(0))
    }

    fn capture(&self, x: &View<'_>, layers: &[&str]) -> Result<Vec<Array>, ModelError> {
        let ids = self.session.ids_named(layers)?;
        self.session.batched(x, &ids, &self.feed())
    }

    fn gradient(&self, x: &View<'_>, target: &Target) -> Result<Gradient, ModelError> {
        self.session.gradient_of_rows(x, target, &self.feed())
    }

    fn layer_gradient(&self, x: &View<'_>, layer: &str, target: &Target) -> Result<LayerGradient, ModelError> {
        Ok(self.layer_gradients(x, &[layer], target)?.swap_remove(0))
    }

    fn layer_gradients(
        &self,
        x: &View<'_>,
        layers: &[&str],
        target: &Target,
    ) -> Result<Vec<LayerGradient>, ModelError> {
        let ids = self.session.ids_named(layers)?;
        let found = gradient::with_respect_to(self.session, x, &ids, target, &self.feed())?;
        Ok(found.layers)
    }

    fn forward_from(
        &self,
        x: &View<'_>,
        layer: &str,
        values: &View<'_>,
        output: Option<&str>,
    ) -> Result<Array, ModelError> {
        self.session
            .forward_replaced(x, (layer, values), output, Some(self.pad))
    }

    fn gradient_from(
        &self,
        x: &View<'_>,
        layer: &str,
        values: &View<'_>,
        target: &Target,
    ) -> Result<Gradient, ModelError> {
        self.session
            .gradient_replaced(x, (layer, values), target, Some(self.pad))
    }

    fn embedding(&self) -> Option<String> {
        self.session.embedding()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_are_found_among_inputs_that_follow_from_them() {
        let inputs = |names: &[&str]| -> Vec<InputSpec> {
            let spec = |name: &&str| InputSpec {
                name: (*name).to_owned(),
                shape: vec![None, None],
            };
            names.iter().map(spec).collect()
        };
        assert_eq!(
            ids_of(&inputs(&["attention_mask", "input_ids", "token_type_ids"])),
            Some(1)
        );
        assert_eq!(ids_of(&inputs(&["input_ids", "past_key_values.0.key"])), None);
        assert_eq!(ids_of(&inputs(&["tokens"])), None, "one input needs no view");
        assert_eq!(ids_of(&inputs(&["input_ids", "decoder_input_ids"])), None);
    }
}
