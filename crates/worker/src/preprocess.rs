//! From a decoded input to the array the model takes, and back to what a person recognises.

use std::collections::BTreeMap;

use glassboard_checkpoints::onnx::preprocess_text;
use glassboard_model::{Array, InputSpec};
use glassboard_tables::Feature;
use glassboard_text::Settings;
use image::DynamicImage;
use image::imageops::FilterType;
use ndarray::{ArrayD, IxDyn};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::decode::Decoded;
use crate::npy::NpyArray;
use crate::pixels::{numbers, on_white};
use crate::trouble::Trouble;
use crate::warm::Loaded;

/// `preprocess.json` (see `docs/api.md`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preprocess {
    /// Name of the graph's input.
    pub input: String,
    /// `NCHW`, `NHWC`, `N` (rows of numbers) or `T` (ids of tokens).
    pub layout: String,
    /// Height and width; none: as the picture is.
    pub size: Option<[usize; 2]>,
    /// `bilinear`, `nearest` or `none`.
    pub resize: String,
    /// `RGB`, `BGR` or `L`.
    pub channels: String,
    /// What a pixel (0..255) is multiplied by.
    pub scale: f64,
    /// Subtracted after scaling, one a channel.
    pub mean: Vec<f64>,
    /// Divided by after that, one a channel.
    pub std: Vec<f64>,
    /// Names of the classes.
    pub labels: Vec<String>,
    /// Names of the columns of a row.
    pub feature_names: Vec<String>,
    /// Mean and standard deviation of each column of a row.
    pub standardise: Option<Standardise>,
    /// How each feature is read from a table, in the model's order; goes before `feature_names` and `standardise`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Feature>,
    /// How sentences become tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Settings>,
}

/// (value - mean) / std for each column.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Standardise {
    /// One a column.
    pub mean: Vec<f64>,
    /// One a column.
    pub std: Vec<f64>,
}

impl Default for Preprocess {
    fn default() -> Self {
        Self {
            input: String::new(),
            layout: "N".to_owned(),
            size: None,
            resize: "bilinear".to_owned(),
            channels: "RGB".to_owned(),
            scale: 1.0,
            mean: Vec::new(),
            std: Vec::new(),
            labels: Vec::new(),
            feature_names: Vec::new(),
            standardise: None,
            columns: Vec::new(),
            text: None,
        }
    }
}

/// Where a [`Preprocess`] came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The user.
    Given,
    /// The file's metadata.
    Metadata,
    /// Names and shapes.
    Guessed,
}

/// An input as the model takes it.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// One row, `[1, ...]`.
    pub x: Array,
    /// The same shape, in the units of the file: pixels 0..255, columns of the table.
    pub display: Array,
    /// Lowest and highest value [`Self::display`] can have, where it is known.
    pub range: Option<[f32; 2]>,
}

impl Prepared {
    /// Whether the model's input takes it.
    fn check(&self, spec: &InputSpec) -> Result<(), Trouble> {
        fits(self.x.shape(), spec)?;
        if let Some(bad) = self.x.iter().find(|v| !v.is_finite()) {
            return Err(Trouble::input(format!(
                "the input holds {bad}; fill missing values first"
            )));
        }
        Ok(())
    }
}

impl Preprocess {
    /// That of a model: as [`Self::resolve`], where a guess knows whether the model reads tokens.
    pub fn of(loaded: &Loaded, given: &Value) -> Result<Self, Trouble> {
        let inputs = loaded.model.inputs();
        let (mut found, origin) = Self::resolve(given, &loaded.metadata, inputs)?;
        let said = match origin {
            Origin::Given => given["layout"].is_string(),
            Origin::Metadata => preprocess_text(&loaded.metadata).is_some_and(|(_, text)| text.contains("\"layout\"")),
            Origin::Guessed => false,
        };
        let ids = || {
            let model = loaded.model.of_tokens(0);
            let ids = model.as_deref().map_or(inputs, |model| model.inputs()).first();
            ids.map_or_else(String::new, |input| input.name.clone())
        };
        if !said && loaded.model.embedding().is_some() {
            found = Self {
                labels: found.labels,
                text: found.text,
                ..Self::of_tokens(&ids())
            };
        } else if found.is_text() && !given["input"].is_string() {
            found.input = ids();
        }
        Ok(found)
    }

