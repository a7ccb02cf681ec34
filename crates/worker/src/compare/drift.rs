//! How far the maps of two models lie apart on the same inputs, beside distances that nothing makes.

use std::rc::Rc;

use glassboard_engine::{engine_version, instruction_set};
use glassboard_explain::Passes;
use glassboard_explain::drift::{At as InBand, TAIL, distance};
use glassboard_jobs::spec::{Null, Question, Span, Versus};
use glassboard_jobs::versus::Kept;
use glassboard_model::ModelError;
use serde_json::{Value, json};

use super::band::{From, Nulls};
use super::file::{At, File, Redraw};
use super::side::{Mapped, Said, Side, Wish};
use super::words::Words;
use super::{Ears, Model};
use crate::input::Input;
use crate::trouble::Trouble;
use crate::warm::Loaded;

/// Most inputs that are compared at once.
const MOST_INPUTS: usize = 2_000;
/// Values of maps and inputs that are kept; of what comes after, distances alone.
const MOST_KEPT: usize = 8 << 20;

/// An input, and which rows of it.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// BLAKE3 of it.
    pub hash: &'a str,
    /// What the user calls it.
    pub name: &'a str,
    /// Its row, where no span is named.
    pub row: usize,
    /// Rows of it.
    pub rows: Option<Span>,
}

/// Takes a model from where it lies.
pub type Load<'a> = dyn FnMut(&Versus) -> Result<Rc<Loaded>, Trouble> + 'a;

/// What is compared.
pub struct DriftQuery<'a> {
    /// The first model.
    pub a: Model<'a>,
    /// The second; the arg-max of its prediction is the class explained, where the question names none.
    pub b: Model<'a>,
    /// The inputs.
    pub places: &'a [Place<'a>],
    /// Opens the one of that number.
    pub open: &'a dyn Fn(usize) -> Input<'a>,
    /// Rows that stand for "not known"; none: what the method takes without them.
    pub background: Option<&'a Input<'a>>,
    /// Method, parameters, target and so on.
    pub question: &'a Question,
    /// What the distances are compared with.
    pub null: &'a Null,
    /// For the models of [`Null::pairs`].
    pub load: &'a mut Load<'a>,
}

/// A comparison.
#[derive(Debug, Clone)]
pub struct Drifted {
    /// The object of `docs/api.md`.
    pub answer: Value,
    /// The maps that are kept, see [`Kept`].
    pub maps: Vec<u8>,
}

/// One input, measured.
struct Measured {
    place: usize,
    row: usize,
    distance: Option<f64>,
    a: Said,
    b: Said,
    kept: Option<Kept>,
    names: Vec<String>,
}

/// Computes what `query` asks. Nothing in the answer depends on the clock, on batches or on threads.
pub fn drift(query: DriftQuery<'_>, ears: Ears<'_>) -> Result<Drifted, Trouble> {
    let DriftQuery { question, null, .. } = query;
    if !(null.noise > 0.0 && null.noise <= 1.0) {
        return Err(Trouble::input(format!(
            "the noise must be above 0 and at most 1 (a share of the range), not {}",
            null.noise
        )));
    }
    let a = Side::new("A", query.a, question, query.background)?;
    let b = Side::new("B", query.b, question, query.background)?;
    (ears.progress)(0.0, "Reading the inputs");
    let rows = rows_of(&query, &b)?;
    let inputs: usize = rows.iter().map(Vec::len).sum();
    let draws = null.draws(inputs);
    let seeds = if a.uses_seed() { draws } else { 0 };
    let work = Work {
        total: inputs * (2 + 2 * draws + 2 * seeds + 2 * null.pairs.len()),
        done: 0,
        inputs,
        ears,
        spent: Passes::default(),
    };
    let mut run = Run {
        query,
        work,
        nulls: Nulls::default(),
        maps: Vec::new(),
        measured: Vec::with_capacity(inputs),
    };
    for (place, rows) in rows.iter().enumerate() {
        run.file(&a, &b, place, rows, draws, seeds)?;
    }
    for pair in 0..null.pairs.len() {
        run.pair(pair, &rows)?;
    }
    Ok(run.told(&a, &b, draws))
}

