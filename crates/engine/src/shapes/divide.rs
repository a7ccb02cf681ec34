//! Quotients, maxima and minima of dimensions, and the bounds that let them be resolved.

use std::sync::Arc;

use super::dim::{Atom, Dim, Product, Term, floor};

impl Dim {
    /// `self / by` where that is a polynomial again: `self == by * answer` always.
    pub fn exact_div(&self, by: &Self) -> Option<Self> {
        if let (Some(n), Some(d)) = (self.number(), by.number()) {
            return (d != 0 && n.checked_rem(d) == Some(0)).then(|| Self::from(n / d));
        }
        let divisor = by.terms();
        let lead = divisor.first()?;
        let mut rest = self.clone();
        let mut quotient = Self::from(0);
        // Each step takes the leading term away, so products only fall.
        for _ in 0..64 {
            let terms = rest.terms();
            let Some(top) = terms.first() else {
                return Some(quotient);
            };
            if top.factor.checked_rem(lead.factor) != Some(0) {
                return None;
            }
            let step = Self::of_terms(vec![Term {
                product: top.product.over(&lead.product)?,
                factor: top.factor / lead.factor,
            }]);
            rest = &rest - &(&step * by);
            quotient = &quotient + &step;
        }
        None
    }

    /// The quotient rounded down, as Python's `//`.
    #[must_use]
    pub fn floor_div(&self, by: &Self) -> Self {
        if let (Some(n), Some(d)) = (self.number(), by.number()) {
            return floor(n, d).map_or_else(|_| Self::unknown(), Self::from);
        }
        if let Some(quotient) = self.exact_div(by) {
            return quotient;
        }
        match by.number() {
            Some(0) => Self::unknown(),
            Some(i64::MIN..0) => (-self).floor_div(&-by),
            Some(d) => self.floor_by(d),
            None => self.floor_by_dim(by),
        }
    }

    /// Rounded down by a number above zero: whole parts of every term are taken out, so that
    /// `floor((h - 1)/2) + 1` and `floor((h + 1)/2)` are one expression.
    fn floor_by(&self, d: i64) -> Self {
        let (mut whole, mut rest) = (Vec::new(), Vec::new());
        for term in self.terms() {
            let (q, r) = (term.factor.div_euclid(d), term.factor.rem_euclid(d));
            for (factor, into) in [(q, &mut whole), (r, &mut rest)] {
                if factor != 0 {
                    let product = term.product.clone();
                    into.push(Term { product, factor });
                }
            }
        }
        let (whole, rest) = (Self::of_terms(whole), Self::of_terms(rest));
        if let Some(r) = rest.number() {
            return &whole + r.div_euclid(d);
        }
        if rest.at_least(0) && rest.at_most(d - 1) {
            return whole;
        }
        // floor((floor(a / b) + c) / d) = floor((a + c * b) / (b * d))
        if let Some((inner, below, plus)) = rest.as_floor()
            && let Some(both) = below.checked_mul(d)
        {
            let above = inner + &(&Self::from(plus) * below);
            return &whole + &above.floor_div(&Self::from(both));
        }
        &whole + &Self::of_atom(Atom::Floor(Arc::new((rest, Self::from(d)))))
    }

    /// `floor(a / b) + c` as (a, b, c), where `b` is a number above zero.
    fn as_floor(&self) -> Option<(&Self, i64, i64)> {
        let sum = self.sum()?;
        let (first, plus) = match sum.terms.as_slice() {
            [first] => (first, 0),
            [first, last] if last.product.0.is_empty() => (first, last.factor),
            _ => return None,
        };
        match first.product.0.as_slice() {
            [(Atom::Floor(pair), 1)] if first.factor == 1 => {
                let below = pair.1.number().filter(|b| *b > 0)?;
                Some((&pair.0, below, plus))
            }
            _ => None,
        }
    }

    fn floor_by_dim(&self, by: &Self) -> Self {
        // Terms that the divisor goes into are taken out, where it is a single term.
        let (mut whole, mut rest) = (Self::from(0), Self::from(0));
        let divisor = by.terms();
        for term in self.terms() {
            let alone = Self::of_terms(vec![term]);
            let part = if divisor.len() == 1 { alone.exact_div(by) } else { None };
            match part {
                Some(q) => whole = &whole + &q,
                None => rest = &rest + &alone,
            }
        }
        if rest.at_least(0) && (by - &rest).at_least(1) {
            return whole;
        }
        &whole + &Self::of_atom(Atom::Floor(Arc::new((rest, by.clone()))))
    }

    /// The quotient rounded up.
    #[must_use]
    pub fn ceil_div(&self, by: &Self) -> Self {
        match by.number() {
            Some(d @ 1..) => (self + (d - 1)).floor_div(by),
            _ => -&(-self).floor_div(by),
        }
    }

    /// The remainder of [`Dim::floor_div`], which has the sign of the divisor.
    #[must_use]
    pub fn modulo(&self, by: &Self) -> Self {
        self - &(by * &self.floor_div(by))
    }

