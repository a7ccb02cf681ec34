//! From what was asked to the full set of parameters.

use serde_json::{Map, Value};

use crate::entry::{Entry, Parameter, Type};

/// The parameters do not fit the method. The caller shows the sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadParams {
    /// No such method.
    #[error("there is no method `{0}`; known: {known}", known = known())]
    Method(String),
    /// No such parameter of this method.
    #[error("{method} has no parameter `{name}`; {}", takes(.method))]
    Name {
        /// The method.
        method: &'static str,
        /// What was given.
        name: String,
    },
    /// A value out of bounds or of another type.
    #[error("parameter `{name}` of {method} must be {must}, not {value}")]
    Value {
        /// The method.
        method: &'static str,
        /// The parameter.
        name: &'static str,
        /// What it must be.
        must: String,
        /// What was given, as JSON.
        value: String,
    },
    /// An assignment on the command line without `=`.
    #[error("`{0}` is not of the form name=value")]
    Assignment(String),
}

fn known() -> String {
    let names: Vec<_> = crate::all_methods().map(|entry| entry.name).collect();
    names.join(", ")
}

fn takes(method: &str) -> String {
    match crate::find(method).map(|entry| entry.parameters) {
        None | Some([]) => "it takes none".to_owned(),
        Some(list) => format!(
            "it takes {}",
            list.iter().map(|p| p.name).collect::<Vec<_>>().join(", ")
        ),
    }
}

/// Checks `params` against the entry of `method` and fills in every default.
pub fn validate(method: &str, params: &Map<String, Value>) -> Result<Map<String, Value>, BadParams> {
    let entry = crate::find(method).ok_or_else(|| BadParams::Method(method.to_owned()))?;
    if let Some(name) = params.keys().find(|name| entry.parameter(name).is_none()) {
        return Err(BadParams::Name {
            method: entry.name,
            name: name.clone(),
        });
    }
    let mut full = Map::new();
    for parameter in entry.parameters {
        let value = match params.get(parameter.name) {
            None | Some(Value::Null) => parameter.default.into(),
            Some(value) => check(entry, parameter, value)?,
        };
        full.insert(parameter.name.to_owned(), value);
    }
    Ok(full)
}

fn check(entry: &Entry, parameter: &'static Parameter, value: &Value) -> Result<Value, BadParams> {
    let bad = |must: String| BadParams::Value {
        method: entry.name,
        name: parameter.name,
        must,
        value: value.to_string(),
    };
    match parameter.kind {
        Type::Integer(min, max) => {
            // A form sends 50.0 for 50.
            let whole = value
                .as_i64()
                .or_else(|| value.as_f64().filter(|v| v.fract() == 0.0).map(|v| v as i64));
            match whole {
                Some(v) if (min..=max).contains(&v) => Ok(v.into()),
                _ => Err(bad(format!("a whole number from {min} to {max}"))),
            }
        }
        Type::Number(min, max) => match value.as_f64() {
            Some(v) if (min..=max).contains(&v) => Ok(v.into()),
            _ => Err(bad(format!("a number from {min} to {max}"))),
        },
        Type::Boolean => value
            .as_bool()
            .map(Into::into)
            .ok_or_else(|| bad("true or false".to_owned())),
        Type::Choice(choices) => match value.as_str() {
            Some(v) if choices.contains(&v) => Ok(v.into()),
            _ => Err(bad(format!("one of {}", choices.join(", ")))),
        },
        Type::Layer | Type::Columns | Type::Text => match value.as_str() {
            Some(v) if !v.is_empty() => Ok(v.into()),
            _ => Err(bad(match parameter.kind {
                Type::Layer => "the name of a value in the graph".to_owned(),
                Type::Columns => "names of columns, separated by commas".to_owned(),
                _ => "words".to_owned(),
            })),
        },
    }
}

/// Reads `name=value` as typed by a user of the command line; the value's type is the parameter's.
pub fn parse_assignment(method: &str, text: &str) -> Result<(String, Value), BadParams> {
    let entry = crate::find(method).ok_or_else(|| BadParams::Method(method.to_owned()))?;
    let (name, value) = text
        .split_once('=')
        .ok_or_else(|| BadParams::Assignment(text.to_owned()))?;
    let Some(parameter) = entry.parameter(name) else {
        return Err(BadParams::Name {
            method: entry.name,
            name: name.to_owned(),
        });
    };
    let value = match parameter.kind {
        Type::Choice(_) | Type::Layer | Type::Columns | Type::Text => Value::from(value),
        _ => serde_json::from_str(value).unwrap_or_else(|_| Value::from(value)),
    };
    check(entry, parameter, &value).map(|value| (name.to_owned(), value))
}
