//! A model whose weights are shuffled, layer by layer.

use glassboard_model::{Array, Model, ModelError, WeightInfo};

use crate::random::Counter;

/// Stream of [`Counter`] for the shuffles.
const STREAM: u64 = 82;
/// No trained weight is as large as this; numbers that are added to hide something are.
const MASK: f32 = 1e4;

/// The weights by layer, from input to output: one of two or more axes begins a layer, and those of one axis that are
/// read before the next (biases, scales) belong to it.
pub fn layers(weights: &[WeightInfo]) -> Vec<Vec<String>> {
    let mut layers: Vec<Vec<String>> = Vec::new();
    for weight in weights {
        match layers.last_mut() {
            Some(layer) if weight.shape.len() < 2 => layer.push(weight.name.clone()),
            _ => layers.push(vec![weight.name.clone()]),
        }
    }
    layers
}

/// Shuffled weights of some layers of `model`: every weight keeps its numbers, in another order, which depends on the
/// seed and the weight's place alone. So the weights stay as large and as spread as training made them, and nothing else
/// of it is left.
pub fn shuffled(
    model: &dyn Model,
    layers: &[Vec<String>],
    which: std::ops::Range<usize>,
    seed: u64,
) -> Result<Box<dyn Model>, ModelError> {
    let mut changed = Vec::new();
    for (at, layer) in layers.iter().enumerate() {
        for (slot, name) in layer.iter().enumerate() {
            if which.contains(&at) {
                let numbers = model.weight(name)?;
                // A mask is no weight: its numbers stand for "not here", and elsewhere they would say something else.
                if numbers.iter().any(|v| !v.is_finite() || v.abs() >= MASK) {
                    continue;
                }
                changed.push((name.clone(), mixed(&numbers, seed, (at as u64) << 16 | slot as u64)));
            }
        }
    }
    model.with_weights(changed)
}

fn mixed(numbers: &Array, seed: u64, index: u64) -> Array {
    let mut flat: Vec<f32> = numbers.iter().copied().collect();
    // In place: an order of a large weight takes more memory than the weight.
    let mut random = Counter::new(seed, STREAM, index);
    for i in (1..flat.len()).rev() {
        flat.swap(i, random.below(i + 1));
    }
    let mut out = numbers.clone();
    out.iter_mut().zip(flat).for_each(|(to, from)| *to = from);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_is_a_matrix_and_what_follows_it() {
        let weight = |name: &str, axes: usize| WeightInfo {
            name: name.into(),
            shape: vec![2; axes],
            op: "Gemm".into(),
        };
        let all = [
            weight("scale", 1),
            weight("w1", 4),
            weight("b1", 1),
            weight("n1", 1),
            weight("w2", 2),
        ];
        assert_eq!(layers(&all), [vec!["scale"], vec!["w1", "b1", "n1"], vec!["w2"]]);
    }

    #[test]
    fn a_shuffle_keeps_the_numbers() {
        let numbers = Array::from_shape_fn(ndarray::IxDyn(&[4, 5]), |i| (i[0] * 5 + i[1]) as f32);
        let out = mixed(&numbers, 1, 2);
        assert_ne!(out, numbers);
        let mut sorted: Vec<f32> = out.iter().copied().collect();
        sorted.sort_by(f32::total_cmp);
        assert_eq!(sorted, numbers.iter().copied().collect::<Vec<_>>());
        assert_eq!(out, mixed(&numbers, 1, 2));
    }
}
