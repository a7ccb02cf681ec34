//! `GET /experiments/{exp}/mesh/data`: points, faces and colours of one step, as columns.

use axum::extract::State;
use glassboard_events::{Data, Tensor};
use glassboard_model::columns::Writer;
use glassboard_store::logs::{RecordHead, StoredRecord};
use serde::Deserialize;
use serde_json::Value;

use super::find::one;
use crate::extract::{Path, Query};
use crate::problem::{Answer, Problem};
use crate::state::AppState;
use crate::{format, text, values};

/// Numbers that one may stand for.
const SMALL: u64 = 300_000;
/// Points or faces that were logged together at most: more than a browser turns in a frame.
const MOST: u64 = 5_000_000;

#[derive(Debug, Deserialize)]
pub struct Asked {
    run: String,
    mesh: String,
    step: Option<i64>,
    #[serde(default)]
    sample: usize,
}

pub async fn data(State(app): State<AppState>, Path(experiment): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let (store, actor) = (app.store(), app.actor());
    let mesh = one(&app, &experiment, &asked.run, &asked.mesh).await?;
    let mut heads: Vec<(&'static str, RecordHead)> = Vec::new();
    let mut step = asked.step;
    // Points first: where no step is asked for, theirs is the newest.
    for part in ["vertex", "face", "colour"] {
        let Some(tag) = mesh.parts.get(part) else { continue };
        let all = store.record_heads(&actor, &experiment, &asked.run, tag).await?;
        step = step.or_else(|| all.iter().map(|head| head.step).max());
        let found = all.into_iter().rfind(|head| Some(head.step) == step);
        heads.extend(found.map(|head| (part, head)));
    }
    if heads.first().is_none_or(|(part, _)| *part != "vertex") {
        return Err(Problem::not_found(format!(
            "The mesh {:?} has no points at step {}.",
            asked.mesh,
            step.unwrap_or_default()
        )));
    }
    let names: Vec<&'static str> = heads.iter().map(|(part, _)| *part).collect();
    let records = store
        .read_records(heads.into_iter().map(|(_, head)| head).collect())
        .await?;
    let config = mesh.config;
    let write = move || written(&names, &records, asked.sample, config);
    tokio::task::spawn_blocking(write)
        .await
        .map_err(Problem::internal)?
        .map(format::columns)
}

fn written(names: &[&str], records: &[StoredRecord], sample: usize, config: Option<Value>) -> Answer<Vec<u8>> {
    let (mut points, mut faces, mut colours, mut samples) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for (part, record) in names.iter().zip(records) {
        fits(record)?;
        let decoded = values::data(record).mesh_part().map_err(values::damaged)?;
        let numbers = decoded.of(sample);
        match *part {
            "vertex" => {
                samples = decoded.meshes;
                if sample >= samples {
                    return Err(Problem::not_found(format!(
                        "There is no sample {sample}: there are {samples}."
                    )));
                }
                points = numbers.iter().map(|&number| number as f32).collect();
            }
            "face" => faces = numbers.to_vec(),
            // Floats below 0 and above 255 end there.
            _ => colours = numbers.iter().map(|&number| number.round() as u8).collect(),
        }
    }
    let count = points.len() / 3;
    let (faces, left_out) = sound_faces(&faces, count);
    let misfit = !colours.is_empty() && colours.len() != points.len();
    if misfit {
        colours.clear();
    }
    let (step, wall) = records
        .first()
        .map_or((0, f64::NAN), |record| (record.head.step, record.head.wall));
    let writer = Writer::new()
        .meta("step", step)
        .meta("wall", wall)
        .meta("sample", sample)
        .meta("samples", samples)
        .meta("faces_left_out", left_out)
        .meta("colours_left_out", misfit)
        .meta("config", config)
        .f32("vertex", &[count, 3], &points)
        .u32("face", &[faces.len() / 3, 3], &faces)
        .u8("colour", &[colours.len() / 3, 3], &colours);
    Ok(writer.finish())
}

/// Refuses what would take more memory than a page can use. A tensor may say one number for all of a large
/// shape: of few bytes that would be much.
fn fits(record: &StoredRecord) -> Answer<()> {
    let Data::Tensor(message) = values::data(record) else {
        return Ok(());
    };
    let tensor = Tensor::decode(message).map_err(values::damaged)?;
    let numbers = tensor.dims().iter().fold(1, |all: u64, size| all.saturating_mul(*size));
    let rows = text::integer((numbers / 3) as i64);
    let bytes = record.body.len() as u64;
    if numbers > 3 * MOST {
        let most = text::integer(MOST as i64);
        return Err(Problem::bad_request(format!(
            "This mesh has {rows} rows, and a page draws at most {most}: log fewer of them."
        )));
    }
    if numbers > bytes.max(SMALL) {
        return Err(Problem::bad_request(format!(
            "This mesh says that it has {rows} rows, and holds {bytes} bytes: that cannot be all of them."
        )));
    }
    Ok(())
}

/// Faces whose corners are all there, and how many others there were.
fn sound_faces(numbers: &[f64], points: usize) -> (Vec<u32>, usize) {
    let mut faces = Vec::with_capacity(numbers.len());
    let mut left_out = 0;
    for face in numbers.as_chunks::<3>().0 {
        let there = |corner: f64| corner >= 0.0 && corner < points as f64 && corner.fract() == 0.0;
        if face.iter().all(|corner| there(*corner)) {
            faces.extend(face.iter().map(|corner| *corner as u32));
        } else {
            left_out += 1;
        }
    }
    (faces, left_out)
}

#[cfg(test)]
mod tests {
    use glassboard_store::logs::{Form, RecordHead, RecordId};

    use super::*;

    #[test]
    fn one_number_for_a_large_shape_is_refused() {
        // A `TensorProto` of floats: its shape, and one value for all.
        let of = |rows: u64| {
            let mut dims = Vec::new();
            for mut size in [1, rows, 3] {
                let mut dim = vec![8];
                while size > 127 {
                    dim.push(size as u8 | 128);
                    size >>= 7;
                }
                dim.push(size as u8);
                dims.extend([vec![18, dim.len() as u8], dim].concat());
            }
            let body = [vec![8, 1, 18, dims.len() as u8], dims, vec![42, 4, 0, 0, 128, 63]].concat();
            let head = RecordHead {
                id: RecordId { stream: 1, index: 0 },
                step: 0,
                wall: 0.0,
                form: Form::Tensor,
                size: body.len() as u32,
                parts: 1,
                width: 0,
                height: 0,
            };
            StoredRecord { head, body }
        };
        assert!(fits(&of(1000)).is_ok() && written(&["vertex"], &[of(1000)], 0, None).is_ok());
        let refused = written(&["vertex"], &[of(20_000_000)], 0, None).expect_err("too many");
        assert!(refused.detail.contains("20,000,000 rows"), "{}", refused.detail);
        let refused = fits(&of(1_000_000)).expect_err("too few bytes");
        assert!(refused.detail.contains("holds"), "{}", refused.detail);
    }

    #[test]
    fn a_face_of_points_that_are_not_there_is_left_out() {
        let faces = [
            0.0,
            1.0,
            2.0,
            0.0,
            1.0,
            3.0,
            -1.0,
            0.0,
            1.0,
            f64::NAN,
            0.0,
            1.0,
            0.5,
            1.0,
            2.0,
            2.0,
            1.0,
            0.0,
        ];
        assert_eq!(sound_faces(&faces, 3), (vec![0, 1, 2, 2, 1, 0], 4));
        assert_eq!(sound_faces(&faces, 0), (vec![], 6));
    }
}
