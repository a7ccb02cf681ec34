//! One dimension, known or symbolic: an integer polynomial over named sizes and what cannot be said
//! as a polynomial of them (quotients rounded down, maxima, minima, unknown numbers).
//!
//! Every expression has one form, so that two dimensions that are equal as polynomials compare equal
//! and a `Concat` of two branches of a network can be checked. Arithmetic never fails: what would
//! overflow or grow beyond reason becomes an unknown number, equal to itself only.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Add, Mul, Neg, Sub};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering as Memory};

/// An expression of more parts than this becomes unknown: no graph can make inference slow.
const MAX_SIZE: u32 = 96;

/// Sizes of the named dimensions for one run.
pub type Bindings = BTreeMap<String, usize>;

/// Why a dimension has no number for some bindings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DimError {
    /// The graph does not determine it before it runs.
    #[error("it is known only once the graph has run")]
    Unknown,
    /// A name without a size. Bind it.
    #[error("`{0}` has no size")]
    Unbound(String),
    /// The number does not fit 64 bits. The graph asks for too much.
    #[error("it does not fit 64 bits")]
    Overflow,
    /// A division by zero.
    #[error("it divides by zero")]
    DivisionByZero,
    /// A size below zero: the input is too small for the graph.
    #[error("it is {0}, below zero")]
    Negative(i64),
}

/// An integer that may depend on named sizes, each of which is at least one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dim(Form);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Form {
    Number(i64),
    Sum(Arc<Sum>),
}

/// Terms in falling order of their products, no factor zero, never a mere number.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Sum {
    pub(super) terms: Vec<Term>,
    /// Parts of the expression written out as a tree.
    size: u32,
    /// Whether an unknown number is part of it.
    unknown: bool,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Term {
    pub(super) product: Product,
    pub(super) factor: i64,
}

/// Powers of atoms, atoms rising; empty is one.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Product(pub(super) Vec<(Atom, u32)>);

/// What a polynomial is made of.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Atom {
    /// A named size, at least one.
    Symbol(Arc<str>),
    /// A number nobody knows, equal to itself; `true` where it is a size, so not below zero.
    Unknown(u64, bool),
    /// The quotient rounded down.
    Floor(Arc<(Dim, Dim)>),
    /// The larger one; the arguments in falling order.
    Max(Arc<(Dim, Dim)>),
    /// The smaller one.
    Min(Arc<(Dim, Dim)>),
}

/// Lexicographic by exponents, the order that polynomial division needs: the first atom in which
/// two products differ decides.
impl Ord for Product {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut a, mut b) = (self.0.iter(), other.0.iter());
        loop {
            match (a.next(), b.next()) {
                (None, None) => return Ordering::Equal,
                (Some(_), None) => return Ordering::Greater,
                (None, Some(_)) => return Ordering::Less,
                (Some((x, n)), Some((y, m))) => match x.cmp(y).reverse().then(n.cmp(m)) {
                    Ordering::Equal => {}
                    other => return other,
                },
            }
        }
    }
}

impl PartialOrd for Product {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Product {
    fn times(&self, other: &Self) -> Self {
        let mut out = Vec::with_capacity(self.0.len() + other.0.len());
        let (mut a, mut b) = (self.0.iter().peekable(), other.0.iter().peekable());
        loop {
            let order = match (a.peek(), b.peek()) {
                (None, None) => return Self(out),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((x, _)), Some((y, _))) => x.cmp(y),
            };
            let left = if order.is_le() { a.next() } else { None };
            let right = if order.is_ge() { b.next() } else { None };
            match (left, right) {
                (Some((x, n)), Some((_, m))) => out.push((x.clone(), n.saturating_add(*m))),
                (Some(one), None) | (None, Some(one)) => out.push(one.clone()),
                (None, None) => return Self(out),
            }
        }
    }

    /// `self / other` where every atom of `other` is there often enough.
    pub(super) fn over(&self, other: &Self) -> Option<Self> {
        let mut rest = other.0.iter().peekable();
        let mut out = Vec::with_capacity(self.0.len());
        for (atom, n) in &self.0 {
            let taken = match rest.peek() {
                Some((x, m)) if x == atom => {
                    rest.next();
                    *m
                }
                _ => 0,
            };
            match n.checked_sub(taken)? {
                0 => {}
                left => out.push((atom.clone(), left)),
            }
        }
        rest.peek().is_none().then_some(Self(out))
    }
}

