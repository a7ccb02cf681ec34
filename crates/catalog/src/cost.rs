//! What a method costs before it is run: its formula, worked out.
//!
//! A formula is made of numbers, names of parameters and of sizes (`rows`, `features`, `background`), `+`, `*`, `^` and
//! brackets; "at most" after it says that it is a bound.

use winnow::ascii::{float, multispace0};
use winnow::combinator::{alt, delimited, opt, preceded, separated_foldl1};
use winnow::prelude::*;
use winnow::token::take_while;

use crate::entry::Cost;

/// Passes through the model, worked out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Count {
    /// Rows run forward.
    pub forward: f64,
    /// Rows differentiated.
    pub backward: f64,
    /// Whether it is a bound rather than the number.
    pub at_most: bool,
}

impl Cost {
    /// The passes, with `known` saying what a name is worth; `None` where a name is not known beforehand.
    pub fn count(&self, known: &dyn Fn(&str) -> Option<f64>) -> Option<Count> {
        let (forward, bound) = work_out(self.forward, known)?;
        let (backward, other) = work_out(self.backward, known)?;
        Some(Count {
            forward,
            backward,
            at_most: bound || other,
        })
    }
}

fn work_out(formula: &str, known: &dyn Fn(&str) -> Option<f64>) -> Option<(f64, bool)> {
    let trimmed = formula.strip_suffix(" at most");
    let mut text = trimmed.unwrap_or(formula);
    let value = sum(&mut text, known).ok()?;
    let whole = text.trim().is_empty() && value.is_finite();
    whole.then_some((value, trimmed.is_some()))
}

type Known<'a> = &'a dyn Fn(&str) -> Option<f64>;

fn sum(input: &mut &str, known: Known<'_>) -> ModalResult<f64> {
    separated_foldl1(|i: &mut &str| product(i, known), spaced('+'), |a, _, b| a + b).parse_next(input)
}

fn product(input: &mut &str, known: Known<'_>) -> ModalResult<f64> {
    separated_foldl1(|i: &mut &str| power(i, known), spaced('*'), |a, _, b| a * b).parse_next(input)
}

fn power(input: &mut &str, known: Known<'_>) -> ModalResult<f64> {
    let base = atom(input, known)?;
    let exponent = opt(preceded(spaced('^'), |i: &mut &str| atom(i, known))).parse_next(input)?;
    Ok(exponent.map_or(base, |e| f64::powf(base, e)))
}

fn atom(input: &mut &str, known: Known<'_>) -> ModalResult<f64> {
    let name = take_while(1.., |c: char| c.is_ascii_alphanumeric() || c == '_').verify_map(known);
    let mut one = alt((
        delimited(spaced('('), |i: &mut &str| sum(i, known), spaced(')')),
        preceded(multispace0, float),
        preceded(multispace0, name),
    ));
    one.parse_next(input)
}

fn spaced<'i>(sign: char) -> impl Parser<&'i str, char, winnow::error::ErrMode<winnow::error::ContextError>> {
    delimited(multispace0, sign, multispace0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(name: &str) -> Option<f64> {
        match name {
            "rows" => Some(10.0),
            "features" => Some(4.0),
            "background" => Some(100.0),
            _ => None,
        }
    }

    #[test]
    fn formulas_are_worked_out_or_not_known() {
        let count = |forward: &'static str| {
            Cost { forward, backward: "0" }
                .count(&known)
                .map(|c| (c.forward, c.at_most))
        };
        assert_eq!(count("2^features * background"), Some((1600.0, false)));
        assert_eq!(
            count("background + rows * (2 + 40 * features) at most"),
            Some((1720.0, true))
        );
        assert_eq!(count("1 + windows"), None);
        assert_eq!(count("2 +"), None);
        assert_eq!(count("1"), Some((1.0, false)));
    }

    /// Every name in every formula is a parameter of the entry, or a size that somebody can know.
    #[test]
    fn every_formula_of_the_catalogue_can_be_worked_out() {
        let sizes = [
            "N",
            "rows",
            "features",
            "columns",
            "background",
            "coalitions",
            "pairs",
            "windows",
            "cells",
            "layer",
            "channels",
            "tokens",
        ];
        for entry in crate::all_methods() {
            let name = |name: &str| (sizes.contains(&name) || entry.parameter(name).is_some()).then_some(3.0);
            assert!(entry.cost.count(&name).is_some(), "{}: {}", entry.name, entry.cost);
        }
    }
}
