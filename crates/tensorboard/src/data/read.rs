//! The calls of the store that this crate makes for points.

use std::collections::HashMap;

use glassboard_store::logs::{Axis, Form, Kind, LatestValue, RecordHead, ScalarQuery, SeriesInfo, StoredRecord};
use glassboard_store::{Actor, Store};

use super::convert;
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
    stored: RecordHead,
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
    let infos = store.series_info(actor, &part.slug, None, None).await?;
    Ok(infos.into_iter().map(|info| listed(info, part)).collect())
}

fn listed(mut info: SeriesInfo, part: &Part) -> Series {
    if info.plugin.is_empty()
        && let Some((plugin, content)) = adopt(info.kind, &info.tag, &mut info.title)
    {
        plugin.clone_into(&mut info.plugin);
        info.content = content.to_vec();
    }
    Series {
        run: part.shown(&info.run),
        class: Class::of(info.class, &info.plugin),
        tag: info.tag,
        plugin: info.plugin,
        content: info.content,
        title: info.title,
        description: info.description,
        max_step: info.last_step,
        max_wall: info.last_wall,
        points: info.points,
        kind: info.kind,
        place: Place {
            experiment: part.slug.clone(),
            run: info.run_id,
        },
    }
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

/// The last point of a tag, by run id.
pub async fn latest(store: &Store, actor: &Actor, experiment: &str, tag: &str) -> Result<HashMap<String, Points>> {
    let latest = store.latest_values(actor, experiment, tag).await?;
    let points = |last: LatestValue| Points {
        step: vec![last.step],
        wall: vec![last.wall],
        value: vec![last.value],
    };
    Ok(latest.into_iter().map(|(run, last)| (run, points(last))).collect())
}

/// The heads of a series that is no scalar one, in order of time.
pub async fn heads(store: &Store, actor: &Actor, series: &Series) -> Result<Vec<Head>> {
    let place = &series.place;
    let stored = store
        .record_heads(actor, &place.experiment, &place.run, &series.tag)
        .await?;
    let head = |stored: RecordHead| Head {
        step: stored.step,
        wall: stored.wall,
        blobs: match series.kind {
            // Width and height are the first two.
            Kind::Image => stored.parts as usize + 2,
            _ => stored.parts as usize,
        },
        stored,
    };
    let mut heads: Vec<Head> = stored.into_iter().map(head).collect();
    if series.class == Class::Blobs && matches!(series.kind, Kind::Other | Kind::Tensor) {
        // How many strings a foreign plugin's values have is not in their heads.
        let records = values(store, heads.clone()).await?;
        for (head, record) in heads.iter_mut().zip(records) {
            head.blobs = convert::blobs(record.form, &series.plugin, record.body).map_or(0, |blobs| blobs.len());
        }
    }
    Ok(heads)
}

/// The values of these heads.
pub async fn values(store: &Store, heads: Vec<Head>) -> Result<Vec<Record>> {
    let records = store
        .read_records(heads.into_iter().map(|head| head.stored).collect())
        .await?;
    let record = |one: StoredRecord| Record {
        step: one.head.step,
        wall: one.head.wall,
        form: one.head.form,
        body: one.body,
    };
    Ok(records.into_iter().map(record).collect())
}

/// Points of a scalar series that the store keeps as values of a foreign plugin.
pub async fn foreign_scalars(store: &Store, actor: &Actor, series: &Series) -> Result<Points> {
    let mut points = Points {
        step: Vec::new(),
        wall: Vec::new(),
        value: Vec::new(),
    };
    let heads = heads(store, actor, series).await?;
    for record in values(store, heads).await? {
        points.step.push(record.step);
        points.wall.push(record.wall);
        points.value.push(convert::number(record.form, &record.body)?);
    }
    Ok(points)
}
