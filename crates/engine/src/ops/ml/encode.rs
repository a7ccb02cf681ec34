//! Categories and labels: encoders, mappers, and maps of scores.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::{Call, Entry, Grad, Out};
use super::entry;
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::shapes::rules;
use crate::value::{Elem, Host, Plain, PlainData, Text, Value};

const FAMILY: &str = "ml/encode";

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![
        entry(FAMILY, "OneHotEncoder", Grad::Stops, one_hot),
        entry(FAMILY, "LabelEncoder", Grad::Stops, label_encoder),
        entry(FAMILY, "CategoryMapper", Grad::Stops, category_mapper),
        // A map from label to score a row, as a matrix whose columns are the labels in their order.
        entry(FAMILY, "ZipMap", Grad::Yes, |c| Ok(vec![c.value(0)?]))
            .shape(rules::identity)
            .limits("answers the matrix of scores; its labels are the node's attribute"),
        entry(FAMILY, "DictVectorizer", Grad::Stops, |_| {
            Err(OpError::unsupported("an input that is a map"))
        })
        .limits("maps are no input here"),
    ]
}

/// A category, whatever its type: what is equal in ONNX is equal here.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Text(String),
    Int(i64),
    /// Bits of the number in 64 bits, one pattern for every NaN and for both zeros.
    Float(u64),
}

fn float_key(v: f64) -> Key {
    Key::Float(if v.is_nan() {
        f64::NAN.to_bits()
    } else if v == 0.0 {
        0
    } else {
        v.to_bits()
    })
}

fn keys_of_plain(plain: &Plain) -> Vec<Key> {
    match &plain.data {
        PlainData::Float(v) => v.iter().map(|&v| float_key(f64::from(v))).collect(),
        PlainData::Double(v) => v.iter().map(|&v| float_key(v)).collect(),
        PlainData::Int(v) => v.iter().map(|&v| Key::Int(v)).collect(),
        PlainData::Text(v) => v.iter().cloned().map(Key::Text).collect(),
    }
}

fn keys_of_value<B: Engine>(value: Value<B>) -> Result<(Vec<usize>, Vec<Key>), OpError> {
    let plain = Plain::from_value(value)?;
    let keys = keys_of_plain(&plain);
    Ok((plain.shape, keys))
}

/// The first position of every category; the last where `last_wins`.
fn table(keys: impl IntoIterator<Item = Key>, last_wins: bool) -> HashMap<Key, usize> {
    let mut table = HashMap::new();
    for (i, key) in keys.into_iter().enumerate() {
        if last_wins {
            table.insert(key, i);
        } else {
            table.entry(key).or_insert(i);
        }
    }
    table
}

fn one_hot<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let known = c.node.prepared.get(|| -> Result<_, OpError> {
        let ints = c.ints("cats_int64s").unwrap_or_default();
        Ok(if ints.is_empty() {
            table(c.strs("cats_strings").iter().cloned().map(Key::Text), false)
        } else {
            table(ints.into_iter().map(Key::Int), false)
        })
    })?;
    let width = c
        .ints("cats_int64s")
        .map_or(0, |v| v.len())
        .max(c.strs("cats_strings").len());
    let lenient = c.int("zeros", 1) != 0;
    // Floats are read as whole numbers, by the specification.
    let (mut shape, keys) = match c.value(0)? {
        Value::Float(x) => {
            let shape = x.shape().to_vec();
            (
                shape,
                x.into_doubles()?.into_iter().map(|v| Key::Int(v as i64)).collect(),
            )
        }
        other => keys_of_value(other)?,
    };
    shape.push(width);
    c.reserve(&shape)?;
    let mut data = vec![0.0; keys.len() * width];
    for (i, key) in keys.iter().enumerate() {
        match known.get(key) {
            Some(&k) => data[i * width + k] = 1.0,
            None if lenient => {}
            None => return Err(OpError::bad(format!("element {i} is none of the categories"))),
        }
    }
    Ok(vec![Value::Float(c.tensor_from(data, shape, Elem::F32))])
}

/// What the values of a label encoder are, with the default behind the last.
#[derive(Debug)]
enum Values {
    Ints(Elem, Vec<i64>),
    Floats(Vec<f32>),
    Doubles(Vec<f64>),
    Texts(Vec<String>),
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Self::Ints(_, v) => v.len(),
            Self::Floats(v) => v.len(),
            Self::Doubles(v) => v.len(),
            Self::Texts(v) => v.len(),
        }
    }

    fn pick<B: Engine>(&self, c: &Call<'_, B>, shape: Vec<usize>, at: &[usize]) -> Value<B> {
        match self {
            Self::Ints(elem, v) => Value::Host(Host::new(shape, *elem, at.iter().map(|&i| v[i]).collect())),
            Self::Floats(v) => Value::Float(c.tensor_from(at.iter().map(|&i| v[i]).collect(), shape, Elem::F32)),
            Self::Doubles(v) => Value::Float(Float::from_doubles(at.iter().map(|&i| v[i]).collect(), shape, c.device)),
            Self::Texts(v) => Value::Text(Text {
                shape,
                data: Arc::new(at.iter().map(|&i| v[i].clone()).collect()),
            }),
        }
    }
}

/// A mapping between categories.
#[derive(Debug)]
struct Encoder {
    keys: HashMap<Key, usize>,
    /// One more than there are keys: the last stands for what is not known.
    values: Values,
}

