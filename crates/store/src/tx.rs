//! A write transaction that other rooms may hold: the end of a job and what it found, together.

use sqlx::{Sqlite, SqliteConnection, Transaction};

use crate::{Result, Store};

/// The one write transaction. Dropping it undoes everything.
pub struct Tx {
    inner: Transaction<'static, Sqlite>,
}

impl Store {
    /// Begins it; waits for its turn.
    pub async fn write(&self) -> Result<Tx> {
        Ok(Tx {
            inner: self.begin().await?,
        })
    }
}

impl Tx {
    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.inner
    }

    /// Makes it durable.
    pub async fn commit(self) -> Result<()> {
        Ok(self.inner.commit().await?)
    }
}
