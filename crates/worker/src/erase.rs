//! What the model says of a picture with some pixels replaced: what a reader paints over.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use glassboard_explain::evidence::impute;
use glassboard_explain::random::Counter;
use glassboard_jobs::spec::Erased;
use glassboard_model::Array;
use serde_json::{Value, json};

use crate::baseline::{Baseline, Planes, baseline, planes};
use crate::input::Input;
use crate::predict::{answer, run};
use crate::preprocess::{Prepared, Preprocess};
use crate::reading::{Reading, choose_output};
use crate::trouble::Trouble;
use crate::warm::Loaded;

/// Stream of [`Counter`] for noise.
const STREAM: u64 = 90;
/// Most layers of paint in one question.
const MAX_LAYERS: usize = 64;

/// Runs the model on a picture, each of `erased` painted over what the ones before left. The result is that of
/// `JobSpec::Predict` with `erased`.
///
/// # Errors
/// A sentence where the input is no picture, or a mask is not of its size.
pub fn predict_erased(
    loaded: &Loaded,
    input: &Input<'_>,
    row: usize,
    preprocess: &Value,
    erased: &[Erased],
) -> Result<Value, Trouble> {
    let mut reading = Reading::new(loaded, input, row, preprocess)?;
    let planes = planes(&reading.prepared.x, &reading.preprocess)
        .ok_or_else(|| Trouble::input("only pixels of a picture can be erased, and this model takes no picture"))?;
    if erased.len() > MAX_LAYERS {
        return Err(Trouble::input(format!(
            "{} layers of paint are too many; {MAX_LAYERS} are allowed, and equal fills can share a mask",
            erased.len()
        )));
    }
    for (k, one) in erased.iter().enumerate() {
        let places = pixels(&one.mask, planes.places)?;
        paint(&mut reading, &planes, &places, &one.fill, k as u64)?;
    }
    let output = choose_output(&*loaded.model, None)?;
    let prediction = run(&*loaded.model, &reading.prepared.x, output.as_deref())?;
    let mut said = answer(loaded, &reading.preprocess, &prediction, output.as_deref());
    said["picture"] = picture(&reading.prepared, &planes, &reading.preprocess);
    Ok(said)
}

/// Places whose bit is set.
fn pixels(mask: &str, places: usize) -> Result<Vec<usize>, Trouble> {
    let bytes = STANDARD
        .decode(mask)
        .map_err(|e| Trouble::input(format!("the mask is not base64: {e}")))?;
    if bytes.len() != places.div_ceil(8) {
        return Err(Trouble::input(format!(
            "the mask has {} bytes; the model's input has {places} pixels, which are {} bytes",
            bytes.len(),
            places.div_ceil(8)
        )));
    }
    Ok((0..places).filter(|i| bytes[i / 8] >> (i % 8) & 1 == 1).collect())
}

/// Replaces the pixels at `places`, in what the model sees and in what is shown.
fn paint(reading: &mut Reading, planes: &Planes, places: &[usize], fill: &str, layer: u64) -> Result<(), Trouble> {
    let Reading {
        preprocess, prepared, ..
    } = reading;
    let known = prepared.range.is_some();
    let size = prepared.x.len();
    let filled: Vec<f32> = match fill {
        "zeros" => baseline(&Baseline::Zeros, &prepared.x, preprocess, None)?,
        "mean" => baseline(&Baseline::Mean, &prepared.x, preprocess, None)?,
        "blur" => baseline(&Baseline::Blur, &prepared.x, preprocess, None)?,
        "noise" => noise(&prepared.x, planes, layer),
        "neighbours" => neighbours(&prepared.x, planes, places)?,
        colour => {
            let colour = rgb(colour)?;
            if !known {
                return Err(Trouble::input(
                    "this input is an array of numbers, which has no colours; erase with zeros, mean, blur, noise or neighbours",
                ));
            }
            let mut filled = vec![0.0; size];
            for c in 0..planes.channels {
                let value = preprocess.model_value(c, preprocess.channel_of(colour, c));
                for &i in places {
                    filled[planes.at(c, i)] = value;
                }
            }
            filled
        }
    };
    let channels = planes.channels;
    for c in 0..channels {
        for &i in places {
            let at = planes.at(c, i);
            let value = filled[at];
            if let Some(x) = prepared.x.as_slice_mut() {
                x[at] = value;
            }
            if let Some(shown) = prepared.display.as_slice_mut() {
                shown[at] = if known { preprocess.pixel(c, value) } else { value };
            }
        }
    }
    Ok(())
}

