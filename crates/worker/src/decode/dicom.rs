//! DICOM: the picture and what is needed to see it right, and nothing else of the file.
//!
//! A file of this kind names a patient, a hospital and more, in standard elements and in private ones. What leaves this
//! module is the picture and [`Imaging`]; how many elements were left behind is told, never what they said.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dicom_object::file::ReadPreamble;
use dicom_object::{DefaultDicomObject, OpenFileOptions, Tag};
use dicom_pixeldata::{
    DecodedPixelData, PhotometricInterpretation, PixelDecoder as _, PixelRepresentation, PlanarConfiguration,
    VoiLutFunction,
};
use image::{DynamicImage, ImageBuffer};
use serde::Serialize;

use super::picture::{MAX_BYTES, MAX_SIDE, too_large};
use crate::trouble::Trouble;

/// Group of elements that describe the picture.
const IMAGE: u16 = 0x0028;
const FRAMES: Tag = Tag(IMAGE, 0x0008);
const ROWS: Tag = Tag(IMAGE, 0x0010);
const COLUMNS: Tag = Tag(IMAGE, 0x0011);
const BURNED_IN: Tag = Tag(IMAGE, 0x0301);
const PIXELS: Tag = Tag(0x7fe0, 0x0010);

/// A picture out of a DICOM file.
#[derive(Debug, Clone)]
pub struct Dicom {
    /// 16 bits of grey from 0 (black) to 65,535 (white), or colour.
    pub picture: DynamicImage,
    /// How it was made from what the file stores.
    pub imaging: Imaging,
}

/// How a picture was made from what a DICOM file stores, and what was left behind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Imaging {
    /// `MONOCHROME1`, `MONOCHROME2`, `RGB`, ...
    pub photometric: String,
    /// Bits of a stored value.
    pub bits: u16,
    /// Rescale slope; 1 where none is stored.
    pub slope: f64,
    /// Rescale intercept; 0 where none is stored.
    pub intercept: f64,
    /// Centre and width of the window of values that are told apart, after rescaling.
    pub window: Option<[f64; 2]>,
    /// Whether the window is the file's own; else it spans the values there are.
    pub window_stored: bool,
    /// Elements of the file that were left behind.
    pub dropped: usize,
    /// How many of them are private.
    pub dropped_private: usize,
    /// Whether the file says that text is written into the picture itself.
    pub burned_in: bool,
}

impl Imaging {
    /// What was left behind, as a sentence.
    pub fn sentence(&self) -> String {
        let burned = if self.burned_in {
            " The file says that text is burned into the picture: look whether it names somebody."
        } else {
            ""
        };
        format!(
            "Of the DICOM file the picture and its imaging parameters are kept; {} other elements, {} of them private, were dropped.{burned}",
            self.dropped, self.dropped_private
        )
    }
}

/// Whether `bytes` are a DICOM file.
pub(super) fn is_dicom(bytes: &[u8]) -> bool {
    bytes.get(128..132) == Some(b"DICM")
}

/// Reads the picture in a DICOM file: uncompressed, RLE or JPEG; grey or RGB; one frame.
pub fn dicom(bytes: &[u8]) -> Result<Dicom, Trouble> {
    // The library indexes what a header promises; a file that lies is a bad file, and no reason to end the job's child.
    catch_unwind(AssertUnwindSafe(|| read(bytes))).unwrap_or_else(|_| {
        Err(Trouble::input(
            "the DICOM file is damaged: its header does not fit its content",
        ))
    })
}

