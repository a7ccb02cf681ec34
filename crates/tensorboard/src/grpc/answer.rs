//! Each method's answer.

use prost_types::Timestamp;
use tonic::Status;

use super::method::Messages;
use crate::proto::{
    BlobReference, BlobReferenceSequence, BlobSequenceData, BlobSequenceListed, BlobSequenceMetadata, BlobSequenceRead,
    BlobSequenceRunListed, BlobSequenceRunRead, Downsample, GetExperimentRequest, GetExperimentResponse,
    ListBlobSequencesRequest, ListBlobSequencesResponse, ListPluginsRequest, ListPluginsResponse, ListRunsRequest,
    ListRunsResponse, ListScalarsRequest, ListScalarsResponse, ListTensorsRequest, ListTensorsResponse, Plugin,
    PluginData, PluginFilter, ReadBlobRequest, ReadBlobResponse, ReadBlobSequencesRequest, ReadBlobSequencesResponse,
    ReadScalarsRequest, ReadScalarsResponse, ReadTensorsRequest, ReadTensorsResponse, Run, ScalarData, ScalarListed,
    ScalarMetadata, ScalarRead, ScalarRunListed, ScalarRunRead, SummaryMetadata, TensorData, TensorListed,
    TensorMetadata, TensorRead, TensorRunListed, TensorRunRead,
};
use crate::{Class, Filter, Provider, ReadError, Series};

/// A blob goes out in parts of this size.
const PART: usize = 8 << 20;

/// Answers over a provider.
#[derive(Clone)]
pub struct Answer(pub Provider);

impl Answer {
    pub async fn experiment(self, asked: GetExperimentRequest) -> Result<GetExperimentResponse, Status> {
        let scope = self.0.scope(&asked.experiment_id).await?;
        Ok(GetExperimentResponse {
            data_location: scope.location,
            name: scope.name,
            description: String::new(),
            creation_time: None::<Timestamp>,
        })
    }

    pub async fn plugins(self, asked: ListPluginsRequest) -> Result<ListPluginsResponse, Status> {
        let scope = self.0.scope(&asked.experiment_id).await?;
        let plugins = self.0.plugins(&scope).await?;
        Ok(ListPluginsResponse {
            plugins: plugins.into_iter().map(|name| Plugin { name }).collect(),
        })
    }

    pub async fn runs(self, asked: ListRunsRequest) -> Result<ListRunsResponse, Status> {
        let scope = self.0.scope(&asked.experiment_id).await?;
        let run = |run: crate::RunEntry| Run {
            name: run.name,
            start_time: run.start.unwrap_or_default(),
        };
        Ok(ListRunsResponse {
            runs: self.0.runs(&scope).await?.into_iter().map(run).collect(),
        })
    }

    pub async fn list_scalars(self, asked: ListScalarsRequest) -> Result<ListScalarsResponse, Status> {
        let (plugin, filter) = (plugin(asked.plugin_filter)?, Filter::from(asked.run_tag_filter));
        let scope = self.0.scope(&asked.experiment_id).await?;
        let listed = self.0.list(&scope, Class::Scalar, &plugin, &filter).await?;
        let tag = |series: Series| ScalarListed {
            tag_name: series.tag.clone(),
            metadata: Some(ScalarMetadata {
                max_step: series.max_step,
                max_wall_time: series.max_wall,
                summary_metadata: Some(metadata(series)),
            }),
        };
        let run = |run_name, tags| ScalarRunListed { run_name, tags };
        Ok(ListScalarsResponse {
            runs: by_run(listed, |series| series.run.clone(), tag, run),
        })
    }