impl Atom {
    fn size(&self) -> u32 {
        match self {
            Self::Symbol(_) | Self::Unknown(..) => 1,
            Self::Floor(pair) | Self::Max(pair) | Self::Min(pair) => 1 + pair.0.size() + pair.1.size(),
        }
    }

    fn is_unknown(&self) -> bool {
        match self {
            Self::Symbol(_) => false,
            Self::Unknown(..) => true,
            Self::Floor(pair) | Self::Max(pair) | Self::Min(pair) => pair.0.is_unknown() || pair.1.is_unknown(),
        }
    }

    fn evaluate(&self, at: &Bindings) -> Result<i64, DimError> {
        match self {
            Self::Symbol(name) => {
                let size = at.get(&**name).ok_or_else(|| DimError::Unbound(name.to_string()))?;
                i64::try_from(*size).map_err(|_| DimError::Overflow)
            }
            Self::Unknown(..) => Err(DimError::Unknown),
            Self::Floor(pair) => floor(pair.0.evaluate(at)?, pair.1.evaluate(at)?),
            Self::Max(pair) => Ok(pair.0.evaluate(at)?.max(pair.1.evaluate(at)?)),
            Self::Min(pair) => Ok(pair.0.evaluate(at)?.min(pair.1.evaluate(at)?)),
        }
    }
}

/// `n / d` rounded towards minus infinity.
pub(super) fn floor(n: i64, d: i64) -> Result<i64, DimError> {
    if d == 0 {
        return Err(DimError::DivisionByZero);
    }
    let q = n.checked_div(d).ok_or(DimError::Overflow)?;
    Ok(if n % d != 0 && (n < 0) != (d < 0) { q - 1 } else { q })
}

impl Dim {
    /// A named size, at least one.
    pub fn symbol(name: &str) -> Self {
        Self::of_atom(Atom::Symbol(name.into()))
    }

    /// A number nobody knows.
    pub fn unknown() -> Self {
        Self::of_atom(Atom::Unknown(next(), false))
    }

    /// A size nobody knows, not below zero.
    pub fn unknown_size() -> Self {
        Self::of_atom(Atom::Unknown(next(), true))
    }

    /// The number, where it is one.
    pub fn number(&self) -> Option<i64> {
        match &self.0 {
            Form::Number(v) => Some(*v),
            Form::Sum(_) => None,
        }
    }

    /// The number as a size.
    pub fn known(&self) -> Option<usize> {
        self.number().and_then(|v| usize::try_from(v).ok())
    }

    /// The name, where it is a named size and nothing else.
    pub fn as_symbol(&self) -> Option<&str> {
        let [Term { product, factor: 1 }] = self.sum()?.terms.as_slice() else {
            return None;
        };
        match product.0.as_slice() {
            [(Atom::Symbol(name), 1)] => Some(name),
            _ => None,
        }
    }

    /// Whether an unknown number is part of it.
    pub fn is_unknown(&self) -> bool {
        match &self.0 {
            Form::Number(_) => false,
            Form::Sum(sum) => sum.unknown,
        }
    }

    /// The number for these sizes.
    ///
    /// # Errors
    /// What stands in the way, see [`DimError`].
    pub fn evaluate(&self, at: &Bindings) -> Result<i64, DimError> {
        let sum = match &self.0 {
            Form::Number(v) => return Ok(*v),
            Form::Sum(sum) => sum,
        };
        let mut total = 0i64;
        for term in &sum.terms {
            let mut value = term.factor;
            for (atom, power) in &term.product.0 {
                let base = atom.evaluate(at)?.checked_pow(*power).ok_or(DimError::Overflow)?;
                value = value.checked_mul(base).ok_or(DimError::Overflow)?;
            }
            total = total.checked_add(value).ok_or(DimError::Overflow)?;
        }
        Ok(total)
    }

    /// The size for these sizes of the named dimensions.
    ///
    /// # Errors
    /// As [`Dim::evaluate`], and [`DimError::Negative`].
    pub fn size_at(&self, at: &Bindings) -> Result<usize, DimError> {
        let v = self.evaluate(at)?;
        usize::try_from(v).map_err(|_| DimError::Negative(v))
    }

