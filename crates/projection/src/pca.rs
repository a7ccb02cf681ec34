//! Principal components, by the eigenvectors of the smaller of the two matrices of products.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par, Side};

use crate::{Points, ProjectionError, Watch};

/// Components whose share of the variance is told.
const TOLD: usize = 10;
/// Most rows of the matrix of products: the time grows with the third power.
const MOST: usize = 4096;
/// Rows that are centred at once.
const BLOCK: usize = 1024;

type Placed = (Vec<f32>, Vec<f32>);

/// The first components' scores, `[points, dimensions]`, and the share of the variance of each of the first ten.
/// A component's sign is such that its largest loading is positive.
pub fn project(points: &Points, dimensions: usize, watch: &mut dyn Watch) -> Result<Placed, ProjectionError> {
    let (n, width) = (points.len(), points.width());
    if n.min(width) > MOST {
        return Err(ProjectionError::Question(format!(
            "principal components of {n} points of {width} dimensions are not offered: one of both is at most {MOST}"
        )));
    }
    let mean = points.mean();
    watch.at(0.05, "products of dimensions")?;
    let total: f64 = (0..n)
        .map(|i| centred(points, i, &mean).map(|v| v * v).sum::<f64>())
        .sum();
    let components = if width <= n {
        let covariance = products(points, &mean, watch)?;
        watch.at(0.6, "directions of most variance")?;
        leading(&covariance)?
    } else {
        // Of fewer points than dimensions: the products of points have the same eigenvalues.
        let rows = Mat::from_fn(n, width, |i, j| f64::from(points.point(i)[j]) - mean[j]);
        let mut gram = Mat::<f64>::zeros(n, n);
        matmul(gram.as_mut(), Accum::Replace, &rows, rows.transpose(), 1.0, Par::Seq);
        watch.at(0.6, "directions of most variance")?;
        let (values, vectors) = leading(&gram)?;
        let mut directions = Mat::<f64>::zeros(width, vectors.ncols());
        matmul(
            directions.as_mut(),
            Accum::Replace,
            rows.transpose(),
            &vectors,
            1.0,
            Par::Seq,
        );
        for (column, value) in values.iter().enumerate() {
            let scale = if *value > 0.0 { value.sqrt().recip() } else { 0.0 };
            for row in 0..width {
                directions[(row, column)] *= scale;
            }
        }
        (values, directions)
    };
    let (values, mut directions) = components;
    for column in 0..directions.ncols() {
        let largest = (0..width)
            .map(|row| directions[(row, column)])
            .fold(0.0_f64, |most, v| if v.abs() > most.abs() { v } else { most });
        if largest < 0.0 {
            for row in 0..width {
                directions[(row, column)] = -directions[(row, column)];
            }
        }
    }
    watch.at(0.9, "placing the points")?;
    let mut at = vec![0.0; n * dimensions];
    for (i, place) in at.chunks_exact_mut(dimensions).enumerate() {
        for (column, value) in place.iter_mut().enumerate().take(directions.ncols()) {
            let score: f64 = centred(points, i, &mean)
                .enumerate()
                .map(|(row, v)| v * directions[(row, column)])
                .sum();
            *value = score as f32;
        }
    }
    let share = |value: &f64| {
        if total > 0.0 {
            (value.max(0.0) / total) as f32
        } else {
            0.0
        }
    };
    Ok((at, values.iter().map(share).collect()))
}

fn centred<'a>(points: &'a Points, index: usize, mean: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
    points.point(index).iter().zip(mean).map(|(v, m)| f64::from(*v) - m)
}

/// The sums of products of each two dimensions, less their means.
fn products(points: &Points, mean: &[f64], watch: &mut dyn Watch) -> Result<Mat<f64>, ProjectionError> {
    let (n, width) = (points.len(), points.width());
    let mut sum = Mat::<f64>::zeros(width, width);
    for from in (0..n).step_by(BLOCK) {
        watch.at(0.05 + 0.5 * from as f64 / n as f64, "products of dimensions")?;
        let to = (from + BLOCK).min(n);
        let rows: Vec<f64> = (from..to).flat_map(|i| centred(points, i, mean)).collect();
        let rows = MatRef::from_row_major_slice(&rows, to - from, width);
        matmul(sum.as_mut(), Accum::Add, rows.transpose(), rows, 1.0, Par::Seq);
    }
    Ok(sum)
}

/// The largest eigenvalues and their vectors as columns, at most [`TOLD`].
fn leading(matrix: &Mat<f64>) -> Result<(Vec<f64>, Mat<f64>), ProjectionError> {
    let eigen = matrix
        .self_adjoint_eigen(Side::Lower)
        .map_err(|_| ProjectionError::Question("the points' directions of variance were not found".to_owned()))?;
    let size = matrix.nrows();
    let count = TOLD.min(size);
    // They come smallest first.
    let values = (0..count).map(|i| eigen.S()[size - 1 - i]).collect();
    let vectors = Mat::from_fn(size, count, |row, column| eigen.U()[(row, size - 1 - column)]);
    Ok((values, vectors))
}
