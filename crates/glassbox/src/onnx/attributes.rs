//! Attributes of a node.

use glassboard_checkpoints::onnx::Stored;
use glassboard_checkpoints::onnx::proto::{AttributeProto, NodeProto};

#[derive(Clone, Copy)]
pub(super) struct Attributes<'a>(pub(super) &'a NodeProto);

impl<'a> Attributes<'a> {
    fn get(self, name: &str) -> Option<&'a AttributeProto> {
        self.0.attribute.iter().find(|attribute| attribute.name == name)
    }

    pub(super) fn int(self, name: &str, default: i64) -> i64 {
        self.get(name).map_or(default, |attribute| attribute.i)
    }

    pub(super) fn text(self, name: &str, default: &'static str) -> String {
        let given = self
            .get(name)
            .map(|attribute| String::from_utf8_lossy(&attribute.s).into_owned());
        given.unwrap_or_else(|| default.to_owned())
    }

    pub(super) fn texts(self, name: &str) -> Vec<String> {
        let list = self
            .get(name)
            .map(|attribute| attribute.strings.as_slice())
            .unwrap_or_default();
        list.iter()
            .map(|text| String::from_utf8_lossy(text).into_owned())
            .collect()
    }

    pub(super) fn ints(self, name: &str) -> &'a [i64] {
        self.get(name)
            .map(|attribute| attribute.ints.as_slice())
            .unwrap_or_default()
    }

    /// Exactly `count` whole numbers.
    pub(super) fn ints_of(self, name: &str, count: usize) -> Option<&'a [i64]> {
        Some(self.ints(name)).filter(|list| list.len() == count)
    }

    /// Floats, or doubles in a tensor under `NAME_as_tensor`; empty where there are none.
    pub(super) fn numbers(self, name: &str) -> Option<Vec<f64>> {
        if self.has(&format!("{name}_as_tensor")) {
            return self.tensor(&format!("{name}_as_tensor"));
        }
        let list = self
            .get(name)
            .map(|attribute| attribute.floats.as_slice())
            .unwrap_or_default();
        Some(list.iter().map(|v| f64::from(*v)).collect())
    }

    pub(super) fn has(self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(super) fn tensor(self, name: &str) -> Option<Vec<f64>> {
        Stored::find(self.get(name)?.t.as_deref()?).ok()?.doubles().ok()
    }

    pub(super) fn whole_tensor(self, name: &str) -> Option<Vec<i64>> {
        Stored::find(self.get(name)?.t.as_deref()?).ok()?.integers().ok()
    }

    /// Names of the classes.
    pub(super) fn classes(self, texts: &str, numbers: &str) -> Vec<String> {
        let texts = self.texts(texts);
        if texts.is_empty() {
            return self.ints(numbers).iter().map(ToString::to_string).collect();
        }
        texts
    }
}
