//! Pictures of points that have too many dimensions to be seen.
//!
//! **What it is.** [`project`] places points of any number of dimensions in two or three: principal components, t-SNE
//! (the crate bhtsne, Barnes-Hut), UMAP (its graph by the crate umap-rs), over nearest neighbours that are exact.
//!
//! **What it promises.** The same points, question and seed give the same bytes with any number of threads. Every
//! picture comes with what it keeps: the share of each point's nearest neighbours that are its nearest in the picture
//! too. Work asks often whether to stop.
//!
//! **What it must never know.** Where points come from, who looks at them.

mod kept;
mod neighbours;
mod pca;
mod points;
mod tsne;
mod umap;

use serde::{Deserialize, Serialize};

pub use kept::Kept;
pub use neighbours::{Neighbours, nearest};
pub use points::{Points, PointsError};

/// How to place the points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Method {
    /// Principal components: the directions of most variance (Pearson 1901).
    Pca,
    /// t-distributed stochastic neighbour embedding (van der Maaten, JMLR 2014).
    Tsne {
        /// About how many neighbours each point looks at, 2 to 100.
        perplexity: f32,
    },
    /// Uniform manifold approximation and projection (`McInnes` et al., 2018, arXiv:1802.03426).
    Umap {
        /// Neighbours of each point, 2 to 200.
        neighbours: usize,
        /// How close points may come in the picture, 0 to 1.
        minimum_distance: f32,
    },
}

/// What is asked of points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// How.
    #[serde(flatten)]
    pub method: Method,
    /// 2 or 3.
    pub dimensions: usize,
    /// Subtract the mean and put every point on the unit sphere first (`TensorBoard`'s "sphereize").
    pub spherize: bool,
    /// Of every random number.
    pub seed: u64,
}

/// Where the points are in the picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Projected {
    /// `[points, dimensions]`, row after row.
    pub at: Vec<f32>,
    /// Of principal components: each one's share of the variance, ten at most.
    pub variance: Vec<f32>,
    /// What the picture keeps.
    pub kept: Kept,
}

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProjectionError {
    /// The question cannot be answered for these points. Tell the user.
    #[error("{0}")]
    Question(String),
    /// Somebody asked to stop.
    #[error("the projection was cancelled")]
    Cancelled,
}

/// Hears how far the work is (0 to 1, and what it does), and says whether to go on.
pub trait Watch: Send {
    /// Called often.
    fn at(&mut self, done: f64, doing: &str) -> Result<(), ProjectionError>;
}

impl<F: FnMut(f64, &str) -> bool + Send> Watch for F {
    fn at(&mut self, done: f64, doing: &str) -> Result<(), ProjectionError> {
        if self(done, doing) {
            Ok(())
        } else {
            Err(ProjectionError::Cancelled)
        }
    }
}

/// Places the points.
pub fn project(points: Points, question: &Question, watch: &mut dyn Watch) -> Result<Projected, ProjectionError> {
    question.check(&points)?;
    watch.at(0.0, "reading the points")?;
    let points = if question.spherize { points.spherized() } else { points };
    let (at, variance) = match question.method {
        Method::Pca => pca::project(&points, question.dimensions, watch)?,
        Method::Tsne { perplexity } => (tsne::project(&points, question, perplexity, watch)?, Vec::new()),
        Method::Umap {
            neighbours,
            minimum_distance,
        } => {
            let at = umap::project(&points, question, neighbours, minimum_distance, watch)?;
            (at, Vec::new())
        }
    };
    watch.at(0.97, "measuring what the picture keeps")?;
    let kept = kept::measure(&points, &at, question.dimensions);
    Ok(Projected { at, variance, kept })
}

impl Question {
    fn check(&self, points: &Points) -> Result<(), ProjectionError> {
        let refuse = |sentence: String| Err(ProjectionError::Question(sentence));
        if !(2..=3).contains(&self.dimensions) {
            return refuse(format!("a picture has 2 or 3 dimensions, not {}", self.dimensions));
        }
        if points.len() < 4 {
            return refuse(format!("{} points are too few for a picture: 4 at least", points.len()));
        }
        match self.method {
            Method::Tsne { perplexity } if !(2.0..=100.0).contains(&perplexity) => {
                refuse(format!("perplexity is from 2 to 100, not {perplexity}"))
            }
            Method::Umap { neighbours, .. } if !(2..=200).contains(&neighbours) => {
                refuse(format!("neighbours are from 2 to 200, not {neighbours}"))
            }
            Method::Umap { minimum_distance, .. } if !(0.0..=1.0).contains(&minimum_distance) => {
                refuse(format!("the minimum distance is from 0 to 1, not {minimum_distance}"))
            }
            _ => Ok(()),
        }
    }
}
