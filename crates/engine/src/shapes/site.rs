//! What a shape rule sees of one node, and what it answers.

use std::sync::Arc;

use crate::graph::{Attr, Node, Program};
use crate::value::{Elem, Plain};

use super::dim::Dim;
use super::fact::Fact;

/// Why a rule has no answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Gap {
    /// Too little is known of the inputs. What is known of the outputs' element types stays known.
    Unknown(Vec<Option<Elem>>),
    /// The node cannot work: one sentence about its inputs.
    Contradiction(String),
}

impl Gap {
    /// Nothing is known.
    pub fn unknown() -> Self {
        Self::Unknown(Vec::new())
    }
}

/// What a rule answers: one fact per output, as many as it likes to speak of.
pub type Inferred = Result<Vec<Fact>, Gap>;

/// A shape rule. See [`crate::shapes`] on how to write one.
pub type Rule = fn(&Site<'_>) -> Inferred;

/// Infers a subgraph for facts about its captured values; answers facts about its outputs.
pub(super) type Nested<'a> = dyn Fn(&Program, Vec<Fact>) -> Vec<Fact> + 'a;

/// One node with what is known of its inputs.
pub struct Site<'a> {
    /// The node.
    pub node: &'a Node,
    pub(super) inputs: Vec<Option<&'a Fact>>,
    pub(super) nested: &'a Nested<'a>,
}

impl std::fmt::Debug for Site<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (node, inputs) = (&self.node.name, &self.inputs);
        f.debug_struct("Site")
            .field("node", node)
            .field("inputs", inputs)
            .finish_non_exhaustive()
    }
}

/// One fact as the only answer.
pub fn only(fact: Fact) -> Inferred {
    Ok(vec![fact])
}

/// A contradiction, from any sentence.
pub fn contradiction<T>(text: impl Into<String>) -> Result<T, Gap> {
    Err(Gap::Contradiction(text.into()))
}

impl<'a> Site<'a> {
    /// Version of the node's operator set.
    pub fn opset(&self) -> i64 {
        self.node.opset
    }

    /// How many inputs the author wrote, absent ones included.
    pub fn arity(&self) -> usize {
        self.node.explicit
    }

    /// Whether input `i` is there.
    pub fn has(&self, i: usize) -> bool {
        i < self.node.explicit && self.node.inputs.get(i).is_some_and(Option::is_some)
    }