    /// Of an input that holds token ids.
    pub fn of_tokens(input: &str) -> Self {
        Self {
            input: input.to_owned(),
            layout: "T".to_owned(),
            resize: "none".to_owned(),
            ..Self::default()
        }
    }

    /// What was given, else what the file says, else a guess.
    pub fn resolve(
        given: &Value,
        metadata: &BTreeMap<String, String>,
        inputs: &[InputSpec],
    ) -> Result<(Self, Origin), Trouble> {
        let first = inputs
            .first()
            .ok_or_else(|| Trouble::unsupported("the model takes no input, so there is nothing to explain"))?;
        let (mut found, origin): (Self, _) = if given.is_object() {
            let found = serde_json::from_value(given.clone())
                .map_err(|e| Trouble::input(format!("preprocess.json is wrong: {e}")))?;
            (found, Origin::Given)
        } else if let Some((key, text)) = preprocess_text(metadata) {
            let found = serde_json::from_str(text).map_err(|e| {
                Trouble::input(format!(
                    "the model's metadata `{key}` is wrong: {e}; give a preprocess.json"
                ))
            })?;
            (found, Origin::Metadata)
        } else {
            (Self::guess(first), Origin::Guessed)
        };
        if found.input.is_empty() {
            found.input.clone_from(&first.name);
        }
        found.check(inputs)?;
        Ok((found, origin))
    }

    /// From the name and the shape of an input alone.
    pub fn guess(input: &InputSpec) -> Self {
        let channels = |n: usize| if n == 1 { "L" } else { "RGB" }.to_owned();
        let size = |h: Option<usize>, w: Option<usize>| Some([h?, w?]);
        let picture = |layout: &str, count, h, w| Self {
            input: input.name.clone(),
            layout: layout.to_owned(),
            size: size(h, w),
            channels: channels(count),
            scale: 1.0 / 255.0,
            ..Self::default()
        };
        match *input.shape.as_slice() {
            [_, Some(c @ (1 | 3)), h, w] => picture("NCHW", c, h, w),
            [_, h, w, Some(c @ (1 | 3))] => picture("NHWC", c, h, w),
            _ => Self {
                input: input.name.clone(),
                resize: "none".to_owned(),
                ..Self::default()
            },
        }
    }

    fn check(&self, inputs: &[InputSpec]) -> Result<(), Trouble> {
        let wrong = |what: String| Err(Trouble::input(format!("preprocess.json is wrong: {what}")));
        if !inputs.iter().any(|i| i.name == self.input) {
            let names = inputs.iter().map(|i| i.name.as_str()).collect::<Vec<_>>().join(", ");
            return wrong(format!("the model has no input `{}`; it has {names}", self.input));
        }
        if !["NCHW", "NHWC", "N", "T"].contains(&self.layout.as_str()) {
            return wrong(format!("layout must be NCHW, NHWC, N or T, not `{}`", self.layout));
        }
        if !["RGB", "BGR", "L"].contains(&self.channels.as_str()) {
            return wrong(format!("channels must be RGB, BGR or L, not `{}`", self.channels));
        }
        if !["bilinear", "nearest", "none"].contains(&self.resize.as_str()) {
            return wrong(format!(
                "resize must be bilinear, nearest or none, not `{}`",
                self.resize
            ));
        }
        if self.size.is_some_and(|[h, w]| h == 0 || w == 0 || h * w > 1 << 26) {
            return wrong("size must be between 1 x 1 and 67 million pixels".to_owned());
        }
        let counts = [("mean", self.mean.len()), ("std", self.std.len())];
        for (name, count) in counts {
            if self.is_picture() && ![0, 1, self.channel_count()].contains(&count) {
                return wrong(format!(
                    "{name} has {count} values for {} channels",
                    self.channel_count()
                ));
            }
        }
        if self.text.is_some() && !self.is_text() {
            return wrong("`text` is about tokens: set layout to T".to_owned());
        }
        if !self.columns.is_empty() && self.is_picture() {
            return wrong("`columns` are of rows, and the layout is that of a picture".to_owned());
        }
        let steps = self.std.iter().chain(self.standardise.iter().flat_map(|s| &s.std));
        if self.scale == 0.0 || steps.clone().any(|v| !v.is_finite()) || self.std.contains(&0.0) {
            return wrong("scale and std must be numbers other than zero".to_owned());
        }
        Ok(())
    }

