//! `plugins/hparams/plugin_data.proto`, and what of `api.proto` can stand in it.

use std::collections::BTreeMap;

use prost::{Message, Oneof};
use prost_types::{ListValue, Value};

/// The content of a tag's metadata.
#[derive(Clone, PartialEq, Message)]
pub struct HParamsPluginData {
    /// 0.
    #[prost(int32, tag = "1")]
    pub version: i32,
    /// What it says.
    #[prost(oneof = "hparams_plugin_data::Data", tags = "2, 3, 4")]
    pub data: Option<hparams_plugin_data::Data>,
}

/// The alternatives of [`HParamsPluginData`].
pub mod hparams_plugin_data {
    use super::{Experiment, Oneof, SessionEndInfo, SessionStartInfo};

    /// One of three.
    #[derive(Clone, PartialEq, Oneof)]
    pub enum Data {
        /// What is tried, of `_hparams_/experiment`.
        #[prost(message, tag = "2")]
        Experiment(Experiment),
        /// A run's values, of `_hparams_/session_start_info`.
        #[prost(message, tag = "3")]
        Start(SessionStartInfo),
        /// How it ended, of `_hparams_/session_end_info`.
        #[prost(message, tag = "4")]
        End(SessionEndInfo),
    }
}

/// A run's values.
#[derive(Clone, PartialEq, Message)]
pub struct SessionStartInfo {
    /// By name.
    #[prost(btree_map = "string, message", tag = "1")]
    pub hparams: BTreeMap<String, Value>,
    /// Where the model is.
    #[prost(string, tag = "2")]
    pub model_uri: String,
    /// Where it can be watched.
    #[prost(string, tag = "3")]
    pub monitor_url: String,
    /// Runs of one name are tries at the same thing.
    #[prost(string, tag = "4")]
    pub group_name: String,
    /// Seconds since 1970.
    #[prost(double, tag = "5")]
    pub start_time_secs: f64,
}

/// How a run ended.
#[derive(Clone, PartialEq, Message)]
pub struct SessionEndInfo {
    /// 0 unknown, 1 success, 2 failure, 3 running.
    #[prost(int32, tag = "1")]
    pub status: i32,
    /// Seconds since 1970.
    #[prost(double, tag = "2")]
    pub end_time_secs: f64,
}

/// What is tried.
#[derive(Clone, PartialEq, Message)]
pub struct Experiment {
    /// Text for people.
    #[prost(string, tag = "1")]
    pub description: String,
    /// Whose.
    #[prost(string, tag = "2")]
    pub user: String,
    /// Seconds since 1970.
    #[prost(double, tag = "3")]
    pub time_created_secs: f64,
    /// What is varied.
    #[prost(message, repeated, tag = "4")]
    pub hparam_infos: Vec<HParamInfo>,
    /// What is measured.
    #[prost(message, repeated, tag = "5")]
    pub metric_infos: Vec<MetricInfo>,
    /// Its name.
    #[prost(string, tag = "6")]
    pub name: String,
}

/// What is varied.
#[derive(Clone, PartialEq, Message)]
pub struct HParamInfo {
    /// Its key.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its name for people.
    #[prost(string, tag = "2")]
    pub display_name: String,
    /// Text for people.
    #[prost(string, tag = "3")]
    pub description: String,
    /// 0 unset, 1 string, 2 bool, 3 number.
    #[prost(int32, tag = "4")]
    pub r#type: i32,
    /// What it may be.
    #[prost(oneof = "Domain", tags = "5, 6")]
    pub domain: Option<Domain>,
    /// Runs differ in it.
    #[prost(bool, tag = "7")]
    pub differs: bool,
}

/// What a hyperparameter may be.
#[derive(Clone, PartialEq, Oneof)]
pub enum Domain {
    /// These.
    #[prost(message, tag = "5")]
    Discrete(ListValue),
    /// From here to there.
    #[prost(message, tag = "6")]
    Interval(Interval),
}

/// From here to there.
#[derive(Clone, Copy, PartialEq, Message)]
pub struct Interval {
    /// Inclusive.
    #[prost(double, tag = "1")]
    pub min_value: f64,
    /// Inclusive.
    #[prost(double, tag = "2")]
    pub max_value: f64,
}

/// Where a metric is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Message)]
pub struct MetricName {
    /// The folder under the session's.
    #[prost(string, tag = "1")]
    pub group: String,
    /// The tag.
    #[prost(string, tag = "2")]
    pub tag: String,
}

/// What is measured.
#[derive(Clone, PartialEq, Message)]
pub struct MetricInfo {
    /// Where.
    #[prost(message, optional, tag = "1")]
    pub name: Option<MetricName>,
    /// Its name for people.
    #[prost(string, tag = "3")]
    pub display_name: String,
    /// Text for people.
    #[prost(string, tag = "4")]
    pub description: String,
    /// 0 unknown, 1 training, 2 validation.
    #[prost(int32, tag = "5")]
    pub dataset_type: i32,
}
