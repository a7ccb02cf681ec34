//! What the attributions add up to, beside what they should.

use glassboard_catalog::find;
use glassboard_explain::evidence::{Completeness, gaps};
use glassboard_explain::{Ask, Extras, Runner, Start, adds_up};
use glassboard_model::Array;

use super::Query;
use crate::trouble::Trouble;

/// The gap of a complete method, and the sentence that says it; `starts` is what the method itself says its attributions
/// start from.
pub(super) fn sums(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    query: Query<'_>,
    extras: Extras<'_>,
    (attribution, starts): (&Array, Option<&[f64]>),
    baseline: &str,
) -> Result<(Option<f64>, Option<String>), Trouble> {
    let method = query.question.method.as_str();
    if let Some(sums) = adds_up(run, ask, method, extras)? {
        let missing = gaps(attribution, &sums.values, &sums.base)[0];
        let change = sums.values[0] - sums.base[0];
        let should = match sums.start {
            Start::Baseline => {
                format!("the output changes by {change:.4} from the {baseline} baseline to this input")
            }
            Start::Background => {
                format!("the output of this input lies {change:.4} from its mean over the background rows")
            }
            Start::Zero => format!("the output is {change:.4}"),
        };
        let why = if sums.start == Start::Zero {
            ", which biases and stabilisers took or gave"
        } else {
            ""
        };
        let sentence = format!(
            "The attributions add up to {:.4}; {should} (gap {missing:.4}{why}).",
            f64::from(change) + missing
        );
        return Ok((Some(missing), Some(sentence)));
    }
    let complete = find(method).is_some_and(|entry| entry.complete);
    let Some(start) = starts.and_then(|starts| starts.first()).filter(|_| complete) else {
        return Ok((None, None));
    };
    let value = run.forward(
        ask.row_shape(),
        1,
        &ask.readout,
        |_| ask.targets[0],
        |_, row| row.copy_from_slice(ask.row(0)),
    )?;
    let flat: Vec<f64> = attribution.iter().map(|v| f64::from(*v)).collect();
    let whole = Completeness::of(&flat, *start, f64::from(value[0]));
    let sentence = format!(
        "From {:.4} with everything hidden, the attributions add up to {:.4}; the output for this input is {:.4} (gap {:.4}).",
        whole.base,
        whole.base + whole.sum,
        whole.value,
        whole.gap
    );
    Ok((Some(whole.gap), Some(sentence)))
}