    /// Names that the number depends on.
    pub fn symbols(&self, into: &mut std::collections::BTreeSet<String>) {
        let Form::Sum(sum) = &self.0 else { return };
        for (atom, _) in sum.terms.iter().flat_map(|t| &t.product.0) {
            match atom {
                Atom::Symbol(name) => {
                    into.insert(name.to_string());
                }
                Atom::Unknown(..) => {}
                Atom::Floor(pair) | Atom::Max(pair) | Atom::Min(pair) => {
                    pair.0.symbols(into);
                    pair.1.symbols(into);
                }
            }
        }
    }

    /// Parts of the expression.
    pub(super) fn size(&self) -> u32 {
        match &self.0 {
            Form::Number(_) => 1,
            Form::Sum(sum) => sum.size,
        }
    }

    pub(super) fn of_atom(atom: Atom) -> Self {
        Self::of_terms(vec![Term {
            product: Product(vec![(atom, 1)]),
            factor: 1,
        }])
    }

    /// From terms in falling order of distinct products, no factor zero.
    pub(super) fn of_terms(terms: Vec<Term>) -> Self {
        match terms.as_slice() {
            [] => return Self::from(0),
            [only] if only.product.0.is_empty() => return Self::from(only.factor),
            _ => {}
        }
        let atoms = || terms.iter().flat_map(|t| &t.product.0);
        let size = atoms().fold(terms.len() as u32, |sum, (atom, power)| {
            sum.saturating_add(atom.size()).saturating_add(*power - 1)
        });
        if size > MAX_SIZE {
            return Self::unknown();
        }
        let unknown = atoms().any(|(atom, _)| atom.is_unknown());
        Self(Form::Sum(Arc::new(Sum { terms, size, unknown })))
    }

    /// The terms; none for zero.
    pub(super) fn terms(&self) -> Vec<Term> {
        match &self.0 {
            Form::Number(0) => Vec::new(),
            Form::Number(v) => vec![Term {
                product: Product::default(),
                factor: *v,
            }],
            Form::Sum(sum) => sum.terms.clone(),
        }
    }

    /// The sum behind it, where it is no number.
    pub(super) fn sum(&self) -> Option<&Sum> {
        match &self.0 {
            Form::Number(_) => None,
            Form::Sum(sum) => Some(sum),
        }
    }

    /// `self + other * by`; `None` where it overflows.
    fn plus(&self, other: &Self, by: i64) -> Option<Self> {
        if let (Form::Number(a), Form::Number(b)) = (&self.0, &other.0) {
            return Some(Self::from(a.checked_add(b.checked_mul(by)?)?));
        }
        let (a, b) = (self.terms(), other.terms());
        let mut out = Vec::with_capacity(a.len() + b.len());
        let (mut a, mut b) = (a.into_iter().peekable(), b.into_iter().peekable());
        loop {
            let order = match (a.peek(), b.peek()) {
                (None, None) => return Some(Self::of_terms(out)),
                (Some(_), None) => Ordering::Greater,
                (None, Some(_)) => Ordering::Less,
                (Some(x), Some(y)) => x.product.cmp(&y.product),
            };
            let left = if order.is_ge() { a.next() } else { None };
            let right = if order.is_le() { b.next() } else { None };
            let scaled = right.as_ref().map_or(Some(0), |t| t.factor.checked_mul(by))?;
            let factor = left.as_ref().map_or(0, |t| t.factor).checked_add(scaled)?;
            if factor != 0
                && let Some(term) = left.or(right)
            {
                let product = term.product;
                out.push(Term { product, factor });
            }
        }
    }

    fn times(&self, other: &Self) -> Option<Self> {
        if let (Form::Number(a), Form::Number(b)) = (&self.0, &other.0) {
            return Some(Self::from(a.checked_mul(*b)?));
        }
        let (a, b) = (self.terms(), other.terms());
        if a.len() * b.len() > MAX_SIZE as usize {
            return None;
        }
        let mut products: BTreeMap<Product, i64> = BTreeMap::new();
        for x in &a {
            for y in &b {
                let slot = products.entry(x.product.times(&y.product)).or_default();
                *slot = slot.checked_add(x.factor.checked_mul(y.factor)?)?;
            }
        }
        let falling = products.into_iter().rev().filter(|(_, factor)| *factor != 0);
        Some(Self::of_terms(
            falling.map(|(product, factor)| Term { product, factor }).collect(),
        ))
    }

