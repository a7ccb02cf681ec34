//! One door for all formats.

use crate::described::Glass;
use crate::error::ReadError;
use crate::format::{Format, sniff};
use crate::{catboost, lightgbm, trees_json, xgboost};

/// Reads a file whose format is told by [`sniff`].
///
/// # Errors
/// A sentence, where the file is damaged, is of a format that is only known by name, or is none of these.
pub fn read(bytes: &[u8]) -> Result<Glass, ReadError> {
    let Some(format) = sniff(bytes) else {
        return Err(ReadError::Unsupported(
            "no model of LightGBM (text), XGBoost (JSON, UBJ) or CatBoost (JSON)".to_owned(),
        ));
    };
    let unsupported = |sentence: &str| Err(ReadError::Unsupported(sentence.to_owned()));
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match format {
        Format::LightGbm => lightgbm::read(bytes),
        Format::XgboostJson | Format::XgboostUbj => xgboost::read(bytes, format),
        Format::CatboostJson => catboost::read(bytes),
        Format::TreesJson => trees_json::read(bytes, None),
        Format::XgboostBinary => unsupported(
            "this is XGBoost's old binary format, which XGBoost itself reads no more; load it with XGBoost before 3.1 and \
             save it as JSON: xgboost.Booster(model_file=\"old.model\").save_model(\"model.json\")",
        ),
        Format::CatboostBinary => unsupported(
            "this is CatBoost's own binary format (cbm); save the model as JSON: \
             catboost.CatBoost().load_model(\"model.cbm\").save_model(\"model.json\", format=\"json\")",
        ),
        Format::LightGbmDump => unsupported(
            "this is a dump of LightGBM (dump_model), which LightGBM itself does not read; save the model as text: \
             booster.save_model(\"model.txt\")",
        ),
        Format::Onnx => unsupported("an ONNX file is read by the engine"),
    }
}
