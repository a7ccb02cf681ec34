//! Whether something is what a query asks for.

use std::borrow::Cow;

use crate::ast::{Compare, Expr, Literal, Name};

/// What a name is worth.
#[derive(Debug, Clone, PartialEq)]
pub enum Worth<'a> {
    /// Nothing: no comparison holds of it.
    Nothing,
    /// A number; a moment is its seconds since 1970.
    Number(f64),
    /// A text.
    Text(Cow<'a, str>),
    /// Yes or no: `true` or `false`, `yes` or `no`, 1 or 0.
    Flag(bool),
    /// Several texts: a comparison holds if it holds of one, and its contrary if it holds of none.
    Several(&'a [String]),
}

/// What is asked about.
pub trait Subject {
    /// What `name` is worth.
    fn worth(&self, name: &Name) -> Worth<'_>;
}

/// Whether `subject` is what `expr` asks for.
pub fn matches(expr: &Expr, subject: &impl Subject) -> bool {
    match expr {
        Expr::And(a, b) => matches(a, subject) && matches(b, subject),
        Expr::Or(a, b) => matches(a, subject) || matches(b, subject),
        Expr::Not(inner) => !matches(inner, subject),
        Expr::Has(name) => match subject.worth(name) {
            Worth::Nothing => false,
            Worth::Flag(flag) => flag,
            Worth::Several(all) => !all.is_empty(),
            Worth::Number(_) | Worth::Text(_) => true,
        },
        Expr::Test(name, compare, literal) => holds(&subject.worth(name), *compare, literal),
    }
}

fn holds(worth: &Worth<'_>, compare: Compare, literal: &Literal) -> bool {
    match (worth, compare) {
        (Worth::Nothing, _) => false,
        (Worth::Several(all), Compare::IsNot) => !all.iter().any(|one| text_holds(one, Compare::Is, literal)),
        (Worth::Several(all), Compare::Unlike) => !all.iter().any(|one| text_holds(one, Compare::Like, literal)),
        (Worth::Several(all), compare) => all.iter().any(|one| text_holds(one, compare, literal)),
        (Worth::Number(number), compare) => number_holds(*number, compare, literal),
        (Worth::Text(text), compare) => text_holds(text, compare, literal),
        (Worth::Flag(flag), compare) => {
            let (one, word) = if *flag { ("1", "yes") } else { ("0", "no") };
            let is = |text: &str| {
                [one, word].contains(&text) || text.eq_ignore_ascii_case(if *flag { "true" } else { "false" })
            };
            match (compare, literal) {
                (Compare::Is, Literal::Text(text) | Literal::Number(_, text)) => is(text),
                (Compare::IsNot, Literal::Text(text) | Literal::Number(_, text)) => !is(text),
                _ => false,
            }
        }
    }
}

fn number_holds(number: f64, compare: Compare, literal: &Literal) -> bool {
    let (from, to) = match literal {
        Literal::Number(given, _) => (*given, *given),
        // A day has a beginning and an end: after it is after its end.
        Literal::Time(span, _) => {
            return match compare {
                Compare::Less => number < span.from,
                Compare::AtMost => number < span.to,
                Compare::More => number >= span.to,
                Compare::AtLeast => number >= span.from,
                Compare::Is => (span.from..span.to).contains(&number),
                Compare::IsNot => !(span.from..span.to).contains(&number),
                Compare::Like | Compare::Unlike => false,
            };
        }
        Literal::Text(text) => match text.parse::<f64>() {
            Ok(given) => (given, given),
            Err(_) => return compare == Compare::IsNot,
        },
        Literal::Pattern(pattern) => return pattern.is_match(&number.to_string()) == (compare == Compare::Like),
    };
    match compare {
        Compare::Less => number < from,
        Compare::AtMost => number <= to,
        Compare::More => number > to,
        Compare::AtLeast => number >= from,
        Compare::Is => same(number, from),
        Compare::IsNot => !same(number, from),
        Compare::Like | Compare::Unlike => false,
    }
}

/// Equal, NaN being NaN, and 32-bit values being what people write: what was logged as 0.1 in 32 bits is 0.1.
#[expect(
    clippy::float_cmp,
    reason = "`=` asks for the number that was logged, not for one nearby"
)]
fn same(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || a == f64::from(b as f32)
}

fn text_holds(text: &str, compare: Compare, literal: &Literal) -> bool {
    match literal {
        Literal::Pattern(pattern) => pattern.is_match(text) == (compare == Compare::Like),
        Literal::Text(given) => match compare {
            Compare::Is => text == given,
            Compare::IsNot => text != given,
            _ => false,
        },
        Literal::Number(_, written) | Literal::Time(_, written) if text == written => {
            matches!(compare, Compare::Is | Compare::AtMost | Compare::AtLeast)
        }
        Literal::Number(..) | Literal::Time(..) => match text.parse::<f64>() {
            Ok(number) => number_holds(number, compare, literal),
            Err(_) => compare == Compare::IsNot,
        },
    }
}