    /// Whether the model takes pictures as `[batch, height, width, channels]`.
    pub fn is_channels_last(&self) -> bool {
        self.layout == "NHWC"
    }

    /// Whether the model takes pictures.
    pub fn is_picture(&self) -> bool {
        self.layout.len() == 4
    }

    /// Whether the model takes ids of tokens.
    pub fn is_text(&self) -> bool {
        self.layout == "T"
    }

    fn channel_count(&self) -> usize {
        if self.channels == "L" { 1 } else { 3 }
    }

    /// Applies everything to one input; `row` is the index on the batch axis of an array.
    pub fn apply(&self, input: &Decoded, row: usize, spec: &InputSpec) -> Result<Prepared, Trouble> {
        let prepared = match input {
            Decoded::Picture(_) | Decoded::Dicom(_) if !self.is_picture() => {
                return Err(Trouble::input(format!(
                    "the model's input `{}` takes rows of numbers, not a picture; set layout in preprocess.json if it does take pictures",
                    self.input
                )));
            }
            Decoded::Picture(picture) => self.picture(picture)?,
            Decoded::Dicom(found) => self.picture(&found.picture)?,
            Decoded::Table => {
                return Err(Trouble::input(format!(
                    "the model's input `{}` takes a picture, not a row of a table",
                    self.input
                )));
            }
            Decoded::Array(array) => self.array(array, row, spec)?,
        };
        prepared.check(spec)?;
        Ok(prepared)
    }

    fn picture(&self, picture: &DynamicImage) -> Result<Prepared, Trouble> {
        let [h, w] = self
            .size
            .unwrap_or([picture.height() as usize, picture.width() as usize]);
        let filter = match self.resize.as_str() {
            "nearest" => FilterType::Nearest,
            "none" if (picture.height() as usize, picture.width() as usize) != (h, w) => {
                return Err(Trouble::input(format!(
                    "the picture is {} x {} and the model takes {w} x {h}; resize it, or set resize in preprocess.json",
                    picture.width(),
                    picture.height()
                )));
            }
            _ => FilterType::Triangle,
        };
        // Transparent pixels become white, as on a page.
        let flat = on_white(picture);
        let flat = if (picture.height() as usize, picture.width() as usize) == (h, w) {
            flat
        } else {
            flat.resize_exact(w as u32, h as u32, filter)
        };
        let pixels = numbers(&flat, self.channels == "L");
        let count = self.channel_count();
        let mut display = vec![0.0f32; pixels.len()];
        for (i, pixel) in pixels.chunks_exact(count).enumerate() {
            for (c, value) in pixel.iter().enumerate() {
                let channel = if self.channels == "BGR" { 2 - c } else { c };
                display[self.at(channel, i, count, h * w)] = *value;
            }
        }
        let shape = if self.layout == "NHWC" {
            vec![1, h, w, count]
        } else {
            vec![1, count, h, w]
        };
        self.scaled(shape, display)
    }

    /// What the model is given for `byte` in its channel `c`.
    pub fn model_value(&self, c: usize, byte: u8) -> f32 {
        let (mean, std) = self.shift(c);
        ((f64::from(byte) * self.scale - mean) / std) as f32
    }

    /// The pixel, 0 to 255, that the model is given as `value` in its channel `c`.
    pub fn pixel(&self, c: usize, value: f32) -> f32 {
        let (mean, std) = self.shift(c);
        ((f64::from(value) * std + mean) / self.scale) as f32
    }

    /// Where the model has red (0), green (1) and blue (2).
    pub fn place_of(&self, colour: usize) -> usize {
        if self.channels == "BGR" { 2 - colour } else { colour }
    }

    /// What a colour is in the model's channel `c`; of one channel, its lightness (Rec. 709, as a picture's).
    pub fn channel_of(&self, [r, g, b]: [u8; 3], c: usize) -> u8 {
        if self.channels == "L" {
            let light = 2126 * u32::from(r) + 7152 * u32::from(g) + 722 * u32::from(b);
            return (light / 10_000) as u8;
        }
        [r, g, b][self.place_of(c).min(2)]
    }

    /// What is subtracted from channel `c` after scaling, and what it is divided by.
    fn shift(&self, c: usize) -> (f64, f64) {
        let of = |list: &[f64], none: f64| list.get(c).or(list.first()).copied().unwrap_or(none);
        (of(&self.mean, 0.0), of(&self.std, 1.0))
    }

