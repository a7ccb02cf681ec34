//! t-SNE by Barnes-Hut (the crate bhtsne) over exact neighbours.

use std::cell::Cell;

use bhtsne::{Neighbor, tSNE};

use crate::neighbours::{Neighbours, nearest};
use crate::{Points, ProjectionError, Question, Watch, pca};

/// How coarsely far points are seen together: the usual trade.
const THETA: f32 = 0.5;
const EPOCHS: usize = 1000;
/// Spread of the first principal component that the layout begins with (Kobak & Berens 2019).
const START: f32 = 1e-4;

/// `[points, dimensions]`.
pub fn project(
    points: &Points,
    question: &Question,
    perplexity: f32,
    watch: &mut dyn Watch,
) -> Result<Vec<f32>, ProjectionError> {
    let n = points.len();
    // Perplexity means neighbours: there must be three times as many.
    let perplexity = perplexity.min((n - 1) as f32 / 3.0).max(1.0);
    let k = ((3.0 * perplexity) as usize).clamp(1, n - 1);
    let all: Vec<u32> = (0..n as u32).collect();
    let found = nearest(points, &all, k, &mut |done| watch.at(0.25 * done, "nearest neighbours"))?;
    let neighbours = rows(&found);
    let start = start(points, question, watch)?;
    // With more threads the crate's sums come in another order, and the descent makes that another picture.
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let alone = alone.map_err(|error| ProjectionError::Question(format!("no thread could be started: {error}")))?;
    alone.install(|| match question.dimensions {
        2 => fit::<2>(n, perplexity, &neighbours, start, watch),
        _ => fit::<3>(n, perplexity, &neighbours, start, watch),
    })
}

/// One fit in `D` dimensions. It cannot be stopped between epochs: whoever must stop it ends the process.
fn fit<const D: usize>(
    n: usize,
    perplexity: f32,
    neighbours: &[Vec<Neighbor<f32>>],
    start: Vec<f32>,
    watch: &mut dyn Watch,
) -> Result<Vec<f32>, ProjectionError>
where
    bhtsne::Dim<D>: bhtsne::Morton<D>,
{
    // The crate wants samples to count; their distances are known.
    let samples = vec![(); n];
    let stopped = Cell::new(Ok(()));
    let mut fit: tSNE<'_, f32, (), D> = tSNE::new(&samples);
    fit.perplexity(perplexity)
        .epochs(EPOCHS)
        .initial_embedding(start)
        .epoch_callback(|epoch, _| {
            if epoch % 10 == 0 {
                let done = 0.3 + 0.65 * epoch as f64 / EPOCHS as f64;
                let asked = watch.at(done, "moving points that are neighbours together");
                if asked.is_err() {
                    stopped.set(asked);
                }
            }
        })
        .barnes_hut_with_neighbors(THETA, neighbours);
    let at = fit.embedding();
    drop(fit);
    stopped.into_inner().map(|()| at)
}

/// The first principal components, small, so that the picture's large order is that of the points.
pub(crate) fn start(points: &Points, question: &Question, watch: &mut dyn Watch) -> Result<Vec<f32>, ProjectionError> {
    let mut ask = |_: f64, _: &str| watch.at(0.28, "first places").is_ok();
    let (mut at, spare) = match pca::project(points, question.dimensions, &mut ask) {
        Ok((at, _)) => (at, 0.01),
        // Too many for components: from places by chance.
        Err(ProjectionError::Question(_)) => (vec![0.0; points.len() * question.dimensions], 1.0),
        Err(ProjectionError::Cancelled) => return Err(ProjectionError::Cancelled),
    };
    let n = points.len() as f64;
    let square: f64 = at
        .iter()
        .step_by(question.dimensions)
        .map(|v| f64::from(*v).powi(2))
        .sum();
    let spread = (square / n).sqrt();
    let scale = if spread > 0.0 { f64::from(START) / spread } else { 0.0 };
    let mut random = crate::umap::random(question.seed);
    for value in &mut at {
        // Equal points would stay together for ever.
        let jitter = f64::from(START) * spare * (crate::umap::unit(&mut random) - 0.5);
        *value = (f64::from(*value) * scale + jitter) as f32;
    }
    Ok(at)
}

fn rows(found: &Neighbours) -> Vec<Vec<Neighbor<f32>>> {
    let index = found.index.chunks_exact(found.k);
    let distance = found.distance.chunks_exact(found.k);
    let row = |(index, distance): (&[u32], &[f32])| {
        let one = |(index, distance): (&u32, &f32)| Neighbor {
            index: *index as usize,
            distance: *distance,
        };
        index.iter().zip(distance).map(one).collect()
    };
    index.zip(distance).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Method;

    #[test]
    fn too_many_dimensions_for_components_begin_by_chance() {
        let points = Points::new(4097, vec![1.0; 4097 * 4097]).expect("points");
        let question = Question {
            method: Method::Tsne { perplexity: 5.0 },
            dimensions: 2,
            spherize: false,
            seed: 3,
        };
        let at = start(&points, &question, &mut |_: f64, _: &str| true).expect("places");
        assert_eq!(at.len(), 2 * 4097);
        assert!(at.iter().all(|v| v.is_finite() && v.abs() <= START) && at[0].to_bits() != at[1].to_bits());
        assert_eq!(start(&points, &question, &mut |_: f64, _: &str| true), Ok(at));
    }
}