/// The rows of every input.
fn rows_of(query: &DriftQuery<'_>, side: &Side<'_>) -> Result<Vec<Vec<usize>>, Trouble> {
    let mut all = Vec::with_capacity(query.places.len());
    let mut count = 0;
    for (i, place) in query.places.iter().enumerate() {
        let rows = File::new((query.open)(i), place.hash).rows(side, place.row, place.rows);
        let rows = rows.map_err(|trouble| about(place, trouble))?;
        count += rows.len();
        if count > MOST_INPUTS {
            return Err(Trouble::input(format!(
                "more than {MOST_INPUTS} inputs are asked about at once; choose some of the rows"
            )));
        }
        all.push(rows.collect());
    }
    if count == 0 {
        return Err(Trouble::input("no input is named"));
    }
    Ok(all)
}

/// A trouble with the name of its input.
fn about(place: &Place<'_>, trouble: Trouble) -> Trouble {
    let Trouble { fault, message } = trouble;
    Trouble {
        fault,
        message: format!("{}: {message}", place.name),
    }
}

/// How far it is, and what it cost.
struct Work<'a> {
    total: usize,
    done: usize,
    inputs: usize,
    ears: Ears<'a>,
    spent: Passes,
}

impl Work<'_> {
    /// One map more: `make` computes it, hears of its own part of the progress, and counts its passes.
    fn map<T>(
        &mut self,
        input: usize,
        make: impl FnOnce(Ears<'_>, &mut Passes) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        if (self.ears.cancelled)() {
            return Err(ModelError::Cancelled.into());
        }
        let (done, total) = (self.done as f64, self.total.max(1) as f64);
        let words = format!("Input {} of {}", input + 1, self.inputs);
        let told = &mut *self.ears.progress;
        let mut progress = |part: f64, _: &str| told((done + part.clamp(0.0, 1.0)) / total, &words);
        let ears = Ears {
            progress: &mut progress,
            cancelled: self.ears.cancelled,
        };
        let made = make(ears, &mut self.spent)?;
        self.done += 1;
        (self.ears.progress)(self.done as f64 / total, &words);
        Ok(made)
    }
}

struct Run<'q, 'e> {
    query: DriftQuery<'q>,
    work: Work<'e>,
    nulls: Nulls,
    maps: Vec<u8>,
    measured: Vec<Measured>,
}

impl Run<'_, '_> {
    /// Every row of one file.
    fn file(
        &mut self,
        a: &Side<'_>,
        b: &Side<'_>,
        place: usize,
        rows: &[usize],
        draws: usize,
        seeds: usize,
    ) -> Result<(), Trouble> {
        let named = self.query.places[place];
        let file = File::new((self.query.open)(place), named.hash);
        let mut reach = None;
        for &row in rows {
            let input = self.measured.len();
            let asked = self.both(&file, a, b, row, input).map_err(|t| about(&named, t))?;
            let Both { at, said, maps, shown } = asked;
            let reach = match &reach {
                Some(reach) => reach,
                None => reach.insert([file.reach(a, &at[0])?, file.reach(b, &at[1])?]),
            };
            let seed = self.query.question.seed;
            for (i, side) in [a, b].into_iter().enumerate() {
                for draw in 0..draws {
                    let redraw = Redraw {
                        seed,
                        input: input as u64,
                        draw: draw as u64,
                        share: self.query.null.noise,
                    };
                    let moved = file.redrawn(side, &at[i], &reach[i], &redraw)?;
                    let again = self.work.map(input, |ears, spent| {
                        side.again(&file, &moved, &said[i], seed, ears, spent)
                    })?;
                    self.nulls.push(From::Noise, distance(&maps[i].map, &again.map));
                }
                for draw in 0..seeds {
                    let other = seed.wrapping_add(1 + draw as u64);
                    let again = self.work.map(input, |ears, spent| {
                        side.again(&file, &at[i], &said[i], other, ears, spent)
                    })?;
                    self.nulls.push(From::Seed, distance(&maps[i].map, &again.map));
                }
            }
            let kept = self.keep(&maps, shown.as_ref());
            let [map_a, map_b] = maps;
            let [a, b] = said;
            self.measured.push(Measured {
                place,
                row,
                distance: distance(&map_a.map, &map_b.map),
                a,
                b,
                kept,
                names: map_a.names,
            });
        }
        Ok(())
    }

