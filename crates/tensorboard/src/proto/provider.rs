//! `data_provider.proto`: what a data provider is asked, and what it answers.

use prost::Message;
use prost_types::Timestamp;

use super::SummaryMetadata;

/// What is this?
#[derive(Clone, PartialEq, Message)]
pub struct GetExperimentRequest {
    /// An experiment; empty where the client knows of none.
    #[prost(string, tag = "1")]
    pub experiment_id: String,
}

/// An experiment.
#[derive(Clone, PartialEq, Message)]
pub struct GetExperimentResponse {
    /// Where the logs are.
    #[prost(string, tag = "1")]
    pub data_location: String,
    /// Its name.
    #[prost(string, tag = "2")]
    pub name: String,
    /// Text for people.
    #[prost(string, tag = "3")]
    pub description: String,
    /// When it began.
    #[prost(message, optional, tag = "4")]
    pub creation_time: Option<Timestamp>,
}

/// One plugin's series.
#[derive(Clone, PartialEq, Message)]
pub struct PluginFilter {
    /// Its name.
    #[prost(string, tag = "1")]
    pub plugin_name: String,
}

/// Which series; what is left out filters nothing.
#[derive(Clone, PartialEq, Message)]
pub struct RunTagFilter {
    /// These runs.
    #[prost(message, optional, tag = "1")]
    pub runs: Option<Names>,
    /// These tags.
    #[prost(message, optional, tag = "2")]
    pub tags: Option<Names>,
}

/// `RunFilter` and `TagFilter`: these and no others, also where there are none.
#[derive(Clone, PartialEq, Message)]
pub struct Names {
    /// Names.
    #[prost(string, repeated, tag = "1")]
    pub names: Vec<String>,
}

/// At most so many points of a series.
#[derive(Clone, PartialEq, Message)]
pub struct Downsample {
    /// So many.
    #[prost(int64, tag = "1")]
    pub num_points: i64,
}

/// Which plugins have data?
#[derive(Clone, PartialEq, Message)]
pub struct ListPluginsRequest {
    /// An experiment; empty where the client knows of none.
    #[prost(string, tag = "1")]
    pub experiment_id: String,
}

/// Those.
#[derive(Clone, PartialEq, Message)]
pub struct ListPluginsResponse {
    /// Plugins with data.
    #[prost(message, repeated, tag = "1")]
    pub plugins: Vec<Plugin>,
}

/// A plugin.
#[derive(Clone, PartialEq, Message)]
pub struct Plugin {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
}

/// Which runs are there?
#[derive(Clone, PartialEq, Message)]
pub struct ListRunsRequest {
    /// An experiment; empty where the client knows of none.
    #[prost(string, tag = "1")]
    pub experiment_id: String,
}

/// Those.
#[derive(Clone, PartialEq, Message)]
pub struct ListRunsResponse {
    /// Runs.
    #[prost(message, repeated, tag = "1")]
    pub runs: Vec<Run>,
}

/// A run.
#[derive(Clone, PartialEq, Message)]
pub struct Run {
    /// Its name.
    #[prost(string, tag = "2")]
    pub name: String,
    /// Seconds since 1970.
    #[prost(double, tag = "3")]
    pub start_time: f64,
}

/// Which series are there?
#[derive(Clone, PartialEq, Message)]
pub struct ListScalarsRequest {
    /// An experiment; empty where the client knows of none.
    #[prost(string, tag = "1")]
    pub experiment_id: String,
    /// Whose series; required.
    #[prost(message, optional, tag = "2")]
    pub plugin_filter: Option<PluginFilter>,
    /// Which runs and tags.
    #[prost(message, optional, tag = "3")]
    pub run_tag_filter: Option<RunTagFilter>,
}

/// Those, by run.
#[derive(Clone, PartialEq, Message)]
pub struct ListScalarsResponse {
    /// Runs.
    #[prost(message, repeated, tag = "1")]
    pub runs: Vec<ScalarRunListed>,
}

