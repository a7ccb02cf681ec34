//! What was measured, in words.

use super::random_maps::Texture;
use super::weigh::{Compared, Weighed};

/// The words that depend on model and input.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    /// Label of the target.
    pub target: &'a str,
    /// `zeros`, `mean`, `blur` or a file's name.
    pub baseline: &'a str,
    /// Whether the parts are pixels.
    pub pixels: bool,
}

/// One sentence for deletion and one for insertion at about a tenth of the parts, one for the areas.
pub fn sentences(weighed: &Weighed, words: Words<'_>) -> Vec<String> {
    let mut out = Vec::new();
    let Words {
        target,
        baseline,
        pixels,
    } = words;
    let random = match weighed.random_maps {
        Texture::Moved => "random maps of the same texture",
        Texture::Shuffled => "random orders",
    };
    let parts = |count: usize, share: f64| {
        if pixels {
            format!("{:.0} % of pixels", share * 100.0)
        } else if count == 1 {
            "feature".to_owned()
        } else {
            format!("{count} features")
        }
    };
    let Some(at) = tenth(&weighed.deletion.fraction) else {
        return out;
    };
    let share = weighed.deletion.fraction[at];
    let what = parts((share * weighed.parts as f64).round() as usize, share);

    let (start, end) = (weighed.deletion.curve[0], weighed.deletion.curve[at]);
    let beaten = weighed.deletion.random.iter().filter(|c| end < c[at]).count();
    let total = weighed.deletion.random.len();
    out.push(format!(
        "Replacing the top {what} by the {baseline} baseline takes the probability of {target} from {start:.3} to {end:.3}: lower than {beaten} of {total} {random} do{}.",
        verdict(beaten, total)
    ));

    let (start, end) = (weighed.insertion.curve[0], weighed.insertion.curve[at]);
    let beaten = weighed.insertion.random.iter().filter(|c| end > c[at]).count();
    out.push(format!(
        "Showing only the top {what} on the {baseline} baseline takes it from {start:.3} to {end:.3}: higher than {beaten} of {total} {random} do{}.",
        verdict(beaten, total)
    ));

    let lower = count(&weighed.deletion, |auc, other| auc < other);
    let higher = count(&weighed.insertion, |auc, other| auc > other);
    out.push(format!(
        "Over the whole curves: deletion area {:.3}, below {lower} of {total}; insertion area {:.3}, above {higher} of {total}. Another baseline can give another answer.",
        weighed.deletion.auc, weighed.insertion.auc
    ));
    out
}

fn count(compared: &Compared, better: impl Fn(f64, f64) -> bool) -> usize {
    compared
        .random_auc
        .iter()
        .filter(|other| better(compared.auc, **other))
        .count()
}

/// Index of the share nearest to a tenth that is neither nothing nor everything.
fn tenth(fraction: &[f64]) -> Option<usize> {
    let inner = 1..fraction.len().saturating_sub(1);
    inner.min_by(|a, b| (fraction[*a] - 0.1).abs().total_cmp(&(fraction[*b] - 0.1).abs()))
}

/// Says so when the comparison does not set the map apart from chance.
fn verdict(beaten: usize, total: usize) -> &'static str {
    if total > 0 && beaten * 10 < total * 9 {
        ", so this does not set it apart from a random map"
    } else {
        ""
    }
}
