//! How long a pass of this model takes on this machine, so that a cost can be told in seconds before it is spent.

use std::time::{Duration, Instant};

use glassboard_jobs::spec::Span;
use glassboard_model::{Array, Model, OutputSpace, Target};
use glassboard_tables::Encoded;
use ndarray::{Axis, concatenate};
use serde_json::{Value, json};

use crate::input::Input;
use crate::preprocess::Preprocess;
use crate::reading::{Reading, choose_output};
use crate::table::for_model;
use crate::text::of_tokens;
use crate::trouble::Trouble;
use crate::warm::Loaded;

/// Rows of a table that are run at once.
const ROWS: usize = 256;
/// Time spent on each direction, at most; one pass is always made.
const SPENT: Duration = Duration::from_millis(120);

/// Times the model on `input`: `{"forward_seconds","backward_seconds"}` a row, the second null where it cannot be
/// differentiated.
pub fn calibrate(loaded: &Loaded, input: &Input<'_>, preprocess: &Value) -> Result<Value, Trouble> {
    let output = choose_output(&*loaded.model, None)?;
    let reading = Reading::new(loaded, input, 0, preprocess);
    let forward = if input.opened().is_some() {
        // Methods ask about many rows of a table at once, in its own units.
        let resolved = Preprocess::of(loaded, preprocess)?;
        let data = for_model(input.table()?, loaded, &resolved)?;
        let rows = data.rows(Span { from: 0, count: ROWS });
        if rows.is_empty() {
            return Err(Trouble::input("the table has no rows to time the model with"));
        }
        let model = Encoded::new(&*loaded.model, &data.encoder);
        let run = || Ok(model.forward_rows(rows.view(), output.as_deref()).map(|_| ())?);
        Some(each(rows.nrows(), run)?)
    } else {
        None
    };
    let sentence = reading.as_ref().ok().and_then(|reading| reading.sentence.clone());
    let view = of_tokens(loaded, sentence.as_ref());
    let model = view.as_deref().unwrap_or(&*loaded.model);
    let x = match (reading, forward) {
        (Ok(reading), _) => whole_pass(model, &reading.prepared.x)?,
        // A row with a missing value stops what reads it alone, not what asks about many.
        (Err(_), Some(forward)) => return Ok(json!({ "forward_seconds": forward, "backward_seconds": null })),
        (Err(trouble), None) => return Err(trouble),
    };
    let count = x.len_of(Axis(0));
    let forward = match forward {
        Some(forward) => forward,
        None => each(count, || Ok(model.forward(&x.view(), output.as_deref()).map(|_| ())?))?,
    };
    let target = Target {
        output,
        space: OutputSpace::Raw,
        targets: vec![0; count],
    };
    // Ids have no derivative: their embedding has.
    let backward = match model.embedding() {
        Some(layer) => each(count, || {
            Ok(model.layer_gradient(&x.view(), &layer, &target).map(|_| ())?)
        }),
        None => each(count, || Ok(model.gradient(&x.view(), &target).map(|_| ())?)),
    };
    let backward = backward.ok();
    Ok(json!({ "forward_seconds": forward, "backward_seconds": backward }))
}

/// `row` as often as one pass takes it, so that no pass is padded.
fn whole_pass(model: &dyn Model, row: &Array) -> Result<Array, Trouble> {
    let count = model.rows_per_pass(&row.shape()[1..]).max(1);
    let views: Vec<_> = (0..count).map(|_| row.view()).collect();
    concatenate(Axis(0), &views).map_err(|e| Trouble::internal(e.to_string()))
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