/// `ListScalarsResponse.RunEntry`.
#[derive(Clone, PartialEq, Message)]
pub struct ScalarRunListed {
    /// The run.
    #[prost(string, tag = "1")]
    pub run_name: String,
    /// Its series.
    #[prost(message, repeated, tag = "2")]
    pub tags: Vec<ScalarListed>,
}

/// `ListScalarsResponse.TagEntry`.
#[derive(Clone, PartialEq, Message)]
pub struct ScalarListed {
    /// The tag.
    #[prost(string, tag = "1")]
    pub tag_name: String,
    /// What it is.
    #[prost(message, optional, tag = "2")]
    pub metadata: Option<ScalarMetadata>,
}

/// What a series is, and how far it goes.
#[derive(Clone, PartialEq, Message)]
pub struct ScalarMetadata {
    /// The largest step.
    #[prost(int64, tag = "1")]
    pub max_step: i64,
    /// The latest time, seconds since 1970.
    #[prost(double, tag = "2")]
    pub max_wall_time: f64,
    /// As its writer says.
    #[prost(message, optional, tag = "3")]
    pub summary_metadata: Option<SummaryMetadata>,
}

/// What do the series hold?
#[derive(Clone, PartialEq, Message)]
pub struct ReadScalarsRequest {
    /// An experiment; empty where the client knows of none.
    #[prost(string, tag = "1")]
    pub experiment_id: String,
    /// Whose series; required.
    #[prost(message, optional, tag = "2")]
    pub plugin_filter: Option<PluginFilter>,
    /// Which runs and tags.
    #[prost(message, optional, tag = "3")]
    pub run_tag_filter: Option<RunTagFilter>,
    /// How many points; required.
    #[prost(message, optional, tag = "4")]
    pub downsample: Option<Downsample>,
}

/// That, by run.
#[derive(Clone, PartialEq, Message)]
pub struct ReadScalarsResponse {
    /// Runs.
    #[prost(message, repeated, tag = "1")]
    pub runs: Vec<ScalarRunRead>,
}

/// `ReadScalarsResponse.RunEntry`.
#[derive(Clone, PartialEq, Message)]
pub struct ScalarRunRead {
    /// The run.
    #[prost(string, tag = "1")]
    pub run_name: String,
    /// Its series.
    #[prost(message, repeated, tag = "2")]
    pub tags: Vec<ScalarRead>,
}

/// `ReadScalarsResponse.TagEntry`.
#[derive(Clone, PartialEq, Message)]
pub struct ScalarRead {
    /// The tag.
    #[prost(string, tag = "1")]
    pub tag_name: String,
    /// Its points.
    #[prost(message, optional, tag = "2")]
    pub data: Option<ScalarData>,
}

/// Points as columns of one length.
#[derive(Clone, PartialEq, Message)]
pub struct ScalarData {
    /// Steps.
    #[prost(int64, repeated, tag = "1")]
    pub step: Vec<i64>,
    /// Seconds since 1970.
    #[prost(double, repeated, tag = "2")]
    pub wall_time: Vec<f64>,
    /// Values.
    #[prost(float, repeated, tag = "3")]
    pub value: Vec<f32>,
}

/// Which series are there?
#[derive(Clone, PartialEq, Message)]
pub struct ListTensorsRequest {
    /// An experiment; empty where the client knows of none.
    #[prost(string, tag = "1")]
    pub experiment_id: String,
    /// Whose series; required.
    #[prost(message, optional, tag = "2")]
    pub plugin_filter: Option<PluginFilter>,
    /// Which runs and tags.
    #[prost(message, optional, tag = "3")]
    pub run_tag_filter: Option<RunTagFilter>,
}

/// Those, by run.
#[derive(Clone, PartialEq, Message)]
pub struct ListTensorsResponse {
    /// Runs.
    #[prost(message, repeated, tag = "1")]
    pub runs: Vec<TensorRunListed>,
}

/// `ListTensorsResponse.RunEntry`.
#[derive(Clone, PartialEq, Message)]
pub struct TensorRunListed {
    /// The run.
    #[prost(string, tag = "1")]
    pub run_name: String,
    /// Its series.
    #[prost(message, repeated, tag = "2")]
    pub tags: Vec<TensorListed>,
}

