//! `plugins/custom_scalar/layout.proto`: charts that somebody put together.

use prost::{Message, Oneof};

/// Categories of charts.
#[derive(Clone, PartialEq, Message)]
pub struct Layout {
    /// 0.
    #[prost(int32, tag = "1")]
    pub version: i32,
    /// In order.
    #[prost(message, repeated, tag = "2")]
    pub category: Vec<Category>,
}

/// Charts under one heading.
#[derive(Clone, PartialEq, Message)]
pub struct Category {
    /// The heading.
    #[prost(string, tag = "1")]
    pub title: String,
    /// In order.
    #[prost(message, repeated, tag = "2")]
    pub chart: Vec<Chart>,
    /// Begins folded.
    #[prost(bool, tag = "3")]
    pub closed: bool,
}

/// A chart.
#[derive(Clone, PartialEq, Message)]
pub struct Chart {
    /// Its heading.
    #[prost(string, tag = "1")]
    pub title: String,
    /// What it shows.
    #[prost(oneof = "ChartContent", tags = "2, 3")]
    pub content: Option<ChartContent>,
}

/// What a chart shows.
#[derive(Clone, PartialEq, Oneof)]
pub enum ChartContent {
    /// Lines of the tags that match.
    #[prost(message, tag = "2")]
    Multiline(MultilineChartContent),
    /// Lines with bands.
    #[prost(message, tag = "3")]
    Margin(MarginChartContent),
}

/// Lines of the tags that match.
#[derive(Clone, PartialEq, Message)]
pub struct MultilineChartContent {
    /// Regular expressions.
    #[prost(string, repeated, tag = "1")]
    pub tag: Vec<String>,
}

/// Lines with bands.
#[derive(Clone, PartialEq, Message)]
pub struct MarginChartContent {
    /// Each of three tags.
    #[prost(message, repeated, tag = "1")]
    pub series: Vec<MarginSeries>,
}

/// `MarginChartContent.Series`.
#[derive(Clone, PartialEq, Message)]
pub struct MarginSeries {
    /// The line's tag.
    #[prost(string, tag = "1")]
    pub value: String,
    /// The band's lower tag.
    #[prost(string, tag = "2")]
    pub lower: String,
    /// The band's upper tag.
    #[prost(string, tag = "3")]
    pub upper: String,
}
