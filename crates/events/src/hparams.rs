//! The hparams plugin's metadata: what a session was given, how it ended, and what its experiment declares.

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

/// What one value of the plugin says: an experiment, a session's start, or a session's end.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hparams {
    /// Hyperparameters in the order logged; empty unless it is a session's start.
    pub values: Vec<(String, Hparam)>,
    /// A session's start.
    pub start: Option<SessionStart>,
    /// A session's end.
    pub end: Option<SessionEnd>,
    /// What an experiment declares.
    pub experiment: Option<Declared>,
}

/// A session's start, its hyperparameters aside.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SessionStart {
    /// Sessions of one group have the same hyperparameters; may be empty.
    pub group: String,
    /// Where the model is; may be empty.
    pub model: String,
    /// Where the session is watched; may be empty.
    pub monitor: String,
    /// Seconds since 1970; 0 where not said.
    pub started: f64,
}

/// A session's end.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SessionEnd {
    /// 0 unknown, 1 success, 2 failure, 3 running.
    pub status: i64,
    /// Seconds since 1970; 0 where not said.
    pub ended: f64,
}

/// What an experiment says that its sessions vary and measure.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Declared {
    /// A name; may be empty.
    pub name: String,
    /// Markdown; may be empty.
    pub description: String,
    /// Who; may be empty.
    pub user: String,
    /// Seconds since 1970; 0 where not said.
    pub created: f64,
    /// Hyperparameters.
    pub hparams: Vec<HparamInfo>,
    /// Metrics.
    pub metrics: Vec<MetricInfo>,
}

/// A declared hyperparameter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HparamInfo {
    /// Its name.
    pub name: String,
    /// A name for people; may be empty.
    pub title: String,
    /// Markdown; may be empty.
    pub description: String,
    /// The values it may have.
    pub domain: Domain,
}

/// The values a hyperparameter may have.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Domain {
    /// Not said.
    #[default]
    Any,
    /// One of these.
    Values(Vec<Hparam>),
    /// From, and to.
    Interval(f64, f64),
}

/// A declared metric.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricInfo {
    /// The folder below the session's that it is logged in; mostly empty.
    pub group: String,
    /// Its tag.
    pub tag: String,
    /// A name for people; may be empty.
    pub title: String,
    /// Markdown; may be empty.
    pub description: String,
}

impl Hparams {
    /// Decodes an `HParamsPluginData`.
    pub fn decode(content: &[u8]) -> Result<Self, Malformed> {
        let mut hparams = Self::default();
        for field in Fields::new(content) {
            match field? {
                (2, wire) => hparams.experiment = Some(experiment(wire.bytes()?)?),
                (3, wire) => hparams.start = Some(start(wire.bytes()?, &mut hparams.values)?),
                (4, wire) => hparams.end = Some(end(wire.bytes()?)?),
                _ => {}
            }
        }
        Ok(hparams)
    }
}

fn start(message: &[u8], values: &mut Vec<(String, Hparam)>) -> Result<SessionStart, Malformed> {
    let mut start = SessionStart::default();
    for field in Fields::new(message) {
        match field? {
            (1, wire) => values.extend(entry(wire.bytes()?)?),
            (2, wire) => wire.text()?.clone_into(&mut start.model),
            (3, wire) => wire.text()?.clone_into(&mut start.monitor),
            (4, wire) => wire.text()?.clone_into(&mut start.group),
            (5, wire) => start.started = wire.double()?,
            _ => {}
        }
    }
    Ok(start)
}

fn end(message: &[u8]) -> Result<SessionEnd, Malformed> {
    let mut end = SessionEnd::default();
    for field in Fields::new(message) {
        match field? {
            (1, wire) => end.status = wire.integer()?,
            (2, wire) => end.ended = wire.double()?,
            _ => {}
        }
    }
    Ok(end)
}

fn experiment(message: &[u8]) -> Result<Declared, Malformed> {
    let mut declared = Declared::default();
    for field in Fields::new(message) {
        match field? {
            (1, wire) => wire.text()?.clone_into(&mut declared.description),
            (2, wire) => wire.text()?.clone_into(&mut declared.user),
            (3, wire) => declared.created = wire.double()?,
            (4, wire) => declared.hparams.push(hparam_info(wire.bytes()?)?),
            (5, wire) => declared.metrics.push(metric_info(wire.bytes()?)?),
            (6, wire) => wire.text()?.clone_into(&mut declared.name),
            _ => {}
        }
    }
    Ok(declared)
}