/// `ListTensorsResponse.TagEntry`.
#[derive(Clone, PartialEq, Message)]
pub struct TensorListed {
    /// The tag.
    #[prost(string, tag = "1")]
    pub tag_name: String,
    /// What it is.
    #[prost(message, optional, tag = "2")]
    pub metadata: Option<TensorMetadata>,
}

/// What a series is, and how far it goes.
#[derive(Clone, PartialEq, Message)]
pub struct TensorMetadata {
    /// The largest step.
    #[prost(int64, tag = "1")]
    pub max_step: i64,
    /// The latest time, seconds since 1970.
    #[prost(double, tag = "2")]
    pub max_wall_time: f64,
    /// As its writer says.
    #[prost(message, optional, tag = "3")]
    pub summary_metadata: Option<SummaryMetadata>,
}

/// What do the series hold?
#[derive(Clone, PartialEq, Message)]
pub struct ReadTensorsRequest {
    /// An experiment; empty where the client knows of none.
    #[prost(string, tag = "1")]
    pub experiment_id: String,
    /// Whose series; required.
    #[prost(message, optional, tag = "2")]
    pub plugin_filter: Option<PluginFilter>,
    /// Which runs and tags.
    #[prost(message, optional, tag = "3")]
    pub run_tag_filter: Option<RunTagFilter>,
    /// How many points; required.
    #[prost(message, optional, tag = "4")]
    pub downsample: Option<Downsample>,
}

/// That, by run.
#[derive(Clone, PartialEq, Message)]
pub struct ReadTensorsResponse {
    /// Runs.
    #[prost(message, repeated, tag = "1")]
    pub runs: Vec<TensorRunRead>,
}

/// `ReadTensorsResponse.RunEntry`.
#[derive(Clone, PartialEq, Message)]
pub struct TensorRunRead {
    /// The run.
    #[prost(string, tag = "1")]
    pub run_name: String,
    /// Its series.
    #[prost(message, repeated, tag = "2")]
    pub tags: Vec<TensorRead>,
}

/// `ReadTensorsResponse.TagEntry`.
#[derive(Clone, PartialEq, Message)]
pub struct TensorRead {
    /// The tag.
    #[prost(string, tag = "1")]
    pub tag_name: String,
    /// Its points.
    #[prost(message, optional, tag = "2")]
    pub data: Option<TensorData>,
}

/// Points as columns of one length.
#[derive(Clone, PartialEq, Message)]
pub struct TensorData {
    /// Steps.
    #[prost(int64, repeated, tag = "1")]
    pub step: Vec<i64>,
    /// Seconds since 1970.
    #[prost(double, repeated, tag = "2")]
    pub wall_time: Vec<f64>,
    /// `TensorProto` messages, as written.
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub value: Vec<Vec<u8>>,
}

/// Which series are there?
#[derive(Clone, PartialEq, Message)]
pub struct ListBlobSequencesRequest {
    /// An experiment; empty where the client knows of none.
    #[prost(string, tag = "1")]
    pub experiment_id: String,
    /// Whose series; required.
    #[prost(message, optional, tag = "2")]
    pub plugin_filter: Option<PluginFilter>,
    /// Which runs and tags.
    #[prost(message, optional, tag = "3")]
    pub run_tag_filter: Option<RunTagFilter>,
}

/// Those, by run.
#[derive(Clone, PartialEq, Message)]
pub struct ListBlobSequencesResponse {
    /// Runs.
    #[prost(message, repeated, tag = "1")]
    pub runs: Vec<BlobSequenceRunListed>,
}

/// `ListBlobSequencesResponse.RunEntry`.
#[derive(Clone, PartialEq, Message)]
pub struct BlobSequenceRunListed {
    /// The run.
    #[prost(string, tag = "1")]
    pub run_name: String,
    /// Its series.
    #[prost(message, repeated, tag = "2")]
    pub tags: Vec<BlobSequenceListed>,
}

