//! `/data/plugin/custom_scalars/...`.

use prost::Message as _;
use regex::Regex;
use serde_json::{Map, Value, json};

use super::scalars::{POINTS, events};
use super::{Asked, Reply, scalars};
use crate::data::Result;
use crate::proto::{Category, Chart, ChartContent, Layout};
use crate::{Array, Class, Filter, Numbers, Provider, ReadError, Scope};

/// The tag that a layout is logged under.
const CONFIG: &str = "custom_scalars__config__";

/// `layout`: the runs' layouts, categories of one title put together; an empty object where there is none.
pub async fn layout(provider: Provider, scope: Scope, _: Asked) -> Result<Reply> {
    let read = provider
        .tensors(&scope, "custom_scalars", &Filter::tag(CONFIG, None), 1)
        .await?;
    let mut merged: Option<Layout> = None;
    for series in read {
        let Some(message) = series.value.last() else { continue };
        let Numbers::Text(strings) = Array::strings(message)?.values else {
            continue;
        };
        let Some(bytes) = strings.first() else { continue };
        let layout = Layout::decode(bytes.as_slice()).map_err(|error| ReadError::Malformed(error.to_string()))?;
        match &mut merged {
            None => merged = Some(layout),
            Some(merged) => layout.category.into_iter().for_each(|category| add(merged, category)),
        }
    }
    Ok(merged.map_or_else(|| json!({}), |layout| as_json(&layout)).into())
}

fn add(layout: &mut Layout, category: Category) {
    match layout.category.iter_mut().find(|known| known.title == category.title) {
        Some(known) => {
            for chart in category.chart {
                if !known.chart.contains(&chart) {
                    known.chart.push(chart);
                }
            }
        }
        None => layout.category.push(category),
    }
}

fn as_json(layout: &Layout) -> Value {
    let chart = |chart: &Chart| {
        let mut shown = json!({ "title": chart.title });
        match &chart.content {
            Some(ChartContent::Multiline(lines)) => shown["multiline"] = json!({ "tag": lines.tag }),
            Some(ChartContent::Margin(margin)) => {
                let series = margin.series.iter();
                let series = series.map(|one| json!({ "value": one.value, "lower": one.lower, "upper": one.upper }));
                shown["margin"] = json!({ "series": series.collect::<Value>() });
            }
            None => {}
        }
        shown
    };
    let category = |one: &Category| {
        let charts: Value = one.chart.iter().map(chart).collect();
        json!({ "title": one.title, "chart": charts, "closed": one.closed })
    };
    json!({ "version": layout.version, "category": layout.category.iter().map(category).collect::<Value>() })
}

/// `scalars?run&tag=regex`: the run's scalars whose tags begin with a match.
pub async fn matching(provider: Provider, scope: Scope, asked: Asked) -> Result<Reply> {
    let pattern = asked.get("tag").unwrap_or_default();
    let regex = match Regex::new(&format!("^(?:{pattern})")) {
        Ok(regex) if !pattern.is_empty() => regex,
        _ => return Ok(json!({ "regex_valid": false, "tag_to_events": {} }).into()),
    };
    let run = Filter::run(asked.needed("run")?);
    let listed = provider.list(&scope, Class::Scalar, "scalars", &run).await?;
    let tags = listed
        .into_iter()
        .map(|series| series.tag)
        .filter(|tag| regex.is_match(tag));
    let filter = Filter {
        tags: Some(tags.collect()),
        ..run
    };
    let mut matching = Map::new();
    for series in provider
        .scalars(&scope, "scalars", &filter, asked.points(POINTS)?)
        .await?
    {
        let events = events(&series);
        matching.insert(series.series.tag, events);
    }
    Ok(json!({ "regex_valid": true, "tag_to_events": matching }).into())
}

/// `download_data?run&tag&format`: as the scalars plugin's.
pub async fn download_data(provider: Provider, scope: Scope, asked: Asked) -> Result<Reply> {
    scalars::scalars(provider, scope, asked).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{MarginChartContent, MarginSeries, MultilineChartContent};

    #[test]
    fn categories_of_one_title_are_one_and_charts_are_not_doubled() {
        let chart = |title: &str| Chart {
            title: title.to_owned(),
            content: Some(ChartContent::Multiline(MultilineChartContent {
                tag: vec!["loss.*".to_owned()],
            })),
        };
        let category = |charts: &[&str]| Category {
            title: "c".to_owned(),
            chart: charts.iter().map(|title| chart(title)).collect(),
            closed: true,
        };
        let mut layout = Layout {
            version: 0,
            category: vec![category(&["a", "b"])],
        };
        add(&mut layout, category(&["b", "d"]));
        let shown = as_json(&layout);
        let titles: Vec<&str> = shown["category"][0]["chart"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|chart| chart["title"].as_str())
            .collect();
        assert_eq!(titles, ["a", "b", "d"]);
        assert_eq!(shown["category"][0]["closed"], true);
        let margin = Chart {
            title: "m".to_owned(),
            content: Some(ChartContent::Margin(MarginChartContent {
                series: vec![MarginSeries {
                    value: "v".to_owned(),
                    lower: "l".to_owned(),
                    upper: "u".to_owned(),
                }],
            })),
        };
        layout.category[0].chart.push(margin);
        let expected = json!({ "title": "m", "margin": { "series": [{ "value": "v", "lower": "l", "upper": "u" }] } });
        assert_eq!(as_json(&layout)["category"][0]["chart"][3], expected);
    }
}