    /// Flat index of pixel `i` in channel `channel`.
    fn at(&self, channel: usize, i: usize, channels: usize, places: usize) -> usize {
        if self.layout == "NHWC" {
            i * channels + channel
        } else {
            channel * places + i
        }
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "the shape becomes part of what is prepared"
    )]
    fn scaled(&self, shape: Vec<usize>, display: Vec<f32>) -> Result<Prepared, Trouble> {
        let count = self.channel_count();
        let places = display.len() / count;
        let mut x = display.clone();
        for c in 0..count {
            let (mean, std) = self.shift(c);
            for i in 0..places {
                let at = self.at(c, i, count, places);
                x[at] = ((f64::from(display[at]) * self.scale - mean) / std) as f32;
            }
        }
        Ok(Prepared {
            x: lay_out(&shape, x)?,
            display: lay_out(&shape, display)?,
            range: Some([0.0, 255.0]),
        })
    }

    fn standardised(&self, values: Vec<f64>) -> Result<Prepared, Trouble> {
        let n = values.len();
        let mut x = values.clone();
        if let Some(Standardise { mean, std }) = &self.standardise {
            if mean.len() != n || std.len() != n {
                return Err(Trouble::input(format!(
                    "preprocess.json standardises {} columns, the row has {n}",
                    mean.len().max(std.len())
                )));
            }
            for ((value, mean), std) in x.iter_mut().zip(mean).zip(std) {
                *value = (*value - mean) / if *std == 0.0 { 1.0 } else { *std };
            }
        }
        let cast = |values: Vec<f64>| values.into_iter().map(|v| v as f32).collect();
        Ok(Prepared {
            x: lay_out(&[1, n], cast(x))?,
            display: lay_out(&[1, n], cast(values))?,
            range: None,
        })
    }

    /// Numbers of an array go to the model as they are (a row of a table is standardised); bytes are pixels.
    fn array(&self, array: &NpyArray, row: usize, spec: &InputSpec) -> Result<Prepared, Trouble> {
        let rank = spec.shape.len().max(1);
        let (shape, values) = if array.shape.len() == rank {
            let rows = array.shape[0];
            if row >= rows {
                return Err(Trouble::input(format!(
                    "the array has {rows} rows, so there is no row {row} (the first is 0)"
                )));
            }
            let size = array.values.len() / rows;
            (array.shape[1..].to_vec(), array.values[row * size..][..size].to_vec())
        } else if array.shape.len() + 1 == rank && row == 0 {
            (array.shape.clone(), array.values.clone())
        } else {
            return Err(Trouble::input(format!(
                "the array has shape {:?}, the model's input `{}` has {rank} axes, the first of them the batch",
                array.shape, spec.name
            )));
        };
        let mut full = vec![1];
        full.extend(shape);
        if !self.is_picture() && rank == 2 {
            return self.standardised(values.into_iter().map(f64::from).collect());
        }
        if array.is_bytes && self.is_picture() && self.channel_axis(&full) == Some(self.channel_count()) {
            return self.scaled(full, values);
        }
        let x = lay_out(&full, values)?;
        Ok(Prepared {
            display: x.clone(),
            x,
            range: None,
        })
    }

    fn channel_axis(&self, shape: &[usize]) -> Option<usize> {
        shape.get(if self.layout == "NHWC" { 3 } else { 1 }).copied()
    }
}

pub(crate) fn lay_out(shape: &[usize], values: Vec<f32>) -> Result<Array, Trouble> {
    ArrayD::from_shape_vec(IxDyn(shape), values)
        .map_err(|e| Trouble::internal(format!("an input does not have the shape {shape:?}: {e}")))
}

pub(crate) fn fits(shape: &[usize], spec: &InputSpec) -> Result<(), Trouble> {
    let same = shape.len() == spec.shape.len()
        && shape
            .iter()
            .zip(&spec.shape)
            .skip(1)
            .all(|(have, want)| want.is_none_or(|want| want == *have));
    if same || spec.shape.is_empty() {
        return Ok(());
    }
    let wanted: Vec<String> = spec
        .shape
        .iter()
        .map(|n| n.map_or("any".to_owned(), |n| n.to_string()))
        .collect();
    Err(Trouble::input(format!(
        "the prepared input has shape {shape:?}, the model's input `{}` takes [{}]; check preprocess.json",
        spec.name,
        wanted.join(", ")
    )))
}