    /// The product of several.
    pub fn product<'d>(dims: impl IntoIterator<Item = &'d Self>) -> Self {
        dims.into_iter().fold(Self::from(1), |acc, d| &acc * d)
    }
}

fn next() -> u64 {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    COUNTER.fetch_add(1, Memory::Relaxed)
}

impl From<i64> for Dim {
    fn from(v: i64) -> Self {
        Self(Form::Number(v))
    }
}

impl From<usize> for Dim {
    fn from(v: usize) -> Self {
        i64::try_from(v).map_or_else(|_| Self::unknown_size(), Self::from)
    }
}

impl From<i32> for Dim {
    fn from(v: i32) -> Self {
        Self::from(i64::from(v))
    }
}

macro_rules! operator {
    ($trait:ident, $name:ident, $f:expr) => {
        impl $trait<&Dim> for &Dim {
            type Output = Dim;
            fn $name(self, other: &Dim) -> Dim {
                let f: fn(&Dim, &Dim) -> Option<Dim> = $f;
                f(self, other).unwrap_or_else(Dim::unknown)
            }
        }
        impl $trait<Dim> for Dim {
            type Output = Dim;
            fn $name(self, other: Dim) -> Dim {
                (&self).$name(&other)
            }
        }
        impl $trait<i64> for &Dim {
            type Output = Dim;
            fn $name(self, other: i64) -> Dim {
                self.$name(&Dim::from(other))
            }
        }
        impl $trait<i64> for Dim {
            type Output = Dim;
            fn $name(self, other: i64) -> Dim {
                (&self).$name(&Dim::from(other))
            }
        }
    };
}

operator!(Add, add, |a, b| a.plus(b, 1));
operator!(Sub, sub, |a, b| a.plus(b, -1));
operator!(Mul, mul, Dim::times);

impl Neg for &Dim {
    type Output = Dim;
    fn neg(self) -> Dim {
        self * -1
    }
}

/// `batch`, `2*seq + 1`, `floor((height + 1)/2)`; `?` where an unknown number is part of it.
impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = match &self.0 {
            Form::Number(v) => return write!(f, "{v}"),
            Form::Sum(sum) if sum.unknown => return f.write_str("?"),
            Form::Sum(sum) => sum,
        };
        // A negative term goes first only where no other does better.
        let mut order: Vec<&Term> = sum.terms.iter().collect();
        if let Some(positive) = order.iter().position(|t| t.factor > 0) {
            order[..=positive].rotate_right(1);
        }
        for (i, term) in order.into_iter().enumerate() {
            let sign = match (i, term.factor < 0) {
                (0, false) => "",
                (0, true) => "-",
                (_, false) => " + ",
                (_, true) => " - ",
            };
            f.write_str(sign)?;
            let factor = term.factor.unsigned_abs();
            if term.product.0.is_empty() {
                write!(f, "{factor}")?;
                continue;
            }
            if factor != 1 {
                write!(f, "{factor}*")?;
            }
            for (k, (atom, power)) in term.product.0.iter().enumerate() {
                if k > 0 {
                    f.write_str("*")?;
                }
                write!(f, "{atom}")?;
                if *power > 1 {
                    write!(f, "^{power}")?;
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// In parentheses where it has more than one term (or, below a fraction bar, factor).
        fn operand(dim: &Dim, below: bool) -> String {
            let compound = dim.sum().is_some_and(|s| {
                s.terms.len() > 1 || below && (s.terms[0].factor != 1 || s.terms[0].product.0.len() > 1)
            });
            if compound { format!("({dim})") } else { dim.to_string() }
        }
        match self {
            Self::Symbol(name) => f.write_str(name),
            Self::Unknown(..) => f.write_str("?"),
            Self::Floor(pair) => write!(f, "floor({}/{})", operand(&pair.0, false), operand(&pair.1, true)),
            Self::Max(pair) => write!(f, "max({}, {})", pair.0, pair.1),
            Self::Min(pair) => write!(f, "min({}, {})", pair.0, pair.1),
        }
    }
}
