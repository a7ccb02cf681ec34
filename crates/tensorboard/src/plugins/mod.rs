//! TensorBoard's HTTP API: the reply of each address, one plugin a file.
//!
//! Every function answers one address, from the experiments in question and what the request asked.

mod asked;
pub mod audio;
pub mod core;
pub mod custom_scalars;
pub mod graphs;
pub mod histograms;
pub mod hparams;
pub mod images;
mod markdown;
pub mod mesh;
pub mod pr_curves;
pub mod scalars;
pub mod text;
pub mod timeseries;

use prost::Message;
use serde_json::{Map, Value, json};

pub use asked::Asked;
pub use markdown::{safe_html, to_html};

use crate::data::Result;
use crate::{Class, Filter, Provider, Scope, Series};

/// What a request is answered with.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// `application/json`.
    Json(Value),
    /// Bytes of this media type.
    Bytes(&'static str, Vec<u8>),
}

impl From<Value> for Reply {
    fn from(value: Value) -> Self {
        Self::Json(value)
    }
}

/// The content of most plugins' metadata begins with a version.
#[derive(Clone, PartialEq, Message)]
struct Versioned {
    #[prost(int32, tag = "1")]
    version: i32,
}

/// Whether a series is of the version that TensorBoard reads: 0.
fn readable(series: &Series) -> bool {
    Versioned::decode(series.content.as_slice()).map_or(true, |content| content.version == 0)
}

/// The series of a plugin that can be read.
async fn listed(provider: &Provider, scope: &Scope, class: Class, plugin: &str) -> Result<Vec<Series>> {
    let mut series = provider.list(scope, class, plugin, &Filter::default()).await?;
    series.retain(readable);
    Ok(series)
}

/// Adds `value` as `[outer][inner]`.
fn put(into: &mut Map<String, Value>, outer: &str, inner: &str, value: Value) {
    if let Some(entry) = into
        .entry(outer.to_owned())
        .or_insert_with(|| Value::Object(Map::new()))
        .as_object_mut()
    {
        entry.insert(inner.to_owned(), value);
    }
}

/// Name and description by run and tag.
fn described(series: &[Series]) -> Value {
    let mut runs = Map::new();
    for one in series {
        let about = json!({ "displayName": one.title, "description": to_html(&one.description) });
        put(&mut runs, &one.run, &one.tag, about);
    }
    Value::Object(runs)
}

/// The media type of a picture, by its first bytes.
fn picture_type(bytes: &[u8]) -> &'static str {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        [b'B', b'M', ..] => "image/bmp",
        _ => "application/octet-stream",
    }
}
