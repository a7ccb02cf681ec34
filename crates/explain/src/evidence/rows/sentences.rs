//! What was measured on a row, in words that claim no more.

use super::plan::RowPlan;
use super::verdict::{Claim, Verdict};
use super::weigh::RowEvidence;

/// A gap above this share of what is explained is worth a word of warning.
const GAP: f64 = 1e-3;

/// The words that depend on model and table.
#[derive(Debug, Clone, Copy)]
pub struct RowWords<'a> {
    /// What is explained: "the probability of malignant", "the predicted price", "the output".
    pub quantity: &'a str,
    /// Names of the columns.
    pub names: &'a [String],
}

/// One sentence for each of the comparisons that people ask about, then completeness, agreement and sensitivity where they were measured.
pub fn row_sentences(evidence: &RowEvidence, words: RowWords<'_>) -> Vec<String> {
    let mut out = Vec::new();
    let quantity = words.quantity;
    let top = RowPlan::top(evidence.parts);
    for claim in &evidence.claims {
        let (what, others) = match claim.measurement {
            "removal" => {
                let features = if top == 1 {
                    "feature".to_owned()
                } else {
                    format!("{top} features")
                };
                (
                    format!("removing the top {features} moves {quantity} more than"),
                    choices(evidence),
                )
            }
            "deletion" => (
                format!("taking features away from the highest attribution down keeps {quantity} lower than"),
                "shuffled attributions do",
            ),
            "insertion" => (
                format!("putting features back from the highest attribution down keeps {quantity} higher than"),
                "shuffled attributions do",
            ),
            "faithfulness_correlation" => (
                "over random sets of features, the attributions go with what the model does more closely than"
                    .to_owned(),
                "shuffled ones",
            ),
            _ => continue,
        };
        out.push(compare(evidence, claim, &what, others));
    }
    if out.is_empty() {
        out.push("No random attribution was compared, so nothing sets this one apart from chance.".to_owned());
    }
    out.extend(hidden(evidence, words));
    out.extend(complete(evidence, quantity));
    for one in &evidence.agreement {
        let ranks = match one.spearman {
            Some(rho) => format!("rank correlation {rho:.2}"),
            None => "no rank correlation, since one of them gives every feature the same".to_owned(),
        };
        out.push(format!(
            "Beside {}: {} of the top {} features are the same, {ranks}.",
            one.method, one.shared, one.top
        ));
    }
    if let Some((one, max)) = evidence.max_sensitivity.as_ref().and_then(|s| Some((s, s.max?))) {
        out.push(format!(
            "Moving the numbers by up to {} of each column's spread changed the attribution by at most {} of its length, in {} tries.",
            percent(one.radius),
            percent(max),
            one.tries
        ));
    }
    if evidence.under.len() == 1 {
        out.push(format!(
            "There was one baseline alone, {}; another can give another answer.",
            evidence.under[0].baseline
        ));
    }
    out
}

/// `what`, the share of `others` that is beaten, and under which baselines.
fn compare(evidence: &RowEvidence, claim: &Claim, what: &str, others: &str) -> String {
    let names: Vec<&str> = evidence.under.iter().map(|u| u.baseline.as_str()).collect();
    let shares: Vec<String> = claim.beaten.iter().zip(&claim.of).map(|(b, n)| share(*b, *n)).collect();
    if claim.verdict == Verdict::Holds {
        // The weakest of the baselines, so that it is true of each.
        let counts = claim.beaten.iter().zip(&claim.of).zip(&shares);
        let weakest = counts.min_by(|((a, m), _), ((b, n), _)| (*a * *n).cmp(&(*b * *m)));
        let weakest = weakest.map_or("", |(_, share)| share.as_str());
        return format!("{} {weakest} {others}, {}.", capital(what), everywhere(&names));
    }
    let mut each = names.iter().zip(&shares);
    let first = each.next().map(|(name, share)| format!("{share} {others} with {name}"));
    let each: Vec<String> = first
        .into_iter()
        .chain(each.map(|(name, share)| format!("{share} with {name}")))
        .collect();
    let each = listed(&each);
    match claim.verdict {
        Verdict::DependsOnTheBaseline => format!("It depends on the baseline: {what} {each}."),
        _ => format!("{} {each}: this does not set it apart from chance.", capital(what)),
    }
}

/// "with both baselines (the typical row and zeros)".
fn everywhere(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
    match names.len() {
        1 => format!("with {}", names[0]),
        2 => format!("with both baselines ({})", listed(&names)),
        n => format!("with all {n} baselines ({})", listed(&names)),
    }
}

/// "99 % of 200", "all 200", "none of 200": rounded down, so that it never says too much.
fn share(beaten: usize, total: usize) -> String {
    if beaten == 0 {
        format!("none of {total}")
    } else if beaten == total {
        format!("all {total}")
    } else if beaten * 100 < total {
        format!("{beaten} of {total}")
    } else {
        format!("{} % of {total}", beaten * 100 / total)
    }
}

fn choices(evidence: &RowEvidence) -> &'static str {
    let every = evidence
        .under
        .iter()
        .filter_map(|u| u.removal.as_ref())
        .all(|m| m.every);
    if every { "other choices do" } else { "random choices do" }
}

/// Says where a baseline cannot show what the top features do, having the same values.
fn hidden(evidence: &RowEvidence, words: RowWords<'_>) -> Vec<String> {
    let one = |u: &super::weigh::UnderBaseline| {
        let top = &u.removal.as_ref()?.top;
        let names: Vec<String> = top
            .iter()
            .filter(|column| u.same.contains(column))
            .map(|column| {
                words
                    .names
                    .get(*column)
                    .cloned()
                    .unwrap_or_else(|| format!("feature {column}"))
            })
            .collect();
        (!names.is_empty()).then(|| {
            format!(
                "This row has the values of {} in {}, so taking them away shows nothing there.",
                u.baseline,
                listed(&names)
            )
        })
    };
    evidence.under.iter().filter_map(one).collect()
}

fn complete(evidence: &RowEvidence, quantity: &str) -> Option<String> {
    let c = evidence.completeness?;
    let mut said = format!(
        "From {:.4} the attributions add up to {:.4}; {quantity} is {:.4} (gap {:.1e}).",
        c.base,
        c.base + c.sum,
        c.value,
        c.gap
    );
    if c.relative > GAP {
        said.push_str(" They do not add up, so part of the answer is not accounted for.");
    }
    Some(said)
}

fn percent(share: f64) -> String {
    let value = share * 100.0;
    if value >= 10.0 {
        format!("{value:.0} %")
    } else {
        format!("{value:.2} %").replace(".00 %", " %")
    }
}

fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_down() {
        assert_eq!(share(199, 200), "99 % of 200");
        assert_eq!(share(200, 200), "all 200");
        assert_eq!(share(0, 20), "none of 20");
        assert_eq!(share(1, 200), "1 of 200");
        assert_eq!(percent(0.02), "2 %");
        assert_eq!(percent(0.0213), "2.13 %");
    }
}
