//! A tensor taken apart, for JSON.

use glassboard_events::Tensor;
use serde_json::Value;

use super::Result;

/// A tensor of more elements is not taken apart.
const MAX_NUMBERS: usize = 1 << 26;
const MAX_STRINGS: usize = 1 << 20;

/// What a tensor holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Numbers {
    /// Numbers, row by row.
    Float(Vec<f64>),
    /// Strings, row by row.
    Text(Vec<Vec<u8>>),
}

/// A tensor taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its elements.
    pub values: Numbers,
}

impl Array {
    /// Takes a `TensorProto` of numbers apart.
    pub fn numbers(message: &[u8]) -> Result<Self> {
        let tensor = Tensor::decode(message)?;
        Ok(Self {
            values: Numbers::Float(tensor.numbers(MAX_NUMBERS)?),
            shape: shape(&tensor),
        })
    }

    /// Takes a `TensorProto` of strings apart.
    pub fn strings(message: &[u8]) -> Result<Self> {
        let tensor = Tensor::decode(message)?;
        let strings = tensor.strings(MAX_STRINGS)?;
        Ok(Self {
            values: Numbers::Text(strings.into_iter().map(<[u8]>::to_vec).collect()),
            shape: shape(&tensor),
        })
    }

    /// The numbers; none where it holds strings.
    pub fn floats(&self) -> &[f64] {
        match &self.values {
            Numbers::Float(values) => values,
            Numbers::Text(_) => &[],
        }
    }

    /// Row `index` of a tensor of two dimensions.
    pub fn row(&self, index: usize) -> &[f64] {
        let width = self.shape.get(1).copied().unwrap_or(0);
        self.floats().get(index * width..(index + 1) * width).unwrap_or(&[])
    }

    /// Nested lists, as numpy's `tolist`.
    pub fn to_json(&self) -> Value {
        match &self.values {
            Numbers::Float(values) => nested(&self.shape, values, &|value| number(*value)),
            Numbers::Text(values) => nested(&self.shape, values, &|text| String::from_utf8_lossy(text).into()),
        }
    }
}

fn shape(tensor: &Tensor<'_>) -> Vec<usize> {
    tensor.dims().iter().map(|&dim| dim as usize).collect()
}

fn nested<T>(shape: &[usize], values: &[T], leaf: &dyn Fn(&T) -> Value) -> Value {
    match shape {
        [] => values.first().map_or(Value::Null, leaf),
        [_] => values.iter().map(leaf).collect(),
        [0, ..] => Value::Array(Vec::new()),
        [rows, rest @ ..] => {
            let size = values.len() / rows;
            (0..*rows)
                .map(|row| nested(rest, &values[row * size..(row + 1) * size], leaf))
                .collect()
        }
    }
}

/// A number as TensorBoard's JSON has it: what is no number is a word.
pub fn number(value: f64) -> Value {
    if value.is_nan() {
        "NaN".into()
    } else if value.is_infinite() {
        if value > 0.0 { "Infinity" } else { "-Infinity" }.into()
    } else {
        value.into()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_nest_as_the_shape_says() {
        let array = |shape: &[usize], values: &[f64]| Array {
            shape: shape.to_vec(),
            values: Numbers::Float(values.to_vec()),
        };
        assert_eq!(array(&[], &[1.5]).to_json(), json!(1.5));
        assert_eq!(array(&[0, 3], &[]).to_json(), json!([]));
        assert_eq!(
            array(&[2, 2], &[1.0, 2.0, 3.0, f64::NAN]).to_json(),
            json!([[1.0, 2.0], [3.0, "NaN"]])
        );
        assert_eq!(array(&[2, 0], &[]).to_json(), json!([[], []]));
        assert_eq!(array(&[2, 2], &[1.0, 2.0, 3.0, 4.0]).row(1), [3.0, 4.0]);
    }
}
