//! The calls of the store that this crate makes for points.

use std::collections::HashMap;

use glassboard_store::logs::{Axis, Kind, ScalarQuery};
use glassboard_store::{Actor, Store};

use super::convert::Form;
use super::scope::Part;
use super::series::{Place, adopt};
use super::{Class, Result, Series};

/// Points as columns.
pub struct Points {
    pub step: Vec<i64>,
    pub wall: Vec<f64>,
    pub value: Vec<f64>,
}

/// A value that is no number, without its bytes.
#[derive(Debug, Clone)]
pub struct Head {
    pub step: i64,
    pub wall: f64,
    /// Byte strings in it, where it is a sequence of them.
    pub blobs: usize,
}

/// A value that is no number.
pub struct Record {
    pub step: i64,
    pub wall: f64,
    pub form: Form,
    pub body: Vec<u8>,
}

/// The series of an experiment, by run and tag.
pub async fn series(store: &Store, actor: &Actor, part: &Part) -> Result<Vec<Series>> {
    let runs = store.runs(actor, &part.slug).await?;
    let names: HashMap<&str, &str> = runs.iter().map(|run| (run.id.as_str(), run.name.as_str())).collect();
    let mut found = Vec::new();
    for tag in store.tags(actor, &part.slug, Some(Kind::Scalar)).await? {
        let latest = store.latest_values(actor, &part.slug, &tag.tag).await?;
        for (run, value) in latest {
            let Some(name) = names.get(run.as_str()) else { continue };
            let mut title = String::new();
            let adopted = if tag.plugin.is_empty() { adopt(Kind::Scalar, &tag.tag, &mut title) } else { None };
            let (plugin, content) = adopted.map_or((tag.plugin.clone(), Vec::new()), |(plugin, content)| (plugin.to_owned(), content.to_vec()));
            found.push(Series {
                run: part.shown(name),
                tag: tag.tag.clone(),
                class: Class::of(0, &plugin),
                plugin,
                content,
                title,
                description: String::new(),
                max_step: value.step,
                max_wall: value.wall,
                points: tag.points,
                place: Place {
                    experiment: part.slug.clone(),
                    run,
                },
            });
        }
    }
    found.sort_by(|a, b| (&a.run, &a.tag).cmp(&(&b.run, &b.tag)));
    Ok(found)
}

/// Every point of a tag that is shown, by run id.
pub async fn scalars(
    store: &Store,
    actor: &Actor,
    experiment: &str,
    tag: &str,
    runs: Vec<String>,
) -> Result<HashMap<String, Points>> {
    let query = ScalarQuery {
        tag: tag.to_owned(),
        runs: Some(runs),
        axis: Axis::Step,
        from: None,
        to: None,
        columns: None,
        smoothing: 0.0,
        superseded: false,
    };
    let series = store.scalars(actor, experiment, &query).await?;
    let points = |one: glassboard_store::logs::ScalarSeries| Points {
        step: one.step,
        wall: one.wall,
        value: one.y,
    };
    Ok(series.into_iter().map(|one| (one.run.clone(), points(one))).collect())
}

/// The heads of a series that is no scalar one, in order of time.
pub async fn heads(_store: &Store, _actor: &Actor, _series: &Series) -> Result<Vec<Head>> {
    Ok(Vec::new())
}

/// The values of these heads.
pub async fn values(_store: &Store, _heads: Vec<Head>) -> Result<Vec<Record>> {
    Ok(Vec::new())
}
