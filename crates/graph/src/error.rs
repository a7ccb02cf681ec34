//! Why a description is no graph.

/// The description cannot be drawn. The caller shows the sentence; the tensors are still fine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// A node needs its own result.
    #[error("the graph has a cycle through node `{0}`; export the model again")]
    Cycle(String),
    /// Two nodes claim to compute one value.
    #[error("two nodes write the value `{0}`; export the model again")]
    WrittenTwice(String),
    /// More nodes than a page can be made of.
    #[error("the graph has {found} nodes, more than the {limit} that are shown; split the model")]
    TooLarge {
        /// Nodes in the file.
        found: usize,
        /// Largest number shown.
        limit: usize,
    },
}
