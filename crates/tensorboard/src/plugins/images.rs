//! `/data/plugin/images/...`.

use serde_json::{Map, Value, json};

use super::{Asked, Reply, listed, picture_type, put, to_html};
use crate::data::{Result, number};
use crate::{Class, Filter, Provider, ReadError, Scope};

/// Pictures of a series, where the request says nothing.
pub(super) const PICTURES: usize = 10;
/// Width and height stand before the pictures.
pub(super) const BEFORE: usize = 2;

/// `tags`: name, description and how many pictures were logged together, by run and tag.
pub async fn tags(provider: Provider, scope: Scope, _: Asked) -> Result<Reply> {
    let mut runs = Map::new();
    for series in listed(&provider, &scope, Class::Blobs, "images").await? {
        let about = json!({
            "displayName": series.title, "description": to_html(&series.description),
            "samples": provider.longest(&series).await? as i64 - BEFORE as i64,
        });
        put(&mut runs, &series.run, &series.tag, about);
    }
    Ok(Value::Object(runs).into())
}

/// `images?run&tag&sample`: time, step, and the query that `individualImage` takes.
pub async fn images(provider: Provider, scope: Scope, asked: Asked) -> Result<Reply> {
    let (run, tag) = (asked.needed("run")?, asked.needed("tag")?);
    let sample = asked.number("sample", 0usize)?;
    let most = asked.points(PICTURES)?;
    let read = provider
        .blob_steps(&scope, "images", &Filter::one(run, tag), most)
        .await?;
    let missing = || ReadError::NotFound(format!("There are no images of run {run:?} and tag {tag:?}."));
    let series = read.into_iter().next().ok_or_else(missing)?;
    let mut events = Vec::new();
    for (index, keys) in series.keys.iter().enumerate() {
        if let Some(key) = keys.get(BEFORE + sample) {
            events.push(json!({
                "wall_time": number(series.wall[index]), "step": series.step[index], "query": format!("blob_key={key}"),
            }));
        }
    }
    Ok(Value::Array(events).into())
}

/// `individualImage?blob_key`: the picture as logged.
pub async fn individual_image(provider: Provider, _: Scope, asked: Asked) -> Result<Reply> {
    let picture = provider.blob(asked.needed("blob_key")?).await?;
    Ok(Reply::Bytes(picture_type(&picture), picture))
}