fn read(bytes: &[u8]) -> Result<Dicom, Trouble> {
    let object = OpenFileOptions::new()
        .read_preamble(ReadPreamble::Always)
        .from_reader(bytes)
        .map_err(|e| Trouble::input(format!("the DICOM file cannot be read: {}", chain(&e))))?;
    let whole = |tag: Tag| object.get(tag).and_then(|element| element.to_int::<u32>().ok());
    if object.get(PIXELS).is_none() {
        return Err(Trouble::input(
            "the DICOM file holds no picture (it may be a report or a directory); choose the file of an image",
        ));
    }
    if let Some(frames) = whole(FRAMES).filter(|frames| *frames > 1) {
        return Err(Trouble::unsupported(format!(
            "the DICOM file holds {frames} frames; save the one to explain as a file of its own"
        )));
    }
    let (rows, columns) = (whole(ROWS).unwrap_or(0), whole(COLUMNS).unwrap_or(0));
    if rows.max(columns) > MAX_SIDE || u64::from(rows) * u64::from(columns) * 6 > MAX_BYTES {
        return Err(too_large());
    }
    let pixels = object.decode_pixel_data_frame(0).map_err(|e| {
        Trouble::unsupported(format!(
            "the picture in the DICOM file is not read: {}; uncompressed, RLE and JPEG pictures are",
            chain(&e)
        ))
    })?;
    let (dropped, dropped_private) = left_behind(&object);
    let mut imaging = Imaging {
        photometric: pixels.photometric_interpretation().to_string(),
        bits: pixels.bits_stored(),
        slope: 1.0,
        intercept: 0.0,
        window: None,
        window_stored: false,
        dropped,
        dropped_private,
        burned_in: object
            .get(BURNED_IN)
            .is_some_and(|e| e.to_str().is_ok_and(|v| v.trim() == "YES")),
    };
    let picture = match pixels.photometric_interpretation() {
        PhotometricInterpretation::Monochrome1 => grey(&pixels, &mut imaging, true)?,
        PhotometricInterpretation::Monochrome2 => grey(&pixels, &mut imaging, false)?,
        PhotometricInterpretation::Rgb => colour(&pixels)?,
        other => {
            return Err(Trouble::unsupported(format!(
                "a DICOM picture of kind {other} is not read; save it as MONOCHROME2 or RGB"
            )));
        }
    };
    Ok(Dicom { picture, imaging })
}

/// Elements that are neither the picture nor describe it, and how many of them are private (of an odd group).
fn left_behind(object: &DefaultDicomObject) -> (usize, usize) {
    let (mut all, mut private) = (0, 0);
    for tag in object.tags().filter(|tag| tag.group() != IMAGE && *tag != PIXELS) {
        all += 1;
        private += usize::from(tag.group() % 2 == 1);
    }
    (all, private)
}

/// Stored values, rescaled, through the window, black to white.
fn grey(pixels: &DecodedPixelData<'_>, imaging: &mut Imaging, inverted: bool) -> Result<DynamicImage, Trouble> {
    let wrong = |e: &dyn std::error::Error| Trouble::input(format!("the DICOM file is wrong: {}", chain(e)));
    if let Some(rescale) = pixels.rescale().map_err(|e| wrong(&e))?.first() {
        (imaging.slope, imaging.intercept) = (rescale.slope, rescale.intercept);
    }
    let values: Vec<f64> = stored(pixels)?
        .map(|v| f64::from(v) * imaging.slope + imaging.intercept)
        .collect();
    let told = pixels
        .window()
        .map_err(|e| wrong(&e))?
        .and_then(|all| all.first().copied());
    let told = told.filter(|window| window.center.is_finite() && window.width.is_finite() && window.width >= 1.0);
    let function = pixels
        .voi_lut_function()
        .ok()
        .flatten()
        .and_then(|all| all.first().copied());
    let levels: Vec<f64> = if let Some(window) = told {
        imaging.window = Some([window.center, window.width]);
        imaging.window_stored = true;
        let function = function.unwrap_or_default();
        values
            .iter()
            .map(|v| through(*v, window.center, window.width, function))
            .collect()
    } else {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        imaging.window = (low < high).then(|| [f64::midpoint(low, high), high - low]);
        let span = if high > low { high - low } else { 1.0 };
        values.iter().map(|v| (v - low) / span).collect()
    };
    let grey = |level: f64| {
        let level = if inverted { 1.0 - level } else { level };
        (level.clamp(0.0, 1.0) * f64::from(u16::MAX)).round() as u16
    };
    let levels = levels.into_iter().map(grey).collect();
    ImageBuffer::from_raw(pixels.columns(), pixels.rows(), levels)
        .map(DynamicImage::ImageLuma16)
        .ok_or_else(too_short)
}

