//! `/data/plugin/timeseries/...`: scalars, histograms and images together, for TensorBoard's first tab.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::images::{BEFORE, PICTURES};
use super::{Asked, Reply, listed, picture_type, put, scalars, to_html};
use crate::data::{Result, number};
use crate::{Array, Class, Filter, Provider, ReadError, Scope, Series};

/// Histograms of a series, where the request says nothing.
const HISTOGRAMS: usize = 51;

/// `tags`: which runs have which, and what they say of themselves.
pub async fn tags(provider: Provider, scope: Scope, _: Asked) -> Result<Reply> {
    let scalars = listed(&provider, &scope, Class::Scalar, "scalars").await?;
    let histograms = listed(&provider, &scope, Class::Tensor, "histograms").await?;
    let images = listed(&provider, &scope, Class::Blobs, "images").await?;
    let mut sampled = Map::new();
    for series in &images {
        let most = provider.longest(series).await? as i64 - BEFORE as i64;
        put(
            &mut sampled,
            &series.tag,
            &series.run,
            json!({ "maxSamplesPerStep": most }),
        );
    }
    let basic =
        |series: &[Series]| json!({ "runTagInfo": tags_by_run(series), "tagDescriptions": descriptions(series) });
    Ok(json!({
        "scalars": basic(&scalars),
        "histograms": basic(&histograms),
        "images": { "tagDescriptions": descriptions(&images), "tagRunSampledInfo": sampled },
    })
    .into())
}

fn tags_by_run(series: &[Series]) -> BTreeMap<&str, Vec<&str>> {
    let mut runs: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for one in series {
        runs.entry(one.run.as_str()).or_default().push(one.tag.as_str());
    }
    for tags in runs.values_mut() {
        tags.sort_unstable();
    }
    runs
}

/// A tag that says different things in different runs says all of them.
fn descriptions(series: &[Series]) -> BTreeMap<&str, String> {
    let mut tags: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut runs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for one in series.iter().filter(|one| !one.description.is_empty()) {
        tags.entry(&one.tag).or_default().insert(&one.description);
        runs.entry(&one.description).or_default().insert(&one.run);
    }
    let whole = |said: BTreeSet<&str>| {
        if said.len() == 1 {
            return said.into_iter().collect::<String>();
        }
        let part = |description: &str| {
            let runs: Vec<&str> = runs.get(description).into_iter().flatten().copied().collect();
            let word = if runs.len() > 1 { "runs" } else { "run" };
            format!("## For {word}: {}\n{description}", runs.join(", "))
        };
        let parts: Vec<String> = said.into_iter().map(part).collect();
        format!("# Multiple descriptions\n{}", parts.join("\n"))
    };
    tags.into_iter()
        .map(|(tag, said)| (tag, to_html(&whole(said))))
        .collect()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Question {
    tag: Value,
    run: Value,
    plugin: Value,
    sample: Value,
}

/// `timeSeries`, with `requests` in the query or the form: an answer for each of them.
pub async fn time_series(provider: Provider, scope: Scope, asked: Asked) -> Result<Reply> {
    let text = asked.form("requests").or(asked.get("requests")).unwrap_or_default();
    if text.is_empty() {
        return Err(ReadError::Invalid("There is no field `requests`.".to_owned()));
    }
    let questions: Vec<Question> = serde_json::from_str(text)
        .map_err(|error| ReadError::Invalid(format!("`requests` is not understood: {error}.")))?;
    let mut answers = Vec::new();
    for question in questions {
        answers.push(answer(&provider, &scope, question, &asked).await?);
    }
    Ok(Value::Array(answers).into())
}

async fn answer(provider: &Provider, scope: &Scope, question: Question, asked: &Asked) -> Result<Value> {
    let mut answer = json!({ "plugin": question.plugin, "tag": question.tag });
    let (run, sample) = (question.run.as_str(), question.sample.as_u64());
    if let Some(run) = run {
        answer["run"] = run.into();
    }
    if let Some(sample) = sample {
        answer["sample"] = sample.into();
    }
    let runs = run.filter(|run| !run.is_empty()).map(|run| vec![run.to_owned()]);
    let series = match (question.tag.as_str(), question.plugin.as_str().unwrap_or_default()) {
        (None, _) => Err("Missing tag"),
        (Some(tag), "scalars") => Ok(numbers(provider, scope, &Filter::tag(tag, runs), asked).await?),
        (Some(_), "histograms" | "images") if run.is_none() => Err("Missing run"),
        (Some(tag), "histograms") => Ok(histograms(provider, scope, &Filter::tag(tag, runs), asked).await?),
        (Some(tag), "images") => match sample {
            Some(sample) => Ok(images(provider, scope, &Filter::tag(tag, runs), sample as usize, asked).await?),
            None => Err("Missing sample"),
        },
        _ => Err("Invalid plugin"),
    };
    match series {
        Ok(series) => answer["runToSeries"] = Value::Object(series),
        Err(error) => answer["error"] = error.into(),
    }
    Ok(answer)
}

async fn numbers(provider: &Provider, scope: &Scope, filter: &Filter, asked: &Asked) -> Result<Map<String, Value>> {
    let mut runs = Map::new();
    for series in provider
        .scalars(scope, "scalars", filter, asked.points(scalars::POINTS)?)
        .await?
    {
        let points = series.wall.iter().zip(&series.step).zip(&series.value);
        let point = |((wall, step), value): ((&f64, &i64), &f64)| json!({ "wallTime": number(*wall), "step": step, "value": number(*value) });
        runs.insert(series.series.run, points.map(point).collect());
    }
    Ok(runs)
}

async fn histograms(provider: &Provider, scope: &Scope, filter: &Filter, asked: &Asked) -> Result<Map<String, Value>> {
    let read = provider
        .tensors(scope, "histograms", filter, asked.points(HISTOGRAMS)?)
        .await?;
    let shaped = tokio::task::spawn_blocking(move || {
        let mut runs = Map::new();
        for series in read {
            let mut points = Vec::new();
            for (index, value) in series.value.iter().enumerate() {
                let array = Array::numbers(value)?;
                let bin = |[left, right, count]: &[f64; 3]| json!({ "min": number(*left), "max": number(*right), "count": number(*count) });
                let bins: Value = array.floats().as_chunks::<3>().0.iter().map(bin).collect();
                points
                    .push(json!({ "wallTime": number(series.wall[index]), "step": series.step[index], "bins": bins }));
            }
            runs.insert(series.series.run, Value::Array(points));
        }
        Ok::<_, ReadError>(runs)
    });
    shaped.await?
}

async fn images(
    provider: &Provider,
    scope: &Scope,
    filter: &Filter,
    sample: usize,
    asked: &Asked,
) -> Result<Map<String, Value>> {
    let mut runs = Map::new();
    for series in provider
        .blob_steps(scope, "images", filter, asked.points(PICTURES)?)
        .await?
    {
        let mut points = Vec::new();
        for (index, keys) in series.keys.iter().enumerate() {
            if let Some(key) = keys.get(BEFORE + sample) {
                points.push(
                    json!({ "step": series.step[index], "wallTime": number(series.wall[index]), "imageId": key }),
                );
            }
        }
        if !points.is_empty() {
            runs.insert(series.series.run, Value::Array(points));
        }
    }
    Ok(runs)
}

/// `imageData?imageId`: the picture as logged.
pub async fn image_data(provider: Provider, _: Scope, asked: Asked) -> Result<Reply> {
    let picture = provider.blob(asked.needed("imageId")?).await?;
    Ok(Reply::Bytes(picture_type(&picture), picture))
}
