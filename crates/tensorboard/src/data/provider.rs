//! What a data provider is asked.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use glassboard_store::logs::Kind;
use glassboard_store::{Actor, Store};

use super::blob_key::BlobKey;
use super::known::Known;
use super::points::{BlobSeries, RunEntry, ScalarSeries, TensorSeries};
use super::scope::{Part, Scope};
use super::thin::{spread, spread_with_extremes};
use super::{Class, Filter, ReadError, Result, Series, convert, read};

/// What TensorBoard's page calls an experiment where it knows of none.
const UNNAMED: &str = "defaultExperimentId";
/// Runs of one tag that are decoded at once.
const TOGETHER: usize = 64;

/// A store, in TensorBoard's words. Cheap to clone.
#[derive(Clone)]
pub struct Provider {
    store: Store,
    actor: Actor,
    /// The one experiment there is, whatever clients call it.
    only: Option<Arc<str>>,
    known: Arc<Known>,
}

impl Provider {
    /// All that `actor` may see.
    pub fn new(store: Store, actor: Actor) -> Self {
        Self {
            store,
            actor,
            only: None,
            known: Arc::default(),
        }
    }

    /// This experiment and no other.
    pub fn only(store: Store, actor: Actor, slug: &str) -> Self {
        Self {
            only: Some(slug.into()),
            ..Self::new(store, actor)
        }
    }

    /// The experiments of a question: the one named, the only one, or all of them.
    pub async fn scope(&self, id: &str) -> Result<Scope> {
        if let Some(scope) = self.known.scopes.get(&id.to_owned()) {
            return Ok(scope);
        }
        let scope = self.found(id).await?;
        self.known.scopes.put(id.to_owned(), scope.clone());
        Ok(scope)
    }

    async fn found(&self, id: &str) -> Result<Scope> {
        let slug = self.only.as_deref().unwrap_or(if id == UNNAMED { "" } else { id });
        let mut found = if slug.is_empty() {
            self.store.experiments(&self.actor).await?
        } else {
            vec![self.store.experiment(&self.actor, slug).await?]
        };
        found.sort_by(|a, b| a.slug.cmp(&b.slug));
        let prefixed = found.len() > 1;
        let location = match found.as_slice() {
            [one] => one.root.clone().unwrap_or_else(|| one.name.clone()),
            _ => "Glassboard".to_owned(),
        };
        Ok(Scope {
            id: id.to_owned(),
            location,
            // TensorBoard gives a log folder no name; a client that named an experiment is told its name.
            name: match found.as_slice() {
                [one] if one.slug == id => one.name.clone(),
                _ => String::new(),
            },
            parts: found
                .into_iter()
                .map(|one| Part {
                    slug: one.slug,
                    prefixed,
                })
                .collect(),
        })
    }

    /// Slug and name of every experiment that there is to see.
    pub async fn experiments(&self) -> Result<Vec<(String, String)>> {
        let all = self.store.experiments(&self.actor).await?;
        let seen = all
            .into_iter()
            .filter(|one| self.only.as_deref().is_none_or(|only| only == one.slug));
        Ok(seen.map(|one| (one.slug, one.name)).collect())
    }

    /// Every series.
    pub async fn all(&self, scope: &Scope) -> Result<Vec<Series>> {
        let mut all = Vec::new();
        for part in &scope.parts {
            all.extend(self.series(part).await?.iter().cloned());
        }
        Ok(all)
    }

    /// The runs, in the order of their names.
    pub async fn runs(&self, scope: &Scope) -> Result<Vec<RunEntry>> {
        let mut runs = Vec::new();
        for part in &scope.parts {
            for run in self.store.runs(&self.actor, &part.slug).await? {
                runs.push(RunEntry {
                    name: part.shown(&run.name),
                    start: run.first_wall,
                });
            }
        }
        Ok(runs)
    }

    /// The plugins that have data, in the order of their names.
    pub async fn plugins(&self, scope: &Scope) -> Result<Vec<String>> {
        let mut plugins = BTreeSet::new();
        for part in &scope.parts {
            let series = self.series(part).await?;
            plugins.extend(series.iter().map(|one| one.plugin.clone()));
        }
        plugins.remove("");
        Ok(plugins.into_iter().collect())
    }

    /// The series of a plugin and a class, by run and tag.
    pub async fn list(&self, scope: &Scope, class: Class, plugin: &str, filter: &Filter) -> Result<Vec<Series>> {
        let mut found = Vec::new();
        for part in &scope.parts {
            let series = self.series(part).await?;
            let wanted = series.iter().filter(|one| {
                one.class == class && one.plugin == plugin && filter.wants_tag(&one.tag) && filter.wants_run(&one.run)
            });
            found.extend(wanted.cloned());
        }
        Ok(found)
    }

    /// Points of scalar series, at most `most` of each.
    pub async fn scalars(
        &self,
        scope: &Scope,
        plugin: &str,
        filter: &Filter,
        most: usize,
    ) -> Result<Vec<ScalarSeries>> {
        let listed = self.list(scope, Class::Scalar, plugin, filter).await?;
        let mut tags: BTreeMap<(String, String), Vec<Series>> = BTreeMap::new();
        for series in listed {
            let place = (series.place.experiment.clone(), series.tag.clone());
            tags.entry(place).or_default().push(series);
        }
        let mut read = Vec::new();
        for ((experiment, tag), series) in tags {
            for group in series.chunks(TOGETHER) {
                read.append(&mut self.tag(&experiment, &tag, group, most).await?);
            }
        }
        read.sort_by(|a, b| (&a.series.run, &a.series.tag).cmp(&(&b.series.run, &b.series.tag)));
        Ok(read)
    }

