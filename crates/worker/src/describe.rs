//! What `glassboard inspect` says of a file that is an input rather than a model.

use glassboard_checkpoints::{Dtype, TensorFacts, statistics};
use glassboard_tables::Table;
use serde_json::{Value, json};

use crate::decode::{Decoded, decode, picture_format};
use crate::npy::{NpyArray, npz_arrays, read_npy};
use crate::rows;
use crate::trouble::Trouble;

/// The object for a picture, an array, a folder of arrays or (where `is_table` says so: any text
/// would do as one) a table; `None` for everything else.
pub fn describe(bytes: &[u8], is_table: bool) -> Result<Option<Value>, Trouble> {
    if let Some(format) = picture_format(bytes) {
        let (found, imaging) = match decode(bytes, "")? {
            Decoded::Picture(found) => (found, Value::Null),
            Decoded::Dicom(found) => (found.picture, json!(found.imaging)),
            Decoded::Array(_) | Decoded::Table => return Ok(None),
        };
        return Ok(Some(json!({
            "format": format,
            "kind": "image",
            "width": found.width(),
            "height": found.height(),
            "channels": found.color().channel_count(),
            "imaging": imaging,
            "tensors": [],
            "graph": null,
        })));
    }
    if bytes.starts_with(b"\x93NUMPY") {
        let array = read_npy(bytes)?;
        return Ok(Some(arrays("npy", &[("array".to_owned(), array)])));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        let found = npz_arrays(bytes)?;
        return Ok((!found.is_empty()).then(|| arrays("npz", &found)));
    }
    if is_table || Table::is_parquet(bytes) {
        let mut facts = rows::facts(bytes, &Value::Null)?;
        facts["format"] = facts["schema"]["format"].clone();
        facts["tensors"] = json!([]);
        return Ok(Some(facts));
    }
    Ok(None)
}

fn arrays(format: &str, found: &[(String, NpyArray)]) -> Value {
    let tensors: Vec<TensorFacts> = found
        .iter()
        .map(|(name, array)| {
            let bytes: Vec<u8> = array.values.iter().flat_map(|v| v.to_le_bytes()).collect();
            TensorFacts {
                name: name.clone(),
                dtype: array.dtype.to_owned(),
                shape: array.shape.clone(),
                numel: array.values.len() as u64,
                bytes: array.bytes,
                statistics: statistics(Dtype::F32, array.values.len(), &bytes),
            }
        })
        .collect();
    json!({ "format": format, "kind": "array", "tensors": tensors, "graph": null })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_and_a_table_are_described_and_a_text_is_not() {
        let mut npy = b"\x93NUMPY\x01\x00".to_vec();
        let header = "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 2), }\n";
        npy.extend_from_slice(&u16::try_from(header.len()).unwrap().to_le_bytes());
        npy.extend_from_slice(header.as_bytes());
        npy.extend([1i16, 0, -1, 4].iter().flat_map(|v| v.to_le_bytes()));
        let found = describe(&npy, false).unwrap().unwrap();
        let array = &found["tensors"][0];
        assert_eq!((&found["format"], &array["dtype"]), (&json!("npy"), &json!("i16")));
        assert_eq!(
            (&array["mean"], &array["zeros"], &array["bytes"]),
            (&json!(1.0), &json!(1), &json!(8))
        );
        assert_eq!(describe(b"a,b\n1,2\n", true).unwrap().unwrap()["rows"], 1);
        assert_eq!(describe(b"a,b\n1,2\n", false).unwrap(), None);
        assert!(describe(&npy[..60], false).is_err());
    }
}