    /// Both maps of one row, that of B in the order of A's features.
    fn both(&mut self, file: &File<'_>, a: &Side<'_>, b: &Side<'_>, row: usize, input: usize) -> Result<Both, Trouble> {
        let at = [file.at(a, row)?, file.at(b, row)?];
        let wish = self.query.question.target.map_or(Wish::Highest, Wish::Index);
        let (said_b, map_b) = self
            .work
            .map(input, |ears, spent| b.explain(file, &at[1], &wish, ears, spent))?;
        let wish = self.query.question.target.map_or(Wish::Like(&said_b), Wish::Index);
        let (said_a, map_a) = self
            .work
            .map(input, |ears, spent| a.explain(file, &at[0], &wish, ears, spent))?;
        let map_b = map_b.in_order_of(&map_a)?;
        let shown = match &at[0] {
            At::Array(prepared) => Some((
                prepared.display.shape()[1..].to_vec(),
                prepared.display.iter().copied().collect(),
            )),
            At::Row { .. } => None,
        };
        Ok(Both {
            at,
            said: [said_a, said_b],
            maps: [map_a, map_b],
            shown,
        })
    }

    /// Puts the maps where they are kept, while there is room.
    fn keep(&mut self, maps: &[Mapped; 2], shown: Option<&(Vec<usize>, Vec<f32>)>) -> Option<Kept> {
        let kept = Kept {
            at: self.maps.len() / size_of::<f32>(),
            shape: maps[0].shape.clone(),
            display: shown.map(|(shape, _)| shape.clone()),
        };
        if kept.at + kept.len() > MOST_KEPT {
            return None;
        }
        let input = shown.map_or(&[][..], |(_, values)| values.as_slice());
        for values in [&maps[0].map, &maps[1].map, input] {
            self.maps.extend(values.iter().flat_map(|v| v.to_le_bytes()));
        }
        Some(kept)
    }

    /// The distances of two models that differ in nothing but their training seed, of the classes that were explained.
    fn pair(&mut self, pair: usize, rows: &[Vec<usize>]) -> Result<(), Trouble> {
        let [first, second] = &self.query.null.pairs[pair];
        let loaded = [(self.query.load)(first)?, (self.query.load)(second)?];
        let model = |at: usize, preprocess| Model {
            loaded: &loaded[at],
            preprocess,
        };
        // Named by what they are: a sentence about them must not speak of A or B.
        let (name, question, table) = ("of a training pair", self.query.question, self.query.background);
        let sides = [
            Side::new(name, model(0, &first.preprocess), question, table)?,
            Side::new(name, model(1, &second.preprocess), question, table)?,
        ];
        let mut input = 0;
        for (place, rows) in rows.iter().enumerate() {
            let named = self.query.places[place];
            let file = File::new((self.query.open)(place), named.hash);
            for &row in rows {
                let like = self.measured[input].b.clone();
                let mut maps = Vec::with_capacity(2);
                for side in &sides {
                    let at = file.at(side, row)?;
                    let wish = Wish::Like(&like);
                    let found = self
                        .work
                        .map(input, |ears, spent| side.explain(&file, &at, &wish, ears, spent));
                    maps.push(found.map_err(|t| about(&named, t))?.1);
                }
                if let (Some(q), Some(p)) = (maps.pop(), maps.pop()) {
                    let q = q.in_order_of(&p).map_err(|t| about(&named, t))?;
                    self.nulls.push(From::Training, distance(&p.map, &q.map));
                }
                input += 1;
            }
        }
        Ok(())
    }