    /// One tag of some runs of one experiment.
    async fn tag(&self, experiment: &str, tag: &str, group: &[Series], most: usize) -> Result<Vec<ScalarSeries>> {
        let runs: Vec<String> = group.iter().map(|one| one.place.run.clone()).collect();
        let mut points: HashMap<String, _> = if most == 1 {
            read::latest(&self.store, &self.actor, experiment, tag).await?
        } else {
            read::scalars(&self.store, &self.actor, experiment, tag, runs).await?
        };
        for series in group.iter().filter(|one| one.kind != Kind::Scalar) {
            let foreign = read::foreign_scalars(&self.store, &self.actor, series).await?;
            points.insert(series.place.run.clone(), foreign);
        }
        let group = group.to_vec();
        let thinned = tokio::task::spawn_blocking(move || {
            let of = |series: Series| {
                let mut points = points.remove(&series.place.run)?;
                if most < points.value.len() {
                    let kept = spread_with_extremes(&points.value, most);
                    points.step = kept.iter().map(|&index| points.step[index]).collect();
                    points.wall = kept.iter().map(|&index| points.wall[index]).collect();
                    points.value = kept.iter().map(|&index| points.value[index]).collect();
                }
                Some(ScalarSeries {
                    series,
                    step: points.step,
                    wall: points.wall,
                    value: points.value,
                })
            };
            group.into_iter().filter_map(of).collect()
        });
        Ok(thinned.await?)
    }

    /// Points of tensor series, at most `most` of each.
    pub async fn tensors(
        &self,
        scope: &Scope,
        plugin: &str,
        filter: &Filter,
        most: usize,
    ) -> Result<Vec<TensorSeries>> {
        let mut found = Vec::new();
        for series in self.list(scope, Class::Tensor, plugin, filter).await? {
            let heads = read::heads(&self.store, &self.actor, &series).await?;
            let kept = spread(heads.len(), most).into_iter().map(|index| heads[index].clone());
            let records = read::values(&self.store, kept.collect()).await?;
            let read = tokio::task::spawn_blocking(move || {
                let mut read = TensorSeries {
                    series,
                    step: Vec::new(),
                    wall: Vec::new(),
                    value: Vec::new(),
                };
                for record in records {
                    read.step.push(record.step);
                    read.wall.push(record.wall);
                    read.value.push(convert::tensor(record.form, record.body)?);
                }
                Ok::<_, ReadError>(read)
            });
            found.push(read.await??);
        }
        Ok(found)
    }

    /// The most blobs that a step of this series has.
    pub async fn longest(&self, series: &Series) -> Result<usize> {
        if let Some(longest) = self.known.longest(series) {
            return Ok(longest);
        }
        let heads = read::heads(&self.store, &self.actor, series).await?;
        let longest = heads.iter().map(|head| head.blobs).max().unwrap_or(0);
        self.known.measured(series, longest);
        Ok(longest)
    }

    /// Steps of series of byte strings, at most `most` of each; of several values of one step the first.
    pub async fn blob_steps(
        &self,
        scope: &Scope,
        plugin: &str,
        filter: &Filter,
        most: usize,
    ) -> Result<Vec<BlobSeries>> {
        let mut found = Vec::new();
        for series in self.list(scope, Class::Blobs, plugin, filter).await? {
            let mut steps = BTreeMap::new();
            for head in read::heads(&self.store, &self.actor, &series).await? {
                steps.entry(head.step).or_insert(head);
            }
            let heads: Vec<_> = steps.into_values().collect();
            let mut read = BlobSeries {
                step: Vec::new(),
                wall: Vec::new(),
                keys: Vec::new(),
                series,
            };
            for index in spread(heads.len(), most) {
                let head = &heads[index];
                read.step.push(head.step);
                read.wall.push(head.wall);
                let key = |index| BlobKey {
                    experiment: scope.id.clone(),
                    plugin: plugin.to_owned(),
                    run: read.series.run.clone(),
                    tag: read.series.tag.clone(),
                    step: head.step,
                    index,
                };
                read.keys
                    .push((0..head.blobs).map(|index| key(index).encode()).collect());
            }
            found.push(read);
        }
        Ok(found)
    }

    /// The blob of this key.
    pub async fn blob(&self, word: &str) -> Result<Vec<u8>> {
        let missing = || ReadError::NotFound(format!("There is no blob {word:?}."));
        let key = BlobKey::decode(word).ok_or_else(|| ReadError::Invalid(format!("{word:?} is no key of a blob.")))?;
        let scope = self.scope(&key.experiment).await?;
        let filter = Filter::one(&key.run, &key.tag);
        let listed = self.list(&scope, Class::Blobs, &key.plugin, &filter).await?;
        let series = listed.into_iter().next().ok_or_else(missing)?;
        let heads = read::heads(&self.store, &self.actor, &series).await?;
        let head = heads
            .into_iter()
            .find(|head| head.step == key.step)
            .ok_or_else(missing)?;
        let record = read::values(&self.store, vec![head]).await?.pop().ok_or_else(missing)?;
        let plugin = series.plugin;
        let blobs = tokio::task::spawn_blocking(move || convert::blobs(record.form, &plugin, record.body));
        let mut blobs = blobs.await??;
        if key.index < blobs.len() {
            Ok(blobs.swap_remove(key.index))
        } else {
            Err(missing())
        }
    }

    /// All series of an experiment: at most a second old.
    async fn series(&self, part: &Part) -> Result<Arc<Vec<Series>>> {
        if let Some(series) = self.known.lists.get(part) {
            return Ok(series);
        }
        let series = Arc::new(read::series(&self.store, &self.actor, part).await?);
        self.known.lists.put(part.clone(), Arc::clone(&series));
        Ok(series)
    }
}
