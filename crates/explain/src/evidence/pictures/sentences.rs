//! What was measured on a picture, in words that claim no more.

use super::weigh::{PictureEvidence, UnderPicture};
use crate::evidence::rows::{Claim, Scored, Verdict};

/// A sentence a comparison that people ask about; where baselines disagree, it says so.
pub fn picture_sentences(evidence: &PictureEvidence, target: &str) -> Vec<String> {
    let mut out: Vec<String> = evidence
        .claims
        .iter()
        .filter_map(|claim| compared(evidence, claim, target))
        .collect();
    if let Some(found) = &evidence.localisation {
        let percent = |score: &Scored| {
            score
                .value
                .map_or_else(|| "no".to_owned(), |v| format!("{:.0} %", 100.0 * v))
        };
        let beaten = &found.relevance_rank_accuracy;
        out.push(format!(
            "Of the {} pixels with the highest attribution, as many as the mask has, {} lie inside it: more than with {} of {} moved maps. The highest pixel lies {}.",
            found.inside,
            percent(beaten),
            beaten.beaten,
            beaten.random.len(),
            if found.pointing_game.value.is_some_and(|v| v > 0.5) { "inside" } else { "outside" }
        ));
    }
    out
}

fn compared(evidence: &PictureEvidence, claim: &Claim, target: &str) -> Option<String> {
    let what = match claim.measurement {
        "pixel_flipping" => format!(
            "taking the pixels of highest attribution away first lowers the probability of {target} sooner than taking the lowest first"
        ),
        "irof" => format!(
            "taking whole segments away in the map's order lowers the probability of {target} sooner than the other way round"
        ),
        "faithfulness_correlation" => {
            "over random sets of pixels the attributions go with what the model does".to_owned()
        }
        _ => return None,
    };
    let names: Vec<&str> = evidence
        .under
        .iter()
        .map(|under: &UnderPicture| under.baseline)
        .collect();
    let each: Vec<String> = names
        .iter()
        .zip(claim.beaten.iter().zip(&claim.of))
        .map(|(name, (beaten, of))| format!("{beaten} of {of} with {name}"))
        .collect();
    let each = each.join(", ");
    Some(match claim.verdict {
        Verdict::Holds => format!(
            "{}, more so than for moved maps whatever stands for nothing ({each}).",
            capital(&what)
        ),
        Verdict::DependsOnTheBaseline => {
            format!(
                "The baselines disagree: whether {what} more so than for moved maps depends on what stands for nothing ({each})."
            )
        }
        Verdict::NotShown => format!(
            "Whether {what} more so than for moved maps is not shown ({each}): this does not set it apart from chance."
        ),
    })
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