fn hparam_info(message: &[u8]) -> Result<HparamInfo, Malformed> {
    let mut info = HparamInfo::default();
    for field in Fields::new(message) {
        match field? {
            (1, wire) => wire.text()?.clone_into(&mut info.name),
            (2, wire) => wire.text()?.clone_into(&mut info.title),
            (3, wire) => wire.text()?.clone_into(&mut info.description),
            (5, wire) => {
                let mut values = Vec::new();
                for field in Fields::new(wire.bytes()?) {
                    if let (1, wire) = field? {
                        values.extend(value(wire.bytes()?)?);
                    }
                }
                info.domain = Domain::Values(values);
            }
            (6, wire) => {
                let (mut from, mut to) = (0.0, 0.0);
                for field in Fields::new(wire.bytes()?) {
                    match field? {
                        (1, wire) => from = wire.double()?,
                        (2, wire) => to = wire.double()?,
                        _ => {}
                    }
                }
                info.domain = Domain::Interval(from, to);
            }
            _ => {}
        }
    }
    Ok(info)
}

fn metric_info(message: &[u8]) -> Result<MetricInfo, Malformed> {
    let mut info = MetricInfo::default();
    for field in Fields::new(message) {
        match field? {
            (1, wire) => {
                for field in Fields::new(wire.bytes()?) {
                    match field? {
                        (1, wire) => wire.text()?.clone_into(&mut info.group),
                        (2, wire) => wire.text()?.clone_into(&mut info.tag),
                        _ => {}
                    }
                }
            }
            (3, wire) => wire.text()?.clone_into(&mut info.title),
            (4, wire) => wire.text()?.clone_into(&mut info.description),
            _ => {}
        }
    }
    Ok(info)
}

fn entry(message: &[u8]) -> Result<Option<(String, Hparam)>, Malformed> {
    let mut key = "";
    let mut found = None;
    for field in Fields::new(message) {
        match field? {
            (1, wire) => key = wire.text()?,
            (2, wire) => found = value(wire.bytes()?)?,
            _ => {}
        }
    }
    Ok(found.map(|value| (key.to_owned(), value)))
}

/// A `google.protobuf.Value` that is a number, a text or a switch.
fn value(message: &[u8]) -> Result<Option<Hparam>, Malformed> {
    let mut value = None;
    for field in Fields::new(message) {
        match field? {
            (2, wire) => value = Some(Hparam::Number(wire.double()?)),
            (3, wire) => value = Some(Hparam::Text(wire.text()?.to_owned())),
            (4, wire) => value = Some(Hparam::Switch(wire.integer()? != 0)),
            _ => {}
        }
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let mut out = vec![number << 3 | 2, u8::try_from(bytes.len()).unwrap()];
        out.extend_from_slice(bytes);
        out
    }

    fn double(number: u8, value: f64) -> Vec<u8> {
        let mut out = vec![number << 3 | 1];
        out.extend_from_slice(&value.to_le_bytes());
        out
    }

    #[test]
    fn a_session_says_what_it_was_given_and_how_it_ended() {
        let lr = [field(1, b"lr"), field(2, &double(2, 0.1))].concat();
        let none = [field(1, b"none"), field(2, &[8, 0])].concat();
        let start = [field(1, &lr), field(1, &none), field(4, b"g1"), double(5, 7.0)].concat();
        let read = Hparams::decode(&field(3, &start)).unwrap();
        assert_eq!(read.values, [("lr".to_owned(), Hparam::Number(0.1))]);
        let start = read.start.unwrap();
        assert_eq!((start.group.as_str(), start.started), ("g1", 7.0));

        let end = [vec![8, 2], double(2, 9.0)].concat();
        let end = Hparams::decode(&field(4, &end)).unwrap().end.unwrap();
        assert_eq!((end.status, end.ended), (2, 9.0));
    }

    #[test]
    fn an_experiment_says_domains_and_metrics() {
        let interval = [double(1, 0.0), double(2, 0.5)].concat();
        let dropout = [field(1, b"dropout"), field(6, &interval)].concat();
        let optimizer = [field(1, b"opt"), field(5, &field(1, &field(3, b"sgd")))].concat();
        let metric = [
            field(1, &[field(1, b"val"), field(2, b"acc")].concat()),
            field(3, b"Accuracy"),
        ]
        .concat();
        let all = [field(4, &dropout), field(4, &optimizer), field(5, &metric)].concat();
        let read = Hparams::decode(&field(2, &all)).unwrap().experiment.unwrap();
        assert_eq!(read.hparams[0].domain, Domain::Interval(0.0, 0.5));
        assert_eq!(
            read.hparams[1].domain,
            Domain::Values(vec![Hparam::Text("sgd".to_owned())])
        );
        assert_eq!(
            (read.metrics[0].group.as_str(), read.metrics[0].tag.as_str()),
            ("val", "acc")
        );
        assert!(Hparams::decode(&field(2, &field(4, &[0xff]))).is_err());
    }
}