/// Values of a tensor with the first of `default`, or what the specification says, behind them.
fn with_default(values: &Plain, default: Option<&Plain>) -> Values {
    match &values.data {
        PlainData::Int(v) => {
            let last = match default.map(|p| &p.data) {
                Some(PlainData::Int(d)) => d.first().copied().unwrap_or(-1),
                _ => -1,
            };
            Values::Ints(values.elem, v.iter().copied().chain([last]).collect())
        }
        PlainData::Float(v) => {
            let last = match default.map(|p| &p.data) {
                Some(PlainData::Float(d)) => d.first().copied().unwrap_or(-0.0),
                _ => -0.0,
            };
            Values::Floats(v.iter().copied().chain([last]).collect())
        }
        PlainData::Double(v) => {
            let last = match default.map(|p| &p.data) {
                Some(PlainData::Double(d)) => d.first().copied().unwrap_or(-0.0),
                _ => -0.0,
            };
            Values::Doubles(v.iter().copied().chain([last]).collect())
        }
        PlainData::Text(v) => {
            let last = match default.map(|p| &p.data) {
                Some(PlainData::Text(d)) => d.first().cloned().unwrap_or_default(),
                _ => "_Unused".to_owned(),
            };
            Values::Texts(v.iter().cloned().chain([last]).collect())
        }
    }
}

impl Encoder {
    fn new(keys: Vec<Key>, values: Values) -> Result<Self, OpError> {
        if keys.len() + 1 != values.len() {
            return Err(OpError::bad(format!(
                "{} keys for {} values",
                keys.len(),
                values.len() - 1
            )));
        }
        Ok(Self {
            keys: table(keys, true),
            values,
        })
    }

    /// Operator set 1: strings to their positions, or positions to strings.
    fn first_version<B: Engine>(c: &Call<'_, B>, from_text: bool) -> Result<Self, OpError> {
        let classes = c.strs("classes_strings");
        if from_text {
            let positions = (0..classes.len() as i64).chain([c.int("default_int64", -1)]).collect();
            Self::new(
                classes.iter().cloned().map(Key::Text).collect(),
                Values::Ints(Elem::I64, positions),
            )
        } else {
            let names = classes
                .iter()
                .cloned()
                .chain([c.str("default_string", "_Unused")])
                .collect();
            Self::new((0..classes.len() as i64).map(Key::Int).collect(), Values::Texts(names))
        }
    }

    fn read<B: Engine>(c: &Call<'_, B>) -> Result<Self, OpError> {
        let keys = if let Some(keys) = c.tensor("keys_tensor") {
            keys_of_plain(keys)
        } else if !c.strs("keys_strings").is_empty() {
            c.strs("keys_strings").iter().cloned().map(Key::Text).collect()
        } else if !c.floats("keys_floats").is_empty() {
            c.floats("keys_floats")
                .iter()
                .map(|&v| float_key(f64::from(v)))
                .collect()
        } else {
            c.ints("keys_int64s")
                .unwrap_or_default()
                .into_iter()
                .map(Key::Int)
                .collect()
        };
        let values = if let Some(values) = c.tensor("values_tensor") {
            with_default(values, c.tensor("default_tensor"))
        } else if !c.strs("values_strings").is_empty() {
            let last = c.str("default_string", "_Unused");
            Values::Texts(c.strs("values_strings").iter().cloned().chain([last]).collect())
        } else if !c.floats("values_floats").is_empty() {
            let last = c.f("default_float", -0.0);
            Values::Floats(c.floats("values_floats").iter().copied().chain([last]).collect())
        } else {
            let last = c.int("default_int64", -1);
            let ints = c.ints("values_int64s").unwrap_or_default();
            Values::Ints(Elem::I64, ints.into_iter().chain([last]).collect())
        };
        Self::new(keys, values)
    }

    fn apply<B: Engine>(&self, c: &Call<'_, B>, x: Value<B>) -> Out<B> {
        let (shape, keys) = keys_of_value(x)?;
        c.reserve(&shape)?;
        let last = self.values.len() - 1;
        let at: Vec<usize> = keys.iter().map(|k| self.keys.get(k).copied().unwrap_or(last)).collect();
        Ok(vec![self.values.pick(c, shape, &at)])
    }
}

fn label_encoder<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let x = c.value(0)?;
    let encoder = c.node.prepared.get(|| {
        if c.node.attrs.contains_key("classes_strings") {
            Encoder::first_version(c, x.elem() == Some(Elem::Str))
        } else {
            Encoder::read(c)
        }
    })?;
    encoder.apply(c, x)
}

fn category_mapper<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let x = c.value(0)?;
    let encoder = c.node.prepared.get(|| {
        let (texts, ints) = (c.strs("cats_strings"), c.ints("cats_int64s").unwrap_or_default());
        if x.elem() == Some(Elem::Str) {
            let last = c.int("default_int64", -1);
            let values = Values::Ints(Elem::I64, ints.into_iter().chain([last]).collect());
            Encoder::new(texts.iter().cloned().map(Key::Text).collect(), values)
        } else {
            let last = c.str("default_string", "_Unused");
            let values = Values::Texts(texts.iter().cloned().chain([last]).collect());
            Encoder::new(ints.into_iter().map(Key::Int).collect(), values)
        }
    })?;
    encoder.apply(c, x)
}
