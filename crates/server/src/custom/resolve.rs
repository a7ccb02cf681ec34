//! Which tags each chart of a layout shows, by TensorBoard's rule: an expression matches from a tag's beginning.

use std::collections::{HashMap, HashSet};

use glassboard_events::{Content, Layout, Margin};
use glassboard_store::logs::Kind;
use regex::{Regex, RegexBuilder};
use serde::Serialize;

use super::merge::{Faulty, merged};
use crate::problem::Answer;
use crate::scalars::off_thread;
use crate::state::AppState;

/// Expressions of one answer: more are said to be too many.
const MOST: usize = 2000;
/// A compiled expression's size; the expression itself is matched in linear time whatever it says.
const MAX_REGEX: usize = 1 << 20;

/// Tags that a chart draws.
const LEGEND: usize = 24;

/// Every chart there is, in categories.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Custom {
    /// In the order shown.
    pub categories: Vec<Section>,
    /// Layouts that could not be read.
    pub problems: Vec<Faulty>,
}

/// Charts under one title.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Its title; may be empty.
    pub title: String,
    /// Whether it begins folded.
    pub closed: bool,
    /// Its charts.
    pub charts: Vec<Chart>,
}

/// A chart, and the tags that are there for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chart {
    /// Tells it from every other chart of the experiment, also after the layout grew.
    pub key: String,
    /// Its title; may be empty.
    pub title: String,
    /// What it draws.
    #[serde(flatten)]
    pub shows: Shown,
    /// What is wrong with it, a sentence each.
    pub problems: Vec<String>,
}

/// What a chart draws.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Shown {
    /// Lines.
    Lines {
        /// As they were logged.
        patterns: Vec<String>,
        /// The scalar tags that one of them matches.
        tags: Vec<String>,
    },
    /// Lines, each inside a band.
    Margins {
        /// Three tags each.
        series: Vec<Three>,
    },
}

/// A value and the borders of its band.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Three {
    /// The line's tag.
    pub value: String,
    /// The lower border's.
    pub lower: String,
    /// The upper border's.
    pub upper: String,
}

impl Chart {
    /// Every tag it shows.
    pub fn tags(&self) -> Vec<&str> {
        match &self.shows {
            Shown::Lines { tags, .. } => tags.iter().map(String::as_str).collect(),
            Shown::Margins { series } => series
                .iter()
                .flat_map(|three| [&three.value, &three.lower, &three.upper])
                .map(String::as_str)
                .collect(),
        }
    }
}

impl Chart {
    /// The tags it draws lines of, each with the words for its band.
    pub fn legend(&self) -> Vec<(String, String)> {
        let mut legend: Vec<(String, String)> = match &self.shows {
            Shown::Lines { tags, .. } => tags.iter().map(|tag| (tag.clone(), String::new())).collect(),
            Shown::Margins { series } => series
                .iter()
                .map(|three| {
                    (
                        three.value.clone(),
                        format!("within {} and {}", three.lower, three.upper),
                    )
                })
                .collect(),
        };
        legend.truncate(LEGEND);
        legend
    }
}

/// The charts of an experiment, with the tags it has now.
pub async fn custom(app: &AppState, experiment: &str) -> Answer<Custom> {
    let (layout, problems) = merged(app, experiment).await?;
    let tags = app.store().tags(&app.actor(), experiment, Some(Kind::Scalar)).await?;
    let tags: Vec<String> = tags.into_iter().map(|tag| tag.tag).collect();
    off_thread(move || Custom {
        categories: sections(layout, &tags),
        problems,
    })
    .await
}

fn sections(layout: Layout, tags: &[String]) -> Vec<Section> {
    let known: HashSet<&str> = tags.iter().map(String::as_str).collect();
    let mut left = MOST;
    layout
        .categories
        .into_iter()
        .map(|category| {
            let mut charts: Vec<Chart> = category
                .charts
                .into_iter()
                .map(|chart| match chart.content {
                    Content::Lines(patterns) => lines(chart.title, patterns, tags, &mut left),
                    Content::Margins(margins) => bands(chart.title, margins, &known),
                })
                .collect();
            let mut seen: HashMap<String, usize> = HashMap::new();
            for chart in &mut charts {
                let again = seen.entry(chart.title.clone()).or_default();
                chart.key = format!("{}/{}/{again}", category.title, chart.title);
                *again += 1;
            }
            Section {
                title: category.title,
                closed: category.closed,
                charts,
            }
        })
        .collect()
}

