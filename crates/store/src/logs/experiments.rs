//! Finding and making experiments.

use sqlx::Row;

use crate::{Actor, Result, Store, StoreError};

/// An experiment's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ExperimentId(pub(crate) i64);

impl Store {
    /// The experiment of this log folder, or of this name where no folder is given; made if there is none.
    pub async fn open_experiment(
        &self,
        actor: &Actor,
        name: &str,
        root: Option<&str>,
    ) -> Result<(ExperimentId, String)> {
        let mut tx = self.begin().await?;
        let (column, key) = root.map_or(("name", name), |root| ("root", root));
        let known = sqlx::query(match column {
            "root" => "SELECT id, slug FROM experiment WHERE project_id = ? AND root = ?",
            _ => "SELECT id, slug FROM experiment WHERE project_id = ? AND name = ? ORDER BY id",
        });
        let known = known.bind(actor.project).bind(key).fetch_optional(&mut *tx).await?;
        if let Some(row) = known {
            return Ok((ExperimentId(row.try_get(0)?), row.try_get(1)?));
        }
        let base = slug(name);
        let mut slug = base.clone();
        let mut number = 1;
        let taken = "SELECT 1 FROM experiment WHERE project_id = ? AND slug = ?";
        while sqlx::query(taken)
            .bind(actor.project)
            .bind(&slug)
            .fetch_optional(&mut *tx)
            .await?
            .is_some()
        {
            number += 1;
            slug = format!("{base}-{number}");
        }
        let sql = "INSERT INTO experiment (project_id, slug, name, root, created_at) VALUES (?, ?, ?, ?, ?)";
        let done = sqlx::query(sql)
            .bind(actor.project)
            .bind(&slug)
            .bind(name)
            .bind(root)
            .bind(self.now())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok((ExperimentId(done.last_insert_rowid()), slug))
    }

    /// The experiment with this name in URLs, or else with this name, if there is one; with its name in URLs.
    pub async fn find_experiment(&self, actor: &Actor, name: &str) -> Result<Option<(ExperimentId, String)>> {
        let sql = "SELECT id, slug FROM experiment WHERE project_id = ?1 AND (slug = ?2 OR name = ?2)
                   ORDER BY slug = ?2 DESC, root IS NULL DESC, id LIMIT 1";
        let row = sqlx::query(sql).bind(actor.project).bind(name);
        match row.fetch_optional(self.readers()).await? {
            Some(row) => Ok(Some((ExperimentId(row.try_get(0)?), row.try_get(1)?))),
            None => Ok(None),
        }
    }

    /// The row of an experiment that this actor may see.
    pub(crate) async fn experiment_id(&self, actor: &Actor, slug: &str) -> Result<ExperimentId> {
        let sql = "SELECT id FROM experiment WHERE project_id = ? AND slug = ?";
        let row = sqlx::query(sql)
            .bind(actor.project)
            .bind(slug)
            .fetch_optional(self.readers())
            .await?;
        match row {
            Some(row) => Ok(ExperimentId(row.try_get(0)?)),
            None => Err(StoreError::NotFound {
                what: "experiment",
                name: slug.to_owned(),
            }),
        }
    }

    /// The row of a run that is not deleted.
    pub(crate) async fn run_row(&self, experiment: ExperimentId, run: &str) -> Result<i64> {
        let sql = "SELECT id FROM run WHERE experiment_id = ? AND slug = ? AND deleted_at IS NULL";
        let row = sqlx::query(sql)
            .bind(experiment.0)
            .bind(run)
            .fetch_optional(self.readers())
            .await?;
        match row {
            Some(row) => Ok(row.try_get(0)?),
            None => Err(StoreError::NotFound {
                what: "run",
                name: run.to_owned(),
            }),
        }
    }
}

/// Lower-case letters, digits and dashes; never empty.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase).take(60) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() {
        "logs".to_owned()
    } else {
        slug.to_owned()
    }
}

/// A run's id in URLs: from its name, so that a link holds when the logs are imported again.
pub(crate) fn run_slug(name: &str) -> String {
    blake3::hash(name.as_bytes()).to_hex()[..12].to_owned()
}
