//! Which layer a class activation map is taken from when the user names none.

use glassboard_model::{Model, ModelError, ValueInfo, View};

/// Operators that keep the shape of a convolution's output, so that the value after them is still it.
const ELEMENTWISE: [&str; 17] = [
    "BatchNormalization",
    "InstanceNormalization",
    "GroupNormalization",
    "Relu",
    "LeakyRelu",
    "PRelu",
    "Elu",
    "Selu",
    "Celu",
    "Gelu",
    "HardSwish",
    "HardSigmoid",
    "Sigmoid",
    "Tanh",
    "Clip",
    "Mul",
    "Add",
];

/// The last spatial value of the network: the last convolution, carried on through normalisation,
/// activation and addition, before any pooling; without one, the last but one product of matrices, carried on in the
/// same way: what the output is made of. `x` is one row, used to learn shapes the file does not say;
/// the second answer is the number of forward passes that took.
pub fn default_layer(model: &dyn Model, x: &View<'_>) -> Result<(String, u64), ModelError> {
    let values = model.values();
    let candidates = candidates(&values);
    // Where the file says the shape of the last one, nothing needs to run.
    let said = candidates.first().filter(|name| {
        let shape = values
            .iter()
            .find(|value| value.name == **name)
            .and_then(|value| value.shape.as_deref());
        matches!(shape, Some([_, _, Some(h), Some(w)]) if h * w > 1)
    });
    if let Some(name) = said {
        return Ok(((*name).to_owned(), 0));
    }
    for (i, chunk) in candidates.chunks(8).enumerate() {
        let captured = model.capture(x, chunk)?;
        if let Some((name, _)) = chunk.iter().zip(&captured).find(|(_, array)| is_spatial(array.shape())) {
            return Ok(((*name).to_owned(), i as u64 + 1));
        }
    }
    hidden(&values).map(|name| (name.to_owned(), 0)).ok_or_else(|| {
        ModelError::Input(
            "the graph has no convolution with a spatial output and no hidden layer; name a layer".to_owned(),
        )
    })
}

fn is_spatial(shape: &[usize]) -> bool {
    matches!(shape, [_, _, h, w] if h * w > 1)
}

/// Convolutions from the last to the first, each carried on as far as its shape stays.
fn candidates(values: &[ValueInfo]) -> Vec<&str> {
    let places = (0..values.len()).rev();
    places
        .filter(|i| values[*i].op == "Conv")
        .map(|i| carried_on(values, i))
        .collect()
}

/// The last but one product of matrices, carried on.
fn hidden(values: &[ValueInfo]) -> Option<&str> {
    let products = (0..values.len())
        .rev()
        .filter(|i| matches!(values[*i].op.as_str(), "Gemm" | "MatMul"));
    products.map(|i| carried_on(values, i)).nth(1)
}

/// The name of a value, or of what follows it as far as its shape stays.
fn carried_on(values: &[ValueInfo], at: usize) -> &str {
    let after = values[at + 1..].iter();
    let last = after
        .take_while(|value| ELEMENTWISE.contains(&value.op.as_str()))
        .last();
    &last.unwrap_or(&values[at]).name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_convolution_is_carried_on_to_the_pooling() {
        let value = |name: &str, op: &str| ValueInfo {
            name: name.into(),
            op: op.into(),
            shape: None,
        };
        let values = [
            value("c1", "Conv"),
            value("r1", "Relu"),
            value("p1", "MaxPool"),
            value("c2", "Conv"),
            value("b2", "BatchNormalization"),
            value("sum", "Add"),
            value("r2", "Relu"),
            value("gap", "GlobalAveragePool"),
            value("fc", "Gemm"),
        ];
        assert_eq!(candidates(&values), ["r2", "r1"]);
        assert!(candidates(&values[8..]).is_empty());
        assert_eq!(hidden(&values), None, "the only product is the output");
        let perceptron = [
            value("h1", "Gemm"),
            value("a1", "Relu"),
            value("h2", "Gemm"),
            value("a2", "Relu"),
            value("y", "Gemm"),
        ];
        assert_eq!(hidden(&perceptron), Some("a2"));
    }
}
