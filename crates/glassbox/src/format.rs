//! Which library wrote a file, told by what is in it.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};

/// A format of trees, read or at least known by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// LightGBM's text (`save_model`).
    LightGbm,
    /// XGBoost's JSON.
    XgboostJson,
    /// XGBoost's binary JSON.
    XgboostUbj,
    /// CatBoost's JSON.
    CatboostJson,
    /// Arrays of a tree a feature: `left`, `right`, `feature`, `threshold`, `cover`, `value`.
    TreesJson,
    /// Trees or a linear model inside an ONNX graph.
    Onnx,
    /// XGBoost's own binary format of before version 3.1: refused with what to do.
    XgboostBinary,
    /// CatBoost's own binary format: refused with what to do.
    CatboostBinary,
    /// LightGBM's `dump_model`: refused with what to do.
    LightGbmDump,
}

impl Format {
    /// The name in the API and in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::LightGbm => "lightgbm",
            Self::XgboostJson => "xgboost-json",
            Self::XgboostUbj => "xgboost-ubj",
            Self::CatboostJson => "catboost-json",
            Self::TreesJson => "trees-json",
            Self::Onnx => "onnx",
            Self::XgboostBinary => "xgboost-binary",
            Self::CatboostBinary => "catboost-binary",
            Self::LightGbmDump => "lightgbm-dump",
        }
    }

    /// The library, for people.
    pub fn library(self) -> &'static str {
        match self {
            Self::LightGbm | Self::LightGbmDump => "LightGBM",
            Self::XgboostJson | Self::XgboostUbj | Self::XgboostBinary => "XGBoost",
            Self::CatboostJson | Self::CatboostBinary => "CatBoost",
            Self::TreesJson => "trees",
            Self::Onnx => "ONNX",
        }
    }
}

/// Bytes that are enough to tell that a file is none of these, or that the rest is worth reading.
pub const HEAD_BYTES: usize = 4096;

/// What `bytes`, a whole file, are; none where no format here claims them.
pub fn sniff(bytes: &[u8]) -> Option<Format> {
    if bytes.starts_with(b"CBM1") {
        return Some(Format::CatboostBinary);
    }
    if is_lightgbm(bytes) {
        return Some(Format::LightGbm);
    }
    if is_ubj(bytes) {
        return Some(Format::XgboostUbj);
    }
    if is_old_xgboost(bytes) {
        return Some(Format::XgboostBinary);
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if text.iter().find(|b| !b.is_ascii_whitespace()) != Some(&b'{') {
        return None;
    }
    by_keys(text)
}

/// Whether a file that begins with `head` may be one of these: [`sniff`] on the whole of it decides.
pub fn may_be(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    head.starts_with(b"CBM1")
        || is_lightgbm(head)
        || is_ubj(head)
        || is_old_xgboost(head)
        || text.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{')
}

fn is_lightgbm(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(HEAD_BYTES)];
    let starts = head.starts_with(b"tree\n") || head.starts_with(b"tree\r\n");
    starts && contains(head, b"version=")
}

/// `{`, the length of a key, and a key of a learner.
fn is_ubj(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(64)];
    let length = matches!(head, [b'{', b'i' | b'U' | b'I' | b'l' | b'L', ..]);
    length && (contains(head, b"learner") || contains(head, b"version"))
}

/// A struct of 136 bytes, then the objective's name and the booster's, each behind its length.
fn is_old_xgboost(bytes: &[u8]) -> bool {
    let body = bytes.strip_prefix(b"binf").unwrap_or(bytes);
    let Some(rest) = body.get(136..) else {
        return false;
    };
    let Some((length, rest)) = rest.split_first_chunk::<8>() else {
        return false;
    };
    let length = u64::from_le_bytes(*length);
    let Some(name) = usize::try_from(length)
        .ok()
        .filter(|n| (1..64).contains(n))
        .and_then(|n| rest.get(..n))
    else {
        return false;
    };
    name.iter()
        .all(|b| b.is_ascii_lowercase() || matches!(b, b':' | b'_' | b'0'..=b'9'))
        && contains(name, b":")
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// By the names at the top of a JSON object; those before a damaged place are enough.
fn by_keys(text: &[u8]) -> Option<Format> {
    let mut keys = Keys::default();
    let mut reader = serde_json::Deserializer::from_slice(text);
    let _ = serde::Deserializer::deserialize_map(&mut reader, Collect(&mut keys));
    let has = |name: &str| keys.0.iter().any(|key| key == name);
    if has("learner") {
        Some(Format::XgboostJson)
    } else if has("oblivious_trees") || has("features_info") || (has("model_info") && has("trees")) {
        Some(Format::CatboostJson)
    } else if has("tree_info") {
        Some(Format::LightGbmDump)
    } else if has("trees") {
        Some(Format::TreesJson)
    } else {
        None
    }
}

/// Names at the top, the first few.
#[derive(Default)]
struct Keys(Vec<String>);

const MOST_KEYS: usize = 64;

struct Collect<'a>(&'a mut Keys);

impl<'de> Visitor<'de> for Collect<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if self.0.0.len() < MOST_KEYS {
                self.0.0.push(key);
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}