    pub async fn read_scalars(self, asked: ReadScalarsRequest) -> Result<ReadScalarsResponse, Status> {
        let (plugin, filter) = (plugin(asked.plugin_filter)?, Filter::from(asked.run_tag_filter));
        let most = most(asked.downsample)?;
        let scope = self.0.scope(&asked.experiment_id).await?;
        let read = self.0.scalars(&scope, &plugin, &filter, most).await?;
        let tag = |one: crate::ScalarSeries| ScalarRead {
            tag_name: one.series.tag,
            data: Some(ScalarData {
                step: one.step,
                wall_time: one.wall,
                value: one.value.into_iter().map(|value| value as f32).collect(),
            }),
        };
        let run = |run_name, tags| ScalarRunRead { run_name, tags };
        Ok(ReadScalarsResponse {
            runs: by_run(read, |one| one.series.run.clone(), tag, run),
        })
    }

    pub async fn list_tensors(self, asked: ListTensorsRequest) -> Result<ListTensorsResponse, Status> {
        let (plugin, filter) = (plugin(asked.plugin_filter)?, Filter::from(asked.run_tag_filter));
        let scope = self.0.scope(&asked.experiment_id).await?;
        let listed = self.0.list(&scope, Class::Tensor, &plugin, &filter).await?;
        let tag = |series: Series| TensorListed {
            tag_name: series.tag.clone(),
            metadata: Some(TensorMetadata {
                max_step: series.max_step,
                max_wall_time: series.max_wall,
                summary_metadata: Some(metadata(series)),
            }),
        };
        let run = |run_name, tags| TensorRunListed { run_name, tags };
        Ok(ListTensorsResponse {
            runs: by_run(listed, |series| series.run.clone(), tag, run),
        })
    }

    pub async fn read_tensors(self, asked: ReadTensorsRequest) -> Result<ReadTensorsResponse, Status> {
        let (plugin, filter) = (plugin(asked.plugin_filter)?, Filter::from(asked.run_tag_filter));
        let most = most(asked.downsample)?;
        let scope = self.0.scope(&asked.experiment_id).await?;
        let read = self.0.tensors(&scope, &plugin, &filter, most).await?;
        let tag = |one: crate::TensorSeries| TensorRead {
            tag_name: one.series.tag,
            data: Some(TensorData {
                step: one.step,
                wall_time: one.wall,
                value: one.value,
            }),
        };
        let run = |run_name, tags| TensorRunRead { run_name, tags };
        Ok(ReadTensorsResponse {
            runs: by_run(read, |one| one.series.run.clone(), tag, run),
        })
    }

    pub async fn list_blobs(self, asked: ListBlobSequencesRequest) -> Result<ListBlobSequencesResponse, Status> {
        let (plugin, filter) = (plugin(asked.plugin_filter)?, Filter::from(asked.run_tag_filter));
        let scope = self.0.scope(&asked.experiment_id).await?;
        let mut listed = Vec::new();
        for series in self.0.list(&scope, Class::Blobs, &plugin, &filter).await? {
            listed.push((self.0.longest(&series).await?, series));
        }
        let tag = |(longest, series): (usize, Series)| BlobSequenceListed {
            tag_name: series.tag.clone(),
            metadata: Some(BlobSequenceMetadata {
                max_step: series.max_step,
                max_wall_time: series.max_wall,
                max_length: longest as i64,
                summary_metadata: Some(metadata(series)),
            }),
        };
        let run = |run_name, tags| BlobSequenceRunListed { run_name, tags };
        Ok(ListBlobSequencesResponse {
            runs: by_run(listed, |(_, series)| series.run.clone(), tag, run),
        })
    }

    pub async fn read_blobs(self, asked: ReadBlobSequencesRequest) -> Result<ReadBlobSequencesResponse, Status> {
        let (plugin, filter) = (plugin(asked.plugin_filter)?, Filter::from(asked.run_tag_filter));
        let most = most(asked.downsample)?;
        let scope = self.0.scope(&asked.experiment_id).await?;
        let read = self.0.blob_steps(&scope, &plugin, &filter, most).await?;
        let reference = |blob_key| BlobReference {
            blob_key,
            url: String::new(),
        };
        let step = |keys: Vec<String>| BlobReferenceSequence {
            blob_refs: keys.into_iter().map(reference).collect(),
        };
        let tag = |one: crate::BlobSeries| BlobSequenceRead {
            tag_name: one.series.tag,
            data: Some(BlobSequenceData {
                step: one.step,
                wall_time: one.wall,
                values: one.keys.into_iter().map(step).collect(),
            }),
        };
        let run = |run_name, tags| BlobSequenceRunRead { run_name, tags };
        Ok(ReadBlobSequencesResponse {
            runs: by_run(read, |one| one.series.run.clone(), tag, run),
        })
    }

