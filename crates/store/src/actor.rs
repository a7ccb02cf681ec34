//! Who asks.

/// The project a row belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct ProjectId(pub i64);

/// The one who asks. Every repository call takes it, so that a team instance narrows what it sees
/// without another signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// The project whose rows may be seen and changed.
    pub project: ProjectId,
}

impl Actor {
    /// The owner of a single-user instance: the default project, every right.
    pub const OWNER: Self = Self { project: ProjectId(1) };
}