    /// The larger one.
    #[must_use]
    pub fn larger(&self, other: &Self) -> Self {
        let gap = self - other;
        if gap.at_least(0) || is_among(other, self, false) || is_among(self, other, true) {
            return self.clone();
        }
        if gap.at_most(0) || is_among(self, other, false) || is_among(other, self, true) {
            return other.clone();
        }
        let (a, b) = if self > other { (self, other) } else { (other, self) };
        Self::of_atom(Atom::Max(Arc::new((a.clone(), b.clone()))))
    }

    /// The smaller one.
    #[must_use]
    pub fn smaller(&self, other: &Self) -> Self {
        let gap = self - other;
        if gap.at_most(0) || is_among(other, self, true) || is_among(self, other, false) {
            return self.clone();
        }
        if gap.at_least(0) || is_among(self, other, true) || is_among(other, self, false) {
            return other.clone();
        }
        let (a, b) = if self > other { (self, other) } else { (other, self) };
        Self::of_atom(Atom::Min(Arc::new((a.clone(), b.clone()))))
    }

    /// Whether it is at least `v` whatever the named sizes are.
    pub fn at_least(&self, v: i64) -> bool {
        self.bounds().0.is_some_and(|low| low >= v)
    }

    /// Whether it is at most `v` whatever the named sizes are.
    pub fn at_most(&self, v: i64) -> bool {
        self.bounds().1.is_some_and(|high| high <= v)
    }

    /// Whether the two are different numbers whatever the named sizes are.
    pub fn differs(&self, other: &Self) -> bool {
        let gap = self - other;
        gap.at_least(1) || gap.at_most(-1)
    }

    /// Bounds that hold for all sizes of one and more; `None` where there is none.
    pub(super) fn bounds(&self) -> (Option<i64>, Option<i64>) {
        let Some(sum) = self.sum() else {
            return (self.number(), self.number());
        };
        let (mut low, mut high) = (Some(0i64), Some(0i64));
        for term in &sum.terms {
            let (a, b) = term.product.bounds();
            let scale = |v: Option<i64>| v.and_then(|v| v.checked_mul(term.factor));
            let (a, b) = if term.factor < 0 {
                (scale(b), scale(a))
            } else {
                (scale(a), scale(b))
            };
            let add = |x: Option<i64>, y: Option<i64>| x.zip(y).and_then(|(x, y)| x.checked_add(y));
            (low, high) = (add(low, a), add(high, b));
        }
        (low, high)
    }
}

/// Whether `part` is an argument of the minimum (or maximum) that `whole` is, so that it is never below
/// (above) it.
fn is_among(part: &Dim, whole: &Dim, minimum: bool) -> bool {
    let Some(sum) = whole.sum() else { return false };
    let [Term { product, factor: 1 }] = sum.terms.as_slice() else {
        return false;
    };
    match (product.0.as_slice(), minimum) {
        ([(Atom::Max(pair), 1)], false) | ([(Atom::Min(pair), 1)], true) => pair.0 == *part || pair.1 == *part,
        _ => false,
    }
}

impl Product {
    /// Bounds, where no atom can be negative; else none.
    fn bounds(&self) -> (Option<i64>, Option<i64>) {
        if let [(atom, 1)] = self.0.as_slice() {
            return atom.bounds();
        }
        let (mut low, mut high) = (Some(1i64), Some(1i64));
        for (atom, power) in &self.0 {
            let (a, b) = atom.bounds();
            if a.is_none_or(|a| a < 0) {
                return (None, None);
            }
            let raise = |v: Option<i64>| v.and_then(|v| v.checked_pow(*power));
            let times = |x: Option<i64>, y: Option<i64>| x.zip(y).and_then(|(x, y)| x.checked_mul(y));
            (low, high) = (times(low, raise(a)), times(high, raise(b)));
        }
        (low, high)
    }
}

impl Atom {
    fn bounds(&self) -> (Option<i64>, Option<i64>) {
        match self {
            Self::Symbol(_) => (Some(1), None),
            Self::Unknown(_, size) => (size.then_some(0), None),
            Self::Floor(pair) => {
                let (low, high) = pair.0.bounds();
                match pair.1.number() {
                    Some(d @ 1..) => (low.map(|v| v.div_euclid(d)), high.map(|v| v.div_euclid(d))),
                    _ if low.is_some_and(|v| v >= 0) && pair.1.at_least(1) => (Some(0), high),
                    _ => (None, None),
                }
            }
            Self::Max(pair) => {
                let ((a, b), (c, d)) = (pair.0.bounds(), pair.1.bounds());
                (a.max(c), b.zip(d).map(|(b, d)| b.max(d)))
            }
            Self::Min(pair) => {
                let ((a, b), (c, d)) = (pair.0.bounds(), pair.1.bounds());
                let high = match (b, d) {
                    (Some(b), Some(d)) => Some(b.min(d)),
                    (b, d) => b.or(d),
                };
                (a.zip(c).map(|(a, c)| a.min(c)), high)
            }
        }
    }
}