    /// The answer.
    fn told(self, a: &Side<'_>, b: &Side<'_>, draws: usize) -> Drifted {
        let Self {
            query,
            work,
            nulls,
            maps,
            measured,
        } = self;
        let Question { on, seed, target, .. } = query.question;
        let entry = b.entry();
        let band = nulls.band();
        let words = Words {
            band: band.as_ref(),
            nulls: &nulls,
            noise: query.null.noise,
            pairs: query.null.pairs.len(),
        };
        let known: Vec<f64> = measured.iter().filter_map(|one| one.distance).collect();
        let place = |distance: f64| band.as_ref().map(|band| band.place(distance));
        let above = known.iter().filter(|d| place(**d) == Some(InBand::Above)).count();
        let inputs: Vec<Value> = measured
            .iter()
            .map(|one| {
                json!({
                    "place": one.place,
                    "name": query.places[one.place].name,
                    "row": one.row,
                    "target": one.b.target,
                    "target_label": one.b.target_label,
                    "a": one.a.told(),
                    "b": one.b.told(),
                    "distance": one.distance,
                    "in_band": one.distance.and_then(place).map(InBand::name),
                    "null_smaller": one.distance.zip(band.as_ref()).map(|(d, band)| band.smaller(d)),
                    "sentence": words.one(one.distance),
                    "kept": one.kept,
                    "features": (!one.names.is_empty()).then_some(&one.names),
                })
            })
            .collect();
        let params = measured.first().map(|one| &one.b.params);
        let answer = json!({
            "method": entry.name,
            "title": entry.title,
            "params": params,
            "target": target,
            "on": on,
            "baseline": entry.uses_baseline.then_some(&query.question.baseline),
            "seed": seed,
            "a": { "model_hash": a.model.loaded.hash },
            "b": { "model_hash": b.model.loaded.hash },
            "inputs": inputs,
            "measured": known.len(),
            "undefined": measured.len() - known.len(),
            "above": above,
            "expected_above": TAIL * known.len() as f64,
            "null": {
                "noise": query.null.noise,
                "draws": draws,
                "pairs": query.null.pairs.len(),
                "count": band.as_ref().map_or(0, glassboard_explain::drift::Band::count),
                "low": band.as_ref().map(|b| b.low),
                "high": band.as_ref().map(|b| b.high),
                "median": band.as_ref().map(|b| b.median),
                "sources": nulls.sources(),
            },
            "sentences": words.all(known.len(), above, measured.len() - known.len()),
            "passes": work.spent,
            "engine_version": engine_version(),
            "instruction_set": instruction_set(),
        });
        Drifted { answer, maps }
    }
}

/// One row in both models.
struct Both {
    at: [At; 2],
    said: [Said; 2],
    maps: [Mapped; 2],
    /// The input as it is shown, and its shape.
    shown: Option<(Vec<usize>, Vec<f32>)>,
}

impl Said {
    /// The numbers of the class explained, and the likeliest class.
    fn told(&self) -> Value {
        let ranked = self.probability.as_ref().unwrap_or(&self.prediction);
        let top = match ranked.as_slice() {
            // One output speaks of the second of two classes.
            [p] => (self.probability.is_some() && self.classes.len() == 2).then(|| {
                let class = usize::from(*p >= 0.5);
                (class, self.classes[class].clone())
            }),
            several => {
                let mut best = 0;
                for (i, value) in several.iter().enumerate() {
                    if *value > several[best] {
                        best = i;
                    }
                }
                self.labels.get(best).map(|label| (best, label.clone()))
            }
        };
        json!({
            "output": self.prediction.get(self.target),
            "probability": self.probability.as_ref().and_then(|p| p.get(self.target)),
            "top": top.as_ref().map(|(class, _)| class),
            "top_label": top.as_ref().map(|(_, label)| label),
        })
    }
}