/// A value through a window (PS3.3 C.11.2), 0 to 1.
fn through(value: f64, centre: f64, width: f64, function: VoiLutFunction) -> f64 {
    let level = match function {
        VoiLutFunction::Sigmoid => 1.0 / (1.0 + (-4.0 * (value - centre) / width).exp()),
        VoiLutFunction::LinearExact => (value - centre) / width + 0.5,
        VoiLutFunction::Linear if width > 1.0 => (value - (centre - 0.5)) / (width - 1.0) + 0.5,
        VoiLutFunction::Linear => f64::from(u8::from(value > centre - 0.5)),
    };
    level.clamp(0.0, 1.0)
}

/// The values of a grey picture as they are stored: the bits that count, with their sign.
fn stored<'a>(pixels: &'a DecodedPixelData<'_>) -> Result<impl Iterator<Item = i32> + 'a, Trouble> {
    let count = pixels.rows() as usize * pixels.columns() as usize;
    let bytes = match pixels.bits_allocated() {
        1 | 8 => 1,
        16 => 2,
        32 => 4,
        other => {
            return Err(Trouble::unsupported(format!(
                "DICOM values of {other} bits are not read"
            )));
        }
    };
    if pixels.samples_per_pixel() != 1 || pixels.data().len() < count * bytes {
        return Err(too_short());
    }
    let bits = u32::from(pixels.bits_stored()).clamp(1, 8 * bytes as u32);
    let shift = (u32::from(pixels.high_bit()) + 1)
        .saturating_sub(bits)
        .min(8 * bytes as u32 - bits);
    let signed = pixels.pixel_representation() == PixelRepresentation::Signed;
    let single = pixels.bits_allocated() == 1;
    Ok(pixels.data().chunks_exact(bytes).take(count).map(move |value| {
        let raw = value.iter().rev().fold(0u32, |all, byte| all << 8 | u32::from(*byte));
        if single {
            return i32::from(raw != 0);
        }
        // Up to the sign, and down again: what is above the bits that count is gone.
        let up = raw >> shift << (32 - bits);
        if signed {
            up.cast_signed() >> (32 - bits)
        } else {
            (up >> (32 - bits)).min(i32::MAX as u32).cast_signed()
        }
    }))
}

/// Red, green and blue, plane by plane or pixel by pixel.
fn colour(pixels: &DecodedPixelData<'_>) -> Result<DynamicImage, Trouble> {
    let count = pixels.rows() as usize * pixels.columns() as usize;
    if pixels.samples_per_pixel() != 3 || pixels.bits_allocated() != 8 {
        return Err(Trouble::unsupported(format!(
            "a DICOM picture of {} values of {} bits a pixel is not read; save it as RGB of 8 bits",
            pixels.samples_per_pixel(),
            pixels.bits_allocated()
        )));
    }
    let data = pixels.data().get(..3 * count).ok_or_else(too_short)?;
    let values = if pixels.planar_configuration() == PlanarConfiguration::Standard {
        data.to_vec()
    } else {
        let pixel = |i: usize| [data[i], data[count + i], data[2 * count + i]];
        (0..count).flat_map(pixel).collect()
    };
    ImageBuffer::from_raw(pixels.columns(), pixels.rows(), values)
        .map(DynamicImage::ImageRgb8)
        .ok_or_else(too_short)
}

fn too_short() -> Trouble {
    Trouble::input("the DICOM file is damaged: it holds fewer pixels than its header says")
}

/// What an error says, with what it was caused by.
fn chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !said.contains(&text) {
            said = format!("{said}: {text}");
        }
        cause = inner.source();
    }
    said
}
