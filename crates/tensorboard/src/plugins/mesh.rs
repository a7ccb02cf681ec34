//! `/data/plugin/mesh/...`: a mesh is up to three series, of vertices, faces and colours.

use prost::Message as _;
use serde_json::{Map, Value, json};

use super::{Asked, Reply, put};
use crate::data::{Result, number};
use crate::proto::MeshPluginData;
use crate::{Array, Class, Filter, Provider, ReadError, Scope, Series};

/// Steps of a series, where the request says nothing.
const STEPS: usize = 100;
/// A bit each for vertices, faces and colours: what an old writer means by saying nothing.
const EVERYTHING: u32 = 2 | 4 | 8;

fn content(series: &Series) -> Result<MeshPluginData> {
    let decoded = MeshPluginData::decode(series.content.as_slice());
    let mut content = decoded.map_err(|error| ReadError::Malformed(error.to_string()))?;
    if content.components == 0 {
        content.components = EVERYTHING;
    }
    Ok(content)
}

/// `tags`: how many meshes were logged together, by run and name.
pub async fn tags(provider: Provider, scope: Scope, _: Asked) -> Result<Reply> {
    let mut runs = Map::new();
    for series in provider.list(&scope, Class::Tensor, "mesh", &Filter::default()).await? {
        let content = content(&series)?;
        if content.version == 0 {
            let samples = content.shape.first().copied().unwrap_or(0);
            put(&mut runs, &series.run, &content.name, json!({ "samples": samples }));
        }
    }
    Ok(Value::Object(runs).into())
}

/// The series of a mesh.
async fn parts(provider: &Provider, scope: &Scope, asked: &Asked) -> Result<Vec<(MeshPluginData, Series)>> {
    let (run, name) = (asked.needed("run")?, asked.needed("tag")?);
    let mut parts = Vec::new();
    for series in provider.list(scope, Class::Tensor, "mesh", &Filter::run(run)).await? {
        let content = content(&series)?;
        if content.name == name {
            parts.push((content, series));
        }
    }
    Ok(parts)
}

/// `meshes?run&tag`: time, step, which part, settings and shape, by step and part.
pub async fn meshes(provider: Provider, scope: Scope, asked: Asked) -> Result<Reply> {
    let most = asked.points(STEPS)?;
    let mut events = Vec::new();
    for (content, series) in parts(&provider, &scope, &asked).await? {
        let filter = Filter::one(&series.run, &series.tag);
        for read in provider.tensors(&scope, "mesh", &filter, most).await? {
            for (step, wall) in read.step.iter().zip(&read.wall) {
                let event = json!({
                    "wall_time": number(*wall), "step": step, "content_type": content.content_type,
                    "components": content.components, "config": content.json_config, "data_shape": content.shape,
                });
                events.push(((*step, content.content_type), event));
            }
        }
    }
    events.sort_by_key(|(place, _)| *place);
    Ok(events.into_iter().map(|(_, event)| event).collect::<Value>().into())
}

/// `data?run&tag&content_type&sample&step`: vertices and faces as 32-bit numbers, colours as bytes.
pub async fn data(provider: Provider, scope: Scope, asked: Asked) -> Result<Reply> {
    let kind = match asked.needed("content_type")? {
        "VERTEX" => 1,
        "FACE" => 2,
        "COLOR" => 3,
        other => {
            return Err(ReadError::Invalid(format!(
                "{other:?} is no part of a mesh: VERTEX, FACE and COLOR are."
            )));
        }
    };
    let sample = asked.number("sample", 0usize)?;
    let step = asked.number("step", 0.0f64)?;
    let mut bytes = Vec::new();
    for (_, series) in parts(&provider, &scope, &asked)
        .await?
        .into_iter()
        .filter(|(content, _)| content.content_type == kind)
    {
        let filter = Filter::one(&series.run, &series.tag);
        for read in provider.tensors(&scope, "mesh", &filter, STEPS).await? {
            let at_step = read
                .step
                .iter()
                .zip(&read.value)
                .filter(|(at, _)| step.fract() == 0.0 && **at == step as i64);
            for (_, message) in at_step {
                let array = Array::numbers(message)?;
                let samples = array.shape.first().copied().unwrap_or(0);
                let size = array.floats().len() / samples.max(1);
                let points = array.floats().get(sample * size..(sample + 1) * size);
                let missing = || ReadError::NotFound(format!("There is no sample {sample}: there are {samples}."));
                for &value in points.ok_or_else(missing)? {
                    match kind {
                        1 => bytes.extend_from_slice(&(value as f32).to_le_bytes()),
                        2 => bytes.extend_from_slice(&(value as i32).to_le_bytes()),
                        _ => bytes.push(value as u8),
                    }
                }
            }
        }
    }
    Ok(Reply::Bytes("application/octet-stream", bytes))
}
