//! The layouts of an experiment's runs as one.

use glassboard_events::{Category, Layout};
use glassboard_store::logs::{Kind, Pick};
use serde::Serialize;

use crate::problem::Answer;
use crate::state::AppState;
use crate::values;

/// The tag that a layout is logged under.
const CONFIG: &str = "custom_scalars__config__";

/// A layout that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Faulty {
    /// The run that logged it.
    pub run: String,
    /// Its name.
    pub name: String,
    /// What is wrong, in a sentence.
    pub problem: String,
}

/// The newest layout of each run, in the order of their names, put together: categories of one title are one, and a chart
/// that is there already is not repeated.
pub async fn merged(app: &AppState, experiment: &str) -> Answer<(Layout, Vec<Faulty>)> {
    let (store, actor) = (app.store(), app.actor());
    let series = store
        .series_info(&actor, experiment, Some(Kind::CustomScalars), None)
        .await?;
    let (mut whole, mut faulty) = (Layout::default(), Vec::new());
    for one in series.into_iter().filter(|one| one.tag == CONFIG) {
        let records = store
            .records(&actor, experiment, &one.run_id, CONFIG, Pick::Last)
            .await?;
        let Some(record) = records.records.first() else {
            continue;
        };
        match values::data(record).layout() {
            Ok(layout) => layout
                .categories
                .into_iter()
                .for_each(|category| add(&mut whole, category)),
            Err(error) => faulty.push(Faulty {
                problem: format!("The layout of {} could not be read: {error}.", one.run),
                run: one.run_id,
                name: one.run,
            }),
        }
    }
    Ok((whole, faulty))
}

fn add(layout: &mut Layout, category: Category) {
    match layout.categories.iter_mut().find(|known| known.title == category.title) {
        Some(known) => {
            for chart in category.charts {
                if !known.charts.contains(&chart) {
                    known.charts.push(chart);
                }
            }
        }
        None => layout.categories.push(category),
    }
}

#[cfg(test)]
mod tests {
    use glassboard_events::{Chart, Content};

    use super::*;

    #[test]
    fn categories_of_one_title_are_one_and_charts_are_not_repeated() {
        let chart = |title: &str, tag: &str| Chart {
            title: title.to_owned(),
            content: Content::Lines(vec![tag.to_owned()]),
        };
        let category = |title: &str, charts: Vec<Chart>| Category {
            title: title.to_owned(),
            closed: title == "shut",
            charts,
        };
        let mut layout = Layout::default();
        add(&mut layout, category("a", vec![chart("x", "1"), chart("y", "1")]));
        add(&mut layout, category("shut", vec![]));
        add(&mut layout, category("a", vec![chart("y", "1"), chart("y", "2")]));
        let titles: Vec<&str> = layout.categories[0]
            .charts
            .iter()
            .map(|chart| chart.title.as_str())
            .collect();
        assert_eq!(titles, ["x", "y", "y"]);
        assert!(layout.categories[1].closed && layout.categories.len() == 2);
    }
}
