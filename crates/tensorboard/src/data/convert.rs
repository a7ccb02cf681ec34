//! Values as written to the form in which data providers give them: what TensorBoard does while it loads.

use glassboard_events::Tensor;
use prost::Message as _;

use super::{ReadError, Result};
use crate::proto::{Audio, Dim, HistogramProto, Image, TensorProto, TensorShapeProto};

const DT_DOUBLE: i32 = 2;
const MAX_STRINGS: usize = 1 << 20;

/// Which message a value's bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// None: what there is to know is in the metadata.
    Nothing,
    /// A `Summary.Image`.
    Image,
    /// A `HistogramProto`.
    Histogram,
    /// A `Summary.Audio`.
    Audio,
    /// A `TensorProto`.
    Tensor,
    /// Passed on as it is: a graph, what a session measured.
    Opaque,
}

/// The value as a `TensorProto`.
pub fn tensor(form: Form, body: Vec<u8>) -> Result<Vec<u8>> {
    match form {
        Form::Tensor => Ok(body),
        Form::Histogram => Ok(histogram(&decoded(&body)?).encode_to_vec()),
        Form::Nothing => Ok(nothing()),
        Form::Image | Form::Audio | Form::Opaque => Err(ReadError::Malformed("the value is no tensor".to_owned())),
    }
}

/// The value as byte strings.
pub fn blobs(form: Form, plugin: &str, body: Vec<u8>) -> Result<Vec<Vec<u8>>> {
    match form {
        Form::Image => {
            let image: Image = decoded(&body)?;
            Ok(vec![
                image.width.to_string().into_bytes(),
                image.height.to_string().into_bytes(),
                image.encoded_image_string,
            ])
        }
        Form::Audio => Ok(vec![decoded::<Audio>(&body)?.encoded_audio_string]),
        Form::Opaque => Ok(vec![body]),
        Form::Tensor => {
            let tensor = Tensor::decode(&body)?;
            let strings = tensor.strings(MAX_STRINGS)?;
            // A clip and its label stand side by side; labels are not shown.
            let stride = match (plugin, tensor.dims()) {
                ("audio", [_, rest @ ..]) => rest.iter().product::<u64>().max(1) as usize,
                _ => 1,
            };
            Ok(strings.into_iter().step_by(stride).map(<[u8]>::to_vec).collect())
        }
        Form::Nothing | Form::Histogram => Err(ReadError::Malformed("the value holds no blobs".to_owned())),
    }
}

fn decoded<M: prost::Message + Default>(body: &[u8]) -> Result<M> {
    M::decode(body).map_err(|error| ReadError::Malformed(error.to_string()))
}

/// TensorBoard's `NULL_TENSOR`: of shape `[0]`.
fn nothing() -> Vec<u8> {
    let shape = TensorShapeProto {
        dim: vec![Dim { size: 0 }],
    };
    TensorProto {
        dtype: 1,
        tensor_shape: Some(shape),
        ..TensorProto::default()
    }
    .encode_to_vec()
}

/// Rows of left, right, count. The outermost edges of the old form are often infinite: empty outer bins go, and
/// what then is outermost ends at the least and the largest value.
fn histogram(old: &HistogramProto) -> TensorProto {
    let filled = |&count: &f64| count > 0.0;
    let first = old.bucket.iter().position(filled);
    let last = old.bucket.iter().rposition(filled);
    let mut rows = Vec::new();
    if let (Some(first), Some(last)) = (first, last) {
        for bin in first..=last {
            let edge = |bin: usize| old.bucket_limit.get(bin).copied().unwrap_or(old.max);
            let left = if bin == first { old.min } else { edge(bin - 1) };
            let right = if bin == last { old.max } else { edge(bin) };
            rows.push([left, right, old.bucket[bin]]);
        }
    }
    let dims = [rows.len() as i64, 3];
    TensorProto {
        dtype: DT_DOUBLE,
        tensor_shape: Some(TensorShapeProto {
            dim: dims.map(|size| Dim { size }).to_vec(),
        }),
        tensor_content: rows.iter().flatten().flat_map(|number| number.to_le_bytes()).collect(),
        string_val: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Array;

    fn rows(limits: &[f64], counts: &[f64]) -> Vec<f64> {
        let old = HistogramProto {
            min: -1.5,
            max: 2.5,
            bucket_limit: limits.to_vec(),
            bucket: counts.to_vec(),
        };
        let message = tensor(Form::Histogram, old.encode_to_vec()).expect("a tensor");
        Array::numbers(&message).expect("numbers").floats().to_vec()
    }

    #[test]
    fn an_old_histogram_ends_at_its_extremes() {
        let counts = [0.0, 3.0, 0.0, 2.0, 0.0];
        let bins = rows(&[-2.0, -1.0, 0.0, f64::MAX, f64::MAX], &counts);
        assert_eq!(bins, [-1.5, -1.0, 3.0, -1.0, 0.0, 0.0, 0.0, 2.5, 2.0]);
        assert_eq!(rows(&[1.0, 2.0], &[0.0, 0.0]), [0.0; 0]);
        assert_eq!(rows(&[f64::MAX], &[7.0]), [-1.5, 2.5, 7.0]);
    }

    #[test]
    fn an_old_picture_is_width_height_and_bytes() {
        let image = Image {
            width: 12,
            height: 7,
            encoded_image_string: b"png".to_vec(),
        };
        let parts = blobs(Form::Image, "images", image.encode_to_vec()).expect("blobs");
        assert_eq!(parts, [b"12".to_vec(), b"7".to_vec(), b"png".to_vec()]);
    }

    #[test]
    fn a_sounds_label_is_left_out() {
        let strings = |dims: &[i64], strings: &[&[u8]]| {
            let dim = dims.iter().map(|&size| Dim { size }).collect();
            TensorProto {
                dtype: 7,
                tensor_shape: Some(TensorShapeProto { dim }),
                string_val: strings.iter().map(|one| one.to_vec()).collect(),
                ..TensorProto::default()
            }
            .encode_to_vec()
        };
        let labelled = strings(&[2, 2], &[b"a", b"first", b"b", b"second"]);
        assert_eq!(blobs(Form::Tensor, "audio", labelled).expect("blobs"), [b"a", b"b"]);
        let plain = strings(&[2], &[b"a", b"b"]);
        assert_eq!(blobs(Form::Tensor, "audio", plain).expect("blobs"), [b"a", b"b"]);
    }

    #[test]
    fn hyperparameters_are_the_tensor_of_nothing() {
        let array = Array::numbers(&tensor(Form::Nothing, Vec::new()).expect("a tensor")).expect("numbers");
        assert_eq!((array.shape.as_slice(), array.floats()), (&[0][..], &[][..]));
    }

    #[test]
    fn what_is_no_message_is_an_error_and_no_panic() {
        for form in [Form::Image, Form::Histogram, Form::Audio, Form::Tensor] {
            assert!(blobs(form, "images", vec![0xff; 9]).is_err());
        }
    }
}