    /// What is known of input `i`.
    pub fn fact(&self, i: usize) -> Result<&'a Fact, Gap> {
        self.inputs.get(i).copied().flatten().ok_or_else(Gap::unknown)
    }

    /// Element type of input `i`, where known.
    pub fn elem(&self, i: usize) -> Option<Elem> {
        self.fact(i).ok()?.elem
    }

    /// Shape of input `i`.
    pub fn shape(&self, i: usize) -> Result<&'a [Dim], Gap> {
        self.fact(i)?.shape.as_deref().ok_or_else(Gap::unknown)
    }

    /// Shape of input `i`, which must have `rank` dimensions.
    pub fn shape_of_rank(&self, i: usize, rank: usize) -> Result<&'a [Dim], Gap> {
        let shape = self.shape(i)?;
        if shape.len() != rank {
            let text = self.fact(i)?.shape_text().unwrap_or_default();
            return contradiction(format!("input {i} has shape {text}, expected {rank} dimensions"));
        }
        Ok(shape)
    }

    /// Elements of input `i` as whole numbers, which may depend on named sizes.
    pub fn whole(&self, i: usize) -> Result<&'a [Dim], Gap> {
        self.fact(i)?.whole().ok_or_else(Gap::unknown)
    }

    /// Elements of input `i` where all are numbers.
    pub fn numbers(&self, i: usize) -> Result<Vec<i64>, Gap> {
        self.whole(i)?
            .iter()
            .map(|d| d.number().ok_or_else(Gap::unknown))
            .collect()
    }

    /// Numbers that are an attribute in old operator sets and input `i` in new ones; `Ok(None)` where
    /// neither is there.
    pub fn ints_or_input(&self, attr: &str, i: usize) -> Result<Option<Vec<i64>>, Gap> {
        if self.has(i) {
            return self.numbers(i).map(Some);
        }
        Ok(self.ints(attr).map(<[i64]>::to_vec))
    }

    /// The same, where the input may depend on named sizes.
    pub fn dims_or_input(&self, attr: &str, i: usize) -> Result<Option<Vec<Dim>>, Gap> {
        if self.has(i) {
            return Ok(Some(self.whole(i)?.to_vec()));
        }
        Ok(self.ints(attr).map(|v| v.iter().map(|&d| d.into()).collect()))
    }

    /// Integer attribute.
    pub fn int(&self, name: &str, default: i64) -> i64 {
        match self.node.attrs.get(name) {
            Some(Attr::Int(v)) => *v,
            _ => default,
        }
    }

    /// Integer list attribute.
    pub fn ints(&self, name: &str) -> Option<&'a [i64]> {
        match self.node.attrs.get(name) {
            Some(Attr::Ints(v)) => Some(v),
            _ => None,
        }
    }

    /// Float list attribute.
    pub fn floats(&self, name: &str) -> Option<&'a [f32]> {
        match self.node.attrs.get(name) {
            Some(Attr::Floats(v)) => Some(v),
            _ => None,
        }
    }

    /// String attribute.
    pub fn str(&self, name: &str, default: &'a str) -> &'a str {
        match self.node.attrs.get(name) {
            Some(Attr::Str(v)) => v,
            _ => default,
        }
    }

    /// Tensor attribute.
    pub fn tensor(&self, name: &str) -> Option<&'a Plain> {
        match self.node.attrs.get(name) {
            Some(Attr::Tensor(p)) => Some(p),
            _ => None,
        }
    }

    /// The element type an attribute names by its ONNX code.
    pub fn elem_named(&self, name: &str) -> Option<Elem> {
        match self.node.attrs.get(name) {
            Some(Attr::Int(code)) => Elem::from_onnx(i32::try_from(*code).ok()?),
            _ => None,
        }
    }

    /// The attribute `axis`, counted from the front.
    pub fn axis(&self, default: i64, rank: usize) -> Result<usize, Gap> {
        axis(self.int("axis", default), rank)
    }

    /// How many outputs the author asks for, absent ones included.
    pub fn outputs(&self) -> usize {
        self.node.outputs.len()
    }

    /// The same node as if the inputs at these positions were all of its inputs, in this order.
    #[must_use]
    pub fn picking(&self, inputs: &[usize]) -> Self {
        Self {
            node: self.node,
            inputs: inputs.iter().map(|&i| self.inputs.get(i).copied().flatten()).collect(),
            nested: self.nested,
        }
    }

    /// The subgraph of that attribute, with its place among the inputs of the node: the values it
    /// reads from outside follow the explicit ones, body after body.
    pub fn body(&self, name: &str) -> Result<(&'a Arc<Program>, Vec<Fact>), Gap> {
        let mut at = self.node.explicit;
        for (key, body) in &self.node.bodies {
            if key == name {
                let captured = (at..at + body.captures.len()).map(|i| self.fact(i).cloned().unwrap_or_default());
                return Ok((body, captured.collect()));
            }
            at += body.captures.len();
        }
        contradiction(format!("{name} is missing"))
    }

    /// Facts about the outputs of a subgraph, given facts about its inputs and, after them, about the
    /// values it captures.
    pub fn infer(&self, body: &Program, given: Vec<Fact>) -> Vec<Fact> {
        (self.nested)(body, given)
    }
}

/// An axis counted from the front, where negative ones count from the back.
pub fn axis(value: i64, rank: usize) -> Result<usize, Gap> {
    crate::ops::axis(value, rank)
        .or_else(|_| contradiction(format!("axis {value} is out of range for {rank} dimensions")))
}

/// Several axes, sorted and distinct.
pub fn axes(values: &[i64], rank: usize) -> Result<Vec<usize>, Gap> {
    crate::ops::axes(values, rank).or_else(|_| {
        contradiction(format!(
            "axes {values:?} do not name different ones of {rank} dimensions"
        ))
    })
}
