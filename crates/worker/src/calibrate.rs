//! How long a pass of this model takes on this machine, so that a cost can be told in seconds before it is spent.

use std::time::{Duration, Instant};

use glassboard_jobs::spec::Span;
use glassboard_model::{Model, OutputSpace, Target};
use glassboard_tables::Encoded;
use ndarray::{Axis, concatenate};
use serde_json::{Value, json};

use crate::preprocess::Preprocess;
use crate::reading::{Reading, choose_output};
use crate::table::{for_model, read};
use crate::trouble::Trouble;
use crate::warm::Loaded;

/// Rows of a table that are run at once.
const ROWS: usize = 256;
/// Time spent on each direction, at most; one pass is always made.
const SPENT: Duration = Duration::from_millis(120);

/// Times the model on `bytes`: `{"forward_seconds","backward_seconds"}` a row, the second null where it cannot be
/// differentiated.
pub fn calibrate(loaded: &Loaded, bytes: &[u8], facts: &Value, preprocess: &Value) -> Result<Value, Trouble> {
    let (resolved, _) = Preprocess::resolve(preprocess, &loaded.metadata, loaded.model.inputs())?;
    let table = if resolved.is_picture() {
        None
    } else {
        read(bytes, facts).ok()
    };
    if let Some(table) = table {
        let data = for_model(table, loaded, &resolved)?;
        let x = data.rows(Span { from: 0, count: ROWS });
        if x.is_empty() {
            return Err(Trouble::input("the table has no rows to time the model with"));
        }
        let model = Encoded::new(&*loaded.model, &data.encoder);
        let output = choose_output(&model, None)?;
        let forward = each(x.nrows(), || {
            Ok(model.forward_rows(x.view(), output.as_deref()).map(|_| ())?)
        })?;
        return Ok(json!({ "forward_seconds": forward, "backward_seconds": null }));
    }
    let reading = Reading::within(loaded, bytes, 0, preprocess, facts)?;
    let row = reading.prepared.x;
    let count = loaded.model.rows_per_pass(&row.shape()[1..]).max(1);
    let views: Vec<_> = (0..count).map(|_| row.view()).collect();
    let x = concatenate(Axis(0), &views).map_err(|e| Trouble::internal(e.to_string()))?;
    let output = choose_output(&*loaded.model, None)?;
    let forward = each(count, || {
        Ok(loaded.model.forward(&x.view(), output.as_deref()).map(|_| ())?)
    })?;
    let target = Target {
        output,
        space: OutputSpace::Raw,
        targets: vec![0; count],
    };
    let backward = each(count, || Ok(loaded.model.gradient(&x.view(), &target).map(|_| ())?)).ok();
    Ok(json!({ "forward_seconds": forward, "backward_seconds": backward }))
}

/// Seconds a row: the median of the runs that fit the time, after one that warms up.
fn each(rows: usize, mut run: impl FnMut() -> Result<(), Trouble>) -> Result<f64, Trouble> {
    run()?;
    let began = Instant::now();
    let mut times = Vec::new();
    while times.is_empty() || (began.elapsed() < SPENT && times.len() < 50) {
        let started = Instant::now();
        run()?;
        times.push(started.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2] / rows as f64)
}
