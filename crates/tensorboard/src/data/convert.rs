//! Values as written to the form in which data providers give them: what TensorBoard does while it loads.

use glassboard_events::{Data, Tensor};
use glassboard_store::logs::Form;
use prost::Message as _;

use super::{ReadError, Result};
use crate::proto::{Dim, TensorProto, TensorShapeProto};

const DT_DOUBLE: i32 = 2;
const MAX_STRINGS: usize = 1 << 20;

/// The value as a `TensorProto`.
pub fn tensor(form: Form, body: Vec<u8>) -> Result<Vec<u8>> {
    match form {
        Form::Tensor => Ok(body),
        Form::Histogram => Ok(histogram(&Data::Histogram(&body).histogram()?).encode_to_vec()),
        // Hyperparameters live in their tag's metadata.
        Form::Nothing | Form::Content => Ok(nothing()),
        _ => Err(ReadError::Malformed("the value is no tensor".to_owned())),
    }
}

/// The value as a number.
pub fn number(form: Form, body: &[u8]) -> Result<f64> {
    match (form, body) {
        (Form::Tensor, _) => Ok(Tensor::decode(body)?.number()?),
        (Form::Number, &[a, b, c, d]) => Ok(f64::from(f32::from_le_bytes([a, b, c, d]))),
        _ => Err(ReadError::Malformed("the value is no number".to_owned())),
    }
}

/// The value as byte strings.
pub fn blobs(form: Form, plugin: &str, body: Vec<u8>) -> Result<Vec<Vec<u8>>> {
    match form {
        Form::Image => {
            let image = Data::Image(&body).images()?;
            let mut parts = vec![
                image.width.to_string().into_bytes(),
                image.height.to_string().into_bytes(),
            ];
            parts.extend(image.pictures.into_iter().map(<[u8]>::to_vec));
            Ok(parts)
        }
        Form::Audio => Ok(sounds(&Data::Audio(&body))?),
        // A clip and its label stand side by side; labels are not shown.
        Form::Tensor if plugin == "audio" => Ok(sounds(&Data::Tensor(&body))?),
        Form::Tensor => {
            let strings = Tensor::decode(&body)?.strings(MAX_STRINGS)?;
            Ok(strings.into_iter().map(<[u8]>::to_vec).collect())
        }
        Form::Graph | Form::MetaGraph | Form::RunMetadata => Ok(vec![body]),
        _ => Err(ReadError::Malformed("the value holds no blobs".to_owned())),
    }
}

fn sounds(data: &Data<'_>) -> Result<Vec<Vec<u8>>> {
    Ok(data.sounds()?.into_iter().map(|sound| sound.bytes.to_vec()).collect())
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

/// Rows of left, right, count.
fn histogram(bins: &[[f64; 3]]) -> TensorProto {
    let dims = [bins.len() as i64, 3];
    TensorProto {
        dtype: DT_DOUBLE,
        tensor_shape: Some(TensorShapeProto {
            dim: dims.map(|size| Dim { size }).to_vec(),
        }),
        tensor_content: bins.iter().flatten().flat_map(|number| number.to_le_bytes()).collect(),
        string_val: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Array;

    #[test]
    fn an_old_histogram_is_a_tensor_of_three_columns_that_ends_at_its_extremes() {
        // min -1.5, max 2.5, right edges, counts; packed doubles.
        let field = |tag: u8, numbers: &[f64]| {
            let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
            [&[tag << 3 | 2, bytes.len() as u8][..], &bytes].concat()
        };
        let number = |tag: u8, value: f64| [&[tag << 3 | 1][..], &value.to_le_bytes()].concat();
        let limits = field(6, &[-2.0, -1.0, 0.0, f64::MAX, f64::MAX]);
        let counts = field(7, &[0.0, 3.0, 0.0, 2.0, 0.0]);
        let message = [number(1, -1.5), number(2, 2.5), limits, counts].concat();
        let array = Array::numbers(&tensor(Form::Histogram, message).expect("a tensor")).expect("numbers");
        assert_eq!(array.shape, [3, 3]);
        assert_eq!(array.floats(), [-1.5, -1.0, 3.0, -1.0, 0.0, 0.0, 0.0, 2.5, 2.0]);
    }

    #[test]
    fn an_old_picture_is_width_height_and_bytes() {
        let message = [&[1 << 3, 7, 2 << 3, 12, 4 << 3 | 2, 3][..], b"png"].concat();
        let parts = blobs(Form::Image, "images", message).expect("blobs");
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
        let array = Array::numbers(&tensor(Form::Content, vec![1]).expect("a tensor")).expect("numbers");
        assert_eq!((array.shape.as_slice(), array.floats()), (&[0][..], &[][..]));
    }

    #[test]
    fn what_is_no_message_is_an_error_and_no_panic() {
        for form in [Form::Image, Form::Audio, Form::Tensor] {
            assert!(blobs(form, "images", vec![0xff; 9]).is_err());
        }
        assert!(tensor(Form::Histogram, vec![0xff; 9]).is_err());
    }
}