/// `ListBlobSequencesResponse.TagEntry`.
#[derive(Clone, PartialEq, Message)]
pub struct BlobSequenceListed {
    /// The tag.
    #[prost(string, tag = "1")]
    pub tag_name: String,
    /// What it is.
    #[prost(message, optional, tag = "2")]
    pub metadata: Option<BlobSequenceMetadata>,
}

/// What a series is, and how far it goes.
#[derive(Clone, PartialEq, Message)]
pub struct BlobSequenceMetadata {
    /// The largest step.
    #[prost(int64, tag = "1")]
    pub max_step: i64,
    /// The latest time, seconds since 1970.
    #[prost(double, tag = "2")]
    pub max_wall_time: f64,
    /// Blobs of its longest step.
    #[prost(int64, tag = "3")]
    pub max_length: i64,
    /// As its writer says.
    #[prost(message, optional, tag = "4")]
    pub summary_metadata: Option<SummaryMetadata>,
}

/// What do the series hold?
#[derive(Clone, PartialEq, Message)]
pub struct ReadBlobSequencesRequest {
    /// An experiment; empty where the client knows of none.
    #[prost(string, tag = "1")]
    pub experiment_id: String,
    /// Whose series; required.
    #[prost(message, optional, tag = "2")]
    pub plugin_filter: Option<PluginFilter>,
    /// Which runs and tags.
    #[prost(message, optional, tag = "3")]
    pub run_tag_filter: Option<RunTagFilter>,
    /// How many points; required.
    #[prost(message, optional, tag = "4")]
    pub downsample: Option<Downsample>,
}

/// That, by run.
#[derive(Clone, PartialEq, Message)]
pub struct ReadBlobSequencesResponse {
    /// Runs.
    #[prost(message, repeated, tag = "1")]
    pub runs: Vec<BlobSequenceRunRead>,
}

/// `ReadBlobSequencesResponse.RunEntry`.
#[derive(Clone, PartialEq, Message)]
pub struct BlobSequenceRunRead {
    /// The run.
    #[prost(string, tag = "1")]
    pub run_name: String,
    /// Its series.
    #[prost(message, repeated, tag = "2")]
    pub tags: Vec<BlobSequenceRead>,
}

/// `ReadBlobSequencesResponse.TagEntry`.
#[derive(Clone, PartialEq, Message)]
pub struct BlobSequenceRead {
    /// The tag.
    #[prost(string, tag = "1")]
    pub tag_name: String,
    /// Its points.
    #[prost(message, optional, tag = "2")]
    pub data: Option<BlobSequenceData>,
}

/// Points as columns of one length.
#[derive(Clone, PartialEq, Message)]
pub struct BlobSequenceData {
    /// Steps.
    #[prost(int64, repeated, tag = "1")]
    pub step: Vec<i64>,
    /// Seconds since 1970.
    #[prost(double, repeated, tag = "2")]
    pub wall_time: Vec<f64>,
    /// Where the blobs are.
    #[prost(message, repeated, tag = "3")]
    pub values: Vec<BlobReferenceSequence>,
}

/// The blobs of a step.
#[derive(Clone, PartialEq, Message)]
pub struct BlobReferenceSequence {
    /// In order.
    #[prost(message, repeated, tag = "1")]
    pub blob_refs: Vec<BlobReference>,
}

/// Where a blob is.
#[derive(Clone, PartialEq, Message)]
pub struct BlobReference {
    /// Its key in `ReadBlob`.
    #[prost(string, tag = "1")]
    pub blob_key: String,
    /// Not used.
    #[prost(string, tag = "2")]
    pub url: String,
}

/// A blob.
#[derive(Clone, PartialEq, Message)]
pub struct ReadBlobRequest {
    /// Which.
    #[prost(string, tag = "1")]
    pub blob_key: String,
}

/// A part of a blob.
#[derive(Clone, PartialEq, Message)]
pub struct ReadBlobResponse {
    /// Bytes.
    #[prost(bytes = "vec", tag = "1")]
    pub data: Vec<u8>,
}
