//! The hparams plugin's metadata: the hyperparameters a session started with.

use crate::Malformed;
use crate::wire::Fields;

/// One hyperparameter's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Hparam {
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// A switch.
    Switch(bool),
}

/// What one value of the plugin says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hparams {
    /// Hyperparameters in the order logged; empty unless it is a session's start.
    pub values: Vec<(String, Hparam)>,
}

impl Hparams {
    /// Decodes an `HParamsPluginData`.
    pub fn decode(content: &[u8]) -> Result<Self, Malformed> {
        let mut hparams = Self::default();
        for field in Fields::new(content) {
            if let (3, wire) = field? {
                for field in Fields::new(wire.bytes()?) {
                    if let (1, wire) = field? {
                        hparams.values.extend(entry(wire.bytes()?)?);
                    }
                }
            }
        }
        Ok(hparams)
    }
}

fn entry(message: &[u8]) -> Result<Option<(String, Hparam)>, Malformed> {
    let mut key = "";
    let mut value = None;
    for field in Fields::new(message) {
        match field? {
            (1, wire) => key = wire.text()?,
            (2, wire) => {
                for field in Fields::new(wire.bytes()?) {
                    match field? {
                        (2, wire) => value = Some(Hparam::Number(wire.double()?)),
                        (3, wire) => value = Some(Hparam::Text(wire.text()?.to_owned())),
                        (4, wire) => value = Some(Hparam::Switch(wire.integer()? != 0)),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    Ok(value.map(|value| (key.to_owned(), value)))
}