fn lines(title: String, patterns: Vec<String>, tags: &[String], left: &mut usize) -> Chart {
    let (mut problems, mut shown) = (Vec::new(), HashSet::new());
    for pattern in &patterns {
        if *left == 0 {
            problems.push(format!(
                "This layout has more than {MOST} expressions: {pattern:?} was not looked at."
            ));
            break;
        }
        *left -= 1;
        match expression(pattern) {
            Err(sentence) => problems.push(sentence),
            Ok(regex) => {
                // What Python calls a match begins where the text does.
                let here = |tag: &str| regex.find(tag).is_some_and(|found| found.start() == 0);
                let matching: Vec<usize> = (0..tags.len()).filter(|&index| here(&tags[index])).collect();
                if matching.is_empty() {
                    problems.push(format!("No scalar tag begins with a match of {pattern:?}."));
                }
                shown.extend(matching);
            }
        }
    }
    if patterns.is_empty() {
        problems.push("The layout names no tag for this chart.".to_owned());
    }
    let mut shown: Vec<usize> = shown.into_iter().collect();
    shown.sort_unstable();
    Chart {
        key: String::new(),
        title,
        shows: Shown::Lines {
            patterns,
            tags: shown.into_iter().map(|index| tags[index].clone()).collect(),
        },
        problems,
    }
}

fn expression(pattern: &str) -> Result<Regex, String> {
    if pattern.is_empty() {
        return Err("An expression of this chart is empty.".to_owned());
    }
    RegexBuilder::new(pattern)
        .size_limit(MAX_REGEX)
        .build()
        .map_err(|error| {
            let words = error.to_string();
            let last = words
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ")
                .to_owned();
            format!("The expression {pattern:?} is not understood: {last}.")
        })
}

fn bands(title: String, margins: Vec<Margin>, known: &HashSet<&str>) -> Chart {
    let mut problems = Vec::new();
    if margins.is_empty() {
        problems.push("The layout names no tag for this chart.".to_owned());
    }
    for margin in &margins {
        for (what, tag) in [
            ("value", &margin.value),
            ("lower border", &margin.lower),
            ("upper border", &margin.upper),
        ] {
            if !known.contains(tag.as_str()) {
                problems.push(format!("No run has the scalar tag {tag:?}, the {what} of a band."));
            }
        }
    }
    let series = margins.into_iter().map(|margin| Three {
        value: margin.value,
        lower: margin.lower,
        upper: margin.upper,
    });
    Chart {
        key: String::new(),
        title,
        shows: Shown::Margins {
            series: series.collect(),
        },
        problems,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(patterns: &[&str]) -> (Vec<String>, Vec<String>) {
        let tags = ["acc", "loss/train", "loss/val", "val/loss"].map(str::to_owned);
        let patterns = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        let chart = lines(String::new(), patterns, &tags, &mut 10);
        let Shown::Lines { tags, .. } = chart.shows else {
            panic!("lines")
        };
        (tags, chart.problems)
    }

    #[test]
    fn an_expression_matches_from_the_beginning_as_in_python() {
        assert_eq!(chart(&["loss"]).0, ["loss/train", "loss/val"]);
        assert_eq!(chart(&["val|acc"]).0, ["acc", "val/loss"]);
        assert_eq!(chart(&["LOSS", ".*loss$"]).0, ["val/loss"]);
        assert_eq!(chart(&["(?i)LOSS/t"]).0, ["loss/train"]);
    }

    #[test]
    fn what_is_wrong_is_said_and_the_rest_is_shown() {
        let (tags, problems) = chart(&["acc", "loss(", "", "a)|(b", "nothing", "(?!loss)"]);
        assert_eq!(tags, ["acc"]);
        assert_eq!(problems.len(), 5, "{problems:?}");
        assert!(
            problems[0].starts_with("The expression \"loss(\" is not understood: unclosed group"),
            "{problems:?}"
        );
        assert_eq!(problems[3], "No scalar tag begins with a match of \"nothing\".");
        assert!(problems[4].contains("look-ahead"), "{problems:?}");
    }

    #[test]
    fn a_band_says_which_of_its_tags_is_missing() {
        let margin = Margin {
            value: "v".to_owned(),
            lower: "l".to_owned(),
            upper: "u".to_owned(),
        };
        let chart = bands("band".to_owned(), vec![margin], &HashSet::from(["v", "u"]));
        assert_eq!(
            chart.problems,
            ["No run has the scalar tag \"l\", the lower border of a band."]
        );
    }
}
