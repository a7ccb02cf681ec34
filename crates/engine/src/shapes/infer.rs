//! One walk over a graph, from what is declared of its inputs to what is known of every value.

use std::cell::Cell;

use crate::graph::{Node, Program, ValueId};

use super::dim::{Bindings, Dim};
use super::fact::Fact;
use super::site::{Gap, Rule, Site};

/// Parts of expressions that one inference may make; beyond it only numbers are kept.
const BUDGET: u64 = 4_000_000;

/// Finds the rule of a node.
pub type Rules<'r> = dyn Fn(&Node) -> Option<Rule> + 'r;

/// What is known of every value of a graph.
#[derive(Debug, Clone, Default)]
pub struct Shapes {
    /// By value.
    pub facts: Vec<Fact>,
    /// Nodes that cannot work, each with its sentence.
    pub contradictions: Vec<String>,
}

/// The symbol of a free dimension without a name: the first axis is the batch.
pub fn symbol_of(input: &str, axis: usize) -> Dim {
    if axis == 0 {
        Dim::symbol("batch")
    } else {
        Dim::symbol(&format!("{input}[{axis}]"))
    }
}

impl Shapes {
    /// Infers a graph from its declared inputs.
    pub fn of(program: &Program, rules: &Rules<'_>) -> Self {
        let declared = program
            .inputs
            .iter()
            .map(|(_, port)| Fact::of_port(port, |axis| symbol_of(&port.name, axis)));
        Self::given(program, declared.collect(), rules)
    }

    /// Infers a graph for inputs of which `given` is known, in graph order.
    pub fn given(program: &Program, given: Vec<Fact>, rules: &Rules<'_>) -> Self {
        let facts = constants(program);
        let given = program.inputs.iter().map(|(id, _)| *id).zip(given);
        Walk::new(rules).run(program, facts, given)
    }

    /// What is known once some values, inputs or inner ones, are given with these shapes.
    #[must_use]
    pub fn with(&self, program: &Program, given: &[(ValueId, &[usize])], rules: &Rules<'_>) -> Self {
        let fact = |id: ValueId, shape: &[usize]| {
            let dims = shape.iter().map(|&d| d.into()).collect();
            (id, Fact::new(self.facts[id].elem, dims))
        };
        let given = given.iter().map(|&(id, shape)| fact(id, shape));
        Walk::new(rules).run(program, self.facts.clone(), given)
    }

    /// Sizes of the named dimensions that make the declared inputs these shapes; `None` where the
    /// inputs do not have such a shape or give one name two sizes.
    pub fn bind(&self, program: &Program, shapes: &[&[usize]]) -> Option<Bindings> {
        let mut bindings = Bindings::new();
        for ((id, _), given) in program.inputs.iter().zip(shapes) {
            let Some(declared) = &self.facts.get(*id)?.shape else {
                continue;
            };
            if declared.len() != given.len() {
                return None;
            }
            for (dim, &size) in declared.iter().zip(*given) {
                match dim.as_symbol() {
                    Some(name) if *bindings.entry(name.to_owned()).or_insert(size) == size => {}
                    None if dim.known() == Some(size) || dim.is_unknown() => {}
                    _ => return None,
                }
            }
        }
        Some(bindings)
    }
}

struct Walk<'r> {
    rules: &'r Rules<'r>,
    left: Cell<u64>,
}

impl<'r> Walk<'r> {
    fn new(rules: &'r Rules<'r>) -> Self {
        Self {
            rules,
            left: Cell::new(BUDGET),
        }
    }

    /// `facts` says what is known of constants; values that are `given` are not made by their nodes.
    fn run(&self, program: &Program, mut facts: Vec<Fact>, given: impl Iterator<Item = (ValueId, Fact)>) -> Shapes {
        let mut there = vec![false; facts.len()];
        for (id, fact) in given {
            facts[id] = fact;
            there[id] = true;
        }
        let mut contradictions = Vec::new();
        let nested = |body: &Program, given: Vec<Fact>| self.body(body, given);
        for node in &program.nodes {
            let Some(rule) = (self.rules)(node) else { continue };
            let site = Site {
                node,
                inputs: node.inputs.iter().map(|id| id.map(|id| &facts[id])).collect(),
                nested: &nested,
            };
            let found = match rule(&site) {
                Ok(found) => found,
                Err(Gap::Unknown(elems)) => elems.into_iter().map(Fact::typed).collect(),
                Err(Gap::Contradiction(text)) => {
                    contradictions.push(format!("node `{}` ({}): {text}", node.name, node.qualified()));
                    Vec::new()
                }
            };
            let mut found = found.into_iter();
            for slot in &node.outputs {
                let fact = found.next().unwrap_or_default();
                if let Some(id) = slot.filter(|&id| !there[id]) {
                    facts[id] = self.kept(fact.tidied());
                }
            }
        }
        Shapes { facts, contradictions }
    }

    fn body(&self, program: &Program, given: Vec<Fact>) -> Vec<Fact> {
        // A body costs something even where it makes nothing, so that loops in loops end.
        let left = self.left.get().saturating_sub(16 * (program.nodes.len() as u64 + 1));
        self.left.set(left);
        if left == 0 {
            return vec![Fact::default(); program.outputs.len()];
        }
        let ids = program.inputs.iter().map(|(id, _)| *id);
        let captured = program.captures.iter().map(|(_, id)| *id);
        let facts = constants(program);
        let found = self.run(program, facts, ids.chain(captured).zip(given));
        program.outputs.iter().map(|(id, _)| found.facts[*id].clone()).collect()
    }

    /// The fact within the budget.
    fn kept(&self, mut fact: Fact) -> Fact {
        let shape = fact.shape.iter().flatten();
        let content = fact.whole().unwrap_or_default().iter();
        let size: u64 = shape.chain(content).map(|d| u64::from(d.size())).sum();
        let left = self.left.get().saturating_sub(size);
        self.left.set(left);
        if left == 0 {
            fact.content = None;
            for dim in fact.shape.iter_mut().flatten().filter(|d| d.number().is_none()) {
                *dim = Dim::unknown_size();
            }
        }
        fact
    }
}

/// What is known of the constants, and nothing of other values.
fn constants(program: &Program) -> Vec<Fact> {
    let mut facts = vec![Fact::default(); program.values.len()];
    for (id, constant) in &program.initializers {
        facts[*id] = Fact::of_constant(constant);
    }
    facts
}