    pub async fn blob(self, asked: ReadBlobRequest) -> Result<Messages<ReadBlobResponse>, Status> {
        let blob = self.0.blob(&asked.blob_key).await?;
        let parts = (0..blob.len().div_ceil(PART)).map(move |part| {
            let end = blob.len().min((part + 1) * PART);
            Ok(ReadBlobResponse {
                data: blob[part * PART..end].to_vec(),
            })
        });
        Ok(Box::pin(tokio_stream::iter(parts)))
    }
}

fn plugin(filter: Option<PluginFilter>) -> Result<String, Status> {
    let filter = filter.ok_or_else(|| Status::invalid_argument("plugin_filter is missing"))?;
    Ok(filter.plugin_name)
}

fn most(downsample: Option<Downsample>) -> Result<usize, Status> {
    let most = downsample
        .ok_or_else(|| Status::invalid_argument("downsample is missing"))?
        .num_points;
    usize::try_from(most)
        .map_err(|_| Status::invalid_argument(format!("downsample.num_points is {most}: none is negative")))
}

fn metadata(series: Series) -> SummaryMetadata {
    SummaryMetadata {
        plugin_data: Some(PluginData {
            plugin_name: series.plugin,
            content: series.content,
        }),
        display_name: series.title,
        summary_description: series.description,
        data_class: series.class.number(),
    }
}

/// Neighbours of one run under that run.
fn by_run<T, Tag, Entry>(
    items: Vec<T>,
    run_of: impl Fn(&T) -> String,
    tag: impl Fn(T) -> Tag,
    entry: impl Fn(String, Vec<Tag>) -> Entry,
) -> Vec<Entry> {
    let mut runs: Vec<(String, Vec<Tag>)> = Vec::new();
    for item in items {
        let run = run_of(&item);
        match runs.last_mut() {
            Some((last, tags)) if *last == run => tags.push(tag(item)),
            _ => runs.push((run, vec![tag(item)])),
        }
    }
    runs.into_iter().map(|(run, tags)| entry(run, tags)).collect()
}

impl From<ReadError> for Status {
    fn from(error: ReadError) -> Self {
        use glassboard_store::StoreError;
        let sentence = error.to_string();
        match error {
            ReadError::NotFound(_) | ReadError::Store(StoreError::NotFound { .. }) => Self::not_found(sentence),
            ReadError::Invalid(_) => Self::invalid_argument(sentence),
            ReadError::Store(StoreError::Database(_) | StoreError::Io { .. }) => {
                tracing::error!(%error, "the store did not answer");
                Self::unavailable("the store did not answer: try again in a moment")
            }
            ReadError::Malformed(_) | ReadError::Store(_) | ReadError::Task(_) => {
                tracing::error!(%error, "a question of TensorBoard's failed");
                Self::internal(sentence)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_many_points_must_be_said() {
        assert!(most(None).is_err());
        assert!(most(Some(Downsample { num_points: -1 })).is_err());
        assert_eq!(most(Some(Downsample { num_points: 0 })).ok(), Some(0));
        assert!(plugin(None).is_err());
    }

    #[test]
    fn series_stand_under_their_run() {
        let items = vec![("a", 1), ("a", 2), ("b", 3)];
        let runs = by_run(items, |item| item.0.to_owned(), |item| item.1, |run, tags| (run, tags));
        assert_eq!(runs, [("a".to_owned(), vec![1, 2]), ("b".to_owned(), vec![3])]);
    }
}
