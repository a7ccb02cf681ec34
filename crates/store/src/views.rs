//! Saved views: addresses too long to be sent, under the hash of what they say.

use sqlx::Row;

use crate::{Actor, Result, Store, StoreError};

/// Longest address kept, in bytes.
const LONGEST: usize = 256 * 1024;
/// Views a project keeps; beyond them the oldest go.
const MOST: i64 = 10_000;

/// A page and its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedView {
    /// The page's path, without the server's prefix.
    pub path: String,
    /// Its query, without `?`.
    pub query: String,
}

impl Store {
    /// Keeps a view; the same view has the same hash.
    pub async fn save_view(&self, actor: &Actor, view: &SavedView) -> Result<String> {
        let SavedView { path, query } = view;
        if path.len() + query.len() > LONGEST {
            return Err(StoreError::TooMuch(format!(
                "a view of more than {} kB cannot be kept; show fewer runs",
                LONGEST / 1024
            )));
        }
        let hash = blake3::hash(format!("{path}?{query}").as_bytes()).to_hex()[..20].to_owned();
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO saved_view (project_id, hash, path, query, created_at) VALUES (?, ?, ?, ?, ?)
                   ON CONFLICT DO NOTHING";
        let insert = sqlx::query(sql).bind(actor.project).bind(&hash).bind(path).bind(query);
        insert.bind(self.now()).execute(&mut *tx).await?;
        let sql = "DELETE FROM saved_view WHERE project_id = ?1 AND hash IN (
                     SELECT hash FROM saved_view WHERE project_id = ?1 ORDER BY created_at DESC, hash
                     LIMIT -1 OFFSET ?2)";
        let trim = sqlx::query(sql).bind(actor.project).bind(MOST);
        trim.execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(hash)
    }

    /// The view of that hash.
    pub async fn saved_view(&self, actor: &Actor, hash: &str) -> Result<SavedView> {
        let sql = "SELECT path, query FROM saved_view WHERE project_id = ? AND hash = ?";
        let row = sqlx::query(sql).bind(actor.project).bind(hash);
        let row = row.fetch_optional(self.readers()).await?;
        let row = row.ok_or_else(|| StoreError::NotFound {
            what: "saved view",
            name: hash.to_owned(),
        })?;
        Ok(SavedView {
            path: row.try_get(0)?,
            query: row.try_get(1)?,
        })
    }
}
