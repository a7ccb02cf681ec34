//! One measurement: a model, its inputs, and what is asked of it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use glassboard_engine::{Options, Plain, PlainData, Session, npy};
use glassboard_model::{Array, Model, OutputSpace, Target};
use ndarray::{ArrayD, IxDyn};
use nix::sys::resource::{UsageWho, getrusage};
use serde::Deserialize;

/// What is asked of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// One pass over the inputs as they are; with `chunk`, one pass for each so many rows.
    Forward,
    /// All rows as explanation methods ask, in the batches that the session chooses.
    Rows,
    /// One pass forward and back: the gradient at `at`.
    Gradient,
}

/// One line of `measurements.json`.
#[derive(Debug, Clone, Deserialize)]
pub struct Measurement {
    pub name: String,
    /// File of the model, in the folder.
    pub model: String,
    /// Files of the inputs in graph order, in the folder.
    pub inputs: Vec<String>,
    pub ask: Ask,
    /// Name of the value a gradient is asked for.
    #[serde(default)]
    pub at: Option<String>,
    /// The class whose logit is differentiated.
    #[serde(default)]
    pub class: usize,
    /// Rows of a pass.
    #[serde(default)]
    pub chunk: Option<usize>,
    /// Calls that are timed if nobody says how many.
    pub calls: usize,
}

/// Seconds of each call.
#[derive(Debug, Default)]
pub struct Times {
    /// On the clock.
    pub wall: Vec<f64>,
    /// Of all threads of the process together.
    pub cpu: Vec<f64>,
}

impl Times {
    /// Wall and CPU.
    pub fn medians(&self) -> (f64, f64) {
        let median = |times: &[f64]| {
            let mut sorted = times.to_vec();
            sorted.sort_by(f64::total_cmp);
            sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
        };
        (median(&self.wall), median(&self.cpu))
    }
}

/// CPU time of the process so far.
pub fn cpu() -> anyhow::Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let (user, system) = (usage.user_time(), usage.system_time());
    let seconds = user.tv_sec() + system.tv_sec();
    let micros = user.tv_usec() + system.tv_usec();
    Ok(Duration::from_micros(seconds as u64 * 1_000_000 + micros as u64))
}

/// The measurements of a folder, and the model used last, kept open.
pub struct Bench {
    folder: PathBuf,
    measurements: Vec<Measurement>,
    open: Option<(String, Session)>,
}

impl Bench {
    pub fn open(folder: PathBuf) -> anyhow::Result<Self> {
        let path = folder.join("measurements.json");
        let text = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        Ok(Self {
            measurements: serde_json::from_slice(&text).with_context(|| format!("reading {}", path.display()))?,
            folder,
            open: None,
        })
    }

    pub fn names(&self) -> Vec<String> {
        self.measurements.iter().map(|m| m.name.clone()).collect()
    }

    /// Times a measurement after two calls that are not counted. The answer of the first is written to
    /// `result`, where one is wanted.
    pub fn run(&mut self, name: &str, calls: Option<usize>, result: Option<&Path>) -> anyhow::Result<Times> {
        let found = self.measurements.iter().find(|m| m.name == name);
        let asked = found
            .with_context(|| format!("there is no measurement `{name}`"))?
            .clone();
        if self.open.as_ref().is_none_or(|(model, _)| *model != asked.model) {
            self.open = None;
            let session = Session::open(&self.folder.join(&asked.model), Options::default())?;
            self.open = Some((asked.model.clone(), session));
        }
        let session = &self.open.as_ref().context("no model is open")?.1;
        let inputs = asked
            .inputs
            .iter()
            .map(|file| npy::read(&self.folder.join(file)).with_context(|| format!("reading {file}")))
            .collect::<Result<Vec<_>, _>>()?;
        let prepared = Prepared::new(&asked, &inputs)?;
        let first = prepared.call(session, &asked)?;
        if let Some(path) = result {
            npy::write(path, &first)?;
        }
        drop(first);
        prepared.call(session, &asked)?;
        let mut times = Times::default();
        for _ in 0..calls.unwrap_or(asked.calls) {
            let (began, busy) = (Instant::now(), cpu()?);
            let answer = prepared.call(session, &asked)?;
            times.wall.push(began.elapsed().as_secs_f64());
            times.cpu.push(cpu()?.saturating_sub(busy).as_secs_f64());
            drop(answer);
        }
        Ok(times)
    }
}

/// The inputs in the form that the call takes, so that nothing but the call is timed.
enum Prepared {
    Passes(Vec<Vec<Plain>>),
    Rows(Array),
}

impl Prepared {
    fn new(asked: &Measurement, inputs: &[Plain]) -> anyhow::Result<Self> {
        if asked.ask == Ask::Rows {
            let x = inputs.first().context("no input")?;
            let data = x.as_floats().context("rows are of 32-bit floats")?.to_vec();
            return Ok(Self::Rows(ArrayD::from_shape_vec(IxDyn(&x.shape), data)?));
        }
        let rows = inputs.first().and_then(|x| x.shape.first()).copied().unwrap_or(1);
        let chunk = asked.chunk.unwrap_or(rows).max(1);
        let starts = (0..rows).step_by(chunk);
        Ok(Self::Passes(
            starts
                .map(|start| inputs.iter().map(|x| part(x, start, chunk.min(rows - start))).collect())
                .collect(),
        ))
    }

    /// The answer of the last pass.
    fn call(&self, session: &Session, asked: &Measurement) -> anyhow::Result<Plain> {
        match self {
            Self::Rows(x) => {
                let y = session.forward(&x.view(), None)?;
                let shape = y.shape().to_vec();
                Ok(Plain::float(
                    shape,
                    glassboard_engine::Elem::F32,
                    y.into_raw_vec_and_offset().0,
                ))
            }
            Self::Passes(passes) => {
                let mut last = None;
                for inputs in passes {
                    last = Some(one(session, asked, inputs)?);
                }
                last.context("the inputs have no rows")
            }
        }
    }
}

fn one(session: &Session, asked: &Measurement, inputs: &[Plain]) -> anyhow::Result<Plain> {
    if asked.ask != Ask::Gradient {
        return session
            .execute(inputs, &[])?
            .values
            .pop()
            .context("the graph has no output");
    }
    let at = asked.at.as_deref().context("a gradient at which value?")?;
    let rows = inputs.first().and_then(|x| x.shape.first()).copied().unwrap_or(1);
    let target = Target {
        output: None,
        space: OutputSpace::Raw,
        targets: vec![asked.class; rows],
    };
    let mut found = session.differentiate(inputs, &[], &[at], &target)?;
    found.gradients.pop().context("no gradient")
}

/// `count` rows from `start`.
fn part(x: &Plain, start: usize, count: usize) -> Plain {
    let row: usize = x.shape.iter().skip(1).product();
    let mut shape = x.shape.clone();
    if let Some(first) = shape.first_mut() {
        *first = count;
    }
    let range = start * row..(start + count) * row;
    match &x.data {
        PlainData::Float(v) => Plain::float(shape, x.elem, v[range].to_vec()),
        PlainData::Double(v) => Plain::double(shape, v[range].to_vec()),
        PlainData::Int(v) => Plain::int(shape, x.elem, v[range].to_vec()),
        PlainData::Text(v) => Plain::text(shape, v[range].to_vec()),
    }
}
