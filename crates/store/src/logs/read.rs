//! Reading the list of experiments, runs and tags. (Bodies follow in the next commits.)

use std::collections::BTreeMap;

use super::types::*;
use crate::{Actor, Result, Store};

impl Store {
    /// Every experiment of the actor's project, the latest event first.
    pub async fn experiments(&self, _actor: &Actor) -> Result<Vec<ExperimentSummary>> { todo!() }
    /// One experiment, by slug.
    pub async fn experiment(&self, _actor: &Actor, _experiment: &str) -> Result<ExperimentSummary> { todo!() }
    /// The runs of an experiment, in natural order of their names.
    pub async fn runs(&self, _actor: &Actor, _experiment: &str) -> Result<Vec<RunSummary>> { todo!() }
    /// One run with its files, skipped bytes and hyperparameters.
    pub async fn run(&self, _actor: &Actor, _experiment: &str, _run: &str) -> Result<RunDetail> { todo!() }
    /// Deletes a run's rows and unreferenced bytes. It is not read again, unless `forget`.
    pub async fn delete_run(&self, _actor: &Actor, _experiment: &str, _run: &str, _forget: bool) -> Result<()> { todo!() }
    /// The tags of an experiment, in natural order.
    pub async fn tags(&self, _actor: &Actor, _experiment: &str, _kind: Option<Kind>) -> Result<Vec<TagSummary>> { todo!() }
    /// What a chart shows.
    pub async fn scalars(&self, _actor: &Actor, _experiment: &str, _query: &ScalarQuery) -> Result<Vec<ScalarSeries>> { todo!() }
    /// Every point of a series; `superseded` also gives what a restart replaced.
    pub async fn scalar_points(&self, _actor: &Actor, _experiment: &str, _run: &str, _tag: &str, _superseded: bool) -> Result<Points> { todo!() }
    /// The latest value of a tag by run id.
    pub async fn latest_values(&self, _actor: &Actor, _experiment: &str, _tag: &str) -> Result<BTreeMap<String, LatestValue>> { todo!() }
    /// At most `max` histograms spread evenly over the steps (first and last always), and how many there are.
    pub async fn histograms(&self, _actor: &Actor, _experiment: &str, _run: &str, _tag: &str, _max: usize) -> Result<(Vec<HistogramAt>, i64)> { todo!() }
    /// The pictures of a series, in order of step.
    pub async fn images(&self, _actor: &Actor, _experiment: &str, _run: &str, _tag: &str) -> Result<Vec<ImageAt>> { todo!() }
    /// The bytes of a picture.
    pub async fn image(&self, _actor: &Actor, _id: &str) -> Result<ImageBytes> { todo!() }
}
