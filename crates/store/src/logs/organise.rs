//! What people make of runs: names, notes, labels, the archive, pins.

use serde::Serialize;

use crate::{Actor, Micros, Result, Store, StoreError};

/// How long a deletion can be taken back: seven days.
pub const GRACE: Micros = Micros(7 * 24 * 3600 * 1_000_000);

const LONGEST_NAME: usize = 200;
const LONGEST_NOTES: usize = 100_000;
const LONGEST_LABEL: usize = 60;
const MOST_LABELS: usize = 50;

/// How a run is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// It can be restored for [`GRACE`].
    Later = 0,
    /// Its rows go at once; its files are not read again.
    Now = 1,
    /// Its rows go at once, and its files are read again.
    Forget = 2,
}

/// A deleted run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeletedRun {
    /// Its id.
    pub id: String,
    /// Its folder.
    pub folder: String,
    /// What people called it.
    pub name: String,
    /// When it was deleted.
    pub deleted_at: Micros,
    /// When its rows go; `None`: they are gone, and it can only be read again.
    pub purged_from: Option<Micros>,
}

/// What changes about a run; `None` leaves a thing as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunEdit {
    /// A name; empty: the folder's again.
    pub name: Option<String>,
    /// Notes, in Markdown.
    pub notes: Option<String>,
    /// All its labels.
    pub labels: Option<Vec<String>>,
    /// Labels it gets.
    pub add_labels: Vec<String>,
    /// Labels it loses.
    pub remove_labels: Vec<String>,
    /// Whether it is archived.
    pub archived: Option<bool>,
    /// Whether it is pinned.
    pub pinned: Option<bool>,
}

impl RunEdit {
    /// The edit with texts trimmed, or the sentence that says what cannot be stored.
    fn checked(mut self) -> Result<Self> {
        let too_much = |sentence: String| Err(StoreError::TooMuch(sentence));
        if let Some(name) = &mut self.name {
            *name = name.trim().to_owned();
            if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
                return too_much(format!("a run's name is one line of at most {LONGEST_NAME} characters"));
            }
        }
        if self.notes.as_ref().is_some_and(|notes| notes.len() > LONGEST_NOTES) {
            return too_much(format!("a run's notes are at most {LONGEST_NOTES} bytes"));
        }
        let lists = self
            .labels
            .iter_mut()
            .chain([&mut self.add_labels, &mut self.remove_labels]);
        for label in lists.flatten() {
            *label = label.trim().to_owned();
            let length = label.chars().count();
            if length == 0 || length > LONGEST_LABEL || label.chars().any(|c| c.is_control() || c == ',') {
                return too_much(format!(
                    "a tag is 1 to {LONGEST_LABEL} characters without commas or line breaks"
                ));
            }
        }
        Ok(self)
    }
}

impl Store {
    /// Changes what people say of runs, all of them or none.
    pub async fn edit_runs(&self, actor: &Actor, experiment: &str, runs: &[String], edit: RunEdit) -> Result<()> {
        let edit = edit.checked()?;
        let experiment = self.experiment_id(actor, experiment).await?;
        let mut rows = Vec::with_capacity(runs.len());
        for run in runs {
            rows.push(self.run_row(experiment, run).await?);
        }
        let mut tx = self.begin().await?;
        let title = edit
            .name
            .as_ref()
            .map(|name| (!name.is_empty()).then_some(name.as_str()));
        for run in rows {
            if let Some(title) = title {
                let query = sqlx::query("UPDATE run SET title = NULLIF(?1, name) WHERE id = ?2");
                query.bind(title).bind(run).execute(&mut *tx).await?;
            }
            let sql = "UPDATE run SET notes = COALESCE(?, notes), archived = COALESCE(?, archived),
                         pinned = COALESCE(?, pinned) WHERE id = ?";
            let query = sqlx::query(sql).bind(&edit.notes).bind(edit.archived).bind(edit.pinned);
            query.bind(run).execute(&mut *tx).await?;
            if edit.labels.is_some() {
                let query = sqlx::query("DELETE FROM run_label WHERE run_id = ?").bind(run);
                query.execute(&mut *tx).await?;
            }
            for label in edit.labels.iter().flatten().chain(&edit.add_labels) {
                let sql = "INSERT INTO run_label (run_id, label) VALUES (?, ?) ON CONFLICT DO NOTHING";
                sqlx::query(sql).bind(run).bind(label).execute(&mut *tx).await?;
            }
            for label in &edit.remove_labels {
                let sql = "DELETE FROM run_label WHERE run_id = ? AND label = ?";
                sqlx::query(sql).bind(run).bind(label).execute(&mut *tx).await?;
            }
            let count = sqlx::query_scalar("SELECT COUNT(*) FROM run_label WHERE run_id = ?").bind(run);
            let count: i64 = count.fetch_one(&mut *tx).await?;
            if count > MOST_LABELS as i64 {
                return Err(StoreError::TooMuch(format!("a run has at most {MOST_LABELS} tags")));
            }
        }
        Ok(tx.commit().await?)
    }

    /// Every label of an experiment's runs, sorted.
    pub async fn labels(&self, actor: &Actor, experiment: &str) -> Result<Vec<String>> {
        let experiment = self.experiment_id(actor, experiment).await?;
        let sql = "SELECT DISTINCT l.label FROM run_label l JOIN live_run r ON r.id = l.run_id
                   WHERE r.experiment_id = ? ORDER BY l.label";
        Ok(sqlx::query_scalar(sql)
            .bind(experiment.0)
            .fetch_all(self.readers())
            .await?)
    }
}
