//! The custom scalars plugin's layout: which charts its writer wants to see.

use crate::payload::OTHER_KIND;
use crate::tensor::Tensor;
use crate::wire::Fields;
use crate::{Data, Malformed};

/// More charts, categories or tags than this are damage.
const MOST: usize = 1 << 12;

/// Charts in categories.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layout {
    /// In the order shown.
    pub categories: Vec<Category>,
}

/// Charts under one title.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Category {
    /// Its title.
    pub title: String,
    /// Whether it begins folded.
    pub closed: bool,
    /// Its charts.
    pub charts: Vec<Chart>,
}

/// One chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// Its title.
    pub title: String,
    /// What it draws.
    pub content: Content,
}

/// What a chart draws.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Every tag that one of these expressions matches from its beginning.
    Lines(Vec<String>),
    /// Values, each inside a band.
    Margins(Vec<Margin>),
}

/// Three tags: a value and the borders of its band.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Margin {
    /// The line.
    pub value: String,
    /// The band's lower border.
    pub lower: String,
    /// The band's upper border.
    pub upper: String,
}

impl Layout {
    /// Decodes a `Layout` message.
    pub fn decode(message: &[u8]) -> Result<Self, Malformed> {
        let mut layout = Self::default();
        for field in Fields::new(message) {
            if let (2, wire) = field? {
                push(&mut layout.categories, category(wire.bytes()?)?)?;
            }
        }
        Ok(layout)
    }
}

impl Data<'_> {
    /// A tensor that holds the bytes of a layout.
    pub fn layout(&self) -> Result<Layout, Malformed> {
        let Self::Tensor(message) = *self else {
            return Err(OTHER_KIND);
        };
        match Tensor::decode(message)?.strings(1)?.as_slice() {
            [layout] => Layout::decode(layout),
            _ => Err(Malformed("a layout's tensor is not one string")),
        }
    }
}

fn category(message: &[u8]) -> Result<Category, Malformed> {
    let mut category = Category::default();
    for field in Fields::new(message) {
        match field? {
            (1, wire) => wire.text()?.clone_into(&mut category.title),
            (2, wire) => push(&mut category.charts, chart(wire.bytes()?)?)?,
            (3, wire) => category.closed = wire.integer()? != 0,
            _ => {}
        }
    }
    Ok(category)
}

fn chart(message: &[u8]) -> Result<Chart, Malformed> {
    let mut chart = Chart {
        title: String::new(),
        content: Content::Lines(Vec::new()),
    };
    for field in Fields::new(message) {
        match field? {
            (1, wire) => wire.text()?.clone_into(&mut chart.title),
            (2, wire) => {
                let mut tags = Vec::new();
                for field in Fields::new(wire.bytes()?) {
                    if let (1, wire) = field? {
                        push(&mut tags, wire.text()?.to_owned())?;
                    }
                }
                chart.content = Content::Lines(tags);
            }
            (3, wire) => {
                let mut margins = Vec::new();
                for field in Fields::new(wire.bytes()?) {
                    if let (1, wire) = field? {
                        push(&mut margins, margin(wire.bytes()?)?)?;
                    }
                }
                chart.content = Content::Margins(margins);
            }
            _ => {}
        }
    }
    Ok(chart)
}

fn margin(message: &[u8]) -> Result<Margin, Malformed> {
    let mut margin = Margin::default();
    for field in Fields::new(message) {
        match field? {
            (1, wire) => wire.text()?.clone_into(&mut margin.value),
            (2, wire) => wire.text()?.clone_into(&mut margin.lower),
            (3, wire) => wire.text()?.clone_into(&mut margin.upper),
            _ => {}
        }
    }
    Ok(margin)
}

fn push<T>(list: &mut Vec<T>, item: T) -> Result<(), Malformed> {
    if list.len() == MOST {
        return Err(Malformed("a layout lists more than 4096 of one thing"));
    }
    list.push(item);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::Message;

    fn layout() -> Vec<u8> {
        let lines = Message::default().bytes(1, b"loss/.*");
        let margin = Message::default().bytes(1, b"v").bytes(2, b"low").bytes(3, b"high");
        let charts = [
            Message::default().bytes(1, b"losses").bytes(2, &lines.0),
            Message::default()
                .bytes(1, b"band")
                .bytes(3, &Message::default().bytes(1, &margin.0).0),
        ];
        let category = Message::default()
            .bytes(1, b"all")
            .bytes(2, &charts[0].0)
            .bytes(2, &charts[1].0)
            .integer(3, 1);
        Message::default().integer(1, 1).bytes(2, &category.0).0
    }

    #[test]
    fn categories_charts_and_bands_are_read() {
        let read = Layout::decode(&layout()).unwrap();
        let category = &read.categories[0];
        assert_eq!((category.title.as_str(), category.closed), ("all", true));
        assert_eq!(category.charts[0].content, Content::Lines(vec!["loss/.*".to_owned()]));
        let Content::Margins(margins) = &category.charts[1].content else {
            panic!("{category:?}")
        };
        assert_eq!(margins[0].upper, "high");
    }

    #[test]
    fn any_cut_is_answered() {
        let bytes = layout();
        for n in 0..bytes.len() {
            let _answer = Layout::decode(&bytes[..n]);
        }
    }
}