/// Uniform between the lowest and the highest value of each channel.
fn noise(x: &Array, planes: &Planes, layer: u64) -> Vec<f32> {
    let mut out: Vec<f32> = x.iter().copied().collect();
    for c in 0..planes.channels {
        let values = (0..planes.places).map(|i| out[planes.at(c, i)]);
        let (low, high) = values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), v| {
            (low.min(v), high.max(v))
        });
        let mut random = Counter::new(layer, STREAM, c as u64);
        for i in 0..planes.places {
            out[planes.at(c, i)] = low + (high - low) * random.uniform() as f32;
        }
    }
    out
}

/// Each erased pixel the weighted mean of those around it (the imputation of ROAD, Rong et al. 2022).
fn neighbours(x: &Array, planes: &Planes, places: &[usize]) -> Result<Vec<f32>, Trouble> {
    let mut out: Vec<f32> = x.iter().copied().collect();
    for c in 0..planes.channels {
        let mut channel: Vec<f32> = (0..planes.places).map(|i| out[planes.at(c, i)]).collect();
        impute(&mut channel, planes.size, places)?;
        for &i in places {
            out[planes.at(c, i)] = channel[i];
        }
    }
    Ok(out)
}

fn rgb(text: &str) -> Result<[u8; 3], Trouble> {
    let digits = text.strip_prefix('#').filter(|d| d.len() == 6 && d.is_ascii());
    let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let [_, r, g, b] = number
        .ok_or_else(|| {
            Trouble::input(format!(
                "the fill must be zeros, mean, blur, noise, neighbours or a colour such as #808080, not `{text}`"
            ))
        })?
        .to_be_bytes();
    Ok([r, g, b])
}

/// What the model was given, as bytes of a picture.
fn picture(prepared: &Prepared, planes: &Planes, preprocess: &Preprocess) -> Value {
    let shown = prepared.display.as_slice().unwrap_or_default();
    let [low, high] = prepared.range.unwrap_or_else(|| {
        let fold = |pick: fn(f32, f32) -> f32| shown.iter().copied().reduce(pick).unwrap_or_default();
        [fold(f32::min), fold(f32::max)]
    });
    let wide = (high - low).max(f32::MIN_POSITIVE);
    let mut bytes = Vec::with_capacity(planes.places * 3);
    for i in 0..planes.places {
        for c in 0..3 {
            let channel = if planes.channels < 3 { 0 } else { preprocess.place_of(c) };
            let value = (shown[planes.at(channel, i)] - low) / wide * 255.0;
            bytes.push(value.round().clamp(0.0, 255.0) as u8);
        }
    }
    json!({ "width": planes.size.1, "height": planes.size.0, "rgb": STANDARD.encode(bytes) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_pixels_from_the_lowest() {
        assert_eq!(pixels(&STANDARD.encode([0b0000_0101, 0b10]), 10).unwrap(), [0, 2, 9]);
        assert!(
            pixels(&STANDARD.encode([0]), 10)
                .unwrap_err()
                .to_string()
                .contains("10 pixels")
        );
        assert!(pixels("no base64!", 10).is_err());
    }

    #[test]
    fn colours_have_six_digits() {
        assert_eq!(rgb("#0a10ff").unwrap(), [10, 16, 255]);
        for bad in ["#fff", "red", "#gggggg", "#ä00000"] {
            assert!(rgb(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_colour_comes_back_from_the_model_s_units() {
        let preprocess = Preprocess {
            channels: "BGR".into(),
            layout: "NCHW".into(),
            scale: 1.0 / 255.0,
            mean: vec![0.4, 0.5, 0.6],
            std: vec![0.2, 0.25, 0.3],
            ..Preprocess::default()
        };
        for c in 0..3 {
            let byte = preprocess.channel_of([200, 100, 50], c);
            let back = preprocess.pixel(c, preprocess.model_value(c, byte));
            assert!((back - f32::from(byte)).abs() < 1e-3);
        }
        assert_eq!(preprocess.channel_of([200, 100, 50], 0), 50, "blue comes first");
    }
}
