//! Arithmetic of dimensions agrees with the numbers they stand for.

use proptest::prelude::*;

use super::dim::{Bindings, Dim, DimError};

/// An expression as a tree, evaluated beside the symbolic form.
#[derive(Debug, Clone)]
enum Tree {
    Number(i64),
    Symbol(usize),
    Op(u8, Box<(Tree, Tree)>),
}

const NAMES: [&str; 3] = ["batch", "seq", "height"];

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![(-9i64..40).prop_map(Tree::Number), (0usize..3).prop_map(Tree::Symbol)];
    leaf.prop_recursive(4, 24, 2, |inner| {
        (0u8..8, inner.clone(), inner).prop_map(|(op, a, b)| Tree::Op(op, Box::new((a, b))))
    })
}

/// The symbolic form and the number; `None` where a divisor is zero or nothing says that a quotient is exact.
fn both(tree: &Tree, at: &Bindings) -> Option<(Dim, i128)> {
    Some(match tree {
        Tree::Number(v) => (Dim::from(*v), i128::from(*v)),
        Tree::Symbol(i) => (Dim::symbol(NAMES[*i]), at[NAMES[*i]] as i128),
        Tree::Op(op, pair) => {
            let ((a, x), (b, y)) = (both(&pair.0, at)?, both(&pair.1, at)?);
            match op {
                0 => (&a + &b, x + y),
                1 => (&a - &b, x - y),
                2 => (&a * &b, x.checked_mul(y)?),
                3 => (a.larger(&b), x.max(y)),
                4 => (a.smaller(&b), x.min(y)),
                _ if y == 0 => return None,
                5 => (
                    a.floor_div(&b),
                    x.div_euclid(y) - i128::from(y < 0 && x.rem_euclid(y) != 0),
                ),
                6 => (
                    a.ceil_div(&b),
                    -((-x).div_euclid(y) - i128::from(y < 0 && (-x).rem_euclid(y) != 0)),
                ),
                _ => (
                    a.modulo(&b),
                    x - y * (x.div_euclid(y) - i128::from(y < 0 && x.rem_euclid(y) != 0)),
                ),
            }
        }
    })
}

fn bound(sizes: [usize; 3]) -> Bindings {
    NAMES.iter().map(ToString::to_string).zip(sizes).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn arithmetic_is_evaluation(tree in tree(), sizes in [1usize..50, 1usize..50, 1usize..50]) {
        let at = bound(sizes);
        if let Some((dim, number)) = both(&tree, &at) {
            match dim.evaluate(&at) {
                Ok(v) => prop_assert_eq!(i128::from(v), number, "{}", dim),
                // Too large an expression, or a part that overflows on the way.
                Err(error) => prop_assert!(matches!(error, DimError::Unknown | DimError::Overflow), "{}: {}", dim, error),
            }
            let (low, high) = dim.bounds();
            prop_assert!(low.is_none_or(|low| i128::from(low) <= number), "{} >= {:?}", dim, low);
            prop_assert!(high.is_none_or(|high| i128::from(high) >= number), "{} <= {:?}", dim, high);
        }
    }

    #[test]
    fn equal_forms_are_one(a in tree(), b in tree(), c in tree()) {
        let at = bound([2, 3, 5]);
        if let (Some((a, _)), Some((b, _)), Some((c, _))) = (both(&a, &at), both(&b, &at), both(&c, &at)) {
            let (left, right) = (&(&a + &b) * &c, &(&c * &b) + &(&c * &a));
            if !left.is_unknown() && !right.is_unknown() {
                prop_assert_eq!(left, right);
            }
            let product = &a * &b;
            if !product.is_unknown() && b != Dim::from(0) {
                prop_assert_eq!(product.exact_div(&b), Some(a));
            }
        }
    }
}

fn symbol(name: &str) -> Dim {
    Dim::symbol(name)
}

#[test]
fn dimensions_read_as_people_write_them() {
    let (seq, height) = (symbol("seq"), symbol("height"));
    assert_eq!(seq.to_string(), "seq");
    assert_eq!((&(&seq * 2) + 1).to_string(), "2*seq + 1");
    assert_eq!(
        (&(&height - 1).floor_div(&2.into()) + 1).to_string(),
        "floor((height + 1)/2)"
    );
    assert_eq!((&Dim::from(3) - &seq).to_string(), "3 - seq");
    assert_eq!((&seq * &symbol("batch")).to_string(), "batch*seq");
    assert_eq!((&seq * &seq).to_string(), "seq^2");
    assert_eq!(seq.floor_div(&(&height * 2)).to_string(), "floor(seq/(2*height))");
    assert_eq!(seq.larger(&height).to_string(), "max(height, seq)");
    assert_eq!(seq.smaller(&512.into()).to_string(), "min(seq, 512)");
    assert_eq!((&Dim::unknown() + 1).to_string(), "?");
}

#[test]
fn what_is_equal_compares_equal() {
    let (batch, h) = (symbol("batch"), symbol("height"));
    let two = Dim::from(2);
    // Two ways to halve.
    assert_eq!(&(&h - 1).floor_div(&two) + 1, h.ceil_div(&two));
    // Halving twice.
    assert_eq!(h.ceil_div(&two).ceil_div(&two), h.ceil_div(&4.into()));
    // A reshape there and back.
    let all = &(&batch * &h) * 768;
    assert_eq!(all.floor_div(&(&h * 64)), &batch * 12);
    assert_eq!((&all + &batch).exact_div(&batch), Some(&(&h * 768) + 1));
    // An unknown number is equal to itself alone.
    let (a, b) = (Dim::unknown(), Dim::unknown());
    assert_eq!(&(&a + 1) - &a, Dim::from(1));
    assert_ne!(a, b);
}

#[test]
fn bounds_resolve_choices() {
    let seq = symbol("seq");
    assert_eq!((&seq - 1).larger(&0.into()), &seq - 1);
    assert_eq!(seq.smaller(&(&seq + 3)), seq);
    assert_eq!(seq.smaller(&1.into()), Dim::from(1));
    assert_eq!(seq.larger(&7.into()).larger(&7.into()), seq.larger(&7.into()));
    assert!(seq.differs(&Dim::from(-1)));
    assert!(!seq.differs(&Dim::from(1)));
}

#[test]
fn numbers_that_make_no_size_are_errors() {
    let at = bound([4, 1, 1]);
    assert_eq!(symbol("width").evaluate(&at), Err(DimError::Unbound("width".into())));
    assert_eq!((&symbol("batch") - 9).size_at(&at), Err(DimError::Negative(-5)));
    assert_eq!((&symbol("batch") * i64::MAX).evaluate(&at), Err(DimError::Overflow));
    assert_eq!(
        symbol("batch").floor_div(&(&symbol("seq") - 1)).evaluate(&at),
        Err(DimError::DivisionByZero)
    );
    assert!(Dim::from(i64::MAX).floor_div(&Dim::from(0)).is_unknown());
    assert!((&Dim::from(i64::MAX) + 1).is_unknown());
}

/// A hostile chain grows no expression beyond reason.
#[test]
fn expressions_stay_small() {
    let mut dim = symbol("a");
    for i in 0..10_000 {
        dim = &(&dim * &dim) + &symbol(&format!("s{}", i % 7));
        assert!(dim.size() <= 96);
    }
}
