//! What is known of a value before anything runs.

use crate::constant::Constant;
use crate::graph::{Axis, Port};
use crate::value::{Elem, Plain, PlainData};

use super::dim::Dim;

/// Values of more elements than this have no known contents. Shapes, axes, pads and scales have fewer.
pub const MAX_CONTENT: usize = 64;

/// Elements of a small tensor, row-major.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Whole numbers (also of a float tensor that holds nothing else), booleans as 0 and 1.
    Whole(Vec<Dim>),
    /// Floats that are not all whole.
    Real(Vec<f64>),
}

/// What is known of one value.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fact {
    /// Element type.
    pub elem: Option<Elem>,
    /// Shape; `None` where not even the rank is known, or where it is no tensor.
    pub shape: Option<Vec<Dim>>,
    /// Elements, of small tensors.
    pub content: Option<Content>,
}

impl Fact {
    /// A tensor of that shape.
    pub fn new(elem: Option<Elem>, shape: Vec<Dim>) -> Self {
        Self {
            elem,
            shape: Some(shape),
            content: None,
        }
    }

    /// Nothing but the element type.
    pub fn typed(elem: Option<Elem>) -> Self {
        Self {
            elem,
            ..Self::default()
        }
    }

    /// A tensor of `rank` unknown dimensions.
    pub fn ranked(elem: Option<Elem>, rank: usize) -> Self {
        Self::new(elem, unknown_shape(rank))
    }

    /// The same with these elements, whole numbers in row-major order.
    #[must_use]
    pub fn holding(mut self, content: Option<Vec<Dim>>) -> Self {
        self.content = content.map(Content::Whole);
        self
    }

    /// The same with the elements of `other`.
    #[must_use]
    pub fn holding_all_of(mut self, other: &Self) -> Self {
        self.content.clone_from(&other.content);
        self
    }

    /// A vector of `int64`.
    pub fn vector(content: Vec<Dim>) -> Self {
        Self::new(Some(Elem::I64), vec![content.len().into()]).holding(Some(content))
    }

    /// A scalar of `int64`.
    pub fn scalar(value: Dim) -> Self {
        Self::new(Some(Elem::I64), Vec::new()).holding(Some(vec![value]))
    }

    /// A constant.
    pub fn of_plain(plain: &Plain) -> Self {
        let shape = plain.shape.iter().map(|&d| d.into()).collect();
        let mut fact = Self::new(Some(plain.elem), shape);
        if plain.numel() <= MAX_CONTENT {
            fact.content = match &plain.data {
                PlainData::Int(v) if plain.elem == Elem::U64 => {
                    let large = |&v: &i64| if v < 0 { Dim::unknown_size() } else { v.into() };
                    Some(Content::Whole(v.iter().map(large).collect()))
                }
                PlainData::Int(v) => Some(Content::Whole(v.iter().map(|&v| v.into()).collect())),
                PlainData::Float(v) => Some(reals(v.iter().map(|&v| f64::from(v)).collect())),
                PlainData::Double(v) => Some(reals(v.to_vec())),
                PlainData::Text(_) => None,
            };
        }
        fact
    }

    /// A constant whose elements may not have been read; few of them are.
    pub fn of_constant(constant: &Constant) -> Self {
        if constant.numel() <= MAX_CONTENT
            && let Ok(plain) = constant.load()
        {
            return Self::of_plain(&plain);
        }
        Self::new(Some(constant.elem), constant.shape.iter().map(|&d| d.into()).collect())
    }

    /// A declared input or output, free dimensions as `name` says.
    pub fn of_port(port: &Port, name: impl Fn(usize) -> Dim) -> Self {
        let Some(axes) = &port.shape else {
            return Self::typed(port.elem);
        };
        let axes = axes.iter().enumerate();
        let shape = axes.map(|(axis, declared)| match declared {
            Axis::Known(size) => Dim::from(*size),
            Axis::Named(symbol) => Dim::symbol(symbol),
            Axis::Free => name(axis),
        });
        Self::new(port.elem, shape.collect())
    }

    /// Number of elements, where the rank is known.
    pub fn numel(&self) -> Option<Dim> {
        self.shape.as_ref().map(Dim::product)
    }

    /// The elements as whole numbers.
    pub fn whole(&self) -> Option<&[Dim]> {
        match &self.content {
            Some(Content::Whole(v)) => Some(v),
            _ => None,
        }
    }

    /// The elements as numbers, if all are known.
    pub fn reals(&self) -> Option<Vec<f64>> {
        match &self.content {
            Some(Content::Whole(v)) => v.iter().map(|d| d.number().map(|v| v as f64)).collect(),
            Some(Content::Real(v)) => Some(v.clone()),
            None => None,
        }
    }

    /// What holds for both of two facts about one value, whichever comes true.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let shape = match (&self.shape, &other.shape) {
            (Some(a), Some(b)) if a.len() == b.len() => Some(
                a.iter()
                    .zip(b)
                    .map(|(a, b)| if a == b { a.clone() } else { Dim::unknown_size() })
                    .collect(),
            ),
            _ => None,
        };
        Self {
            elem: self.elem.filter(|e| other.elem == Some(*e)),
            content: self.content.clone().filter(|_| self == other),
            shape,
        }
    }

    /// Drops contents that do not belong to the shape or are too many to keep.
    pub(super) fn tidied(mut self) -> Self {
        let numel = self.numel().and_then(|n| n.known());
        let holds = match &self.content {
            None => return self,
            Some(Content::Whole(v)) => v.len(),
            Some(Content::Real(v)) => v.len(),
        };
        if numel != Some(holds) || holds > MAX_CONTENT {
            self.content = None;
        }
        self
    }

    /// The shape as people write it, `[batch, 3, 2*seq + 1]`; `None` where the rank is unknown.
    pub fn shape_text(&self) -> Option<String> {
        let dims: Vec<String> = self.shape.as_ref()?.iter().map(ToString::to_string).collect();
        Some(format!("[{}]", dims.join(", ")))
    }
}

/// Floats, as whole numbers if all are.
pub(super) fn reals(values: Vec<f64>) -> Content {
    let whole = |v: &f64| (v.fract() == 0.0 && v.abs() < 9.0e15).then(|| Dim::from(*v as i64));
    match values.iter().map(whole).collect() {
        Some(whole) => Content::Whole(whole),
        None => Content::Real(values),
    }
}

/// `rank` sizes that nobody knows.
pub fn unknown_shape(rank: usize) -> Vec<Dim> {
    (0..rank).map(|_| Dim::unknown_size()).collect()
}
