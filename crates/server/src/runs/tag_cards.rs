//! The cards of pages that draw a run's histograms of a tag, with the newest one's numbers in them.

use std::collections::BTreeSet;

use glassboard_store::logs::Kind;

use super::by_prefix::{Group, by_prefix};
use super::frame::{Frame, RunRow};
use crate::histograms::{HistogramAt, newest};
use crate::problem::Answer;
use crate::state::AppState;

/// Cards whose values the server reads, each for a query; the script brings the rest.
const READ: usize = 48;
/// Cards of one tag; the script draws no more either.
const MOST: usize = 24;

/// One tag: a card for each of its runs.
pub struct TagCards {
    pub tag: String,
    pub cards: Vec<RunCard>,
    /// Cards that only hold their place.
    pub places: usize,
}

/// What a run logged last.
pub struct RunCard {
    pub name: String,
    /// As the script writes it below the drawing.
    pub caption: String,
    /// What is drawn there later, in a few numbers.
    pub numbers: Vec<(&'static str, String)>,
}

/// Caption and numbers of a card.
pub type Words = (String, Vec<(&'static str, String)>);

/// The cards of every histogram; `words` says a series' last one, given how many there are.
pub async fn tag_cards(
    app: &AppState,
    frame: &Frame,
    words: fn(HistogramAt, usize) -> Words,
) -> Answer<Vec<Group<TagCards>>> {
    let (mut all, mut left) = (Vec::new(), READ);
    for tag in frame.of_kind(Kind::Histogram) {
        let having: BTreeSet<&str> = tag.runs.iter().map(String::as_str).collect();
        let runs: Vec<&RunRow> = frame
            .runs
            .iter()
            .filter(|run| having.contains(run.id.as_str()))
            .take(MOST)
            .collect();
        let mut cards = Vec::new();
        for run in runs.iter().take(left) {
            let last = newest(app, &frame.experiment.slug, &run.id, &tag.tag).await?;
            let (caption, numbers) = last.map(|(at, total)| words(at, total)).unwrap_or_default();
            cards.push(RunCard {
                name: run.name.clone(),
                caption,
                numbers,
            });
        }
        left -= cards.len();
        all.push(TagCards {
            tag: tag.tag.clone(),
            places: runs.len() - cards.len(),
            cards,
        });
    }
    Ok(by_prefix(all, |one| &one.tag))
}
