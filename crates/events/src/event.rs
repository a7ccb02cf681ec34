//! `Event`, `Summary`, `Summary.Value`, `SummaryMetadata`.

use crate::Malformed;
use crate::wire::{Fields, Wire};

/// One event: a record's payload.
#[derive(Debug, Clone)]
pub struct Event<'a> {
    /// Seconds since 1970.
    pub wall: f64,
    /// The global step.
    pub step: i64,
    /// What happened.
    pub body: Body<'a>,
}

/// What an event carries.
#[derive(Debug, Clone)]
pub enum Body<'a> {
    /// Nothing, or nothing known.
    Nothing,
    /// The first record of a file.
    FileVersion(&'a str),
    /// Values by tag.
    Summary(Values<'a>),
    /// A session began: what was logged at this step and later is superseded.
    SessionStart,
    /// A `GraphDef`.
    Graph(&'a [u8]),
    /// A `MetaGraphDef`.
    MetaGraph(&'a [u8]),
    /// What a run of the graph cost.
    RunMetadata {
        /// Its tag: any text.
        tag: &'a [u8],
        /// A `RunMetadata`.
        message: &'a [u8],
    },
}

impl<'a> Event<'a> {
    /// Decodes a record's payload down to its summary; the summary's values are decoded as they are asked for.
    pub fn decode(record: &'a [u8]) -> Result<Self, Malformed> {
        let mut event = Self {
            wall: 0.0,
            step: 0,
            body: Body::Nothing,
        };
        for field in Fields::new(record) {
            match field? {
                (1, value) => event.wall = value.double()?,
                (2, value) => event.step = value.integer()?,
                (3, value) => event.body = Body::FileVersion(value.text()?),
                (4, value) => event.body = Body::Graph(value.bytes()?),
                (5, value) => {
                    event.body = Body::Summary(Values {
                        fields: Fields::new(value.bytes()?),
                    });
                }
                (8, value) => event.body = run_metadata(value.bytes()?)?,
                (9, value) => event.body = Body::MetaGraph(value.bytes()?),
                (7, value) if session_status(value.bytes()?)? == 1 => event.body = Body::SessionStart,
                _ => {}
            }
        }
        Ok(event)
    }
}

fn run_metadata(message: &[u8]) -> Result<Body<'_>, Malformed> {
    let (mut tag, mut message_of) = (&[][..], &[][..]);
    for field in Fields::new(message) {
        match field? {
            (1, wire) => tag = wire.bytes()?,
            (2, wire) => message_of = wire.bytes()?,
            _ => {}
        }
    }
    Ok(Body::RunMetadata {
        tag,
        message: message_of,
    })
}

fn session_status(message: &[u8]) -> Result<i64, Malformed> {
    let mut status = 0;
    for field in Fields::new(message) {
        if let (1, value) = field? {
            status = value.integer()?;
        }
    }
    Ok(status)
}

/// The values of a summary.
#[derive(Debug, Clone)]
pub struct Values<'a> {
    fields: Fields<'a>,
}

impl<'a> Iterator for Values<'a> {
    type Item = Result<SummaryValue<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            return match self.fields.next()? {
                Ok((1, Wire::Bytes(message))) => Some(SummaryValue::decode(message)),
                Ok(_) => continue,
                Err(error) => Some(Err(error)),
            };
        }
    }
}

/// One value of one tag.
#[derive(Debug, Clone, Copy)]
pub struct SummaryValue<'a> {
    /// The tag: any text, also none; not yet known to be UTF-8.
    pub tag: &'a [u8],
    /// Present on a tag's first value, often only there.
    pub metadata: Option<Metadata<'a>>,
    /// The value.
    pub data: Data<'a>,
}

/// The field that holds a value.
#[derive(Debug, Clone, Copy)]
pub enum Data<'a> {
    /// None: hyperparameters live in the metadata.
    Nothing,
    /// `simple_value`.
    Number(f32),
    /// A `HistogramProto`.
    Histogram(&'a [u8]),
    /// A `Summary.Image`.
    Image(&'a [u8]),
    /// A `Summary.Audio`.
    Audio(&'a [u8]),
    /// A `TensorProto`.
    Tensor(&'a [u8]),
}

impl<'a> SummaryValue<'a> {
    fn decode(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut value = Self {
            tag: &[],
            metadata: None,
            data: Data::Nothing,
        };
        for field in Fields::new(message) {
            match field? {
                (1, wire) => value.tag = wire.bytes()?,
                (2, wire) => value.data = Data::Number(wire.float()?),
                (4, wire) => value.data = Data::Image(wire.bytes()?),
                (5, wire) => value.data = Data::Histogram(wire.bytes()?),
                (6, wire) => value.data = Data::Audio(wire.bytes()?),
                (8, wire) => value.data = Data::Tensor(wire.bytes()?),
                (9, wire) => value.metadata = Some(Metadata::decode(wire.bytes()?)?),
                _ => {}
            }
        }
        Ok(value)
    }
}

/// What a tag is, as its writer says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Metadata<'a> {
    /// Which plugin reads it; empty where none was named.
    pub plugin: &'a str,
    /// The plugin's own bytes.
    pub content: &'a [u8],
    /// A name for people.
    pub display_name: &'a str,
    /// Markdown.
    pub description: &'a str,
    /// TensorBoard's `DataClass`: 0 unknown, 1 scalar, 2 tensor, 3 blob sequence.
    pub class: i64,
}

impl<'a> Metadata<'a> {
    fn decode(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut metadata = Self::default();
        for field in Fields::new(message) {
            match field? {
                (1, wire) => {
                    for field in Fields::new(wire.bytes()?) {
                        match field? {
                            (1, wire) => metadata.plugin = wire.text()?,
                            (2, wire) => metadata.content = wire.bytes()?,
                            _ => {}
                        }
                    }
                }
                (2, wire) => metadata.display_name = wire.text()?,
                (3, wire) => metadata.description = wire.text()?,
                (4, wire) => metadata.class = wire.integer()?,
                _ => {}
            }
        }
        Ok(metadata)
    }
}
