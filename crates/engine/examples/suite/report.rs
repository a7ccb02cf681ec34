//! The scores as a table and as JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::case::{Case, Outcome, Status};

/// How many cases ended in which way.
type Tally = BTreeMap<Status, usize>;

fn tally<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> Tally {
    let mut found = Tally::new();
    for outcome in outcomes {
        *found.entry(outcome.status).or_default() += 1;
    }
    found
}

fn passed(tally: &Tally) -> usize {
    tally.get(&Status::Pass).copied().unwrap_or(0)
}

fn total(tally: &Tally) -> usize {
    tally.values().sum()
}

fn words(tally: &Tally) -> String {
    let (pass, all) = (passed(tally), total(tally));
    let mut text = format!(
        "{pass} of {all} pass ({:.1} %)",
        100.0 * pass as f64 / all.max(1) as f64
    );
    for (status, n) in tally.iter().filter(|(s, _)| **s != Status::Pass) {
        text += &format!(", {} {n}", status.word());
    }
    text
}

/// By operator; a case of several operators counts for each of them (see [`Case::counts_for`]).
fn by_operator<'a>(cases: &'a [Case], outcomes: &[Outcome]) -> BTreeMap<&'a str, Tally> {
    let mut found: BTreeMap<&str, Tally> = BTreeMap::new();
    for (case, outcome) in cases.iter().zip(outcomes) {
        for op in case.counts_for() {
            *found.entry(op).or_default().entry(outcome.status).or_default() += 1;
        }
    }
    found
}

/// A reason without the node's name and without numbers, so that the same reason is counted once.
fn generalised(outcome: &Outcome) -> String {
    let mut rest = outcome.why.as_str();
    if let Some(at) = rest.strip_prefix("node `").and_then(|r| r.find("` ").map(|i| i + 8)) {
        rest = &rest[at..];
    }
    let mut text = String::new();
    for c in rest.chars().take(110) {
        match c {
            '0'..='9' if text.ends_with('#') => {}
            '0'..='9' => text.push('#'),
            _ => text.push(c),
        }
    }
    format!("{}: {text}", outcome.status.word())
}

/// Prints totals, operators that do not pass wholly, the commonest reasons, and each failure if asked.
pub fn print(cases: &[Case], outcomes: &[Outcome], took: Duration, list: bool) {
    let both = || cases.iter().zip(outcomes);
    if list {
        for (case, outcome) in both().filter(|(_, o)| o.status != Status::Pass) {
            println!(
                "{:<11} {}/{}: {}",
                outcome.status.word(),
                case.kind,
                case.name,
                outcome.why
            );
        }
        println!();
    }
    let operators = by_operator(cases, outcomes);
    println!("{:<28}{:>6}{:>6}  the rest", "operator", "cases", "pass");
    for (op, tally) in operators.iter().filter(|(_, t)| passed(t) < total(t)) {
        let rest = tally.iter().filter(|(s, _)| **s != Status::Pass);
        let rest: Vec<String> = rest.map(|(s, n)| format!("{} {n}", s.word())).collect();
        println!("{op:<28}{:>6}{:>6}  {}", total(tally), passed(tally), rest.join(", "));
    }
    let whole = operators.values().filter(|t| passed(t) == total(t)).count();
    println!("{whole} of {} operators pass wholly\n", operators.len());
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for (_, outcome) in both().filter(|(_, o)| o.status != Status::Pass) {
        *reasons.entry(generalised(outcome)).or_default() += 1;
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    for (reason, n) in reasons.iter().take(20) {
        println!("{n:>5}  {reason}");
    }
    println!();
    let mut kinds: BTreeMap<&str, Vec<&Outcome>> = BTreeMap::new();
    for (case, outcome) in both() {
        kinds.entry(&case.kind).or_default().push(outcome);
    }
    for (kind, of) in &kinds {
        println!("{kind:<20}{}", words(&tally(of.iter().copied())));
    }
    let recommended = both().filter(|(c, _)| c.recommended()).map(|(_, o)| o);
    println!("{:<20}{}", "recommended", words(&tally(recommended)));
    println!(
        "{:<20}{} in {:.1} s",
        "all",
        words(&tally(outcomes.iter())),
        took.as_secs_f64()
    );
}

fn tally_json(tally: &Tally) -> Value {
    let mut found: serde_json::Map<String, Value> =
        tally.iter().map(|(s, n)| (s.word().to_owned(), json!(n))).collect();
    found.insert("cases".into(), json!(total(tally)));
    Value::Object(found)
}

/// Totals, operators and cases.
pub fn json(cases: &[Case], outcomes: &[Outcome]) -> Value {
    let recommended = cases
        .iter()
        .zip(outcomes)
        .filter(|(c, _)| c.recommended())
        .map(|(_, o)| o);
    let operators: BTreeMap<&str, Value> = by_operator(cases, outcomes)
        .into_iter()
        .map(|(op, tally)| (op, tally_json(&tally)))
        .collect();
    let each: Vec<Value> = cases
        .iter()
        .zip(outcomes)
        .map(|(c, o)| json!({ "name": c.name, "kind": c.kind, "status": o.status.word(), "why": o.why }))
        .collect();
    json!({
        "all": tally_json(&tally(outcomes.iter())),
        "recommended": tally_json(&tally(recommended)),
        "operators": operators,
        "cases": each,
    })
}
