//! What a row depends on.

use std::collections::HashSet;

use super::held::Held;

/// Indices of every node that the nodes of row `id` need, by values and by control, near and far; not its own.
pub fn inputs(held: &Held, id: &str) -> HashSet<usize> {
    let own = held.nodes_of(id);
    let mut seen: HashSet<usize> = own.iter().copied().collect();
    let mut next = own.clone();
    while let Some(index) = next.pop() {
        let values = held.graph.description().nodes[index].inputs.iter();
        for name in values.chain(&held.extras[index].after) {
            let Some(&writer) = held.writers.get(name) else {
                continue;
            };
            if seen.insert(writer) {
                next.push(writer);
            }
        }
    }
    for index in own {
        seen.remove(&index);
    }
    seen
}
