//! `/data/plugin/audio/...`.

use prost::Message;
use serde_json::{Map, Value, json};

use super::{Asked, Reply, listed, put, to_html};
use crate::data::{Result, number};
use crate::{Class, Filter, Provider, ReadError, Scope};

/// Sounds of a series, where the request says nothing.
const SOUNDS: usize = 10;
const WAV: &str = "audio/wav";
const UNKNOWN: &str = "application/octet-stream";

/// `AudioPluginData`.
#[derive(Clone, PartialEq, Message)]
struct Content {
    #[prost(int32, tag = "2")]
    encoding: i32,
}

/// `tags`: name, description and how many sounds were logged together, by run and tag.
pub async fn tags(provider: Provider, scope: Scope, _: Asked) -> Result<Reply> {
    let mut runs = Map::new();
    for series in listed(&provider, &scope, Class::Blobs, "audio").await? {
        let about = json!({
            "displayName": series.title, "description": to_html(&series.description),
            "samples": provider.longest(&series).await?,
        });
        put(&mut runs, &series.run, &series.tag, about);
    }
    Ok(Value::Object(runs).into())
}

/// `audio?run&tag&sample`: time, step, media type, and the query that `individualAudio` takes.
pub async fn audio(provider: Provider, scope: Scope, asked: Asked) -> Result<Reply> {
    let (run, tag) = (asked.needed("run")?, asked.needed("tag")?);
    let sample = asked.number("sample", 0usize)?;
    let most = asked.points(SOUNDS)?;
    let read = provider
        .blob_steps(&scope, "audio", &Filter::one(run, tag), most)
        .await?;
    let missing = || ReadError::NotFound(format!("There is no audio of run {run:?} and tag {tag:?}."));
    let series = read.into_iter().next().ok_or_else(missing)?;
    let encoding = Content::decode(series.series.content.as_slice()).map_or(0, |content| content.encoding);
    let (kind, word) = if encoding == 11 {
        (WAV, "audio%2Fwav")
    } else {
        (UNKNOWN, "application%2Foctet-stream")
    };
    let mut events = Vec::new();
    for (index, keys) in series.keys.iter().enumerate() {
        if let Some(key) = keys.get(sample) {
            events.push(json!({
                "wall_time": number(series.wall[index]), "label": "", "step": series.step[index], "contentType": kind,
                "query": format!("blob_key={key}&content_type={word}"),
            }));
        }
    }
    Ok(Value::Array(events).into())
}

/// `individualAudio?blob_key&content_type`: the sound as logged.
pub async fn individual_audio(provider: Provider, _: Scope, asked: Asked) -> Result<Reply> {
    let kind = match asked.needed("content_type")? {
        WAV => WAV,
        UNKNOWN => UNKNOWN,
        other => {
            return Err(ReadError::Invalid(format!(
                "{other:?} is no media type of sounds here."
            )));
        }
    };
    Ok(Reply::Bytes(kind, provider.blob(asked.needed("blob_key")?).await?))
}
